// When classes form: pair times, the class tree, the guidance window.
#pragma once

#include <string>
#include <vector>

#include "denoiscope/observables/curve.hpp"
#include "denoiscope/observables/slice.hpp"

namespace denoiscope::observables {

/// One version (perfect machine, or own datum left out) of a pair's times.
struct PairTimes {
  Crossing ab, ba;       ///< x from a, x from b
  Crossing both;         ///< mean of the two; the reason where either has none
  double saturation = 0; ///< largest A/B over t, mean of the directions
  double accuracy = 0;   ///< largest share of right decisions between the two classes over t
};

struct ClassPair {
  Index a = 0, b = 0;  ///< class indices
  PairTimes as_is, left_out;
};

/// All pairs a < b. slices: in increasing t.
std::vector<ClassPair> pair_times(const std::vector<Slice>& slices, Index classes);

/// One merge of the class tree. Clusters 0 .. K-1 are the classes; merge i makes cluster K + i.
struct Merge {
  Index a = 0, b = 0;
  double t = 0;
  bool own = true;  ///< every pair time in it is a leave-one-out one
};

/// Average-linkage tree of the pair times: going up in t, the pair of clusters whose classes stop being told apart first
/// merges first. A pair's time is its leave-one-out t_rs, the perfect machine's where that has no root, and 0 where neither
/// has one because the classes overlap at every t (or the largest grid time where they are always resolved).
std::vector<Merge> class_tree(const std::vector<ClassPair>& pairs, Index classes, double largest_time);

/// The window in which guidance can change the class: phi has risen by 5 % (t_high) and 95 % (t_low) of the way from
/// chance to its plateau, the largest phi on the grid.
struct GuidanceWindow {
  Crossing high, low;
};
GuidanceWindow guidance_window(const std::vector<double>& times, const std::vector<Estimate>& phi, double chance);

}  // namespace denoiscope::observables
