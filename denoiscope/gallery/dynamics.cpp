// Steps, drives and wells: what integrators err by, work, relaxation; and guidance.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/dynamics/annealed.hpp"
#include "denoiscope/dynamics/backward.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/experiments/guide.hpp"
#include "denoiscope/gallery/functions.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"

namespace denoiscope::gallery {
namespace {

// Mean and variance at 0 of Euler's paths from t = 30 towards one Gaussian of variance one at m: each step is x -> a x
// + b z + c, and a, b, c are read off it.
struct Moments {
  double mean = 0, variance = 0;
};

Moments euler_moments(double m, double h) {
  const GaussianMixture model = gaussian(Vector::Constant(1, m), 1.0);
  const Normals last_row = [](std::uint32_t, MutRows z) { z << 0, 0, 1; };
  constexpr double kFrom = 30;  // e^{-30} of the start is left
  const std::vector<double> times = time_grid("linear", kFrom, 0, static_cast<int>(std::lround(kFrom / h)));
  Moments at{0, 1};
  for (std::size_t k = 1; k < times.size(); ++k) {
    const RowMatrix from = (RowMatrix(3, 1) << at.mean, at.mean + 1, at.mean).finished();
    Backward walk(model, find_stepper("euler-maruyama"), times[k - 1], from, last_row);
    walk.step(times[k]);
    const Vector to = walk.points().col(0);
    at = {to[0], std::pow(to[1] - to[0], 2) * at.variance + std::pow(to[2] - to[0], 2)};
  }
  return at;
}

// The same two numbers by the recursion x <- (1 - h) x + 2 h m e^{-t} + sqrt(2h) z, the mean over m.
Moments recursion(double h) { return {2 * h * std::exp(-h) / (1 - (1 - h) * std::exp(-h)), 1 / (1 - 0.5 * h)}; }

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
void dragged(const Drives& run, Observed& out) {
  constexpr double kStiffness = 2, kSpeed = 1.5, kDuration = 1;
  const Protocol protocol = dragged_well(kStiffness, kSpeed, kDuration);
  const HarmonicWork law = harmonic_work(protocol, 1);
  const Driven driven = run(protocol);
  const Transport along = dragged_transport(kSpeed);
  const double step = kDuration / static_cast<double>(run.steps);
  // By steps the well moves first: v^2 k dt/2 a unit of time, in the mean and twice that in the variance.
  const double allowed = kSpeed * kSpeed * kStiffness * step * kDuration;
  const Vector work = work_of(driven);
  out.number("predicted work of the dragged well", law.mean_work);
  out.number("work of the dragged well", scaled(work), law.mean_work, allowed);
  out.number("its variance", scaled((work.array() - work.mean()).square()), 2 * law.mean_work, 2 * allowed);
  out.number("its free energy", free_energy(driven), law.free_energy);
  out.number("largest work of walkers carried along", work_of(run(protocol, &along)).cwiseAbs().maxCoeff(), 0.0,
             1e-12);  // rounding
}

// The longest step of guided paths where classes are decided.
double longest_step(double t_max, int steps) {
  constexpr double kDecided = 0.1;
  const std::vector<double> times = time_grid("karras", t_max, 0.002, steps);
  double longest = 0;
  for (std::size_t k = 1; k < times.size() && times[k] > kDecided; ++k)
    longest = std::max(longest, times[k - 1] - times[k]);
  return longest;
}

}  // namespace

// Euler's mean and variance beside the recursion of one step, and clones by the same steps.
void step_bias(const Entry& entry, Observed& out) {
  const std::vector<double> lengths = entry.values();
  const double m = std::sqrt(entry.model().arguments["mu2"]);
  for (const Sweep::Place& place : entry.sweep("vary").places) {
    const double h = parse_number(place.front().second, "h");
    const Moments exact = recursion(h), moments = euler_moments(m, h);
    const double mean = moments.mean / m;
    // Rounding of each of 30/h steps, of which those within the last unit of time count.
    out.number(fmt::format("mean h={:g}", h), mean, exact.mean, 1e-13 / h);
    out.number(fmt::format("variance h={:g}", h), moments.variance, exact.variance, 1e-13 / h);
    out.point("1 - mean / m", h, {1 - mean, 0, 1});
    out.point("variance - 1", h, {moments.variance - 1, 0, 1});
    const Record clones = entry.ask(place);
    for (const Record& p : clones["points"]) {
      const Estimate phi{p["phi"].number(), number_from(p["stderr"]), 1};
      out.number(fmt::format("phi h={:g} t={:g}", h, p["t"].number()), phi);
      out.point(fmt::format("F - phi(t = {:g}), clones", p["t"].number()), h,
                {p["exact"].number() - phi.value, phi.standard_error, 1});
    }
  }
  std::vector<double> fine = spaced(0, *std::max_element(lengths.begin(), lengths.end()), 60);
  fine.erase(fine.begin());  // 0 / 0
  out.line("1 - mean / m, recursion", fine, [](double h) { return 1 - recursion(h).mean; });
  out.line("variance - 1, recursion", fine, [](double h) { return recursion(h).variance - 1; });
}

void work(const Entry& entry, Observed& out) {
  const Drives run{entry.many("starts"), entry.many("steps"), entry.noise()};
  dragged(run, out);
  constexpr double kFrom = 1, kTo = 4;
  for (const double duration : entry.values()) {
    const Protocol protocol = stiffness_ramp(kFrom, kTo, duration);
    const HarmonicWork law = harmonic_work(protocol, 1);
    const Transport along = ramp_transport(kFrom, kTo, duration);
    const Driven driven = run(protocol), escorted = run(protocol, &along);
    // Each step errs by the square of its share of the ramp, and all of them by order one over their number.
    const double allowed = 2 / static_cast<double>(run.steps);
    const std::string at = fmt::format(" tau={:g}", duration);
    out.number("predicted work" + at, law.mean_work);
    out.number("predicted end variance" + at, law.variance);
    out.number("work" + at, scaled(work_of(driven)), law.mean_work, allowed);
    out.number("free energy" + at, free_energy(driven), law.free_energy);
    out.number("free energy when carried along" + at, free_energy(escorted), law.free_energy);
    out.point("mean work", duration, scaled(work_of(driven)));
    out.point("Jarzynski's estimate", duration, free_energy(driven));
    out.point("mean work, carried along", duration, scaled(work_of(escorted)));
  }
  const std::vector<double> durations = entry.values();
  const auto [shortest, longest] = std::minmax_element(durations.begin(), durations.end());
  for (const double duration : experiments::log_times(*shortest, *longest, 60)) {
    const HarmonicWork law = harmonic_work(stiffness_ramp(kFrom, kTo, duration), 1);
    out.joined("mean work, equation", duration, law.mean_work);
    out.joined("free energy, log 2", duration, law.free_energy);
  }
}

// A Gaussian relaxing in a harmonic well. Its rates are from more cells on a wider range.
void quadratic_well(const Entry& entry, Observed& out) {
  const std::vector<Sweep::Place> grids = entry.sweep("vary").places;
  const Record fine = entry.ask(grids.front()), grid = entry.ask(grids.back());
  const double T = grid["temperature"].number(),
               k = make_potential("harmonic", entry.words(entry.text("parameters"))).energy.curvature(0),
               width = (grid["high"].number() - grid["low"].number()) / grid["cells"].number(),
               allowed = width * width;  // of moments and of the divergence: O(h^2), all of order one
  for (std::size_t n = 0; n < fine["eigenvalues"].size(); ++n)
    out.number(fmt::format("rate {}", n + 1), fine["eigenvalues"][n].number(), k * static_cast<double>(n + 1),
               1e-8 * k);
  double fallen = kInfinity, risen = 0;
  for (const Record& row : grid["evolution"]) {
    const double t = row["t"].number(), mean = row["mean"].number(), variance = row["variance"].number(),
                 kl = row["relative_entropy"].number(), exact_mean = row["exact_mean"].number(),
                 exact_variance = row["exact_variance"].number(), ratio = exact_variance * k / T,
                 exact_kl = 0.5 * (exact_mean * exact_mean * k / T + ratio - 1 - std::log(ratio));
    risen = std::max(risen, kl - fallen);
    fallen = kl;
    out.number(fmt::format("mean t={:g}", t), mean, exact_mean, allowed);
    out.number(fmt::format("variance t={:g}", t), variance, exact_variance, allowed);
    out.number(fmt::format("divergence t={:g}", t), kl, exact_kl, 4 * allowed);
    out.number(fmt::format("mean on these cells t={:g}", t), mean);  // to be compared without allowance
    out.number(fmt::format("variance on these cells t={:g}", t), variance);
    out.point("mean", t, {mean, 0, 1});
    out.point("variance", t, {variance, 0, 1});
    out.point("divergence from equilibrium, nats", t, {kl, 0, 1});
    out.joined("m e^{-kt}", t, exact_mean);
    out.joined("T/k + (v - T/k) e^{-2kt}", t, exact_variance);
    out.joined("of these two Gaussians", t, exact_kl);
  }
  out.number("most that the divergence rises", risen, 0.0);
}

// One of two Gaussian classes under guidance, from so high a t that the paths' start from N(0, I) does not matter; the
// experiment guide starts where its window does. By the ODE what guidance does before that counts too, and the law that
// measurements are held to is from the same time. What is added to statistical errors: the SDE's stepper is of first
// order, with a fifth of a step in the tests of dynamics; that of the ODE of second order, with a factor that grows
// with omega as the push does. Ending by E[x_0|x] at t = 0.002 takes that share of the ODE's shift, and nothing of the
// SDE's, whose paths lose it anyway.
void guidance(const Entry& entry, Observed& out) {
  const std::string& sampler = entry.text("parameters");
  const bool sde = sampler == "sampler=sde";
  experiments::GuideSettings settings;
  settings.samples = entry.many("starts");
  settings.steps = static_cast<int>(entry.number("steps"));
  for (const double d : entry.values()) {
    const experiments::GuideSubject subject = experiments::guide_subject(
        make_model("gaussian-mixture", std::vector<std::string>{"d=1", fmt::format("mu2={}", d)}));
    const double t_max = 0.5 * std::log(d) + 6, h = longest_step(t_max, settings.steps);
    const auto samples = [&](double omega) {
      return experiments::guided_samples(subject, settings, 0, sde ? *settings.sde : *settings.ode, 1 + omega, {},
                                         t_max, entry.noise());
    };
    const experiments::GuidedSamples plain = samples(0);
    for (const double omega : entry.times()) {
      const experiments::GuideRow row = experiments::guide_row(samples(omega), plain);
      const auto law = [&](const char* field, double from) {
        return theory_value(fmt::format("cfg.{} d={} omega={} {} t_high={}", field, d, omega, sampler, from));
      };
      const double allowed = sde ? 0.3 * h : (2 + omega) * h * h + 0.002 * std::abs(law("shift", t_max));
      const std::string at = fmt::format("d={:g} omega={:g}", d, omega);
      for (const char* field : {"shift", "variance"})
        out.number(fmt::format("law {} {}", field, at), law(field, experiments::kLatest));
      out.number("shift " + at, row.extra_shift, law("shift", t_max), allowed);
      out.number("variance " + at, row.variance_ratio, law("variance", t_max), allowed);
      out.point(fmt::format("shift, |m|^2 = {:g}", d), omega, row.extra_shift);
      out.point(fmt::format("variance, |m|^2 = {:g}", d), omega, row.variance_ratio);
    }
  }
}

}  // namespace denoiscope::gallery
