// Where along t to look.
#pragma once

#include <vector>

#include "denoiscope/base/parameters.hpp"
#include "denoiscope/observables/slice.hpp"

namespace denoiscope::experiments {

inline constexpr double kFirstTime = 0.01, kLastTime = 6.0;
inline constexpr int kTimes = 24;
/// Noisy points of the pilot that finds out where to look.
inline constexpr Index kPilotQueries = 64;

/// `many` times from low to high, even in log t.
std::vector<double> log_times(double low, double high, int many);

/// kTimes times from kFirstTime to kLastTime, evenly spaced in log t: the pilot's.
std::vector<double> even_grid();

/// kTimes times over the same range, spaced evenly in a measure that adds the changes of f/alpha and of phi (both
/// versions) seen by the pilot to the length in log t, so that the curves' slopes get most of the points.
std::vector<double> adapted_grid(const std::vector<observables::Slice>& pilot, Index n);

/// The same for any curves over increasing `times`, each of a size of about 1: the length in log t plus the sum of
/// their changes. What is not finite does not count.
std::vector<double> adapted_grid(const std::vector<double>& times, const std::vector<std::vector<double>>& curves);

/// Where to look again: those of the times found (NaN: none) that are not within 3 % of one of `times` or of each other,
/// to four digits, ascending. Interpolation over less is below other errors.
std::vector<double> not_near(const std::vector<double>& times, const std::vector<double>& found);

/// OU times at which squares of the largest data over the noise's variance stay within doubles.
inline constexpr double kEarliest = 1e-12, kLatest = 50;

/// Rows of the tables of experiments that measure curves over t.
inline constexpr Parameter kGridParameters[] = {
    parameter::whole("queries", 512, 1, 1e6, "M", "noisy points at which the posterior is asked at every time"),
    parameter::list("times", "", kEarliest, kLatest, false, "t,t,...",
                    "OU times (default: 24 from 0.01 to 6, denser where the curves change)"),
};

/// The times that `times` names, in increasing order; empty where it names none. Throws UsageError for a single one.
std::vector<double> given_times(const Request& request);

}  // namespace denoiscope::experiments
