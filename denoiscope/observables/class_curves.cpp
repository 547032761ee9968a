#include "denoiscope/observables/class_curves.hpp"

#include <algorithm>
#include <cmath>

namespace denoiscope::observables {

ClassSamples class_samples(const RowMatrix& log_weight, std::span<const int> truth) {
  ClassSamples out;
  for (Index q = 0; q < log_weight.rows(); ++q) {
    double phi = 0, entropy = 0;
    Index best = 0;
    for (Index c = 0; c < log_weight.cols(); ++c) {
      const double p = std::exp(log_weight(q, c));
      phi += p * p;
      if (p > 0) entropy -= p * log_weight(q, c);
      if (log_weight(q, c) > log_weight(q, best)) best = c;
    }
    out.phi.push_back(phi);
    out.entropy.push_back(entropy);
    out.right.push_back(best == truth[q] ? 1.0 : 0.0);
  }
  return out;
}

void measure_pairs(const RowMatrix& log_weight, std::span<const int> truth, const ClassShares& shares,
                   ClassCurves& out) {
  const auto k = static_cast<Index>(shares.own.size());
  out.confusion = RowMatrix::Constant(k, k, kNaN);
  out.odds_mean = out.odds_dev = out.odds_right = out.odds_scatter = out.confusion;
  std::vector<std::vector<Index>> of_class(shares.own.size());
  for (std::size_t q = 0; q < truth.size(); ++q) of_class[truth[q]].push_back(static_cast<Index>(q));
  for (Index a = 0; a < k; ++a) {
    const std::vector<Index>& mine = of_class[a];
    for (Index b = 0; b < k && !mine.empty(); ++b) {
      std::vector<double> share, odds;
      const double own = shares.own[a], other = shares.other[b];
      for (Index q : mine) {
        share.push_back(std::exp(log_weight(q, b)));
        const double l = log_weight(q, a) - std::log(own) - log_weight(q, b) + std::log(other);
        if (a != b && std::isfinite(l)) odds.push_back(l);
      }
      out.confusion(a, b) = mean_of(share).value;
      if (odds.empty()) continue;
      out.odds_mean(a, b) = mean_of(odds).value;
      out.odds_dev(a, b) = deviation_of(odds);
      out.odds_right(a, b) =
          static_cast<double>(std::count_if(odds.begin(), odds.end(), [](double l) { return l > 0; })) /
          static_cast<double>(odds.size());
      // What a point adds to log A - log B, A = B.
      for (double& l : odds) {
        const double z = (l - out.odds_mean(a, b)) / out.odds_dev(a, b);
        l = z - 0.5 * (z * z - 1);
      }
      out.odds_scatter(a, b) = std::pow(deviation_of(odds), 2);
    }
  }
}

}  // namespace denoiscope::observables
