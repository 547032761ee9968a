// Where the empirical measure along t is a model of its law, and where it only knows its data: likelihood of held-out
// and of training points, and the basins of the data. P_t at e^{-t} y is the kernel density of variance tau = e^{2t} -
// 1 at y (arXiv 2408.05807), the exact law of what a perfectly trained network generates when stopped at t.
#pragma once

#include <vector>

#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/observables/curve.hpp"
#include "denoiscope/observables/queries.hpp"

namespace denoiscope::observables {

/// A data set in two: what the empirical measure is made of, and fresh points of the same law.
struct HeldOut {
  Dataset train, test;
};

/// A random share of the rows, at least one and not all, is held out. Throws DataError for fewer than two rows.
HeldOut split(const Dataset& data, double share, const Noise& noise);

/// m rows of the data and m held-out ones, or all where there are fewer; the i-th of both under the same noise.
struct Pairs {
  Queries train, test;
};
Pairs choose_pairs(const Dataset& data, const Dataset& held_out, Index m, const Noise& noise);

/// What is needed to measure generalisation at any t.
struct HeldOutProbe {
  const Empirical& model;  ///< of `data`, with any classes
  const Dataset &data, &held_out;
  const Pairs& pairs;
  const Noise& noise;
};

/// Likelihoods at one noise level, nats of all dimensions together.
struct LikelihoodSlice {
  double t = 0;
  std::vector<double> kernel;  ///< (m) log density of the kernel density of variance e^{2t} - 1 at each clean held-out
                               ///< point
  Estimate train, test;        ///< E log P_t(x_t) of noisy data, their own datum being one of the model's, and of noisy
                               ///< held-out points
  Estimate gap;                ///< train - test, from pairs that share their noise: 0 where what P_t generates is novel
  Estimate
      left_out_gap;  ///< the same with each datum's log P_t without itself in place of test: E -log(1 - own weight)
                     ///< + log(1 - 1/n), which needs no held-out points and errs far less; infinite where the own
                     ///< weight is 1
  double largest_bound = 0;  ///< largest certified error of log P_t
};
LikelihoodSlice measure_likelihood(const HeldOutProbe& probe, double t);

/// t_g: where the mean of `kernel` over held-out points is largest, which is where KL(P_0 || kernel density) is least.
/// By the parabola in log tau through the largest and its neighbours; the error is that of kBootstraps resamples of
/// the held-out points, so it is of these training data. slices: ascending t. No time where the largest is the first
/// or the last.
inline constexpr int kBootstraps = 200;
Crossing generalization_time(const std::vector<LikelihoodSlice>& slices, const Noise& noise);

/// The largest t at which `left_out` (or the held-out) gap is `share` of log n: above it the empirical measure tells
/// its own data from fresh ones by less than that. slices: ascending t.
Crossing gap_time(const std::vector<LikelihoodSlice>& slices, Index n, double share, bool left_out);

/// Basins of the data at one noise level.
struct BasinSlice {
  double t = 0;
  Estimate trapped;  ///< share of data that hold more than half of the weight at e^{-t} a: traps
  Estimate radius2;  ///< median over data of rho^2, where e^{-t} a + rho sqrt(Delta_t) z stops belonging to a by half;
                     ///< 0 where a is no trap, at most kLargestRadius^2
};
inline constexpr double kLargestRadius = 8;

/// Along each ray the own weight is one half at one rho: the log-odds of each other datum are linear in rho, so that
/// those of all together are convex, and below 0 at rho = 0. Found by bisection to kLargestRadius 2^-16.
BasinSlice measure_basins(const Empirical& model, const Dataset& data, const Queries& rays, const Noise& noise,
                          double t);

}  // namespace denoiscope::observables
