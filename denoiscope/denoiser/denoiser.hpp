// The two contracts everything is written against. Forward process: x_t = e^{-t} x_0 + sqrt(Delta_t) z,
// Delta_t = 1 - e^{-2t}. What the field measures is a property of the posterior p(x_0 | x_t = x).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// E[x_0 | x_t = x] for a batch of rows: all that a trained network can offer.
struct Denoiser {
  virtual ~Denoiser() = default;
  virtual Index dimension() const = 0;
  /// x, mean: (m, d); t > 0.
  virtual void denoise(double t, Rows x, MutRows mean) const = 0;

  // What some members can do beyond the contract, or know better: asked for here, never by a cast to one of them.

  /// J v with J = d E[x_0 | x_t = x] / dx, row by row. x, v, jv: (m, d). Unless a member knows better by central
  /// differences of denoise, two evaluations; see denoiser.cpp for their step and error.
  virtual void jacobian_apply(double t, Rows x, Rows v, MutRows jv) const;
  /// The same means at the least cost, equal to rounding and not to the bit: for paths of very many steps. Lives as
  /// long as this one, which it is where there is nothing faster.
  virtual const Denoiser& fastest() const { return *this; }
  /// Whether denoise keeps to the thread that calls it, so that callers may give batches to threads of their own.
  virtual bool keeps_to_its_thread() const { return false; }
};

/// Score from the posterior mean (Tweedie): s = (e^{-t} mean - x) / Delta_t. x, mean: (m, d); returns (m, d).
RowMatrix score(double t, Rows x, Rows mean);
RowMatrix score(const Denoiser& model, double t, Rows x);

/// What a call of summarize should fill beside log density and class weights.
struct Wanted {
  bool mean = false;
  bool entropy = false;  ///< entropies and participation ratios, where the model is a discrete measure
  /// Total variation by which the weights behind the mean may differ from the exact ones, rounding apart: those of data
  /// that weigh less together may be left out. Models that gain nothing from it are exact; 0: none is left out.
  double tolerance = 0;
  bool neighbours = false;  ///< two nearest data and their distances, where there are data
  /// Row of the datum to leave out, one a query (-1: none); empty: nothing is left out. Models without data ignore it.
  std::span<const Index> leave_out;
};

/// Posterior weights summed over the classes. Entropies in nats; a class without support has log weight -inf.
struct Weights {
  Vector log_density;             ///< (m) log P_t(x)
  RowMatrix class_log_weight;     ///< (m, K) log p(c | x)
  RowMatrix class_entropy;        ///< (m, K) entropy of p(datum | x, c), where discrete and wanted
  RowMatrix class_participation;  ///< (m, K) sum over data of p(datum | x, c)^2, where discrete and wanted
  Vector entropy;                 ///< (m) entropy of p(datum | x)
  Vector participation;           ///< (m) sum over data of p(datum | x)^2
};

struct Summary {
  Weights all;      ///< the posterior as it is
  Weights without;  ///< the posterior of the measure without the datum that was left out; filled where one was
  RowMatrix mean;   ///< (m, d)
  Vector
      mean_variation;  ///< (m) of Empirical: bound on the total variation between the mean's weights and the exact ones
  Eigen::Matrix<Index, Eigen::Dynamic, 2, Eigen::RowMajor> nearest;  ///< (m, 2) rows of the nearest data, ties by index
  Eigen::Matrix<double, Eigen::Dynamic, 2, Eigen::RowMajor> distance;  ///< (m, 2) |x - e^{-t} a| of those
  Vector own_log_weight;  ///< (m) log weight of the datum that was left out, in `all`
  Vector bound;           ///< (m) bound on |error of log density|; 0 for closed forms evaluated directly
};

/// A denoiser whose whole posterior is known.
struct Posterior : Denoiser {
  /// The mean of summarize; models that have it for less override this.
  void denoise(double t, Rows x, MutRows mean) const override;
  /// Number of classes K; 1 where the model has none.
  virtual Index classes() const { return 1; }
  /// Prior weights of the classes, (K), summing to 1.
  virtual Vector class_weights() const { return Vector::Ones(1); }
  virtual void summarize(double t, Rows x, const Wanted& what, Summary& out) const = 0;
  /// One exact sample of p(x_0 | x_t = x) a row. x, x0: (m, d); who.trajectory: (m).
  virtual void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const = 0;
  /// One clean point a row, and the class that it was drawn from. x0: (m, d); who.trajectory: (m); label: (m), or empty
  /// where the classes are not wanted.
  virtual void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const = 0;
  /// Cov[x_0 | x_t = x] v, row by row. x, v, cov_v: (m, d).
  virtual void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const = 0;
  /// Exact: e^{-t} / Delta_t Cov[x_0 | x_t = x] v.
  void jacobian_apply(double t, Rows x, Rows v, MutRows jv) const override;

  /// The posterior of a clean point that is known to be of class c, a law of one class; null where the classes have no
  /// law of their own in closed form. Throws UsageError for a class that is not there.
  virtual std::shared_ptr<const Posterior> given(Index /*c*/) const { return nullptr; }
  /// Classes within classes: for every level, coarsest first, the number of the group that each class belongs to, (K).
  /// Empty where classes have no levels.
  virtual std::vector<std::vector<int>> coarser_classes() const { return {}; }
  /// The model with only the coordinates that its score mixes: along the others the classes are alike and independent
  /// of the rest, and a rotation moves the centres into few coordinates, so that the classes of its points have the
  /// same law. Null where no such form is known.
  virtual std::shared_ptr<const Posterior> essential() const { return nullptr; }
};

/// Throws UsageError unless x has rows of the model's dimension and t > 0.
void require_query(const Denoiser& model, double t, Rows x, const char* caller);

}  // namespace denoiscope
