#include "denoiscope/observables/slice.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/process/clock.hpp"

namespace denoiscope::observables {
namespace {

// Class log-weights (m, K) from those of the cells.
RowMatrix classes_from_cells(const RowMatrix& cells, Index classes) {
  RowMatrix out(cells.rows(), classes);
  for (Index q = 0; q < cells.rows(); ++q)
    for (Index c = 0; c < classes; ++c) out(q, c) = log_sum_exp({cells.row(q).data() + c * kLevels, kLevels});
  return out;
}

// Entropy and participation of the posterior of the data in shells 0 .. level, from the cells' by the chain rule.
std::pair<double, double> restricted(const Weights& w, Index q, int level) {
  const Index cells = w.class_log_weight.cols();
  double log_total = -kInfinity;
  for (Index c = 0; c < cells; ++c)
    if (c % kLevels <= level) log_total = log_add(log_total, w.class_log_weight(q, c));
  double entropy = 0, participation = 0;
  for (Index c = 0; c < cells; ++c) {
    if (c % kLevels > level || !(w.class_log_weight(q, c) > -kInfinity)) continue;
    const double log_p = w.class_log_weight(q, c) - log_total, p = std::exp(log_p);
    if (!(p > 0)) continue;
    entropy += p * (w.class_entropy(q, c) - log_p);
    participation += p * p * w.class_participation(q, c);
  }
  return {entropy, participation};
}

void measure_collapse(const Probe& probe, const Weights& weights, Slice& slice) {
  const Queries& queries = probe.queries;
  for (int level = 0; level < kLevels; ++level) {
    std::vector<double> entropy, participation;
    std::vector<int> stratum;
    for (Index q = 0; q < queries.size(); ++q) {
      const auto i = static_cast<std::size_t>(q);
      if (probe.shells.shell[static_cast<std::size_t>(queries.row[i])] > level) continue;
      const auto [h, y] = restricted(weights, q, level);
      entropy.push_back(h);
      participation.push_back(y);
      stratum.push_back(queries.stratum[i]);
    }
    slice.collapse[level] = {stratified_mean(entropy, stratum, queries.weight),
                             stratified_mean(participation, stratum, queries.weight)};
  }
}

struct ClassSamples {
  std::vector<double> phi, entropy, right;
};

ClassSamples per_query(const RowMatrix& log_weight, const std::vector<int>& truth) {
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
    out.right.push_back(best == truth[static_cast<std::size_t>(q)] ? 1.0 : 0.0);
  }
  return out;
}

// Log-odds of every pair, class likelihoods being posterior weights over class shares. counts: rows of every class,
// less one in the query's own class where its datum was left out.
void measure_pairs(const RowMatrix& log_weight, const std::vector<int>& truth, const std::vector<ClassInfo>& classes,
                   bool own_left_out, ClassCurves& out) {
  const auto k = static_cast<Index>(classes.size());
  out.confusion = RowMatrix::Constant(k, k, kNaN);
  out.odds_mean = out.odds_dev = out.odds_right = out.confusion;
  std::vector<std::vector<Index>> of_class(classes.size());
  for (std::size_t q = 0; q < truth.size(); ++q)
    of_class[static_cast<std::size_t>(truth[q])].push_back(static_cast<Index>(q));
  for (Index a = 0; a < k; ++a) {
    const std::vector<Index>& mine = of_class[static_cast<std::size_t>(a)];
    for (Index b = 0; b < k && !mine.empty(); ++b) {
      std::vector<double> share, odds;
      const auto count_a = static_cast<double>(classes[static_cast<std::size_t>(a)].count - (own_left_out ? 1 : 0));
      const auto count_b = static_cast<double>(classes[static_cast<std::size_t>(b)].count);
      for (Index q : mine) {
        share.push_back(std::exp(log_weight(q, b)));
        const double l = log_weight(q, a) - std::log(count_a) - log_weight(q, b) + std::log(count_b);
        if (a != b && std::isfinite(l)) odds.push_back(l);
      }
      out.confusion(a, b) = mean_of(share).value;
      if (odds.empty()) continue;
      out.odds_mean(a, b) = mean_of(odds).value;
      out.odds_dev(a, b) = deviation_of(odds);
      out.odds_right(a, b) =
          static_cast<double>(std::count_if(odds.begin(), odds.end(), [](double l) { return l > 0; })) /
          static_cast<double>(odds.size());
    }
  }
}

ClassCurves measure_classes(const Probe& probe, const RowMatrix& log_weight, const std::vector<int>& truth,
                            bool own_left_out) {
  const ClassSamples samples = per_query(log_weight, truth);
  const Queries& queries = probe.queries;
  ClassCurves out;
  out.phi = stratified_mean(samples.phi, queries.stratum, queries.weight);
  out.class_entropy = stratified_mean(samples.entropy, queries.stratum, queries.weight);
  out.accuracy = stratified_mean(samples.right, queries.stratum, queries.weight);
  if (log_weight.cols() <= kMaxPairClasses) measure_pairs(log_weight, truth, probe.data.classes(), own_left_out, out);
  return out;
}

void measure_test(const Probe& probe, double t, Slice& slice) {
  const RowMatrix x = noisy(*probe.test, probe.test_queries, t, probe.noise);
  Summary summary;
  probe.model.summarize(t, x, {}, summary);
  slice.has_test = true;
  slice.test_log_density = mean_of({summary.all.log_density.data(), static_cast<std::size_t>(x.rows())});
  if (!slice.has_classes) return;
  const auto classes = static_cast<Index>(probe.data.classes().size());
  const RowMatrix log_weight = classes_from_cells(summary.all.class_log_weight, classes);
  slice.test_phi = mean_of(per_query(log_weight, std::vector<int>(static_cast<std::size_t>(x.rows()), 0)).phi);
}

}  // namespace

Slice measure(const Probe& probe, double t) {
  Slice slice;
  slice.t = t;
  const RowMatrix x = noisy(probe.data, probe.queries, t, probe.noise);
  Summary summary;
  Wanted what;
  what.entropy = true;
  what.leave_out = probe.queries.row;
  probe.model.summarize(t, x, what, summary);
  slice.largest_bound = summary.bound.maxCoeff();
  slice.log_density = stratified_mean({summary.all.log_density.data(), static_cast<std::size_t>(x.rows())},
                                      probe.queries.stratum, probe.queries.weight);
  measure_collapse(probe, summary.all, slice);
  const auto classes = static_cast<Index>(probe.data.classes().size());
  slice.has_classes = classes > 1;
  if (slice.has_classes) {
    std::vector<int> truth;
    slice.class_queries.assign(static_cast<std::size_t>(classes), 0);
    for (Index row : probe.queries.row) {
      truth.push_back(probe.data.labels()[static_cast<std::size_t>(row)]);
      ++slice.class_queries[static_cast<std::size_t>(truth.back())];
    }
    slice.as_is = measure_classes(probe, classes_from_cells(summary.all.class_log_weight, classes), truth, false);
    slice.left_out = measure_classes(probe, classes_from_cells(summary.without.class_log_weight, classes), truth, true);
  }
  if (probe.test) measure_test(probe, t, slice);
  return slice;
}

}  // namespace denoiscope::observables
