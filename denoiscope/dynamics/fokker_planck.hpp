// The Fokker-Planck equation d_t p = d_x(E' p + T d_x p) of overdamped Langevin motion dx = -E'(x) dt + sqrt(2 T) dB on
// an interval with reflecting ends, by finite volumes. Time is in the units of this equation.
#pragma once

#include <optional>
#include <vector>

#include "denoiscope/base/rows.hpp"
#include "denoiscope/dynamics/potential.hpp"

namespace denoiscope {

/// How FokkerPlanck::advance goes through time. Both conserve mass to rounding.
enum class ImplicitStepper {
  euler,   ///< order 1; positive, and entropy falls, at any step
  sdirk2,  ///< order 2, L-stable (Alexander 1977); positive for smooth densities and steps that resolve them
};

/// Cells of equal width with Scharfetter-Gummel fluxes (IEEE Trans. Electron Devices 16, 64, 1969; the same weights:
/// Chang, Cooper 1970). Jumps i -> i+1 happen at rate (T/h^2) B(z), back at (T/h^2) B(-z), z = (E_{i+1} - E_i)/T,
/// B(z) = z/(e^z - 1): the stationary law exp(-E_i/T) holds in detailed balance on any grid; the rest errs by O(h^2).
class FokkerPlanck {
 public:
  /// Throws UsageError unless temperature > 0, low < high are finite and cells >= 3, and for a grid so coarse that a
  /// neighbouring cell is cut off (its rates underflow).
  FokkerPlanck(const Potential& energy, double temperature, LineInterval range, Index cells);

  Index cells() const { return centres_.size(); }
  double width() const { return width_; }
  const Vector& centres() const { return centres_; }        ///< (cells)
  const Vector& stationary() const { return stationary_; }  ///< (cells) masses, sum 1
  const Vector& right() const { return right_; }            ///< (cells) rate i -> i+1; the last is 0
  const Vector& left() const { return left_; }              ///< (cells) rate i -> i-1; the first is 0

  /// The lowest `count` decay rates above 0, ascending, each to about cells * 1e-16 of itself however slow it is.
  /// Throws UsageError unless 1 <= count < cells.
  std::vector<double> spectrum(Index count) const;

  /// Masses (cells) of a Gaussian read at the centres, normalised. variance > 0 else UsageError, also where no centre
  /// lies within it.
  Vector gaussian(double mean, double variance) const;

  /// Lets masses (cells) evolve for `time` in equal steps. Throws UsageError unless time >= 0 and steps >= 1.
  void advance(Vector& mass, double time, Index steps, ImplicitStepper stepper) const;

  double mean(const Vector& mass) const { return mass.dot(centres_); }
  double variance(const Vector& mass) const;
  /// KL(mass || stationary) in nats: the free energy above equilibrium over T. Infinite where the stationary mass has
  /// underflowed and mass has not.
  double relative_entropy(const Vector& mass) const;

 private:
  double width_;
  Vector centres_, stationary_, right_, left_;
};

/// The spectrum at 2 `cells` cells and at half the width, extrapolated to zero width (error O(h^4) instead of O(h^2)).
std::vector<double> extrapolated_spectrum(const Potential& energy, double temperature, LineInterval range, Index cells,
                                          Index count);

/// Mean time from `from` to the first visit of `to`, by quadrature of
/// (1/T) int_from^to dy e^{E(y)/T} int_wall^y dz e^{-E(z)/T} (mirrored where to < from), with a reflecting wall where
/// the weight has fallen by e^{-45}. About 1e-10 relative. Throws UsageError for ends that are equal or not finite,
/// NumericalError where the time overflows.
double first_passage_time(const Potential& energy, double temperature, double from, double to);

/// The same from the finite-volume equations with `cells` cells that end at an absorbing wall at `to`: O(h^2).
double first_passage_time(const Potential& energy, double temperature, double from, double to, Index cells);

/// Kramers' rates between the two minima of a double well, sqrt(E''(min) |E''(max)|) / (2 pi) e^{-barrier/T}: the
/// leading term for T well below both barriers, off by several per cent at a tenth of them (Physica 7, 284, 1940).
struct Kramers {
  double left, top, right;                                      ///< where the minima and the maximum are
  double from_left, from_right;                                 ///< rates
  double relaxation() const { return from_left + from_right; }  ///< what the slowest mode decays with
};

/// No value where the potential has but one minimum.
std::optional<Kramers> kramers(const Potential& energy, double temperature);

}  // namespace denoiscope
