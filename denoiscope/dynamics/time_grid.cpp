#include "denoiscope/dynamics/time_grid.hpp"

#include <fmt/ranges.h>

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

// Equal parts of `scale`, mapped back to times; the ends are as given, whatever rounding the scale has.
template <class To, class Back>
std::vector<double> equal_parts(double from, double to, int steps, To&& scale, Back&& back) {
  const double a = scale(from), b = scale(to);
  std::vector<double> times = {from};
  for (int k = 1; k < steps; ++k) times.push_back(back(a + (b - a) * k / steps));
  times.push_back(to);
  return times;
}

std::vector<double> linear(double from, double to, int steps) {
  const auto same = [](double t) { return t; };
  return equal_parts(from, to, steps, same, same);
}

std::vector<double> logarithmic(double from, double to, int steps) {
  return equal_parts(
      from, to, steps, [](double t) { return std::log(t); }, [](double u) { return std::exp(u); });
}

std::vector<double> karras(double from, double to, int steps) {
  constexpr double kRho = 7;
  return equal_parts(
      from, to, steps, [](double t) { return std::pow(sigma_of_t(t), 1 / kRho); },
      [](double u) { return t_of_sigma(std::pow(u, kRho)); });
}

std::vector<double> ddpm(double from, double to, int steps) {
  for (const double t : {from, to})
    if (std::isnan(ddpm_step_of_t(t)))
      throw UsageError("time grid ddpm: t = {} is outside the schedule, which spans {:.3g} to {:.5g}.", t,
                       ddpm_times().front(), ddpm_times().back());
  return equal_parts(from, to, steps, ddpm_step_of_t, t_of_ddpm_step);
}

}  // namespace

const std::vector<TimeGrid>& time_grids() {
  static const std::vector<TimeGrid> table = {
      {"linear", "equal steps of t", linear, true},
      {"log", "equal ratios of t", logarithmic},
      {"karras", "equal steps of sigma^(1/7)", karras},
      {"ddpm", "equal steps of the linear DDPM schedule", ddpm},
  };
  return table;
}

const TimeGrid& find_time_grid(std::string_view name) {
  for (const TimeGrid& grid : time_grids())
    if (grid.name == name) return grid;
  const auto names = names_of(time_grids());
  throw UsageError("unknown time grid '{}'.{} Known: {}.", name, did_you_mean(name, names), fmt::join(names, ", "));
}

std::vector<double> time_grid(std::string_view name, double from, double to, int steps) {
  if (steps < 1) throw UsageError("time grid {}: {} steps, expected 1 or more.", name, steps);
  const TimeGrid& grid = find_time_grid(name);
  const bool low = to > 0 || (to == 0 && grid.to_zero);
  if (!(low && from > to) || std::isinf(from))
    throw UsageError("time grid {}: from t = {} to {}; expected finite times 0 < to < from.", name, from, to);
  return grid.times(from, to, steps);
}

}  // namespace denoiscope
