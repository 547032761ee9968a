#include "denoiscope/dynamics/backward.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/dynamics/steppers.hpp"

namespace denoiscope {
namespace {

constexpr const char* kReverse = "reverse-time SDE (Anderson 1982; arXiv 2011.13456)";

// |1 - z + z^2/2 - ... | = 1 of the stability polynomials: Euler's and Heun's, the classical Runge-Kutta method's, and
// that of the fifth-order formula of Dormand and Prince, with -z^5/120 + z^6/600.
constexpr double kEuler = 2, kRungeKutta = 2.785293563405282, kDormandPrince = 3.306567892634946;

constexpr Stepper kSteppers[] = {
    {"euler-maruyama", "x + h (x + 2 s) + sqrt(2h) z", kReverse, 1, 1, kNaN, true, kEuler, false, false,
     stepping::euler_maruyama},
    {"exponential", "the score is frozen, the linear drift exact", "arXiv 2209.11215, exponential integrator", 1, 1,
     kNaN, true, kEuler, true, false, stepping::exponential},
    {"ddpm", "ancestral sampling, noise of variance beta", "arXiv 2006.11239, algorithm 2 with sigma^2 = beta", 1, 1,
     kNaN, true, kInfinity, false, false, stepping::ddpm},
    {"ddpm-tilde", "ancestral sampling, noise of the posterior variance beta~: the denoiser is frozen",
     "arXiv 2006.11239, algorithm 2 with sigma^2 = beta~", 1, 1, kNaN, true, kInfinity, false, false,
     stepping::ddpm_tilde},
    {"ddim", "the denoiser is frozen along the probability-flow ODE", "arXiv 2010.02502, eta = 0", kNaN, kNaN, 1, false,
     kInfinity, false, false, stepping::ddim},
    {"heun", "trapezoid with an Euler predictor, probability-flow ODE", "probability flow of arXiv 2011.13456", kNaN,
     kNaN, 2, false, kEuler, false, false, stepping::heun},
    {"rk4", "the classical Runge-Kutta method, probability-flow ODE", "probability flow of arXiv 2011.13456", kNaN,
     kNaN, 4, false, kRungeKutta, false, false, stepping::rk4},
    {"dormand-prince", "adaptive, orders 5 and 4, probability-flow ODE", "Dormand and Prince 1980, by Boost.odeint",
     kNaN, kNaN, 5, false, kDormandPrince, false, true, stepping::dormand_prince},
    {"edm-heun", "Heun along sigma; with churn, noise is added before every step", "arXiv 2206.00364, algorithm 2", 2,
     kNaN, 2, true, kInfinity, false, false, stepping::edm_heun},
    {"dpm-solver++2m", "multistep in log SNR, the denoiser extrapolated", "arXiv 2211.01095, algorithm 2", kNaN, kNaN,
     2, false, kInfinity, false, false, stepping::dpm_solver_2m},
};

}  // namespace

std::span<const Stepper> steppers() { return kSteppers; }

const Stepper& find_stepper(std::string_view name) {
  for (const Stepper& stepper : kSteppers)
    if (stepper.name == name) return stepper;
  const auto names = names_of(kSteppers);
  throw UsageError("unknown stepper '{}'.{} Known: {}.", name, did_you_mean(name, names), fmt::join(names, ", "));
}

Normals normals_by_name(const Noise& noise, std::vector<std::uint64_t> trajectory) {
  return [noise, names = std::move(trajectory)](std::uint32_t interval, MutRows z) {
    const Index rows = std::max<Index>(1, 16384 / std::max<Index>(1, z.cols()));  // a stretch fits into a core's cache
    parallel_for((z.rows() + rows - 1) / rows, [&](Index i) {
      const Index n = std::min(rows, z.rows() - i * rows);
      const auto who = std::span(names).subspan(i * rows, n);
      noise.normal({Stream::backward, who, interval}, z.middleRows(i * rows, n));
    });
  };
}

Backward::Backward(const Denoiser& model, const Stepper& stepper, double t, RowMatrix x, Normals normals,
                   const StepperSettings& settings)
    : model_(&model), stepper_(&stepper), normals_(std::move(normals)), settings_(settings), t_(t) {
  require_query(model, t, x, "backward");
  walkers_.x = std::move(x);
}

Backward Backward::branched(Normals normals) const {
  Backward branch = *this;
  branch.normals_ = std::move(normals);
  return branch;
}

void Backward::step(double t) {
  if (!(t >= 0 && t < t_)) throw UsageError("backward: from t = {} to {}; expected a time from 0 to below it.", t_, t);
  stepper_->step(*model_, {t_, t, intervals_++}, normals_, settings_, walkers_);
  if (!walkers_.x.allFinite())
    throw NumericalError("{}: a path left the finite numbers between t = {} and {}. Use more steps.", stepper_->name,
                         t_, t);
  t_ = t;
}

}  // namespace denoiscope
