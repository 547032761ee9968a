// Backward paths of a posterior without a score: the clean end is drawn once, and every noise level between is an
// Ornstein-Uhlenbeck bridge. Exact for any grid.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

/// x_t given the two ends of an interval, x_0 at 0 and x_u at u >= t: Gaussian with mean clean x_0 + noisy x_u and
/// variance `variance` in every component.
struct BridgeLaw {
  double clean = 0, noisy = 1, variance = 0;
};

/// clean = sinh(u - t) / sinh u, noisy = sinh t / sinh u, variance = 2 sinh t sinh(u - t) / sinh u, without
/// cancellation and for any 0 <= t <= u, u > 0. Throws UsageError for other times.
BridgeLaw bridge_law(double t, double u);

/// Backward paths x_{t_0}, x_{t_1}, ... of p(x_0) noised, one a row. The law of the whole path is that of the forward
/// process read backwards, at any times t_0 > t_1 > ... >= 0; at 0 it stands on the clean end. Noise is named by
/// trajectory and by the number of the step, so that a path is the same alone or among others, on any threads.
class Bridge {
 public:
  /// Paths from given points x at t: the clean end is drawn from p(x_0 | x_t = x). x: (m, d); trajectory: (m) names.
  Bridge(const Posterior& model, double t, Rows x, const Noise& noise, std::span<const std::uint64_t> trajectory);
  /// Paths of the stationary reverse process: the clean end is drawn from the prior and noised to t.
  Bridge(const Posterior& model, double t, const Noise& noise, std::span<const std::uint64_t> trajectory);

  double time() const { return t_; }
  const RowMatrix& points() const { return x_; }  ///< (m, d) x_t
  const RowMatrix& clean() const { return x0_; }  ///< (m, d) where the paths end
  /// On to `t`, 0 <= t <= time(). Throws UsageError for other times.
  void step(double t);

 private:
  void noise_into(std::uint32_t step, double of_clean, double of_noisy, double deviation);

  Noise noise_;
  std::vector<std::uint64_t> trajectory_;
  double t_;
  std::uint32_t steps_ = 0;
  RowMatrix x_, x0_;
};

}  // namespace denoiscope
