// Mixtures of Gaussians: any number of components, weights, isotropic or full covariances. One component is a Gaussian.
#pragma once

#include <vector>

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

/// Everything in closed form. With Gamma_c = Delta_t I + e^{-2t} C_c and y = x - e^{-t} mu_c:
/// log P_t(x) = log sum_c w_c N(y; 0, Gamma_c), E[x_0|x,c] = mu_c + e^{-t} C_c Gamma_c^{-1} y, Cov[x_0|x,c] = Delta_t
/// C_c Gamma_c^{-1}.
class GaussianMixture final : public Posterior {
 public:
  struct Component {
    double weight = 1;     ///< positive; normalised over the components
    Vector mean;           ///< (d)
    double variance = 1;   ///< isotropic variance, >= 0; used where `covariance` is empty
    RowMatrix covariance;  ///< (d, d) symmetric, positive semi-definite; or empty
    int label = -1;        ///< class of the component; -1: a class of its own (for all components or for none)
  };

  /// Throws UsageError for no components, unequal dimensions, weights <= 0, negative variances or a covariance that is
  /// not symmetric and positive semi-definite.
  explicit GaussianMixture(std::vector<Component> components);

  Index dimension() const override { return dimension_; }
  Index classes() const override { return classes_; }
  Vector class_weights() const override;
  void denoise(double t, Rows x, MutRows mean) const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;

 private:
  struct Mode {
    double log_weight;
    Vector mean;
    Vector spectrum;  // (1) isotropic, or the d eigenvalues
    RowMatrix axes;   // (d, d) eigenvectors in columns; empty where isotropic
    int label;
  };
  // Applies g(C) to every row: g acts on eigenvalues.
  template <class G>
  static RowMatrix apply(const Mode& mode, Rows rows, G&& g);
  // log w_c + log N for every (query, component): (m, number of components), and the noisy residuals y where wanted.
  RowMatrix joint_log_density(double t, Rows x) const;
  RowMatrix component_mean(const Mode& mode, double t, Rows x) const;

  std::vector<Mode> modes_;
  Index dimension_ = 0, classes_ = 0;
};

/// The Gaussian N(mean, variance I) or N(mean, covariance), as a mixture of one.
GaussianMixture gaussian(Vector mean, double variance);
GaussianMixture gaussian(Vector mean, RowMatrix covariance);

/// The field's standard example (arXiv 2402.18491): weight N(m, variance I) + (1 - weight) N(-m, variance I) with
/// m = sqrt(mu2) (1, ..., 1), so |m|^2 = d mu2. Class 0 is +m.
GaussianMixture symmetric_mixture(Index d, double mu2, double variance, double weight = 0.5);

}  // namespace denoiscope
