// Langevin motion in a potential: dx = -grad U(x) dt + sqrt(2 T) dB and its inertial form, by three integrators whose
// stationary laws differ by a known bias, or not at all.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/rows.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/dynamics/potential.hpp"

namespace denoiscope {

enum class LangevinStepper {
  ula,    ///< Euler-Maruyama: bias O(dt); in a harmonic well the variance is T/(k (1 - k dt/2)), none for k dt >= 2
  mala,   ///< the same proposals accepted by Metropolis' rule: no bias (Roberts, Tweedie, Bernoulli 2, 341, 1996)
  baoab,  ///< inertial, unit mass: bias O(dt^2), none of positions in a harmonic well (arXiv 1203.5428)
};

struct StepperEntry {
  LangevinStepper stepper;
  std::string_view name, description;
};
std::span<const StepperEntry> langevin_steppers();
/// Throws UsageError with the known names when there is none of that name.
LangevinStepper langevin_stepper(std::string_view name);

struct LangevinSettings {
  LangevinStepper stepper = LangevinStepper::mala;
  double temperature = 1;
  double dt = 0.01;
  double friction = 1;  ///< of baoab, per unit of time; the others have none
};

/// One step of one coordinate; z: standard normals.
inline double ula_step(const Potential& energy, const LangevinSettings& s, double x, double z) {
  return x - s.dt * energy.slope(x) + std::sqrt(2 * s.temperature * s.dt) * z;
}

/// What one coordinate adds to the log of Metropolis' ratio for the proposal x -> y of ula_step.
inline double mala_log_ratio(const Potential& energy, const LangevinSettings& s, double x, double y) {
  // Squares of the forward and backward displacements are taken apart, so that nothing of order 1/dt cancels.
  const double here = energy.slope(x), there = energy.slope(y);
  return (0.5 * (y - x) * (here + there) - (energy.value(y) - energy.value(x)) -
          0.25 * s.dt * (there * there - here * here)) /
         s.temperature;
}

/// Half kick, half drift, friction and noise for a whole step, half drift, half kick.
inline void baoab_step(const Potential& energy, const LangevinSettings& s, double& x, double& v, double z) {
  const double keep = std::exp(-s.friction * s.dt);
  v -= 0.5 * s.dt * energy.slope(x);
  x += 0.5 * s.dt * v;
  v = keep * v + std::sqrt(-std::expm1(-2 * s.friction * s.dt) * s.temperature) * z;
  x += 0.5 * s.dt * v;
  v -= 0.5 * s.dt * energy.slope(x);
}

/// Variance of a coordinate under the stepper's own stationary law in a harmonic well of stiffness k. NaN where it has
/// none (k dt >= 2 for ula, k dt^2 >= 4 for baoab).
double harmonic_variance(double k, const LangevinSettings& settings);

/// Many independent walkers in U(x) = sum_i E(x_i), one a row. Walker i at step k depends on the seed, its name and k
/// alone: not on threads, nor on its companions.
class Langevin {
 public:
  /// start: (m, d); trajectory: (m) names. Throws UsageError for settings that are no positive finite numbers and for
  /// batches without names.
  Langevin(const Potential& energy, const LangevinSettings& settings, Rows start, const Noise& noise,
           std::span<const std::uint64_t> trajectory);

  /// Throws NumericalError that names the walker where one has left for infinity.
  void advance(Index steps);
  /// The landscape from now on: for protocols that change it between steps.
  void set_potential(const Potential& energy) { energy_ = energy; }
  /// Walkers elsewhere from now on, x: (m, d): for transports that carry them between steps.
  void set_points(Rows x) { x_ = x; }

  const RowMatrix& points() const { return x_; }      ///< (m, d)
  const RowMatrix& velocities() const { return v_; }  ///< (m, d); empty but for baoab
  Index steps() const { return static_cast<Index>(step_); }
  double time() const { return static_cast<double>(step_) * settings_.dt; }
  /// Share of proposals taken, over all steps so far; the error is that of independent walkers. 1 but for mala.
  Estimate acceptance() const;

 private:
  void block(Index begin, Index count, Index steps);

  Potential energy_;
  LangevinSettings settings_;
  Noise noise_;
  std::vector<std::uint64_t> trajectory_;
  std::uint32_t step_ = 0;
  RowMatrix x_, v_;
  std::vector<double> taken_;  // proposals of each walker
};

/// Starting points for walkers: exact draws of exp(-E/T), each coordinate by inversion of the distribution function on
/// 2^14 cells (its error is below 1e-4 of a cell's mass). (m, d).
RowMatrix equilibrium_draws(const Potential& energy, double temperature, Index d, const Noise& noise,
                            std::span<const std::uint64_t> trajectory);

/// C(l) / C(0) for l = 0 .. lags, C(l) = mean over walkers and times of (x_t - mean)(x_{t+l} - mean), all pairs of
/// frames. series: (walkers, frames). Throws UsageError unless lags < frames; NaN where the series does not vary.
std::vector<double> autocorrelation(Rows series, double mean, Index lags);

/// Integrated time 1/2 + sum_l rho(l) in frames about the mean of the series, summed up to the first window of at least
/// 8 of itself (Sokal 1997; what is cut off an exponential is e^{-8} of it). The error is that of independent walkers.
/// series: (walkers, frames). NaN where the window does not close within a quarter of the frames, or nothing varies.
Estimate integrated_time(Rows series);

/// Looks at the first coordinate over the last `span` of `steps` steps, at strides 1, 2, 4, ... that each end with the
/// run: among them is one at which the integrated time is many strides, and the run many of it, if the run is.
/// Memory: 1024 looks of 1024 walkers a stride.
class Looks {
 public:
  Looks(Index steps, Index span, Index walkers);
  /// The first step after `now` to look at, at most `steps`.
  Index next(Index now) const;
  /// x: (m, d), after `now` steps.
  void take(Index now, Rows x);
  /// In steps, by the shortest stride whose window closes. That of half as long did not, so the sum over strides stands
  /// for that over steps up to 1/3072 of it (1/12 of a stride over the time, squared).
  Estimate integrated_time() const;

 private:
  Index steps_;
  std::vector<RowMatrix> series_;  // (walkers, looks) at stride 2^k, in the order of time
};

}  // namespace denoiscope
