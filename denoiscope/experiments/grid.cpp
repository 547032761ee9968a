#include "denoiscope/experiments/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/observables/collapse.hpp"

namespace denoiscope::experiments {
namespace {

// Four digits: grid times are read by people. Parsing what is printed keeps them the same in every record.
double rounded(double t) { return parse_number(fmt::format("{:.4g}", t), "time"); }

}  // namespace

std::vector<double> log_times(double low, double high, int many) {
  std::vector<double> times;
  times.reserve(many);
  for (int k = 0; k < many; ++k) times.push_back(low * std::pow(high / low, k / (many - 1.0)));
  return times;
}

std::vector<double> even_grid() {
  std::vector<double> times = log_times(kFirstTime, kLastTime, kTimes);
  std::transform(times.begin(), times.end(), times.begin(), rounded);
  return times;
}

std::vector<double> adapted_grid(const std::vector<double>& pilot, const std::vector<std::vector<double>>& curves) {
  const double whole = std::log(kLastTime / kFirstTime);
  std::vector<double> reached = {0.0};
  for (std::size_t i = 1; i < pilot.size(); ++i) {
    double step = std::log(pilot[i] / pilot[i - 1]) / whole;
    for (const std::vector<double>& curve : curves)
      if (std::isfinite(curve[i]) && std::isfinite(curve[i - 1])) step += std::abs(curve[i] - curve[i - 1]);
    reached.push_back(reached.back() + step);
  }
  std::vector<double> times;
  std::size_t i = 1;
  for (int k = 0; k < kTimes; ++k) {
    const double target = reached.back() * k / (kTimes - 1.0);
    while (i + 1 < reached.size() && reached[i] < target) ++i;
    const double share = (target - reached[i - 1]) / (reached[i] - reached[i - 1]);
    times.push_back(rounded(pilot[i - 1] * std::pow(pilot[i] / pilot[i - 1], share)));
  }
  return times;
}

std::vector<double> adapted_grid(const std::vector<observables::Slice>& pilot, Index n) {
  std::vector<double> times;
  std::vector<std::vector<double>> curves(3);  // f/alpha, phi, phi with the own datum left out
  const std::vector<Estimate> f = observables::excess_entropy(pilot, observables::kLevels - 1, n);
  for (std::size_t i = 0; i < pilot.size(); ++i) {
    times.push_back(pilot[i].t);
    curves[0].push_back(f[i].value);
    curves[1].push_back(pilot[i].has_classes ? pilot[i].as_is.phi.value : kNaN);
    curves[2].push_back(pilot[i].has_classes ? pilot[i].left_out.phi.value : kNaN);
  }
  return adapted_grid(times, curves);
}

std::vector<double> not_near(const std::vector<double>& times, const std::vector<double>& found) {
  constexpr double kNear = 0.03;
  std::vector<double> out;
  for (const double t : found) {
    const auto near = [t](double other) { return std::abs(std::log(t / other)) < kNear; };
    if (t > 0 && std::none_of(times.begin(), times.end(), near) && std::none_of(out.begin(), out.end(), near))
      out.push_back(rounded(t));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<double> given_times(const Request& request) {
  std::vector<double> times = request.numbers("times");
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  if (!times.empty() && times.size() < 2)
    throw UsageError("times: give at least two different times; findings are read off curves.");
  return times;
}

}  // namespace denoiscope::experiments
