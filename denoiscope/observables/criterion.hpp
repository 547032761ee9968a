// When two classes of any model are told apart (arXiv 2602.04404): the largest t_rs at which the log-odds of noisy
// points of a class reach their own fluctuation on average. No grid: the same points at every t make A(t) and B(t)
// smooth, and the root of A = B is found to rounding.
#pragma once

#include <span>
#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/observables/curve.hpp"

namespace denoiscope::observables {

/// Points of one class of a model, x_0 of the model's prior and their noise, the same at every t.
class ClassPoints {
 public:
  /// `count` points of class c, the first of the names (prior, 0), (prior, 1), ... that are drawn from it. Throws
  /// UsageError for count < 1, a class the model does not have, and one so rare that 1000 count draws give too few.
  ClassPoints(const Posterior& model, Index c, Index count, const Noise& noise);

  const RowMatrix& clean() const { return x0_; }  ///< (n, d)
  /// x_t = e^{-t} x_0 + sqrt(Delta_t) z, (n, d); t > 0.
  RowMatrix noisy(double t) const;
  /// log P_t(x|a) - log P_t(x|b) at those, nats, (n): likelihoods, so the weights of the classes are divided out.
  std::vector<double> odds(Index a, Index b, double t) const;

 private:
  const Posterior* model_;
  RowMatrix x0_, z_;
};

/// Mean and standard deviation of log-odds, nats.
struct OddsMoments {
  double mean;       ///< A, an estimate of KL(P^a_t || P^b_t)
  double deviation;  ///< B
};
OddsMoments moments_of(std::span<const double> odds);

/// Where a root is looked for: from `guess`, or later where classes are resolved there, down to `least`, both > 0.
struct SearchRange {
  double least, guess;
};

/// t_rs of class a against b from points of class a. The error is that of A - B over its slope, to first order in what
/// each point adds (delta method). Without a root it says how far A came.
Crossing resolution_time(const ClassPoints& of_a, Index a, Index b, const SearchRange& range);

/// What tells two classes apart, of their clean points. Estimates without bias up to O(1/n) of themselves.
struct Separation {
  double gap = 0;           ///< |m_a - m_b|^2; below 0 by chance where the means are one
  double dsq = 0;           ///< |C_a - C_b|^2 of Frobenius, likewise; O(n^2 d), from the first 512 points of each class
  double by_means() const;  ///< 1/2 log(gap / 4), t_rs of large systems whose classes have different means
  double by_covariances() const;  ///< 1/4 log(Dsq / 8), of those whose classes have one mean; both NaN below 0
};
Separation separation_of(const RowMatrix& a, const RowMatrix& b);

struct ClassCriterion {
  Crossing ab, ba;  ///< from points of a, of b; times differ by a vanishing share of the transition's width
  Separation separation;
};

struct CriterionSettings {
  Index points = 2000;  ///< of each class, at least kFewestForBalance
  double least_time = 1e-3;
};

/// Throws UsageError unless a != b are classes of the model and the settings are in range.
ClassCriterion class_criterion(const Posterior& model, Index a, Index b, const Noise& noise,
                               const CriterionSettings& settings = {});

}  // namespace denoiscope::observables
