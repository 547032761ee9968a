// Mixtures of Gaussians: any number of components, weights, covariances (isotropic, diagonal, of low rank, full). One
// component is a Gaussian.
#pragma once

#include <vector>

#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/models/covariance.hpp"

namespace denoiscope {

/// Everything in closed form. With Gamma_c = Delta_t I + e^{-2t} C_c and y = x - e^{-t} mu_c:
/// log P_t(x) = log sum_c w_c N(y; 0, Gamma_c), E[x_0|x,c] = mu_c + e^{-t} C_c Gamma_c^{-1} y, Cov[x_0|x,c] = Delta_t
/// C_c Gamma_c^{-1}.
class GaussianMixture : public Posterior {
 public:
  struct Component {
    double weight = 1;     ///< positive; normalised over the components
    Vector mean;           ///< (d)
    double variance = 1;   ///< isotropic variance, >= 0; used where `covariance` and `spectrum` are empty
    RowMatrix covariance;  ///< (d, d) symmetric, positive semi-definite; or empty
    Vector spectrum;  ///< eigenvalues of the covariance, >= 0: (d) along the coordinates, (r) along `axes`; or empty
    Eigen::MatrixXd axes;  ///< (d, r) orthonormal columns that `spectrum` belongs to, 0 off them; empty: coordinates
    int label = -1;        ///< class of the component; -1: a class of its own (for all components or for none)
  };

  /// Throws UsageError for no components, unequal dimensions, weights <= 0, negative variances, a covariance that is
  /// not symmetric and positive semi-definite, or axes that are not orthonormal.
  explicit GaussianMixture(std::vector<Component> components);

  Index dimension() const override { return dimension_; }
  Index classes() const override { return classes_; }
  Vector class_weights() const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;
  /// Throws UsageError for a class without components.
  std::shared_ptr<const Posterior> given(Index c) const override;

 private:
  struct Mode {
    double log_weight;
    Vector mean;
    Covariance covariance;
    int label;
  };
  // One query among the modes: log w_c + log N for each of them, and what its component says of it.
  class AtTime;

  std::vector<Mode> modes_;
  Index dimension_ = 0, classes_ = 0;
};

/// The Gaussian N(mean, variance I) or N(mean, covariance), as a mixture of one.
GaussianMixture gaussian(Vector mean, double variance);
GaussianMixture gaussian(Vector mean, RowMatrix covariance);

/// The Gaussian N(0, C) whose covariance has these eigenvalues. Without axes: (d) along the coordinates, O(d) memory.
/// axes: (d, r) orthonormal columns for (r) eigenvalues, r <= d, with variance 0 off them.
GaussianMixture gaussian_from_spectrum(Vector eigenvalues, Eigen::MatrixXd axes = {});

/// The Gaussian with the mean and covariance of these rows, shape (n, d); the covariance divides by n. Where n < d it
/// has rank below n and is kept on its axes, O(n d) memory; else O(d^2). Throws DataError for no rows or a number that
/// is not finite.
GaussianMixture gaussian_from_samples(Rows rows);

/// The field's standard example (arXiv 2402.18491): weight N(m, variance I) + (1 - weight) N(-m, variance I) with
/// m = sqrt(mu2) (1, ..., 1), so |m|^2 = d mu2. Class 0 is +m. Its essential form has one coordinate, that along m.
class SymmetricMixture final : public GaussianMixture {
 public:
  SymmetricMixture(Index d, double mu2, double variance, double weight);
  const Denoiser& fastest() const override { return *fastest_; }
  std::shared_ptr<const Posterior> essential() const override;

 private:
  double mu2_, variance_, weight_;
  std::shared_ptr<const Denoiser> fastest_;
};
SymmetricMixture symmetric_mixture(Index d, double mu2, double variance, double weight = 0.5);

/// Classes of equal weight around orthogonal centres of equal norm, N(sqrt(norm2) e_c, variance I) with e_c the unit
/// vector of coordinate c; at most d of them. At time t the classes are told apart by one number, kappa = sqrt(norm2)
/// e^{-t} / sqrt(Delta_t + e^{-2t} variance): the class posterior of a point of class c is softmax_k(kappa^2 delta_kc +
/// kappa xi_k), xi iid N(0, 1). Its essential form has one coordinate a class.
class OrthogonalMixture final : public GaussianMixture {
 public:
  OrthogonalMixture(Index classes, Index d, double norm2, double variance);
  std::shared_ptr<const Posterior> essential() const override;

 private:
  double norm2_, variance_;
};
OrthogonalMixture orthogonal_mixture(Index classes, Index d, double norm2, double variance);

}  // namespace denoiscope
