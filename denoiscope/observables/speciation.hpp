// When classes form: pair times, the class tree, the guidance window.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "denoiscope/observables/curve.hpp"
#include "denoiscope/observables/slice.hpp"

namespace denoiscope::observables {

/// One version (perfect machine, or own datum left out) of a pair's times.
struct PairTimes {
  Crossing ab, ba;        ///< x from a, x from b
  Crossing both;          ///< mean of the two; the reason where either has none
  double saturation = 0;  ///< largest A/B over t, mean of the directions
  double accuracy = 0;    ///< largest share of right decisions between the two classes over t
};

struct ClassPair {
  Index a = 0, b = 0;  ///< class indices
  PairTimes as_is, left_out;
};

/// Class curves along t and what is needed to read times off them.
struct ClassHistory {
  std::vector<double> times;               ///< increasing
  std::vector<const ClassCurves*> curves;  ///< one a time
  std::span<const Index> class_queries;    ///< (K) points from each class
};

/// Times of the pair of classes a, b.
PairTimes pair_times(const ClassHistory& history, Index a, Index b);

/// All pairs a < b. slices: in increasing t.
std::vector<ClassPair> pair_times(const std::vector<Slice>& slices, Index classes);

/// On what a merge time rests: the first of these from below that holds of one of its pairs.
enum class Basis {
  leave_one_out,  ///< both versions agree to within kBracket, and the time is leave-one-out's
  between,  ///< they bracket it: the own datum's weight makes the perfect machine too sure, its absence leaves too few
            ///< data; the time is the middle
  empirical,  ///< leave-one-out has no root: the classes overlap, and the time is the perfect machine's
};
inline constexpr double kBracket = 0.1;

/// One merge of the class tree. Clusters 0 .. K-1 are the classes; merge i makes cluster K + i.
struct Merge {
  Index a = 0, b = 0;
  double t = 0;
  Basis basis = Basis::leave_one_out;
};

/// Average-linkage tree of the pair times: going up in t, the pair of clusters whose classes stop being told apart
/// first merges first. A pair's time is as its Basis says; the largest grid time where the pair is resolved throughout,
/// and 0 where it never is.
std::vector<Merge> class_tree(const std::vector<ClassPair>& pairs, Index classes, double largest_time);

/// The window in which guidance can change the class: phi has risen by 5 % (t_high) and 95 % (t_low) of the way from
/// chance to its plateau, the largest phi on the grid.
struct GuidanceWindow {
  Crossing high, low;
};
GuidanceWindow guidance_window(const std::vector<double>& times, const std::vector<Estimate>& phi, double chance);

}  // namespace denoiscope::observables
