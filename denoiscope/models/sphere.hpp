// Data spread uniformly over a sphere: a curved manifold whose score is known exactly.
#pragma once

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

/// x_0 uniform on the sphere S^2 of radius R in the first three of d coordinates, 0 in the others. With x_par the first
/// three coordinates of x, r = |x_par| and kappa = e^{-t} R r / Delta_t the posterior is the von Mises-Fisher law
/// p(x_0 | x) ~ e^{kappa cos(x_0, x_par)} (Fisher 1953, Proc. R. Soc. A 217, 295), and with Langevin's function
/// L(k) = coth k - 1/k:
///   log P_t(x) = -d/2 log(2 pi Delta) - (|x|^2 + e^{-2t} R^2) / (2 Delta) + log(sinh(kappa) / kappa),
///   E[x_0 | x] = R L(kappa) x_par / r,
///   Cov[x_0 | x] = R^2 L'(kappa) along x_par, R^2 L(kappa) / kappa across it, 0 off the three coordinates.
/// Evaluated without overflow or cancellation for every kappa >= 0.
class Sphere final : public Posterior {
 public:
  /// Throws UsageError for d < 3 or a radius that is not a positive finite number.
  explicit Sphere(Index d, double radius = 1);

  Index dimension() const override { return dimension_; }
  void denoise(double t, Rows x, MutRows mean) const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  /// The cosine by its inverse distribution function, the angle around x_par uniform.
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;

 private:
  Index dimension_;
  double radius_;
};

}  // namespace denoiscope
