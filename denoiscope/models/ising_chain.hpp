// The one-dimensional Ising chain, open or closed to a ring.
#pragma once

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

enum class Boundary { open, periodic };

/// P_0(a) = exp( K sum_i a_i a_{i+1} + h sum_i a_i ) / Z, a in {-1, 1}^N; K of either sign. Noise adds the fields b = x
/// e^{-t} / Delta_t, so the posterior is a random-field chain (arXiv 2602.04404), exact by transfer matrices in O(N):
/// all weights are relative to the preferred state of their spin or bond, so that terms are positive, nothing cancels
/// and nothing overflows. On a ring the first spin is summed over last. One class. Entropy (nats) and participation are
/// those of p(x_0 | x).
class IsingChain final : public Posterior {
 public:
  /// Throws UsageError unless N >= 1 (3 on a ring), |K| <= 50 and h is finite.
  IsingChain(Index N, double K, double h = 0, Boundary boundary = Boundary::open);

  Index dimension() const override { return spins_; }
  void denoise(double t, Rows x, MutRows mean) const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;

  /// log Z of the law itself, nats.
  double log_partition() const;

 private:
  Index spins_;
  double coupling_, field_;
  Boundary boundary_;
  double log_prior_;  // log Z less the fields and bonds all satisfied
};

}  // namespace denoiscope
