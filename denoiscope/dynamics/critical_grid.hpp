// A grid of OU times that knows the model: more steps where the class is decided. What a coarse grid gets wrong first
// is which class paths end in, and that is decided within a window (arXiv 2403.01633) where the entropy of the class
// given the noisy point falls (its rate as a diagnostic: 2602.09651).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

/// Its row beside those of time_grids(), which know no model.
inline constexpr std::string_view kCriticalGrid = "critical",
                                  kCriticalGridIs =
                                      "karras, with half of the steps where the entropy of the class falls; "
                                      "needs a model of two classes or more";

/// What stands in for it until the model is known: its ends and number of steps are the same.
inline constexpr std::string_view kBeforeCritical = "karras";

struct CriticalGridSettings {
  std::string_view base = kBeforeCritical;  ///< a grid of time_grids(), which the other steps follow
  double share = 0.5;                       ///< of the steps that go by class entropy; 0: the base grid
  Index points = 512;                       ///< noisy points that measure the entropy
};

/// `steps` + 1 decreasing times whose ends are exactly `from` and `to`: equal parts of (1 - share) (place on the base
/// grid) + share (fall of E H(c|x_t) so far / its whole fall), interpolated between 128 times of the base grid. The
/// base grid itself where the model has one class or the entropy does not fall. Throws UsageError as time_grid does,
/// and unless 0 <= share < 1 and points >= 1.
std::vector<double> critical_grid(const Posterior& model, double from, double to, int steps, const Noise& noise,
                                  const CriticalGridSettings& settings = {});

/// The grid `critical` of a model called `source`, by noise of its own. rows: of its data, 0 without; of many rows
/// fewer points measure where classes are decided. Throws UsageError for a model of one class.
std::vector<double> critical_times(const Posterior& model, const std::string& source, Index rows, double from,
                                   double to, int steps, const Noise& noise);

}  // namespace denoiscope
