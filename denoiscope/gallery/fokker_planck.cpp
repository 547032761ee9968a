// The Fokker-Planck equation of a harmonic and of a double well.
#include "denoiscope/dynamics/fokker_planck.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "denoiscope/base/error.hpp"
#include "denoiscope/gallery/experiments.hpp"

namespace denoiscope::gallery {
namespace {

constexpr double kReach = 45;  // energy over T at the reflecting ends: their e^{-45} changes no digit here

Potential potential_of(const Arguments& entry) {
  return make_potential(entry.text("model"), words_of(entry.text("parameters"))).energy;
}

// The Gaussian that N(m0, v0) becomes in the well E = k x^2/2, and its divergence from the stationary one.
struct Relaxing {
  double k, T, m0, v0;
  double mean(double t) const { return m0 * std::exp(-k * t); }
  double variance(double t) const { return T / k + (v0 - T / k) * std::exp(-2 * k * t); }
  double divergence(double t) const {
    const double ratio = variance(t) * k / T;
    return 0.5 * (mean(t) * mean(t) * k / T + ratio - 1 - std::log(ratio));
  }
};

}  // namespace

Observed run_quadratic_well(const Arguments& entry, Scale) {
  const Potential energy = potential_of(entry);
  const std::vector<double> start = entry.numbers("values"), times = entry.numbers("times");
  if (!energy.harmonic() || start.size() != 2)
    throw UsageError("gallery: {} with values = {}; expected a harmonic well, and mean and variance of the start.",
                     entry.text("model"), entry.text("values"));
  const double T = entry.number("temperature"), k = energy.curvature(0), step = 5e-5;
  const Relaxing exact{k, T, start[0], start[1]};
  const double far = 8 * std::sqrt(T / k);
  const FokkerPlanck grid(energy, T, {-far, far}, static_cast<Index>(entry.whole("cells")));
  const double allowed = grid.width() * grid.width();  // of moments and of the divergence: O(h^2), all of order one
  Observed out;
  const std::vector<double> rates = extrapolated_spectrum(energy, T, {-far - 2, far + 2}, 3000, 4);
  for (std::size_t n = 0; n < rates.size(); ++n)
    out.quantities.push_back(
        {fmt::format("rate {}", n + 1), {rates[n], 0, 1}, k * static_cast<double>(n + 1), 1e-8 * k});
  Curve mean{"mean", true}, variance{"variance", true}, divergence{"divergence from equilibrium, nats", true},
      means{"m e^{-kt}"}, variances{"T/k + (v - T/k) e^{-2kt}"}, divergences{"of these two Gaussians"};
  Vector mass = grid.gaussian(start[0], start[1]);
  double now = 0, fallen = std::numeric_limits<double>::infinity(), risen = 0;
  for (const double t : times) {
    grid.advance(mass, t - now, static_cast<Index>(std::lround((t - now) / step)), ImplicitStepper::sdirk2);
    now = t;
    const double kl = grid.relative_entropy(mass);
    risen = std::max(risen, kl - fallen);
    fallen = kl;
    const Estimate m{grid.mean(mass), 0, 1}, v{grid.variance(mass), 0, 1};
    out.quantities.push_back({fmt::format("mean t={:g}", t), m, exact.mean(t), allowed});
    out.quantities.push_back({fmt::format("variance t={:g}", t), v, exact.variance(t), allowed});
    out.quantities.push_back({fmt::format("divergence t={:g}", t), {kl, 0, 1}, exact.divergence(t), 4 * allowed});
    out.quantities.push_back({fmt::format("mean on these cells t={:g}", t), m});  // to be compared without allowance
    out.quantities.push_back({fmt::format("variance on these cells t={:g}", t), v});
    mean.rows.push_back({t, grid.mean(mass), 0});
    variance.rows.push_back({t, grid.variance(mass), 0});
    divergence.rows.push_back({t, kl, 0});
  }
  out.quantities.push_back({"most that the divergence rises", {risen, 0, 1}, 0.0});
  for (const double t : spaced(0, times.back(), 100)) {
    means.rows.push_back({t, exact.mean(t), 0});
    variances.rows.push_back({t, exact.variance(t), 0});
    divergences.rows.push_back({t, exact.divergence(t), 0});
  }
  out.curves = {mean, variance, divergence, means, variances, divergences};
  return out;
}

Observed run_double_well(const Arguments& entry, Scale) {
  const Potential energy = potential_of(entry);
  const std::vector<double> temperatures = entry.numbers("values"), places = stationary_points(energy);
  if (places.size() != 3) throw UsageError("gallery: {} has one minimum; expected two.", entry.text("model"));
  const double left = places[0], top = places[1], right = places[2];
  Observed out;
  Curve slowest{"slowest mode, finite volumes", true}, passages{"2 / mean passage time", true},
      line{"Kramers' rates, both ways"}, exact{"2 / mean passage time, quadrature"};
  for (const double T : temperatures) {
    const LineInterval range = reach(energy, kReach * T);
    const Index cells = static_cast<Index>(entry.whole("cells"));
    const std::vector<double> rates = extrapolated_spectrum(energy, T, range, cells, 3);
    const double kramers_rate = kramers(energy, T)->relaxation(), over = first_passage_time(energy, T, left, right),
                 on_grid = first_passage_time(energy, T, left, right, cells);
    for (std::size_t n = 0; n < rates.size(); ++n)
      out.quantities.push_back({fmt::format("lambda {} T={:g}", n + 1, T), {rates[n], 0, 1}});
    out.quantities.push_back({fmt::format("Kramers T={:g}", T), {kramers_rate, 0, 1}});
    out.quantities.push_back({fmt::format("ratio T={:g}", T), {rates[0] / kramers_rate, 0, 1}});
    out.quantities.push_back({fmt::format("passage T={:g}", T), {over, 0, 1}});
    out.quantities.push_back(
        {fmt::format("passage to the top T={:g}", T), {first_passage_time(energy, T, left, top), 0, 1}});
    slowest.rows.push_back({1 / T, std::log10(rates[0]), 0});
    passages.rows.push_back({1 / T, std::log10(2 / on_grid), 0});
  }
  const auto [coldest, hottest] = std::minmax_element(temperatures.begin(), temperatures.end());
  for (const double inverse : spaced(1 / *hottest, 1 / *coldest, 60)) {
    line.rows.push_back({inverse, std::log10(kramers(energy, 1 / inverse)->relaxation()), 0});
    exact.rows.push_back({inverse, std::log10(2 / first_passage_time(energy, 1 / inverse, left, right)), 0});
  }
  out.curves = {slowest, passages, line, exact};
  return out;
}

}  // namespace denoiscope::gallery
