// Gaussian data on a linear manifold, exact in everything: the model behind the spectra of score Jacobians.
#pragma once

#include <cstdint>

#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/models/covariance.hpp"

namespace denoiscope {

/// x_0 = W S^{1/2} xi with xi ~ N(0, I_D): a frame W, shape (d, D), and latent variances S (arXiv 2410.05898). D may be
/// below or above d. The posterior costs O(d min(d, D)) a row, by a singular value decomposition of W S^{1/2} done once
/// in O(d D min(d, D)).
class LinearManifold final : public Posterior {
 public:
  /// frame: (d, D); latent_variances: (D), >= 0, zeros allowed. Throws UsageError for an empty frame, another number of
  /// variances, or a number that is negative or not finite.
  LinearManifold(Rows frame, const Vector& latent_variances);

  Index dimension() const override { return covariance_.dimension(); }
  /// Eigenvalues of the data covariance W S W^T that are above rounding, largest first; their number is the dimension
  /// of the manifold, the other eigenvalues of the (d, d) matrix are 0.
  const Vector& eigenvalues() const { return covariance_.eigenvalues(); }

  void denoise(double t, Rows x, MutRows mean) const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;

 private:
  Covariance covariance_;
};

/// Independent standard normals, shape (d, D): a function of the seed. Row i is the same for every d.
RowMatrix gaussian_frame(Index d, Index latent_dimension, std::uint64_t seed);

/// The random manifold with W = F / sqrt(d), F = gaussian_frame(d, D, seed) (arXiv 2410.05898): for one variance
/// sigma^2 the D non-zero eigenvalues of the covariance fill [sigma^2 (1 - sqrt(D/d))^2, sigma^2 (1 + sqrt(D/d))^2]
/// (Marchenko-Pastur). D is the number of latent variances.
LinearManifold random_manifold(Index d, const Vector& latent_variances, std::uint64_t seed);

/// A manifold with D <= d orthonormal directions, uniformly distributed: the eigenvalues of its covariance are the
/// latent variances themselves. Throws UsageError for D > d.
LinearManifold orthonormal_manifold(Index d, const Vector& latent_variances, std::uint64_t seed);

}  // namespace denoiscope
