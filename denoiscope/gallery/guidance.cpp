// Guidance of two Gaussian classes: overshoot and shrinkage, integrated and by theory.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/gallery/experiments.hpp"
#include "denoiscope/theory/guidance.hpp"

namespace denoiscope::gallery {
namespace {

constexpr double kAbove = 6;  // of the start over 1/2 log |m|^2, as that of theory::guided_law

// The longest step where classes are decided.
double longest_step(double t_max, int steps) {
  constexpr double kDecided = 0.1;
  const std::vector<double> times = time_grid("karras", t_max, 0.002, steps);
  double longest = 0;
  for (std::size_t k = 1; k < times.size() && times[k] > kDecided; ++k)
    longest = std::max(longest, times[k - 1] - times[k]);
  return longest;
}

// Added to their statistical errors: the SDE's stepper is of first order, with a fifth of a step in the tests of
// dynamics; that of the ODE of second order, with a factor that grows with omega as the push does. Ending by E[x_0|x]
// at t = 0.002 takes that share of the ODE's shift, and nothing of the SDE's, whose paths lose it anyway.
double allowed(bool sde, double h, double omega, double shift) {
  return sde ? 0.3 * h : (2 + omega) * h * h + 0.002 * std::abs(shift);
}

}  // namespace

// times: strengths omega; values: |m|^2; theory_parameters: sampler=sde or sampler=ode (theory cfg).
Observed run_guidance(const Arguments& entry, Scale scale) {
  const std::string sampler = entry.text("theory_parameters").substr(8);
  const bool sde = sampler == "sde";
  const std::vector<double> omegas = entry.numbers("times");
  std::vector<double> scales = {1};
  for (const double omega : omegas) scales.push_back(1 + omega);
  const int steps = static_cast<int>(at_scale(entry, "steps", scale));
  Observed out;
  for (const double d : entry.numbers("values")) {
    const Record guided = ask("guide", {"model=gaussian-mixture", "d=1", fmt::format("mu2={}", d),
                                        fmt::format("scales={}", fmt::join(scales, ",")), fmt::format("steps={}", steps),
                                        fmt::format("samples={:g}", at_scale(entry, "starts", scale)),
                                        "seed=" + entry.text("seed")});
    const double h = longest_step(0.5 * std::log(d) + kAbove, steps);
    const auto law_at = [&](double omega) {
      return theory::guided_law({.d = d, .omega = omega}, sde ? theory::BackwardLaw::sde : theory::BackwardLaw::ode);
    };
    Curve shift{fmt::format("shift, |m|^2 = {:g}", d), true}, variance{fmt::format("variance, |m|^2 = {:g}", d), true},
        shifts{fmt::format("shift, theory, |m|^2 = {:g}", d)},
        variances{fmt::format("variance, theory, |m|^2 = {:g}", d)};
    for (const Record& row : guided["table"]) {
      const double omega = row["omega"].number();
      if (row["class"].whole() != 0 || row["sampler"].text() != sampler || row["guided"].text() != "always" || omega == 0)
        continue;
      const theory::GuidedLaw law = law_at(omega);
      const Estimate extra{row["extra_shift"].number(), row["extra_shift_stderr"].number(), 0},
          ratio{row["variance_ratio"].number(), row["variance_ratio_stderr"].number(), 0};
      const std::string at = fmt::format("d={:g} omega={:g}", d, omega);
      out.quantities.push_back({"law shift " + at, {law.shift, 0, 1}});
      out.quantities.push_back({"law variance " + at, {law.variance, 0, 1}});
      const double bias = allowed(sde, h, omega, law.shift);
      out.quantities.push_back({"shift " + at, extra, law.shift, bias});
      out.quantities.push_back({"variance " + at, ratio, law.variance, bias});
      shift.rows.push_back({omega, extra.value, extra.standard_error});
      variance.rows.push_back({omega, ratio.value, ratio.standard_error});
    }
    for (const double omega : spaced(0, omegas.back(), 11)) {
      const theory::GuidedLaw law = law_at(omega);
      shifts.rows.push_back({omega, law.shift, 0});
      variances.rows.push_back({omega, law.variance, 0});
    }
    out.curves.insert(out.curves.end(), {shift, variance, shifts, variances});
  }
  return out;
}

}  // namespace denoiscope::gallery
