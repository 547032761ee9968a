// Independent spins of +-1. With all means 0: the corners of the hypercube.
#pragma once

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

/// P_0(a) = prod_i (1 + mu_i a_i) / 2, a in {-1, 1}^N: the simplest law whose posterior entropy and participation are
/// known at any dimension, and a pure state of a ferromagnet above its own (arXiv 2306.03518). One class.
class ProductSpins final : public Posterior {
 public:
  /// means: (N) in [-1, 1]. Throws UsageError otherwise.
  explicit ProductSpins(Vector means);

  Index dimension() const override { return means_.size(); }
  void denoise(double t, Rows x, MutRows mean) const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;

 private:
  template <class Visit>
  void each(double t, Rows x, Visit&& visit) const;

  Vector means_;
};

}  // namespace denoiscope
