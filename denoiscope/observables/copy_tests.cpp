#include "denoiscope/observables/copy_tests.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

#include "denoiscope/base/roots.hpp"

namespace denoiscope::observables {

namespace {

constexpr double kTail = 0.025;  // of a 95 % interval, on either side

// The smallest count with at least this much probability up to it.
using Exact =
    boost::math::policies::policy<boost::math::policies::discrete_quantile<boost::math::policies::integer_round_up>>;
using Binomial = boost::math::binomial_distribution<double, Exact>;

// Mean of an exponential variable of this rate given that it lies below `end`.
double mean_below(double rate, double end) { return 1 / rate - end / std::expm1(rate * end); }

// The rate at which that mean is `mean`, in (0, end / 2).
double rate_of_mean(double mean, double end) {
  if (!(end < kInfinity)) return 1 / mean;
  // mean_below <= 1/rate bounds the rate from above; mean_below >= end/2 (1 - rate end / 6), equal to first order,
  // from below.
  const double low = 6 / end * (1 - 2 * mean / end), high = 1 / mean;
  return find_root([&](double rate) { return mean_below(rate, end) - mean; }, low, high).value_or(low);
}

// Fisher information of one such variable about the rate.
double information(double rate, double end) {
  if (!(end < kInfinity)) return 1 / (rate * rate);
  const double x = rate * end;
  if (x < 1e-4) return end * end / 12;  // to x^2 / 20 of itself; the difference below would round to nothing
  const double sinh = std::sinh(x / 2);
  return end * end * (1 / (x * x) - 1 / (4 * sinh * sinh));
}

}  // namespace

double gap_ratio(double d1, double d2) { return d2 > 0 && d2 < kInfinity ? d1 / d2 : kNaN; }

Fraction fraction_of(Index count, Index n) {
  Fraction f;
  f.count = count;
  f.n = n;
  if (n == 0) return f;
  const auto cases = static_cast<double>(n);
  f.value = static_cast<double>(count) / cases;
  f.low = count == 0 ? 0 : std::pow(kTail, 1 / cases);
  f.high = count == n ? 1 : -std::expm1(std::log(kTail) / cases);
  if (count == 0 || count == n) return f;
  const Binomial resampled(cases, f.value);
  f.low = boost::math::quantile(resampled, kTail) / cases;
  f.high = boost::math::quantile(resampled, 1 - kTail) / cases;
  return f;
}

Fraction copied_fraction(std::span<const double> ratios, double threshold) {
  const auto below = std::count_if(ratios.begin(), ratios.end(), [&](double r) { return r < threshold; });
  Fraction f = fraction_of(below, static_cast<Index>(ratios.size()));
  f.undefined = std::count_if(ratios.begin(), ratios.end(), [](double r) { return std::isnan(r); });
  return f;
}

ThresholdCurve threshold_curve(std::span<const double> ratios) {
  constexpr int kPoints = 50;
  ThresholdCurve curve;
  for (int k = 1; k <= kPoints; ++k) {
    curve.threshold.push_back(static_cast<double>(k) / kPoints);
    const double f = copied_fraction(ratios, curve.threshold.back()).value;
    const auto m = static_cast<Index>(ratios.size());
    curve.fraction.push_back({f, std::sqrt(f * (1 - f) / static_cast<double>(m)), m});
  }
  return curve;
}

Estimate two_nn_dimension(std::span<const double> ratios, double above) {
  const double end = -std::log(above);  // of log mu = -log ratio, which is exponential with rate D
  double sum = 0;
  Estimate dimension;
  for (double r : ratios) {
    if (!(r >= above)) continue;
    sum -= std::log(r);
    ++dimension.n;
  }
  if (!(sum > 0)) return dimension;
  const double mean = sum / static_cast<double>(dimension.n);
  dimension.value = mean < end / 2 ? rate_of_mean(mean, end) : 0;
  dimension.standard_error = 1 / std::sqrt(static_cast<double>(dimension.n) * information(dimension.value, end));
  return dimension;
}

double null_rate(double threshold, double dimension) { return std::pow(threshold, dimension); }

Fraction authentic_fraction(std::span<const double> to_nearest, std::span<const double> nearest_to_other) {
  Index count = 0;
  for (std::size_t i = 0; i < to_nearest.size(); ++i)
    if (to_nearest[i] > nearest_to_other[i]) ++count;
  return fraction_of(count, static_cast<Index>(to_nearest.size()));
}

double null_authentic_fraction(double dimension) {
  // Two caps of height 1/2 are what the balls share.
  const double q = boost::math::ibetac((dimension + 1) / 2, 0.5, 0.75);
  return q / (1 + q);
}

}  // namespace denoiscope::observables
