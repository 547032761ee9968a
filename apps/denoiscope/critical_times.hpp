// The time grid of --grid critical, which needs the model that the other grids do without.
#pragma once

#include <string>
#include <vector>

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope::app {

/// What stands in for it until the model is known: its ends and number of steps are the same.
inline constexpr const char* kBeforeCritical = "karras";

/// critical_grid() of a model called `source`. rows: of its data, 0 without; of many rows fewer points measure where
/// classes are decided. Throws UsageError for a model of one class.
std::vector<double> critical_times(const Posterior& model, const std::string& source, Index rows, double from,
                                   double to, int steps, const Noise& noise);

}  // namespace denoiscope::app
