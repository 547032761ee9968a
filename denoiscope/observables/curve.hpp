// Times read off measured curves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "denoiscope/base/stats.hpp"

namespace denoiscope::observables {

/// A time where a curve crosses a level, or why there is none.
struct Crossing {
  std::optional<double> t;
  double standard_error = kNaN;  ///< from the errors of the curve, and of interpolation
  std::string reason;            ///< set where t is not
  bool always = false;           ///< no crossing because the curve is on the resolved side at every time
};

/// Where a curve that is high at large t falls through `level`, met from the smallest t upward: between the first point
/// at or above the level and its predecessor, by a monotone cubic of value against log t. Errors of neighbouring values
/// are taken for fully correlated, as those of queries that keep their noise along t nearly are; the distance between
/// the roots of the cubic and of the straight line, at least 0.02 of the interval, stands for the error of
/// interpolation. times ascending.
Crossing rise_through(const std::vector<double>& times, const std::vector<Estimate>& curve, double level);

/// The largest t at which `curve` comes down through `level` as t grows (a quantity that is high at small t).
Crossing last_fall_through(const std::vector<double>& times, const std::vector<Estimate>& curve, double level);

/// Below so many samples A >= B happens without any signal (mean over deviation is t / sqrt(n): 1 % at n = 8, 0.06 % at
/// n = 16), and the largest root is looked for where there is none.
inline constexpr Index kFewestForBalance = 16;

/// Mean over deviation of log-odds; 0 where classes are the same (0 over 0), at most kSharpest where nothing spreads,
/// NaN where a class is empty.
inline constexpr double kSharpest = 1e6;
double balance(double mean, double deviation);

/// t_rs (arXiv 2602.04404): the largest t at which the mean log-odds A reaches its standard deviation B, by a monotone
/// cubic of log(A/B) against t, which is nearly linear near the transition. n: samples behind A and B; scatter: n times
/// the variance of log(A/B), 1.5 of normal samples. The error is that over the slope, and the distance to the straight
/// line's root. No time for n < kFewestForBalance.
Crossing balance_time(const std::vector<double>& times, const std::vector<double>& mean,
                      const std::vector<double>& deviation, const std::vector<double>& scatter, Index n);

}  // namespace denoiscope::observables
