#include "denoiscope/dynamics/annealed.hpp"

#include <algorithm>
#include <array>
#include <boost/numeric/odeint.hpp>
#include <cmath>

#include "denoiscope/base/error.hpp"

namespace denoiscope {
namespace {

void require_duration(double duration) {
  if (!(duration > 0) || std::isinf(duration))
    throw UsageError("protocol: a duration of {}, expected a finite number above 0.", duration);
}

// x -> y = x + b dt; returns log dy/dx.
double carry(const Transport& transport, double t, double dt, double& x) {
  const double stretch = transport.slope(x, t) * dt;
  if (!(stretch > -1))
    throw UsageError(
        "drive: the transport folds the line at x = {:.6g}, t = {:.6g}: slope {:.6g} in a step of {:.6g}. "
        "Take more steps.",
        x, t, stretch / dt, dt);
  x += transport.drift(x, t) * dt;
  return std::log1p(stretch);
}

}  // namespace

Protocol dragged_well(double k, double v, double duration) {
  require_duration(duration);
  return {[=](double t) { return Potential{{0.5 * k * v * t * v * t, -k * v * t, 0.5 * k, 0, 0}}; }, duration};
}

Protocol stiffness_ramp(double k0, double k1, double duration) {
  require_duration(duration);
  return {[=](double t) { return Potential{{0, 0, 0.5 * (k0 + (k1 - k0) * (t / duration)), 0, 0}}; }, duration};
}

Transport dragged_transport(double v) {
  return {[v](double, double) { return v; }, [](double, double) { return 0.0; }};
}

Transport ramp_transport(double k0, double k1, double duration) {
  require_duration(duration);
  const auto slope = [=](double, double t) {
    const double rate = (k1 - k0) / duration;
    return -0.5 * rate / (k0 + rate * t);
  };
  return {[slope](double x, double t) { return slope(x, t) * x; }, slope};
}

Driven drive(const Protocol& protocol, LangevinSettings settings, Index d, Index steps, const Noise& noise,
             std::span<const std::uint64_t> trajectory, const Transport* transport) {
  if (steps < 1) throw UsageError("drive: {} steps, expected at least one.", steps);
  if (settings.stepper == LangevinStepper::baoab)
    throw UsageError("drive: stepper baoab leaves no law of positions alone invariant; take mala or ula.");
  require_duration(protocol.duration);
  settings.dt = protocol.duration / static_cast<double>(steps);
  Potential now = protocol.at(0);
  RowMatrix x = equilibrium_draws(now, settings.temperature, d, noise, trajectory);
  Langevin walkers(now, settings, x, noise, trajectory);
  std::vector<double> work(trajectory.size(), 0);
  for (Index k = 1; k <= steps; ++k) {
    const double t = static_cast<double>(k - 1) * settings.dt;
    const Potential next = protocol.at(static_cast<double>(k) * settings.dt);
    x = walkers.points();
    for (std::size_t i = 0; i < work.size(); ++i)
      for (Index j = 0; j < d; ++j) {
        double& place = x(static_cast<Index>(i), j);
        const double before = now.value(place);
        const double stretch = transport ? carry(*transport, t, settings.dt, place) : 0;
        work[i] += next.value(place) - before - settings.temperature * stretch;
      }
    if (transport) walkers.set_points(x);
    walkers.set_potential(next);
    walkers.advance(1);
    now = next;
  }
  return {std::move(work), walkers.points(), walkers.acceptance()};
}

WeightedMean weighted(std::span<const double> log_weights, std::span<const double> values) {
  if (log_weights.empty() || (!values.empty() && values.size() != log_weights.size()))
    throw UsageError("weighted: {} weights for {} values.", log_weights.size(), values.size());
  const double top = *std::max_element(log_weights.begin(), log_weights.end());
  double sum = 0, squares = 0, first = 0;
  for (std::size_t i = 0; i < log_weights.size(); ++i) {
    const double w = std::exp(log_weights[i] - top);
    sum += w;
    squares += w * w;
    if (!values.empty()) first += w * values[i];
  }
  const double n = static_cast<double>(log_weights.size()), ess = sum * sum / squares;
  return {top + std::log(sum / n), ess, values.empty() ? kNaN : first / sum, std::sqrt(std::max(0.0, 1 / ess - 1 / n))};
}

HarmonicWork harmonic_work(const Protocol& protocol, double temperature) {
  require_temperature(temperature, "work");
  const Potential begin = protocol.at(0), end = protocol.at(protocol.duration);
  if (!begin.harmonic() || !end.harmonic()) throw UsageError("work: the protocol is not harmonic at its ends.");
  using State = std::array<double, 3>;  // mean, variance, work
  const Equilibrium at_start{-begin.c[1] / (2 * begin.c[2]), temperature / (2 * begin.c[2]), 0};
  State state = {at_start.mean, at_start.variance, 0};
  const double duration = protocol.duration;
  const auto flow = [&](const State& s, State& rate, double t) {
    const Potential now = protocol.at(t);
    // Protocols are polynomials of t to the second degree, for which central differences are exact but for rounding.
    const double h = 1e-3 * duration;
    const Potential later = protocol.at(t + h), earlier = protocol.at(t - h);
    rate[0] = -now.slope(s[0]);
    rate[1] = -4 * now.c[2] * s[1] + 2 * temperature;
    rate[2] = 0;
    const double moment[] = {1, s[0], s[0] * s[0] + s[1]};
    for (std::size_t k = 0; k < 3; ++k) rate[2] += (later.c[k] - earlier.c[k]) / (2 * h) * moment[k];
  };
  namespace odeint = boost::numeric::odeint;
  odeint::integrate_adaptive(odeint::make_controlled<odeint::runge_kutta_dopri5<State>>(1e-12, 1e-12), flow, state, 0.0,
                             duration, 1e-3 * duration);
  // Z = sqrt(pi T / c2) e^{(c1^2 / (4 c2) - c0) / T}
  const auto free_energy = [&](const Potential& e) {
    return e.c[0] - e.c[1] * e.c[1] / (4 * e.c[2]) + 0.5 * temperature * std::log(e.c[2]);
  };
  return {state[2], free_energy(end) - free_energy(begin), state[0], state[1]};
}

}  // namespace denoiscope
