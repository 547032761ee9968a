// Estimates with their errors, and sums of exponentials.
#pragma once

#include <cmath>
#include <limits>
#include <span>

#include "denoiscope/base/record.hpp"
#include "denoiscope/base/rows.hpp"

namespace denoiscope {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A measured number: mean and its standard error over n samples (stderr is NaN where n < 2).
struct Estimate {
  double value = kNaN;
  double standard_error = kNaN;
  Index n = 0;
};

/// {value, stderr, n}, and back.
Record to_record(const Estimate& estimate);
Estimate estimate_from(const Record& record);
/// Rows of numbers, null where not finite.
Record matrix_record(const RowMatrix& matrix);

/// log(e^a + e^b), exact at -inf.
double log_add(double a, double b);

/// log sum_i e^{v_i}; -inf for an empty range.
double log_sum_exp(std::span<const double> values);

/// Mean of `values` and its standard error.
Estimate mean_of(std::span<const double> values);

/// Mean of `values` with what they share with `control`, whose true mean is 0, taken out by linear regression: never
/// much worse than either the plain mean or the difference. The fitted slope biases it by O(1/n), below its error by
/// O(1/sqrt n). The plain mean where n < 3 or the control does not vary. Both: (n).
Estimate mean_with_control(std::span<const double> values, std::span<const double> control);

/// Standard deviation (divides by n - 1); NaN where n < 2.
double deviation_of(std::span<const double> values);

/// Mean over strata: sum_s weight_s mean_s, with the error of independent stratum means. A stratum with one
/// sample contributes no spread of its own and borrows the pooled spread of the others.
/// values, stratum: (n); weights: one a stratum, summing to 1 over strata that have samples (renormalised here).
Estimate stratified_mean(std::span<const double> values, std::span<const int> stratum, std::span<const double> weights);

/// The same of values in [0, 1], with an error that knows the boundary: a mean near 0 or 1 may rest on k rare samples,
/// of which n held few or none. Added in squares is 1.5/((n + 1) sqrt(1 + k)), n the effective number, times how far a
/// sample rarer than those seen may lie: the distance to the boundary where values are 0 and 1 or spread over decades,
/// little where they lie together. Where no event was seen twice the error is 3/n, the upper end of an exact interval
/// (Clopper, Pearson 1934); of 200 binomial draws at any share at most 10 % lie beyond twice the error.
Estimate share_of(std::span<const double> values);
Estimate stratified_share(std::span<const double> values, std::span<const int> stratum,
                          std::span<const double> weights);

}  // namespace denoiscope
