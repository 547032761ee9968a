// The theories of one channel, speciation and collapse, and the table that joins all subjects.
#include "denoiscope/theory/theories.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <span>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "denoiscope/theory/rem.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::theory {
namespace {

// ---- parameters ----

constexpr Parameter kKappa{
    .name = "kappa", .description = "half the Mahalanobis distance between the classes", .low = 0};
constexpr Parameter kWeight{
    .name = "weight", .description = "weight of the first class", .low = 0, .high = 1, .open = true};
constexpr Parameter kMu2{.name = "mu2", .description = "squared norm of the class centre over d", .low = 0};
constexpr Parameter kPositiveVariance{
    .name = "variance", .description = "variance of the data", .low = 0, .open = true};
constexpr Parameter kLambda{.name = "lambda", .description = "eigenvalue of the data covariance", .low = 0};
constexpr Parameter kQ{.name = "q", .description = "projection m.x / sqrt(d)"};

constexpr std::array kOfKappa{kKappa};
constexpr std::array kOfWeight{kKappa, kWeight};
constexpr std::array kOfMixture{kD, kMu2, kVariance, kTime};
constexpr std::array kOfPotential{kQ, kTime, kD, kMu2};
constexpr std::array kOfLambda{kLambda};
constexpr std::array kOfEntropy{kN, kD, kVariance, kPositiveTime, optional(kMu2, 0.0)};
constexpr std::array kOfCollapse{kN, optional(kD), optional(kVariance), kEigenvalues};
constexpr std::array kOfFiniteSize{kN,           optional(kD),  optional(kVariance),
                                   kEigenvalues, kPositiveTime, optional(kMu2, 0.0)};
constexpr std::array kOfRem{kAlpha, kPositiveVariance, kPositiveTime};
constexpr std::array kOfClock{
    optional({.name = "t", .description = "OU time"}),
    optional({.name = "sigma", .description = "EDM noise level"}),
    optional({.name = "log_snr", .description = "log signal-to-noise ratio"}),
    optional({.name = "alpha_bar", .description = "DDPM signal power"}),
    optional({.name = "ddpm_step", .description = "step of the linear 1000-step DDPM schedule, from 0"}),
    optional({.name = "flow_s", .description = "flow-matching time"}),
};

// ---- channel and speciation ----

Result of_same_class(const Arguments& a) { return just(same_class(a["kappa"])); }
Result of_total_variation(const Arguments& a) { return just(total_variation(a["kappa"])); }
Result of_bayes_error(const Arguments& a) { return just(bayes_error(a["kappa"])); }

Result of_class_entropy(const Arguments& a) {
  const double entropy = class_entropy(a["kappa"]);
  return {entropy, {}, {{"information", std::numbers::ln2 - entropy}}, {}};
}

Result of_same_class_weighted(const Arguments& a) {
  const WeightedSameClass same = same_class_weighted(a["kappa"], a["weight"]);
  return {same.phi, {}, {{"same_first", same.plus}, {"same_second", same.minus}}, {}};
}

Result of_mixture_kappa(const Arguments& a) {
  Result result = just(mixture_kappa(a["d"], a["mu2"], a["variance"], a["t"]));
  if (std::isinf(result.value))
    result.reason = "point classes without noise are infinitely far apart; take t or variance above 0";
  return result;
}

Result of_mixture_phi(const Arguments& a) {
  const double kappa = mixture_kappa(a["d"], a["mu2"], a["variance"], a["t"]);
  return {same_class(kappa), {}, {{"kappa", kappa}}, {}};
}

Result of_effective_potential(const Arguments& a) {
  const double d = a["d"], mu2 = a["mu2"], t = a["t"];
  return {effective_potential(a["q"], t, d, mu2), {}, {{"curvature_at_0", drift_curvature(d, mu2, 1.0, t)}}, {}};
}

Result of_speciation_time(const Arguments& a) {
  const CriticalTimes times = critical_times(a["lambda"]);
  const std::optional<int> step = a["lambda"] >= 1 ? first_ddpm_step(a["lambda"]) : std::nullopt;
  Result result{times.half_log,
                {},
                {{"half_log", times.half_log},
                 {"half_log1p", times.half_log1p},
                 {"half_asinh", times.half_asinh},
                 {"ddpm_step", step ? *step : kNaN}},
                {}};
  if (std::isnan(times.half_log))
    result.reason = "lambda below 1: lambda e^{-2t} = 1 at no t >= 0; half_log1p is defined";
  return result;
}

// ---- collapse ----

const char* no_collapse(double n) {
  return n > 1 ? "all data coincide (no variance): f never crosses 0"
               : "n = 1 gives alpha = 0: f is below 0 at every t; give n of at least 2";
}

std::optional<double> root_of(const Shape& shape, double n) {
  return shape.isotropic ? collapse_time(n, shape.d, shape.variance) : collapse_time(n, shape.eigenvalues);
}

Result of_excess_entropy(const Arguments& a) {
  const double alpha = std::log(a["n"]) / a["d"];
  const double f = mixture_excess_entropy(a["n"], a["d"], a["mu2"], a["variance"], a["t"]);
  return {f, {}, {{"f_over_alpha", f / alpha}, {"alpha", alpha}}, {}};
}

Result of_collapse_time(const Arguments& a) {
  const Shape shape = shape_of("collapse-time", a);
  const double n = a["n"];
  const auto t = root_of(shape, n);
  const auto half = root_of(shape, 0.5 * n);
  const auto standing = [&](double at) {
    return (shape.isotropic ? competition(n, shape.d, shape.variance, at) : competition(n, shape.eigenvalues, at))
               .variance /
           shape.d;
  };
  return {t.value_or(kNaN),
          {},
          {{"alpha", std::log(n) / shape.d}, {"half", half.value_or(kNaN)}, {"standing", t ? standing(*t) : kNaN}},
          t ? "" : no_collapse(n)};
}

Result of_collapse_band(const Arguments& a) {
  const Shape shape = shape_of("collapse-band", a);
  const double n = a["n"];
  const auto band = shape.isotropic ? collapse_band(n, shape.d, shape.variance) : collapse_band(n, shape.eigenvalues);
  const double t = root_of(shape, n).value_or(kNaN);
  if (!band)
    return {
        kNaN, {}, {{"low", kNaN}, {"high", kNaN}, {"t_c", t}}, n > 2 ? no_collapse(n) : "n of at least 3 is needed"};
  return {band->high - band->low, {}, {{"low", band->low}, {"high", band->high}, {"t_c", t}}, {}};
}

Result of_softplus(const Arguments& a) {
  const Shape shape = shape_of("softplus", a);
  const double n = a["n"], t = a["t"], mu2 = a["mu2"];
  const bool two_classes = mu2 > 0;
  if (two_classes && !shape.isotropic)
    throw UsageError("theory softplus: mu2 (two classes) needs variance, not eigenvalues");
  if (two_classes && n < 2) throw UsageError("theory softplus: two classes (mu2 above 0) need n of at least 2");
  const double rivals = two_classes ? 0.5 * n : n;
  const Competition odds =
      shape.isotropic ? competition(rivals, shape.d, shape.variance, t) : competition(rivals, shape.eigenvalues, t);
  const double kappa = two_classes ? mixture_kappa(shape.d, mu2, shape.variance, t) : 0.0;
  const double entropy = two_classes ? two_class_softplus_entropy(odds, kappa) : softplus_entropy(odds);
  const double phi_c = two_classes ? two_class_participation(odds, kappa) : participation(odds);
  return {
      entropy, {}, {{"f", entropy / shape.d}, {"f_over_alpha", entropy / std::log(n)}, {"participation", phi_c}}, {}};
}

Result of_rem(const Arguments& a) {
  const RandomEnergy rem = random_energy(a["alpha"], a["variance"], a["t"]);
  return {rem.psi, {}, {{"r", rem.r}, {"l_star", rem.l_star}, {"psi", rem.psi}, {"f", rem.f}}, {}};
}

// ---- clock ----

Result of_clock(const Arguments& a) {
  if (a.used().size() != 1)
    throw UsageError("theory clock: give exactly one of t, sigma, log_snr, alpha_bar, ddpm_step, flow_s; {} given",
                     a.used().size());
  const Argument given = a.used().front();
  const Clock c = clock_at(t_of(given.name, given.values.front()));
  return {c.t,
          {},
          {{"t", c.t},
           {"sigma", c.sigma},
           {"log_snr", c.log_snr},
           {"alpha_bar", c.alpha_bar},
           {"ddpm_step", c.ddpm_step},
           {"flow_s", c.flow_s}},
          {}};
}

// ---- the table ----

constexpr std::string_view kTimesOfLambda[] = {"value", "half_log", "half_log1p", "half_asinh"};
constexpr std::string_view kTimesOfCollapse[] = {"value", "half"};
constexpr std::string_view kTimesOfBand[] = {"low", "high", "t_c"};

constexpr Theory kTheories[] = {
    {"clock", "one noise level in every clock", "arXiv 2006.11239 (DDPM), 2206.00364 (EDM), 2210.02747 (flow matching)",
     "OU time", kOfClock, of_clock},
    {"same-class", "probability that two clones end in the same of two equal Gaussian classes, F(kappa)",
     "arXiv 2402.18491, cloning probability of the Gaussian mixture", "probability", kOfKappa, of_same_class},
    {"same-class-weighted", "the same for classes of weights w and 1-w, and given the class",
     "arXiv 2402.18491, cloning probability; unequal weights by the same definition", "probability", kOfWeight,
     of_same_class_weighted},
    {"class-entropy", "entropy of the class given the noisy point, Hc(kappa)", "definition; I-MMSE arXiv cs/0412108",
     "nats", kOfKappa, of_class_entropy},
    {"bayes-error", "error of the best classifier of two equal Gaussian classes", "definition, Phi(-kappa)",
     "probability", kOfKappa, of_bayes_error},
    {"total-variation", "total variation distance of two equal Gaussian classes", "arXiv 2403.01633, critical windows",
     "probability", kOfKappa, of_total_variation},
    {"mixture-kappa", "kappa at time t of the mixture of N(m, variance) and N(-m, variance), |m|^2 = d mu2",
     "arXiv 2402.18491, Gaussian mixture", "dimensionless", kOfMixture, of_mixture_kappa},
    {"mixture-phi", "cloning probability of that mixture at time t", "arXiv 2402.18491, Gaussian mixture",
     "probability", kOfMixture, of_mixture_phi},
    {"effective-potential", "potential V(q, t) of the backward SDE of that mixture, variance 1, large d",
     "arXiv 2402.18491, effective potential", "dimensionless", kOfPotential, of_effective_potential},
    {"speciation-time", "critical times of a covariance eigenvalue: half_log, half_log1p, half_asinh",
     "arXiv 2402.18491, speciation time (half_log); 2305.19693, loss of stability (half_asinh)", "OU time", kOfLambda,
     of_speciation_time, kTimesOfLambda},
    {"excess-entropy", "excess entropy f(t) a dimension; mu2 > 0 adds the class term of two classes",
     "arXiv 2402.18491, entropy criterion of collapse", "nats a dimension", kOfEntropy, of_excess_entropy},
    {"collapse-time",
     "time t_C at which f(t) = 0; half: the same for n/2; standing: share of the directions that the noise leaves",
     "arXiv 2402.18491, collapse time", "OU time", kOfCollapse, of_collapse_time, kTimesOfCollapse},
    {"collapse-band", "width of the collapse crossover at finite n, and its two ends",
     "annealed competition of the data, as in arXiv 2402.18491, REM section", "OU time", kOfCollapse, of_collapse_band,
     kTimesOfBand},
    {"softplus",
     "finite-size d f(t) = E softplus(D), and participation E 1/(1+e^D), of a normal D: 1 % too large over 13 axes",
     "annealed competition of the data, as in arXiv 2402.18491, REM section", "nats", kOfFiniteSize, of_softplus},
    {"rem", "random-energy model of collapse: psi of the other data, condensation point l_star",
     "arXiv 2402.18491, REM section", "nats a dimension", kOfRem, of_rem},
};

}  // namespace

Shape shape_of(const char* theory, const Arguments& a) {
  if (a.has("eigenvalues") == a.has("variance"))
    throw UsageError("theory {}: give either variance (with d) or eigenvalues", theory);
  if (a.has("variance")) {
    if (!a.has("d")) throw UsageError("theory {}: d (dimension) is missing; it is needed with variance", theory);
    return {true, a["d"], a["variance"], {}};
  }
  const auto eigenvalues = a.list("eigenvalues");
  const auto count = static_cast<double>(eigenvalues.size());
  const double d = a.has("d") ? a["d"] : count;
  if (d < count)
    throw UsageError("theory {}: d = {} is below the number of eigenvalues, {}; raise d or leave it out", theory, d,
                     count);
  return {false, d, kNaN, eigenvalues};
}

std::span<const Theory> theories() {
  static const std::vector<Theory> all = [] {
    std::vector<Theory> rows(std::begin(kTheories), std::end(kTheories));
    for (const auto table :
         {class_theories(), guidance_theories(), spin_theories(), spectrum_theories(), generalization_theories()})
      rows.insert(rows.end(), table.begin(), table.end());
    return rows;
  }();
  return all;
}

}  // namespace denoiscope::theory
