#include "denoiscope/study/grid.hpp"

#include <fmt/format.h>

#include <cmath>

#include "denoiscope/base/text.hpp"
#include "denoiscope/observables/collapse.hpp"

namespace denoiscope::study {
namespace {

// Four digits: grid times are read by people. Parsing what is printed keeps them the same in every record.
double rounded(double t) { return parse_number(fmt::format("{:.4g}", t), "time"); }

}  // namespace

std::vector<double> even_grid() {
  std::vector<double> times;
  times.reserve(kTimes);
  for (int k = 0; k < kTimes; ++k)
    times.push_back(rounded(kFirstTime * std::pow(kLastTime / kFirstTime, k / (kTimes - 1.0))));
  return times;
}

std::vector<double> adapted_grid(const std::vector<observables::Slice>& pilot, Index n) {
  const std::vector<Estimate> f = observables::excess_entropy(pilot, observables::kLevels - 1, n);
  const double whole = std::log(kLastTime / kFirstTime);
  std::vector<double> reached = {0.0};
  for (std::size_t i = 1; i < pilot.size(); ++i) {
    double step = std::log(pilot[i].t / pilot[i - 1].t) / whole;
    if (std::isfinite(f[i].value)) step += std::abs(f[i].value - f[i - 1].value);
    if (pilot[i].has_classes) {
      step += std::abs(pilot[i].as_is.phi.value - pilot[i - 1].as_is.phi.value);
      if (std::isfinite(pilot[i].left_out.phi.value) && std::isfinite(pilot[i - 1].left_out.phi.value))
        step += std::abs(pilot[i].left_out.phi.value - pilot[i - 1].left_out.phi.value);
    }
    reached.push_back(reached.back() + step);
  }
  std::vector<double> times;
  std::size_t i = 1;
  for (int k = 0; k < kTimes; ++k) {
    const double target = reached.back() * k / (kTimes - 1.0);
    while (i + 1 < reached.size() && reached[i] < target) ++i;
    const double share = (target - reached[i - 1]) / (reached[i] - reached[i - 1]);
    times.push_back(rounded(pilot[i - 1].t * std::pow(pilot[i].t / pilot[i - 1].t, share)));
  }
  return times;
}

}  // namespace denoiscope::study
