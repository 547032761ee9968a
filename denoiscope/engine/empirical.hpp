// The exact posterior of a data set: the empirical measure of n points, noised. Its score is the one that a perfectly
// trained network would learn, and which memorizes.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "denoiscope/data/dataset.hpp"
#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/engine/arithmetic.hpp"

namespace denoiscope {

struct Prepared;

/// w_mu(x) = softmax_mu( -|x - e^{-t} a_mu|^2 / (2 Delta_t) ). Never forms m x n: data pass in tiles, queries in groups
/// of 24, and only running sums are kept. In f64 distances come from centred double-precision products with a rigorous
/// rounding bound; where that bound exceeds 1e-7 nats (small t, near-duplicates) the data that can matter are summed
/// again from differences. Summary::bound states a bound on the error of log P_t(x); weights err by less than twice
/// that, relative. Bits depend on the data, the query and the instruction set's kernel; not on threads or on the rest
/// of the batch.
class Empirical final : public Posterior {
 public:
  /// Classes are the data set's labels (one class where unlabelled). Throws DataError for an empty data set.
  explicit Empirical(const Dataset& data, Arithmetic arithmetic = {});
  /// Classes are `cells` (one a row of the data, 0 .. count - 1), whatever the labels are.
  Empirical(const Dataset& data, const std::vector<int>& cells, Index count, Arithmetic arithmetic = {});

  Index dimension() const override;
  Index classes() const override;
  Index rows() const;
  Vector class_weights() const override;
  void denoise(double t, Rows x, MutRows mean) const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;

  /// Which datum draw() returns, as rows of the data set. x: (m, d); returns (m).
  std::vector<Index> draw_rows(double t, Rows x, const Noise& noise, const Names& who) const;

 private:
  std::shared_ptr<const Prepared> prepared_;  // copies of a posterior share it
};

/// The obvious computation, row by row in double precision, for tests and for small data: the same Summary, no bound.
Summary summarize_directly(const Dataset& data, double t, Rows x, const Wanted& what);

}  // namespace denoiscope
