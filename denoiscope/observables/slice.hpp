// Everything measured at one noise level: the pure unit of work of the main job.
#pragma once

#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/observables/class_curves.hpp"
#include "denoiscope/observables/queries.hpp"

namespace denoiscope::observables {

/// Collapse statistics at one level of the nested subsets.
struct CollapseAt {
  Estimate entropy;        ///< E H(datum | x), nats: d f of 1.8 in arXiv 2402.18491's notation, by posterior entropy
  Estimate participation;  ///< E sum_mu w_mu^2 = phi_C
  double other_entropy = kNaN;  ///< the same points' entropy among as many other data, those of the next shell, beside
                                ///< their own: how much the choice of a subset matters. Of subsets only
};

struct Slice {
  double t = 0;
  CollapseAt collapse[kLevels];  ///< last: all data
  Estimate log_density;          ///< E log P_t(x), nats: the published estimator's ingredient
  double largest_bound = 0;      ///< largest certified error of log P_t over the queries
  bool has_classes = false;
  ClassCurves as_is, left_out;       ///< the posterior as it is, and with each query's own datum left out
  std::vector<Index> class_queries;  ///< (K) queries from each class
  bool has_test = false;
  Estimate test_log_density, test_phi;
};

/// Matrices over pairs of classes are kept up to this many classes.
inline constexpr Index kMaxPairClasses = 32;

/// What is needed to measure any slice. The model's classes are cells_of(data, shells).
struct Probe {
  const Dataset& data;
  const Shells& shells;
  const Empirical& model;
  const Queries& queries;
  const Dataset* test;  ///< null where there is none
  const Queries& test_queries;
  const Noise& noise;
};

Slice measure(const Probe& probe, double t);

}  // namespace denoiscope::observables
