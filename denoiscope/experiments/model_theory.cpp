#include "denoiscope/experiments/model_theory.hpp"

#include <cmath>
#include <numbers>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/orthogonal_classes.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::experiments {
namespace {

double isotropic_information(double d, double variance, double t) {
  return 0.5 * d * std::log1p(variance * channel_snr(t));
}

// ---- one Gaussian ----

double gaussian_information(const Arguments& a, double t) {
  if (!a.has("spectrum")) return isotropic_information(a["d"], a["variance"], t);
  double sum = 0;
  for (double variance : a.list("spectrum")) sum += isotropic_information(1, variance, t);
  return sum;
}

// ---- the mixture of N(m, variance) and N(-m, variance), |m|^2 = d mu2 ----

double mixture_kappa(const Arguments& a, double t) { return theory::mixture_kappa(a["d"], a["mu2"], a["variance"], t); }

double mixture_phi(const Arguments& a, double t) {
  return theory::same_class_weighted(mixture_kappa(a, t), a["weight"]).phi;
}

// I(x_0; x_t) = I(class; x_t) + I(x_0; x_t | class). The first is known in closed form for equal weights.
double mixture_information(const Arguments& a, double t) {
  if (a["weight"] != 0.5) return kNaN;
  return isotropic_information(a["d"], a["variance"], t) + std::numbers::ln2 -
         theory::class_entropy(mixture_kappa(a, t));
}

std::vector<std::pair<std::string_view, double>> mixture_times(const Arguments& a) {
  const double w = a["weight"];
  const auto times = theory::critical_times(4 * w * (1 - w) * a["d"] * a["mu2"] + a["variance"]);
  return {{"half log of the first eigenvalue", times.half_log},
          {"half log(1 + first eigenvalue)", times.half_log1p},
          {"half asinh of the first eigenvalue", times.half_asinh}};
}

std::optional<theory::GuidedClass> mixture_guided(const Arguments& a) {
  if (!(a["weight"] == 0.5 && a["variance"] > 0 && a["mu2"] > 0)) return std::nullopt;
  return theory::GuidedClass{.d = a["d"] * a["mu2"], .variance = a["variance"]};
}

// ---- K equal Gaussian classes with orthogonal centres ----

double orthogonal_phi(const Arguments& a, double t) {
  const double spread = a["variance"] * std::exp(-2 * t) + noise_variance(t);
  return theory::orthogonal_same_class(a["K"], std::sqrt(a["norm2"] / spread) * std::exp(-t));
}

constexpr ModelTheory kTheories[] = {
    {"gaussian", "I of a Gaussian channel; entropy criterion of arXiv 2402.18491", nullptr, gaussian_information,
     nullptr},
    {"gaussian-mixture", "arXiv 2402.18491: cloning probability, speciation time, entropy criterion of collapse",
     mixture_phi, mixture_information, mixture_times, mixture_guided},
    {"orthogonal-classes", "cloning probability of arXiv 2402.18491, by quadrature", orthogonal_phi},
};

}  // namespace

const ModelTheory* theory_of(std::string_view model) {
  for (const ModelTheory& theory : kTheories)
    if (theory.model == model) return &theory;
  return nullptr;
}

double theory_crossing(double (*curve)(const Arguments&, double t), const Arguments& arguments, double level) {
  // In log t, from times that no job takes to times beyond all.
  const auto over = [&](double log_t) { return curve(arguments, std::exp(log_t)) - level; };
  const double first = std::log(1e-12), last = std::log(50.0);
  if (!(over(first) > 0) || !(over(last) < 0)) return kNaN;
  const auto root = find_root(over, first, last);
  return root ? std::exp(*root) : kNaN;
}

}  // namespace denoiscope::experiments
