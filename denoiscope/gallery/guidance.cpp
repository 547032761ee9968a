// Guidance of two Gaussian classes: overshoot and shrinkage, integrated and by theory.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/experiments/guide/guide.hpp"
#include "denoiscope/gallery/experiments.hpp"

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
Observed run_guidance(const Settings& entry, Scale scale) {
  const bool sde = entry.text("theory_parameters") == "sampler=sde";
  if (!sde && entry.text("theory_parameters") != "sampler=ode")
    throw UsageError("gallery: theory_parameters = '{}'; expected sampler=sde or sampler=ode.",
                     entry.text("theory_parameters"));
  experiments::GuideSettings settings;
  settings.samples = static_cast<Index>(at_scale(entry, "starts", scale));
  settings.steps = static_cast<int>(at_scale(entry, "steps", scale));
  const Noise noise(static_cast<std::uint64_t>(entry.integer("seed")));
  const std::vector<double> omegas = entry.numbers("times");
  Observed out;
  for (const double d : entry.numbers("values")) {
    const experiments::GuideSubject subject = experiments::guide_subject(
        make_model("gaussian-mixture", std::vector<std::string>{"d=1", fmt::format("mu2={}", d)}));
    const double t_max = 0.5 * std::log(d) + kAbove, h = longest_step(t_max, settings.steps);
    const auto samples = [&](double omega) {
      return experiments::guided_samples(subject, settings, 0, sde ? *settings.sde : *settings.ode, 1 + omega, {},
                                         t_max, noise);
    };
    const experiments::GuidedSamples plain = samples(0);
    const auto law_at = [&](double omega) {
      return theory::guided_law({.d = d, .omega = omega}, sde ? theory::BackwardLaw::sde : theory::BackwardLaw::ode);
    };
    Curve shift{fmt::format("shift, |m|^2 = {:g}", d), true}, variance{fmt::format("variance, |m|^2 = {:g}", d), true},
        shifts{fmt::format("shift, theory, |m|^2 = {:g}", d)},
        variances{fmt::format("variance, theory, |m|^2 = {:g}", d)};
    for (const double omega : omegas) {
      const experiments::GuideRow row = experiments::guide_row(samples(omega), plain);
      const theory::GuidedLaw law = law_at(omega);
      const std::string at = fmt::format("d={:g} omega={:g}", d, omega);
      out.quantities.push_back({"law shift " + at, {law.shift, 0, 1}});
      out.quantities.push_back({"law variance " + at, {law.variance, 0, 1}});
      const double bias = allowed(sde, h, omega, law.shift);
      out.quantities.push_back({"shift " + at, row.extra_shift, law.shift, bias});
      out.quantities.push_back({"variance " + at, row.variance_ratio, law.variance, bias});
      shift.rows.push_back({omega, row.extra_shift.value, row.extra_shift.standard_error});
      variance.rows.push_back({omega, row.variance_ratio.value, row.variance_ratio.standard_error});
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
