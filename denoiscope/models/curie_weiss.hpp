// The Curie-Weiss ferromagnet: N spins, each coupled to all others. Its posterior is exact by one Gaussian integral.
#pragma once

#include <vector>

#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/models/field_grid.hpp"

namespace denoiscope {

/// P_0(a) = exp( (beta / 2N) (sum a)^2 + h sum a ) / Z, a in {-1, 1}^N (arXiv 2306.03518).
///
/// Hubbard-Stratonovich: with b = x e^{-t} / Delta_t and one Gaussian field u, the posterior is the mixture over
/// w(u) ~ exp( -u^2/2 + sum_i log 2cosh(sqrt(beta/N) u + h + b_i) ) of independent spins in the fields
/// sqrt(beta/N) u + h + b_i; u = sqrt(beta N) m in terms of the magnetisation m. w is a sum of Gaussians of variance 1,
/// so an even grid of u integrates it to 7e-18 (FieldGrid), and the model *is* a mixture of that few product laws to
/// the same relative error in the probability of every configuration. Draws choose a node and then the spins.
///
/// Classes are the two signs of u, class 0 being u > 0: an exact decomposition at any beta, which for beta > 1 and
/// large N is that into the two magnetised states. Entropy and participation are those of p(x_0 | x), nats; those
/// within a class have no such closed form and stay empty. Entropy errs by about 1e-16 N max(1, beta).
class CurieWeiss final : public Posterior {
 public:
  /// Throws UsageError unless N >= 1, 0 <= beta <= 100 and h is finite. (Negative beta has no real field u.)
  CurieWeiss(Index N, double beta, double h = 0);

  Index dimension() const override { return spins_; }
  Index classes() const override { return 2; }
  Vector class_weights() const override { return class_weights_; }
  void denoise(double t, Rows x, MutRows mean) const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;

  /// log Z of the law itself, nats.
  double log_partition() const;

 private:
  struct Fields;  // of one row
  template <class Work>
  void for_rows(double t, Rows x, const char* caller, Work&& work) const;
  void summarize_row(const Fields& fields, Index q, const Wanted& what, Summary& out) const;

  Index spins_;
  double field_, coupling_;       // h; sqrt(beta / N)
  std::vector<FieldNode> prior_;  // the law as a mixture
  double log_prior_;              // log Z - N |h|
  Vector class_weights_;
};

}  // namespace denoiscope
