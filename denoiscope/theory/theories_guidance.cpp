// Theories of guidance: what it does to a class, and when it can.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/theory/critical_window.hpp"
#include "denoiscope/theory/guidance.hpp"
#include "denoiscope/theory/theories.hpp"

namespace denoiscope::theory {
namespace {

constexpr Parameter kNorm2OfClass{
    .name = "d", .description = "|m|^2, which grows like the dimension", .low = 0, .high = 1e15, .open = true};
constexpr Parameter kOmega{.name = "omega", .description = "guidance scale less 1", .low = 0, .high = 100};
constexpr Parameter kSampler{.name = "sampler",
                             .description = "backward SDE or probability-flow ODE",
                             .kind = Kind::word,
                             .required = false,
                             .fallback = 0,
                             .words = "sde|ode"};
constexpr Parameter kPower{.name = "alpha",
                           .description = "exponent of |s_c - s_u|",
                           .low = -0.95,
                           .high = 20,
                           .required = false,
                           .fallback = 0};
constexpr Parameter kLow{
    .name = "t_low", .description = "OU time from which on guidance acts", .low = 0, .required = false, .fallback = 0};
constexpr Parameter kHigh{
    .name = "t_high", .description = "OU time below which guidance acts", .low = 0, .required = false};
constexpr Parameter kClassVariance{.name = "variance",
                                   .description = "variance of a class along each axis",
                                   .low = 1e-9,
                                   .high = 1e9,
                                   .required = false,
                                   .fallback = 1};
constexpr Parameter kNorm2{.name = "norm2", .description = "|m|^2", .low = 0, .open = true};
constexpr Parameter kDistance{
    .name = "eps", .description = "what counts as no distance", .low = 0, .high = 0.5, .open = true};

constexpr std::array kOfGuidance{kNorm2OfClass, kOmega, kSampler, kPower, kLow, kHigh, kClassVariance};
constexpr std::array kOfWindow{kNorm2, kDistance, optional(kVariance, 1.0)};

Result of_guidance(const Arguments& a) {
  GuidedClass guided{a["d"], a["variance"], a["omega"], a["alpha"], a["t_low"]};
  if (a.has("t_high")) guided.t_high = a["t_high"];
  if (!(guided.t_low < guided.t_high))
    throw UsageError("theory cfg: t_low = {} is not below t_high = {}; guidance acts from t_low on, up to t_high",
                     guided.t_low, guided.t_high);
  const GuidedLaw law = guided_law(guided, a["sampler"] == 0 ? BackwardLaw::sde : BackwardLaw::ode);
  const double v = guided.variance;
  return {law.shift,
          {},
          {{"shift", law.shift},
           {"variance", law.variance},
           {"shift_sqrt_d", law.shift * std::sqrt(guided.d) / v},
           {"variance_loss_d", (1 - law.variance / v) * guided.d / v},
           {"class_variance", v},
           {"guidance_scale", 1 + guided.omega},
           {"t_S", guidance_speciation_time(guided)}},
          {}};
}

Result of_window(const Arguments& a) {
  const CriticalWindow window = critical_window(a["norm2"], a["variance"], a["eps"]);
  Result result = just(window.t_before - window.t_after);
  result.fields = {{"t_before", window.t_before},
                   {"t_after", window.t_after},
                   {"kappa_before", window.kappa_before},
                   {"kappa_after", window.kappa_after},
                   {"bound_before", window_bound_before(a["norm2"], a["eps"])},
                   {"bound_after", window_bound_after(a["norm2"], a["eps"])}};
  if (std::isnan(result.value))
    result.reason = fmt::format("kappa is {:.6g} at t = 0, below kappa_after: the classes overlap in the data",
                                std::sqrt(a["norm2"] / a["variance"]));
  return result;
}

constexpr std::string_view kTimesOfGuidance[] = {"t_S"};
constexpr std::string_view kTimesOfWindow[] = {"t_before", "t_after", "bound_before", "bound_after"};

constexpr Theory kTable[] = {
    {"cfg",
     "classifier-free guidance of two Gaussians, |m|^2 = d: shift of the mean along m, and the variance left there; "
     "shift_sqrt_d and variance_loss_d tend to constants of the SDE",
     "arXiv 2502.07849, two Gaussians; intervals as in 2404.07724", "length", kOfGuidance, of_guidance,
     kTimesOfGuidance},
    {"critical-window",
     "window of noise levels in which the class of two Gaussians N(+-m, variance) is decided, to eps in total "
     "variation; value: its width; bound_*: the paper's, for variance 1",
     "arXiv 2403.01633, two Gaussians", "OU time", kOfWindow, of_window, kTimesOfWindow},
};

}  // namespace

std::span<const Theory> guidance_theories() { return kTable; }

}  // namespace denoiscope::theory
