// What an exactly solvable model says of itself at one noise level: averages over its own noisy points, no data.
#pragma once

#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/observables/class_curves.hpp"

namespace denoiscope::observables {

/// Log-odds of pairs are kept up to this many classes.
inline constexpr Index kMaxOddsClasses = 8;

/// Averages over points x = e^{-t} x_0 + sqrt(Delta_t) z with x_0 from the model's prior. Entropies in nats, of all d
/// dimensions together.
struct PopulationSlice {
  double t = 0;
  /// I(x_0; x_t) = E log p(x|x_0) - E log P_t(x), with |z|^2, whose mean is d, as control variate.
  Estimate information;
  Estimate posterior_variance;       ///< E |x_0 - E[x_0|x]|^2 / d; 2 dI/dlambda = d times it (I-MMSE, cs/0412108)
  bool discrete = false;             ///< whether the posterior has an entropy; the next two are filled where it has
  Estimate posterior_entropy;        ///< E H(x_0 | x_t)
  Estimate source_entropy;           ///< E H(x_0 | x_t) + I(x_0; x_t) from the same points: H(x_0) at every t
  double largest_bound = 0;          ///< largest stated error of log P_t over the points
  bool has_classes = false;          ///< the next two are filled where there are
  ClassCurves classes;               ///< matrices up to kMaxOddsClasses classes
  std::vector<Index> class_queries;  ///< (K) points from each class
};

/// Points 0 .. queries - 1: x_0 of the names (prior, q) and z of (query, q), the same at every t, so that curves are
/// smooth in t and point q does not depend on how many there are. queries >= 1.
struct Population {
  const Posterior& model;
  Index queries;
  const Noise& noise;
};

PopulationSlice measure(const Population& population, double t);

}  // namespace denoiscope::observables
