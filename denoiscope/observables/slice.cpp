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

// Entropy of the posterior of the data in one shell and the query's own datum, which is in none of its cells.
double entropy_among(const Weights& w, Index q, int shell, double own_log_weight) {
  double log_total = own_log_weight;
  for (Index c = shell; c < w.class_log_weight.cols(); c += kLevels)
    log_total = log_add(log_total, w.class_log_weight(q, c));
  const auto share = [&](double log_weight, double entropy) {
    const double log_p = log_weight - log_total, p = std::exp(log_p);
    return p > 0 ? p * (entropy - log_p) : 0;
  };
  double entropy = share(own_log_weight, 0);
  for (Index c = shell; c < w.class_log_weight.cols(); c += kLevels)
    entropy += share(w.class_log_weight(q, c), w.class_entropy(q, c));
  return entropy;
}

void measure_collapse(const Probe& probe, const Weights& weights, const Vector& own_log_weight, Slice& slice) {
  const Queries& queries = probe.queries;
  for (int level = 0; level < kLevels; ++level) {
    std::vector<double> entropy, participation, other;
    std::vector<int> stratum;
    for (Index q = 0; q < queries.size(); ++q) {
      const auto i = static_cast<std::size_t>(q);
      if (probe.shells.shell[queries.row[i]] > level) continue;
      const auto [h, y] = restricted(weights, q, level);
      entropy.push_back(h);
      participation.push_back(y);
      if (level + 1 < kLevels) other.push_back(entropy_among(weights, q, level + 1, own_log_weight[q]));
      stratum.push_back(queries.stratum[i]);
    }
    slice.collapse[level] = {stratified_mean(entropy, stratum, queries.weight),
                             stratified_share(participation, stratum, queries.weight)};
    if (!other.empty()) slice.collapse[level].other_entropy = stratified_mean(other, stratum, queries.weight).value;
  }
}

// Rows of every class, less one in the query's own class where its datum was left out.
ClassShares shares_of(const std::vector<ClassInfo>& classes, bool own_left_out) {
  ClassShares shares;
  for (const ClassInfo& c : classes) {
    shares.own.push_back(static_cast<double>(c.count - (own_left_out ? 1 : 0)));
    shares.other.push_back(static_cast<double>(c.count));
  }
  return shares;
}

ClassCurves measure_classes(const Probe& probe, const RowMatrix& log_weight, const std::vector<int>& truth,
                            bool own_left_out) {
  const ClassSamples samples = class_samples(log_weight, truth);
  const Queries& queries = probe.queries;
  ClassCurves out;
  out.phi = stratified_share(samples.phi, queries.stratum, queries.weight);
  out.class_entropy = stratified_mean(samples.entropy, queries.stratum, queries.weight);
  out.accuracy = stratified_share(samples.right, queries.stratum, queries.weight);
  if (log_weight.cols() <= kMaxPairClasses)
    measure_pairs(log_weight, truth, shares_of(probe.data.classes(), own_left_out), out);
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
  slice.test_phi = share_of(class_samples(log_weight, std::vector<int>(x.rows(), 0)).phi);
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
  measure_collapse(probe, summary.all, summary.own_log_weight, slice);
  const auto classes = static_cast<Index>(probe.data.classes().size());
  slice.has_classes = classes > 1;
  if (slice.has_classes) {
    std::vector<int> truth;
    slice.class_queries.assign(classes, 0);
    for (Index row : probe.queries.row) {
      truth.push_back(probe.data.labels()[row]);
      ++slice.class_queries[truth.back()];
    }
    slice.as_is = measure_classes(probe, classes_from_cells(summary.all.class_log_weight, classes), truth, false);
    slice.left_out = measure_classes(probe, classes_from_cells(summary.without.class_log_weight, classes), truth, true);
  }
  if (probe.test) measure_test(probe, t, slice);
  return slice;
}

}  // namespace denoiscope::observables
