// Classes of data that have no labels, found from the posterior alone. A U-turn at t is a Markov chain on the data:
// noise a datum, draw from the posterior. Its slow modes are the groups whose weights stay together; going down in t,
// a group parts in two when a U-turn from either half returns to it as surely as at the speciation of two classes.
#pragma once

#include <string>
#include <vector>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/data/dataset.hpp"

namespace denoiscope::observables {

/// P(A -> A) + P(B -> B) - 1 of two halves at which they count as parted: 2 F(1) - 1, that of two equal classes at
/// kappa = 1 (arXiv 2402.18491).
inline constexpr double kParted = 0.5504004908;

struct FoundSettings {
  Index most = 10;      ///< leaves
  double least = 0.02;  ///< share of the landmarks that a part holds at least, and never fewer than 8
  Index draws = 4;      ///< noisy points a landmark
  /// Landmarks that share a U-turn's weight, mean of their participation ratio: with fewer, neighbourhoods are those
  /// of single data (collapse) and any set can be cut.
  double sharing = 16;
  /// Share of the slow mode's variance that the two parts explain. Of one Gaussian direction it is 2/pi, of a uniform
  /// one 3/4, of two classes 1: below, the mode is a continuum and no pair of classes.
  double clarity = 0.68;
};

/// A group of landmarks, and where it parts.
struct FoundGroup {
  std::vector<Index> landmarks;
  Index left = -1, right = -1;  ///< groups; -1 where it does not part
  double t = 0;                 ///< where it parts
  double clarity = 0;           ///< of that cut
  std::string reason;           ///< why it does not part
};

struct FoundClasses {
  std::vector<FoundGroup> groups;  ///< parents before children; 0 is all
  std::vector<int> label;          ///< (M) leaf of every landmark, 0 .. leaves - 1
  Index leaves = 1;
  double lowest = 0;  ///< the time at which landmarks were told apart: the smallest at which anything was looked at
};

/// points: (M, d), the landmarks. Times go down from 6 on a fixed grid. A point's own weight is left out of its row of
/// the chain. Throws UsageError for fewer than 32 points.
FoundClasses find_classes(Rows points, const FoundSettings& settings, const Noise& noise);

/// The class of every row of data: the likeliest under the landmarks' posterior at t = found.lowest, mean over `draws`
/// noisy versions, in single precision. (n).
std::vector<int> assign_classes(const Dataset& data, const Dataset& landmarks, const FoundClasses& found, Index draws,
                                const Noise& noise);

/// Rand index of two partitions of the same rows, adjusted for chance (Hubert, Arabie 1985): 1 for equal ones, 0 on
/// average for independent ones.
double adjusted_rand(const std::vector<int>& a, const std::vector<int>& b);

}  // namespace denoiscope::observables
