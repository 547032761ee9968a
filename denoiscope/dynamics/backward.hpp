// Backward dynamics of any denoiser, integrated: from noise at a large OU time towards the data at 0. With the score
// s = (e^{-t} E[x_0|x] - x) / Delta_t,
//   SDE  dx = (x + 2 s) d(-t) + sqrt(2) dB,      probability-flow ODE  dx = (x + s) d(-t)
// have the law of the forward process at every t (arXiv 2011.13456). Where the posterior is known, `Bridge` needs none
// of this.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

/// Fills z, (m, d), with the standard normals of an interval: those of a Brownian increment over the root of its
/// length.
using Normals = std::function<void(std::uint32_t interval, MutRows z)>;

/// Normals named by (Stream::backward, trajectory of the row, interval).
Normals normals_by_name(const Noise& noise, std::vector<std::uint64_t> trajectory);

/// OU times, from > to >= 0, and the interval's place in its path.
struct TimeInterval {
  double from, to;
  std::uint32_t number;
};

/// What only some steppers look at.
struct StepperSettings {
  double tolerance = 1e-8;  ///< dormand-prince: of the local error; 0: one step an interval
  /// edm-heun: noise added before a step raises sigma by the factor 1 + min(churn / intervals, sqrt 2 - 1), where
  /// churn_from <= sigma <= churn_to (S_churn, S_min, S_max, S_noise of arXiv 2206.00364).
  double churn = 0, churn_from = 0, churn_to = std::numeric_limits<double>::infinity(), churn_noise = 1;
  int intervals = 1;  ///< edm-heun: how many the whole path has
};

/// Where a batch stands, and what a stepper keeps of its past.
struct Walkers {
  RowMatrix x;                   ///< (m, d)
  RowMatrix mean, scratch, sum;  ///< (m, d) for the stepper's own use
  RowMatrix previous_mean;       ///< (m, d) E[x_0|x] at the start of the interval before, of multistep methods
  double previous_from = 0;
};

/// A row of the table. Orders are of the error at a fixed time in the length of equal intervals; NaN where there is
/// none. weak: of means of smooth functions; strong: of the path driven by the same Brownian motion, root mean square;
/// ode: of the solution of the probability-flow ODE.
struct Stepper {
  std::string_view name, description, citation;
  double weak_order, strong_order, ode_order;
  bool stochastic;
  /// Where the score is -x / Gamma, paths decay at the rate 2 / Gamma - 1 by the SDE, 1 / Gamma - 1 by the ODE. A step
  /// decays too while its length times that rate is below this, and grows above. Infinity: no step ever grows (of
  /// edm-heun e^t x, which is what it steps).
  double stability;
  bool exact_drift;  ///< without score a step is exact: its length is e^h - 1 instead of h
  bool adaptive;     ///< divides its intervals as its tolerance asks, so that stability is no concern
  bool churns;       ///< adds as much noise as StepperSettings::churn says, none at 0
  void (*step)(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
};

/// The table. ODE steppers whose stages would ask for the score at 0 end there by one step of ddim, which gives
/// E[x_0|x].
std::span<const Stepper> steppers();

/// Throws UsageError with a suggestion for an unknown name.
const Stepper& find_stepper(std::string_view name);

/// A batch of paths on its way down. A row's path depends on neither its companions nor the threads.
class Backward {
 public:
  /// From x, (m, d), at t > 0. Keeps a reference to the model. Throws UsageError for points of another dimension.
  Backward(const Denoiser& model, const Stepper& stepper, double t, RowMatrix x, Normals normals,
           const StepperSettings& settings = {});
  /// The same points and past, with noise of its own from here on.
  Backward branched(Normals normals) const;

  double time() const { return t_; }
  const RowMatrix& points() const { return walkers_.x; }
  /// On to `t`, 0 <= t < time(). Throws UsageError for other times, NumericalError where points leave the finite.
  void step(double t);

 private:
  const Denoiser* model_;
  const Stepper* stepper_;
  Normals normals_;
  StepperSettings settings_;
  double t_;
  std::uint32_t intervals_ = 0;
  Walkers walkers_;
};

}  // namespace denoiscope
