// Where along t to look.
#pragma once

#include <vector>

#include "denoiscope/observables/slice.hpp"

namespace denoiscope::study {

inline constexpr double kFirstTime = 0.01, kLastTime = 6.0;
inline constexpr int kTimes = 24;

/// kTimes times from kFirstTime to kLastTime, evenly spaced in log t: the pilot's.
std::vector<double> even_grid();

/// kTimes times over the same range, spaced evenly in a measure that adds the changes of f/alpha and of phi (both
/// versions) seen by the pilot to the length in log t, so that the curves' slopes get most of the points.
std::vector<double> adapted_grid(const std::vector<observables::Slice>& pilot, Index n);

}  // namespace denoiscope::study
