// The posterior from the distances of a list.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "denoiscope/engine/path/step.hpp"

namespace denoiscope {
namespace {

constexpr double kWeighty = 60;  // nats below the nearest beyond which rounding of a logit is no matter

// Sums of e^{logit} over the data of one class, relative to its largest.
struct ClassSum {
  double nearest = kInfinity;  // square of the nearest
  double sum = 0, first = 0, second = 0;
};

double nats(double square, double nearest, double delta) { return (square - nearest) / (2 * delta); }

void fill_class(const ClassSum& of, double log_total, double best, double delta, bool entropy, Index q, Index c,
                Weights& out) {
  out.class_log_weight(q, c) = std::log(of.sum) - nats(of.nearest, best, delta) - log_total;
  if (!entropy) return;
  out.class_entropy(q, c) = std::max(0.0, std::log(of.sum) + of.first / of.sum);
  out.class_participation(q, c) = of.second / (of.sum * of.sum);
}

}  // namespace

void PathFollower::fill(const Step& step, Index q, const Sum& sum, Summary& out) {
  const std::vector<int>& labels = data_.data.labels();
  std::vector<ClassSum> of(dense_.classes());
  const auto class_of = [&](Index row) -> ClassSum& { return of[labels.empty() ? 0 : labels[row]]; };
  const double best = sum.nearest[0].first;
  for (std::size_t i = 0; i < sum.rows.size(); ++i) {
    double& nearest = class_of(sum.rows[i]).nearest;
    nearest = std::min(nearest, sum.squares[i]);
  }
  ClassSum all{best, 0, 0, 0};
  std::vector<double> weight(sum.rows.size());
  for (std::size_t i = 0; i < sum.rows.size(); ++i) {
    ClassSum& its = class_of(sum.rows[i]);
    for (ClassSum* to : {&its, &all}) {
      const double below = nats(sum.squares[i], to->nearest, step.delta), w = std::exp(-below);
      to->sum += w;
      if (w > 0) to->first += w * below;
      to->second += w * w;
      weight[i] = w;  // in the end relative to the nearest of all
    }
  }
  const double log_total = std::log(all.sum);
  for (std::size_t c = 0; c < of.size(); ++c)
    if (of[c].sum > 0)
      fill_class(of[c], log_total, best, step.delta, step.what.entropy, q, static_cast<Index>(c), out.all);
  if (step.what.entropy) {
    out.all.entropy[q] = std::max(0.0, log_total + all.first / all.sum);
    out.all.participation[q] = all.second / (all.sum * all.sum);
  }
  const auto n = static_cast<double>(data_.data.rows());
  out.all.log_density[q] = log_total - best / (2 * step.delta) - std::log(n) -
                           0.5 * static_cast<double>(dense_.dimension()) * std::log(2 * std::numbers::pi * step.delta);
  if (step.what.neighbours)
    for (Index i = 0; i < 2; ++i) {
      out.nearest(q, i) = sum.nearest[i].second;
      out.distance(q, i) = std::sqrt(sum.nearest[i].first);
    }
  // A weight relative to another errs by twice the error of a logit, and so does the normaliser.
  const double logit_error = square_error(step, best + 2 * step.delta * kWeighty) / (2 * step.delta);
  const double left_out = static_cast<double>(sum.rows.size()) == n ? 0 : tolerance_ / 2;
  const double arithmetic = (static_cast<double>(sum.rows.size()) + 8 * kWeighty) * kUnitRoundoff;
  total_variation_[q] = std::min(1.0, left_out + std::expm1(4 * logit_error) / 2 + arithmetic);
  out.bound[q] = 2 * left_out + std::expm1(2 * logit_error) + arithmetic +
                 4 * kUnitRoundoff * (std::abs(out.all.log_density[q]) + best / (2 * step.delta));
  if (!step.what.mean) return;
  if (sum.mean.size() > 0) {
    out.mean.row(q) = (sum.mean / (all.sum * std::exp(-(best - sum.reference) / (2 * step.delta)))).transpose();
    return;
  }
  RowMatrix datum(1, dense_.dimension()), mean = RowMatrix::Zero(1, dense_.dimension());
  for (std::size_t i = 0; i < sum.rows.size(); ++i) {
    const double share = weight[i] / all.sum;
    if (!(share > 0)) continue;
    data_.data.read(sum.rows[i], datum);
    data_.kernel.add_scaled(datum.data(), share, datum.size(), mean.data());
  }
  out.mean.row(q) = mean.row(0);
}

}  // namespace denoiscope
