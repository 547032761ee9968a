// When trajectories collapse on one datum, and how many data would push that below a chosen time.
#pragma once

#include <string>
#include <vector>

#include "denoiscope/observables/curve.hpp"
#include "denoiscope/observables/slice.hpp"

namespace denoiscope::observables {

/// f/alpha = H(datum | x_t) / log n at one level of the nested subsets (kLevels - 1: all data). n: rows of that level.
std::vector<Estimate> excess_entropy(const std::vector<Slice>& slices, int level, Index n);

/// The published estimator of f/alpha on all data (arXiv 2402.18491): mean log P_t / d + alpha + 1/2 log(2 pi e
/// Delta_t).
std::vector<Estimate> excess_entropy_published(const std::vector<Slice>& slices, Index n, Index d);

/// Collapse time against number of data.
struct CollapseAtSize {
  Index n = 0;
  Crossing t_c;
};

/// The t_C (f/alpha at `level`) of the nested subsets of at least `fewest` rows, smallest first. Beside the errors of
/// the points stands that of the choice of a subset: from how far the t_C of the same points among as many other data
/// is off, its variance relative to t_C^2 being c (1/m - 1/n) for a subset of m of n rows.
std::vector<CollapseAtSize> collapse_at_sizes(const std::vector<Slice>& slices, const Shells& shells, double level,
                                              Index fewest);

/// log t_C = intercept + slope log n (arXiv 2402.18491: t_C ~ n^{-2/d} in low dimension, slower in high), fitted with
/// the errors of the t_C; the fit's own scatter widens the errors where it exceeds them.
struct SampleLaw {
  double intercept = kNaN, slope = kNaN;
  double intercept_variance = kNaN, slope_variance = kNaN, covariance = kNaN;
  std::string reason;  ///< set where there are fewer than three sizes with a t_C
};
SampleLaw sample_law(const std::vector<CollapseAtSize>& sizes);

/// Data needed so that t_C falls to `t`: centre and one-sigma range of log n.
struct SamplesNeeded {
  double log_n = kNaN, low = kNaN, high = kNaN;
  std::string reason;
};
SamplesNeeded samples_for(const SampleLaw& law, double t);

}  // namespace denoiscope::observables
