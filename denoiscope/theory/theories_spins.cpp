// Theories of spins: the Curie-Weiss ferromagnet, and collapse of spin configurations.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/curie_weiss.hpp"
#include "denoiscope/theory/spin.hpp"
#include "denoiscope/theory/theories.hpp"

namespace denoiscope::theory {
namespace {

constexpr Parameter kBeta{.name = "beta", .description = "inverse temperature, critical at 1", .low = 0, .high = 100};
constexpr Parameter kSpins{.name = "N", .description = "number of spins", .kind = Kind::whole, .low = 1, .high = 1e7};
constexpr Parameter kEta{.name = "eta", .description = "N times the magnetic field", .low = -100, .high = 100};
constexpr Parameter kMstar{.name = "mstar", .description = "magnetisation of the state", .low = 0, .high = 1};
constexpr Parameter kAlphaOfSpins{.name = "alpha", .description = "log(n)/N", .low = 0, .open = true};

constexpr std::array kOfCurieWeiss{kBeta, kSpins, optional(kPositiveTime), optional(kEta, 0.0)};
constexpr std::array kOfMagnetisation{kBeta, kSpins, optional(kEta, 0.0)};
constexpr std::array kOfSpinCollapse{kAlphaOfSpins, optional(kMstar, 0.0), optional(kPositiveTime)};

Result of_curie_weiss(const Arguments& a) {
  const double beta = a["beta"], N = a["N"], m = spontaneous_magnetisation(beta), chi = susceptibility(beta);
  const double plus = positive_weight(beta, a["eta"]);
  const CurieWeissTimes times = curie_weiss_times(N, beta);
  Result result = just(times.leading);
  result.fields = {{"mstar", m},
                   {"chi", chi},
                   {"t_S", times.leading},
                   {"t_S_improved", times.improved},
                   {"w_plus", plus},
                   {"Lambda", 4 * plus * (1 - plus) * N * m * m + chi},  // variance between the classes, and within
                   {"spin_entropy", spin_entropy(m)}};
  if (std::isnan(result.value))
    result.reason = beta <= 1 ? "beta at most 1: one class, of magnetisation 0"
                              : "N mstar^2 below 1: too few spins for two classes at any t >= 0";
  if (!a.has("t")) return result;
  const double kappa = curie_weiss_kappa(N, beta, a["t"]);
  // A weight that rounds to 0 or 1 leaves one class.
  const double phi = plus > 0 && plus < 1 ? same_class_weighted(kappa, plus).phi : 1.0;
  result.fields.emplace_back("kappa", kappa);
  result.fields.emplace_back("phi", phi);
  return result;
}

Result of_magnetisation(const Arguments& a) {
  const Magnetisation m = magnetisation(static_cast<int>(a["N"]), a["beta"], a["eta"]);
  return {m.mean_absolute,
          {},
          {{"mean", m.mean},
           {"mean_absolute", m.mean_absolute},
           {"mean_square", m.mean_square},
           {"mean_fourth", m.mean_fourth},
           {"binder", 1.0 - m.mean_fourth / (3.0 * m.mean_square * m.mean_square)},
           {"positive", m.positive}},
          {}};
}

Result of_spin_collapse(const Arguments& a) {
  const double entropy = spin_entropy(a["mstar"]);
  Result result{spin_collapse_time(a["alpha"], a["mstar"]).value_or(kNaN), {}, {{"spin_entropy", entropy}}, {}};
  if (std::isnan(result.value))
    result.reason = fmt::format("alpha is not below spin_entropy = {:.8g}: no collapse at any t > 0", entropy);
  if (a.has("t"))
    result.fields.emplace_back("f_over_alpha", std::max(0.0, 1 - spin_information(a["mstar"], a["t"]) / a["alpha"]));
  return result;
}

constexpr std::string_view kTimesOfCurieWeiss[] = {"value", "t_S", "t_S_improved"};
constexpr std::string_view kTimesOfCollapse[] = {"value"};

constexpr Theory kTable[] = {
    {"curie-weiss", "Curie-Weiss ferromagnet: mstar, chi, speciation time, class weights; with t, kappa and phi",
     "arXiv 2306.03518, Curie-Weiss model", "OU time", kOfCurieWeiss, of_curie_weiss, kTimesOfCurieWeiss},
    {"curie-weiss-magnetisation", "exact moments of M/N of N Curie-Weiss spins; value: the mean of |M|/N",
     "arXiv 2306.03518, Curie-Weiss model; exact sum over M", "magnetisation a spin", kOfMagnetisation,
     of_magnetisation},
    {"spin-collapse",
     "collapse time of n = e^{alpha N} configurations of independent spins of mean mstar; with t, f_over_alpha = 1 - "
     "I_1(t)/alpha, the share of log n that the datum is still unknown by",
     "arXiv 2402.18491, entropy criterion, for the states of 2306.03518", "OU time", kOfSpinCollapse, of_spin_collapse,
     kTimesOfCollapse},
};

}  // namespace

std::span<const Theory> spin_theories() { return kTable; }

}  // namespace denoiscope::theory
