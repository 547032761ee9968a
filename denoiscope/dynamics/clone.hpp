// The clone experiment (arXiv 2402.18491): a backward path is stopped at t, two copies of it go on with noise of their
// own, and phi(t) is the probability that both end in the same class.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/dynamics/backward.hpp"

namespace denoiscope {

/// How clones are made.
enum class CloneMethod {
  sde,     ///< from N(0, I) at t_max by a stepper, on equal steps
  bridge,  ///< exact paths of the model itself, any grid
  exact,   ///< none: E sum_c p(c | x_t)^2, which two independent draws of the rest make
};

struct CloneSettings {
  std::vector<double> times;  ///< where to branch, any order
  Index pairs = 4000;
  CloneMethod method = CloneMethod::bridge;
  const Stepper* stepper = nullptr;  ///< of the SDE
  /// Of the SDE: `steps` intervals of the named time grid from t_max to t_min. t_min = 0: the grid is linear down to 0,
  /// and classes are read off one step before.
  std::string_view grid = "linear";
  int steps = 1000;
  double t_max = 10, t_min = 0;
  std::vector<double> path = {};  ///< of the SDE: times from t_max to t_min in place of `grid`
};

struct ClonePoint {
  double t = 0;
  Estimate phi;       ///< by `method`, over pairs
  Estimate expected;  ///< E sum_c p(c | x_t)^2 over exact points x_t, at most kExpectedPoints of them
};

inline constexpr Index kExpectedPoints = 4096;

/// The times that SDE paths visit, decreasing: the grid, where branch times take the place of grid points nearer than
/// half a step. Throws UsageError as clone.
std::vector<double> clone_grid(const CloneSettings& settings);

/// Evaluations of the score that one pair takes by the SDE; its path down to the branches is shared between them.
double clone_evaluations(const CloneSettings& settings);

/// How much pairs agree, (branches, rows): sum_c p(c|x) p(c|x') at the ends of both clones, for pairs begin, begin + 1,
/// ...; a row a different time of settings.times, decreasing. Pair i depends on the settings, the seed and i alone.
/// `score` drives the SDE and may be the fastest form of the model.
RowMatrix clone_agreement(const Posterior& model, const Denoiser& score, const CloneSettings& settings,
                          const Noise& noise, Index begin, Index rows);

/// The same of exact points x_t: sum_c p(c | x_t)^2.
RowMatrix exact_agreement(const Posterior& model, const CloneSettings& settings, const Noise& noise, Index begin,
                          Index rows);

/// Means over pairs, in the order of settings.times.
std::vector<ClonePoint> clone_points(const CloneSettings& settings, const RowMatrix& found, const RowMatrix& expected);

/// phi at each time, in the order of settings.times. A pair counts by sum_c p(c | x) p(c | x') at the ends x, x' of
/// both clones: the probability that classes drawn for them agree, 0 or 1 where classes are well apart. The points of
/// all times come from the same paths down to them, so that neighbouring phi err alike. Throws UsageError for no times,
/// times that are not between the ends of the grid with the SDE or not above 0, fewer than one pair or two steps, and
/// for a stepper without noise.
std::vector<ClonePoint> clone(const Posterior& model, const Denoiser& score, const CloneSettings& settings,
                              const Noise& noise);

}  // namespace denoiscope
