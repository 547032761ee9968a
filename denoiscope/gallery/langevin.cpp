// Langevin motion: stationary laws of its integrators, and work done on driven wells.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/annealed.hpp"
#include "denoiscope/gallery/experiments.hpp"

namespace denoiscope::gallery {
namespace {

Noise noise_of(const Arguments& entry) { return Noise(static_cast<std::uint64_t>(entry.whole("seed"))); }

Estimate mean_square(const Vector& values) { return scaled(values.array().square(), 1); }

Vector work_of(const Driven& driven) {
  return Eigen::Map<const Vector>(driven.work.data(), static_cast<Index>(driven.work.size()));
}

// -log mean e^{-W} at T = 1: the free energy that the end has more than the start.
Estimate free_energy(const Driven& driven) {
  const Vector log_weight = -work_of(driven);
  const WeightedMean mean = weighted({log_weight.data(), static_cast<std::size_t>(log_weight.size())});
  return {-mean.log_mean_weight, mean.standard_error, log_weight.size()};
}

struct Drives {
  Index walkers, steps;
  Noise noise;
  // Each protocol has a noise of its own, or all would err alike.
  Driven operator()(const Protocol& protocol, const Transport* transport = nullptr) const {
    const Noise own = noise.derived(std::bit_cast<std::uint64_t>(protocol.duration));
    return drive(protocol, {LangevinStepper::mala, 1, 1, 1}, 1, steps, own, numbered(walkers), transport);
  }
};

// The well that is dragged: Gaussian work, no change of free energy. Where walkers are carried with it, no work.
void dragged(const Arguments& entry, const Drives& run, Observed& out) {
  const std::vector<double> given = entry.numbers("times");
  if (given.size() != 3) throw UsageError("gallery: times = {}; expected k, v and the duration.", entry.text("times"));
  const Protocol protocol = dragged_well(given[0], given[1], given[2]);
  const HarmonicWork law = harmonic_work(protocol, 1);
  const Driven driven = run(protocol);
  const Transport along = dragged_transport(given[1]);
  const double step = given[2] / static_cast<double>(run.steps);
  // By steps the well moves first: v^2 k dt/2 a unit of time, in the mean and twice that in the variance.
  const double allowed = given[1] * given[1] * given[0] * step * given[2];
  const Vector work = work_of(driven);
  out.quantities.push_back({"predicted work of the dragged well", {law.mean_work, 0, 1}});
  out.quantities.push_back({"work of the dragged well", scaled(work, 1), law.mean_work, allowed});
  Quantity spread{"its variance", mean_square(work.array() - work.mean()), 2 * law.mean_work, 2 * allowed};
  out.quantities.push_back(spread);
  out.quantities.push_back({"its free energy", free_energy(driven), law.free_energy});
  out.quantities.push_back({"largest work of walkers carried along",
                            {work_of(run(protocol, &along)).cwiseAbs().maxCoeff(), 0, 1},
                            0.0,
                            1e-12});  // rounding
}

}  // namespace

Observed run_work(const Arguments& entry, Scale scale) {
  const Drives run{static_cast<Index>(at_scale(entry, "starts", scale)),
                   static_cast<Index>(at_scale(entry, "steps", scale)), noise_of(entry)};
  Observed out;
  dragged(entry, run, out);
  constexpr double kFrom = 1, kTo = 4;
  Curve mean{"mean work", true}, estimate{"Jarzynski's estimate", true}, carried{"mean work, carried along", true},
      line{"mean work, equation"}, free{"free energy, log 2"};
  const std::vector<double> durations = entry.numbers("values");
  for (const double duration : durations) {
    const Protocol protocol = stiffness_ramp(kFrom, kTo, duration);
    const HarmonicWork law = harmonic_work(protocol, 1);
    const Transport along = ramp_transport(kFrom, kTo, duration);
    const Driven driven = run(protocol), escorted = run(protocol, &along);
    // Each step errs by the square of its share of the ramp, and all of them by order one over their number.
    const double allowed = 2 / static_cast<double>(run.steps);
    const Estimate work = scaled(work_of(driven), 1), found = free_energy(driven), led = scaled(work_of(escorted), 1);
    const std::string at = fmt::format(" tau={:g}", duration);
    out.quantities.push_back({"predicted work" + at, {law.mean_work, 0, 1}});
    out.quantities.push_back({"predicted end variance" + at, {law.variance, 0, 1}});
    out.quantities.push_back({"work" + at, work, law.mean_work, allowed});
    out.quantities.push_back({"free energy" + at, found, law.free_energy});
    out.quantities.push_back({"free energy when carried along" + at, free_energy(escorted), law.free_energy});
    mean.rows.push_back({duration, work.value, work.standard_error});
    estimate.rows.push_back({duration, found.value, found.standard_error});
    carried.rows.push_back({duration, led.value, led.standard_error});
  }
  const auto [shortest, longest] = std::minmax_element(durations.begin(), durations.end());
  for (const double log : spaced(std::log(*shortest), std::log(*longest), 60)) {
    const HarmonicWork law = harmonic_work(stiffness_ramp(kFrom, kTo, std::exp(log)), 1);
    line.rows.push_back({std::exp(log), law.mean_work, 0});
    free.rows.push_back({std::exp(log), law.free_energy, 0});
  }
  out.curves = {mean, estimate, carried, line, free};
  return out;
}

Observed run_langevin(const Arguments& entry, Scale scale) {
  const Potential energy = make_potential(entry.text("model"), words_of(entry.text("parameters"))).energy;
  if (!energy.harmonic()) throw UsageError("gallery: {} is no harmonic well.", entry.text("model"));
  const auto m = static_cast<Index>(at_scale(entry, "starts", scale));
  const double T = entry.number("temperature"), k = energy.curvature(0);
  const Noise noise = noise_of(entry);
  const std::vector<double> steps = entry.numbers("times");
  Observed out;
  std::vector<Curve> points, lines;
  Curve acceptance{"acceptance of mala", true};
  for (const StepperEntry& stepper : langevin_steppers()) {
    points.push_back({fmt::format("variance, {}", stepper.name), true});
    lines.push_back({fmt::format("variance of {}", stepper.name)});
    for (const double dt : steps) {
      const LangevinSettings s{stepper.stepper, T, dt, 1};
      const double exact = harmonic_variance(k, s);
      if (std::isnan(exact)) continue;
      Langevin walkers(energy, s, equilibrium_draws(energy, T, 1, noise, numbered(m)), noise, numbered(m));
      walkers.advance(static_cast<Index>(std::ceil(10 / (k * dt))));  // the start is forgotten to e^{-20}
      const Estimate variance = mean_square(walkers.points().col(0));
      const std::string at = fmt::format("{} dt={:g}", stepper.name, dt);
      out.quantities.push_back({"variance " + at, variance, exact});
      points.back().rows.push_back({dt, variance.value, variance.standard_error});
      if (stepper.stepper != LangevinStepper::mala) continue;
      out.quantities.push_back({"acceptance " + at, walkers.acceptance()});
      acceptance.rows.push_back({dt, walkers.acceptance().value, walkers.acceptance().standard_error});
    }
    const auto [least, most] = std::minmax_element(steps.begin(), steps.end());
    for (const double dt : spaced(*least, *most, 60))
      lines.back().rows.push_back({dt, harmonic_variance(k, {stepper.stepper, T, dt, 1}), 0});
  }
  out.curves = points;
  out.curves.push_back(acceptance);
  out.curves.push_back(lines[0]);  // the others are exact: one line for both
  lines[1].name = "T / k";
  out.curves.push_back(lines[1]);
  return out;
}

}  // namespace denoiscope::gallery
