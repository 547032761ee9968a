#include "denoiscope/observables/collapse.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "denoiscope/process/clock.hpp"

namespace denoiscope::observables {

std::vector<Estimate> excess_entropy(const std::vector<Slice>& slices, int level, Index n) {
  std::vector<Estimate> curve;
  const double log_n = std::log(static_cast<double>(n));
  for (const Slice& slice : slices) {
    Estimate e = slice.collapse[level].entropy;
    e.value /= log_n;
    e.standard_error /= log_n;
    curve.push_back(e);
  }
  return curve;
}

std::vector<Estimate> excess_entropy_published(const std::vector<Slice>& slices, Index n, Index d) {
  std::vector<Estimate> curve;
  const double log_n = std::log(static_cast<double>(n)), dimension = static_cast<double>(d);
  for (const Slice& slice : slices) {
    Estimate e = slice.log_density;
    const double separate =
        log_n + 0.5 * dimension * std::log(2 * std::numbers::pi * std::numbers::e * noise_variance(slice.t));
    e.value = (e.value + separate) / log_n;
    e.standard_error /= log_n;
    curve.push_back(e);
  }
  return curve;
}

std::vector<CollapseAtSize> collapse_at_sizes(const std::vector<Slice>& slices, const Shells& shells, double level,
                                              Index fewest) {
  std::vector<double> times;
  for (const Slice& slice : slices) times.push_back(slice.t);
  std::vector<CollapseAtSize> sizes;
  std::vector<double> choice;  // c, of each subset
  for (int k = 0; k < kLevels; ++k) {
    const Index n = shells.size[k];
    if (n < fewest) continue;
    const std::vector<Estimate> f = excess_entropy(slices, k, n);
    sizes.push_back({n, rise_through(times, f, level)});
    std::vector<Estimate> other = f;
    for (std::size_t i = 0; i < slices.size(); ++i)
      other[i].value = slices[i].collapse[k].other_entropy / std::log(static_cast<double>(n));
    if (k + 1 == kLevels || !std::isfinite(other.front().value)) continue;
    const Crossing beside = rise_through(times, other, level);
    if (beside.t && sizes.back().t_c.t)
      choice.push_back(0.5 * static_cast<double>(n) * std::pow(std::log(*beside.t / *sizes.back().t_c.t), 2));
  }
  if (choice.empty()) return sizes;
  const double c = mean_of(choice).value, all = static_cast<double>(sizes.back().n);
  for (CollapseAtSize& size : sizes)
    if (size.t_c.t)
      size.t_c.standard_error =
          std::hypot(size.t_c.standard_error, *size.t_c.t * std::sqrt(c * (1 / static_cast<double>(size.n) - 1 / all)));
  return sizes;
}

namespace {
constexpr double kFinestError = 1e-6;  // relative: no measured time is known better, and its weight stays a number
}

SampleLaw sample_law(const std::vector<CollapseAtSize>& sizes) {
  double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
  std::vector<std::array<double, 3>> points;  // log n, log t_C, weight
  for (const CollapseAtSize& s : sizes) {
    if (!s.t_c.t || !(s.t_c.standard_error > 0)) continue;
    const double error = std::max(s.t_c.standard_error / *s.t_c.t, kFinestError);
    points.push_back({std::log(static_cast<double>(s.n)), std::log(*s.t_c.t), 1 / (error * error)});
  }
  SampleLaw law;
  if (points.size() < 3) {
    law.reason = "fewer than three subset sizes have a collapse time";
    return law;
  }
  for (const auto& [x, y, weight] : points) {
    w += weight;
    wx += weight * x;
    wy += weight * y;
    wxx += weight * x * x;
    wxy += weight * x * y;
  }
  const double determinant = w * wxx - wx * wx;
  law.slope = (w * wxy - wx * wy) / determinant;
  law.intercept = (wy - law.slope * wx) / w;
  double misfit = 0;
  for (const auto& [x, y, weight] : points) misfit += weight * std::pow(y - law.intercept - law.slope * x, 2);
  const double widen = std::max(1.0, misfit / static_cast<double>(points.size() - 2));
  law.slope_variance = widen * w / determinant;
  law.intercept_variance = widen * wxx / determinant;
  law.covariance = -widen * wx / determinant;
  return law;
}

SamplesNeeded samples_for(const SampleLaw& law, double t) {
  SamplesNeeded needed;
  needed.reason = law.reason;
  if (!needed.reason.empty()) return needed;
  if (!(law.slope < -2 * std::sqrt(law.slope_variance))) {
    needed.reason = "the collapse time does not fall with n beyond its error over the sizes tried";
    return needed;
  }
  needed.log_n = (std::log(t) - law.intercept) / law.slope;
  const double variance =
      (law.intercept_variance + needed.log_n * (2 * law.covariance + needed.log_n * law.slope_variance)) /
      (law.slope * law.slope);
  const double error = std::sqrt(std::max(variance, 0.0));
  needed.low = needed.log_n - error;
  needed.high = needed.log_n + error;
  return needed;
}

}  // namespace denoiscope::observables
