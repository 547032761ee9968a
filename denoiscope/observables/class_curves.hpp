// What the class posterior of noisy points of known class says: how sure it is, how often right, and the log-odds of
// pairs of classes.
#pragma once

#include <span>
#include <vector>

#include "denoiscope/base/stats.hpp"

namespace denoiscope::observables {

/// Class statistics of one posterior at one noise level.
struct ClassCurves {
  Estimate phi;            ///< E sum_c p(c|x)^2: two clones that branch here end in the same class
  Estimate class_entropy;  ///< E H(c|x), nats
  Estimate accuracy;       ///< how often the likeliest class is the true one
  RowMatrix confusion;     ///< (K, K) mean p(column | x from class row)
  RowMatrix odds_mean;     ///< (K, K) A: mean of log P_t(x|a) - log P_t(x|b) over x from a (row), b (column), nats
  RowMatrix odds_dev;      ///< (K, K) B: its standard deviation
  RowMatrix odds_right;    ///< (K, K) how often it is positive
  RowMatrix odds_scatter;  ///< (K, K) variance of log(A/B) where A = B, times the number of points: 1.5 of a normal law
};

/// Statistics of single points, one entry each.
struct ClassSamples {
  std::vector<double> phi, entropy, right;
};

/// log_weight: (m, K) log p(c|x); truth: (m) true classes.
ClassSamples class_samples(const RowMatrix& log_weight, std::span<const int> truth);

/// Weights of the classes by which a posterior is divided to give likelihoods, up to a factor common to all.
struct ClassShares {
  std::vector<double> own;    ///< (K) of the point's own class
  std::vector<double> other;  ///< (K) of another class than the point's own
};

/// Fills the matrices of `out`: log-odds of every pair, class likelihoods being posterior weights over class shares.
/// NaN where a class has no points, or no finite odds.
void measure_pairs(const RowMatrix& log_weight, std::span<const int> truth, const ClassShares& shares,
                   ClassCurves& out);

}  // namespace denoiscope::observables
