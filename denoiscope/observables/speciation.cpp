#include "denoiscope/observables/speciation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace denoiscope::observables {

PairTimes pair_times(const ClassHistory& history, Index a, Index b) {
  const std::vector<double>& times = history.times;
  std::vector<double> mean[2], deviation[2], scatter[2];
  PairTimes out;
  for (const ClassCurves* curves : history.curves) {
    const ClassCurves& c = *curves;
    const Index from[2] = {a, b}, other[2] = {b, a};
    double ratio = 0;
    for (int side = 0; side < 2; ++side) {
      mean[side].push_back(c.odds_mean(from[side], other[side]));
      deviation[side].push_back(c.odds_dev(from[side], other[side]));
      scatter[side].push_back(c.odds_scatter(from[side], other[side]));
      ratio += 0.5 * balance(mean[side].back(), deviation[side].back());
    }
    if (ratio > out.saturation) out.saturation = ratio;
    const double right = 0.5 * (c.odds_right(a, b) + c.odds_right(b, a));
    if (right > out.accuracy) out.accuracy = right;
  }
  const std::span<const Index> queries = history.class_queries;
  out.ab = balance_time(times, mean[0], deviation[0], scatter[0], queries[a]);
  out.ba = balance_time(times, mean[1], deviation[1], scatter[1], queries[b]);
  if (out.ab.t && out.ba.t) {
    out.both.t = 0.5 * (*out.ab.t + *out.ba.t);
    out.both.standard_error = 0.5 * std::hypot(out.ab.standard_error, out.ba.standard_error);
  } else {
    out.both.reason = out.ab.t ? out.ba.reason : out.ab.reason;
  }
  return out;
}

namespace {

ClassHistory history_of(const std::vector<Slice>& slices, const ClassCurves Slice::*version) {
  ClassHistory history{{}, {}, slices.front().class_queries};
  for (const Slice& slice : slices) {
    history.times.push_back(slice.t);
    history.curves.push_back(&(slice.*version));
  }
  return history;
}

}  // namespace

std::vector<ClassPair> pair_times(const std::vector<Slice>& slices, Index classes) {
  std::vector<ClassPair> pairs;
  const ClassHistory as_is = history_of(slices, &Slice::as_is), left_out = history_of(slices, &Slice::left_out);
  for (Index a = 0; a < classes; ++a)
    for (Index b = a + 1; b < classes; ++b)
      pairs.push_back({a, b, pair_times(as_is, a, b), pair_times(left_out, a, b)});
  return pairs;
}

namespace {

// A version's time for the tree: resolved throughout counts as the largest time, unresolved throughout as none.
std::optional<double> resolved_from(const PairTimes& version, double largest_time) {
  if (version.both.t) return version.both.t;
  if (version.ab.always || version.ba.always) return largest_time;
  return std::nullopt;
}

struct Cluster {
  Index id;
  std::vector<Index> members;
};

double linkage(const RowMatrix& time, const Cluster& x, const Cluster& y) {
  double sum = 0;
  for (Index i : x.members)
    for (Index j : y.members) sum += time(i, j);
  return sum / static_cast<double>(x.members.size() * y.members.size());
}

}  // namespace

std::vector<Merge> class_tree(const std::vector<ClassPair>& pairs, Index classes, double largest_time) {
  RowMatrix time = RowMatrix::Zero(classes, classes), apart = time, unresolved = time;
  for (const ClassPair& p : pairs) {
    const std::optional<double> own = resolved_from(p.left_out, largest_time),
                                machine = resolved_from(p.as_is, largest_time);
    const double high = machine.value_or(0.0), low = own.value_or(high);
    const bool between = std::abs(high - low) > kBracket;
    time(p.a, p.b) = time(p.b, p.a) = between ? 0.5 * (low + high) : low;
    apart(p.a, p.b) = apart(p.b, p.a) = between ? 1 : 0;
    unresolved(p.a, p.b) = unresolved(p.b, p.a) = own ? 0 : 1;
  }
  std::vector<Cluster> clusters;
  for (Index c = 0; c < classes; ++c) clusters.push_back({c, {c}});
  std::vector<Merge> merges;
  while (clusters.size() > 1) {
    std::size_t first = 0, second = 1;
    for (std::size_t i = 0; i < clusters.size(); ++i)
      for (std::size_t j = i + 1; j < clusters.size(); ++j)
        if (linkage(time, clusters[i], clusters[j]) < linkage(time, clusters[first], clusters[second])) {
          first = i;
          second = j;
        }
    Cluster &x = clusters[first], &y = clusters[second];
    const Basis basis = linkage(unresolved, x, y) > 0 ? Basis::empirical
                        : linkage(apart, x, y) > 0    ? Basis::between
                                                      : Basis::leave_one_out;
    merges.push_back({x.id, y.id, linkage(time, x, y), basis});
    x.id = classes + static_cast<Index>(merges.size()) - 1;
    x.members.insert(x.members.end(), y.members.begin(), y.members.end());
    clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(second));
  }
  return merges;
}

GuidanceWindow guidance_window(const std::vector<double>& times, const std::vector<Estimate>& phi, double chance) {
  const double plateau = std::max_element(phi.begin(), phi.end(), [](const Estimate& a, const Estimate& b) {
                           return a.value < b.value;
                         })->value;
  const auto level = [&](double share) { return chance + share * (plateau - chance); };
  return {last_fall_through(times, phi, level(0.05)), last_fall_through(times, phi, level(0.95))};
}

}  // namespace denoiscope::observables
