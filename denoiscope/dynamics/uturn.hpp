// U-turns: a clean point is noised to t and denoised again. With the whole posterior at hand the way back is one draw
// from p(x_0 | x_t), without an integrator; given x_t both ends are independent and have one law.
#pragma once

#include <span>
#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/hierarchy.hpp"

namespace denoiscope {

/// One mean by two ways over the same noisy points.
struct Turned {
  Estimate drawn;  ///< over pairs of ends
  Estimate exact;  ///< the posterior average that it estimates
  Estimate gap;    ///< drawn - exact, point by point; its expectation is 0
};

/// What is left of the start at one noise level. `has_...` tells what the model has.
struct UTurn {
  double strength = 0;  ///< OU time t, or epsilon
  Index starts = 0;
  bool has_classes = false;
  Turned same_class;       ///< ends in the class of its start; exact: E sum_c p(c|x_t)^2 (arXiv 2402.18491)
  Turned autocorrelation;  ///< R = E[x_0.x_0'] / E|x_0|^2; exact: E |E[x_0|x_t]|^2 / E|x_0|^2 (arXiv 2308.07421)
  Turned autocorrelation_centred;  ///< the same about the mean of the data, or of a model's starts (which biases it by
                                   ///< O(1/starts)): R itself does not fall to 0 where data have a mean. Not of trees
  bool has_data = false;
  Turned same_datum;           ///< returns to its datum; exact: the participation ratio E sum_mu w_mu^2
  std::vector<Turned> levels;  ///< symbol of a level of classes within classes unchanged, coarsest first; or empty
  /// Dynamical susceptibility of the leaves of trees (arXiv 2410.13770): with sigma_i = +1 where leaf i changed and -1
  /// else, sum_ij C_ij / sum_i C_ii; 1 for independent leaves. Covariances are taken per grammar and then averaged; the
  /// error is a jackknife over grammars, NaN for one.
  Estimate susceptibility;
};

/// Starts 0 .. starts - 1 of a model: x_0 of the names (prior, q), z of (query, q), the end of (posterior, q), the same
/// at every t. groups: coarser classes, each one group number a class of the model; they become `levels`. Throws
/// UsageError for t <= 0, starts < 2 or a group of another size.
UTurn uturn(const Posterior& model, double t, Index starts, const Noise& noise,
            std::span<const std::vector<int>> groups = {});

/// The same of data under their empirical measure: the start is a random datum, the end too, and their classes are
/// their labels. `model` is that of `data`.
UTurn uturn(const Dataset& data, const Empirical& model, double t, Index starts, const Noise& noise);

/// How leaves of trees are noised: Ornstein-Uhlenbeck noise on one-hots, or the epsilon process of arXiv 2402.16991.
enum class TreeNoise { ornstein_uhlenbeck, epsilon };

/// U-turns in the Random Hierarchy Model, `starts` from each grammar: levels 0 (root) .. L (leaves), susceptibility.
/// All grammars have one shape. Errors are those over grammars, over starts where there is one. Throws UsageError
/// without a grammar, for starts < 2, grammars of several depths, and a strength outside t > 0 or 0 <= epsilon <= 1.
UTurn uturn(std::span<const Hierarchy> models, TreeNoise kind, double strength, Index starts, const Noise& noise);

}  // namespace denoiscope
