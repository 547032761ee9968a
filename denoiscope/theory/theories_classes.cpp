// Theories of classes: told apart by covariance, orthogonal, nested, hierarchical.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/theory/covariance_classes.hpp"
#include "denoiscope/theory/hierarchy.hpp"
#include "denoiscope/theory/ising.hpp"
#include "denoiscope/theory/orthogonal_classes.hpp"
#include "denoiscope/theory/theories.hpp"

namespace denoiscope::theory {
namespace {

// ---- parameters ----

constexpr Parameter kV1{.name = "v1",
                        .description = "variances of class 1, one for each of equal blocks of axes",
                        .kind = Kind::list,
                        .low = 0};
constexpr Parameter kV2{.name = "v2", .description = "the same of class 2", .kind = Kind::list, .low = 0};
constexpr Parameter kClasses{.name = "K", .description = "number of classes", .kind = Kind::whole, .low = 1};
constexpr Parameter kCentreKappa{
    .name = "kappa", .description = "norm of a noisy class centre over the noisy deviation", .low = 0};
constexpr Parameter kSpins{.name = "N", .description = "number of spins", .kind = Kind::whole, .low = 2, .high = 1e6};
constexpr Parameter kK1{.name = "K1", .description = "coupling J/T of class 1", .low = 0, .high = 10};
constexpr Parameter kK2{.name = "K2", .description = "coupling J/T of class 2", .low = 0, .high = 10};
constexpr Parameter kCouplings{
    .name = "K", .description = "couplings J/T, one a class", .kind = Kind::list, .low = 0, .high = 10};
constexpr Parameter kNorms{
    .name = "norm2", .description = "squared norm of m_l, one a level", .kind = Kind::list, .low = 0};
constexpr Parameter kSymbols{.name = "v", .description = "symbols", .kind = Kind::whole, .low = 2, .high = 1e6};
constexpr Parameter kProductions{.name = "m", .description = "productions of a symbol", .kind = Kind::whole, .low = 1};
constexpr Parameter kChildren{
    .name = "s", .description = "children of a node", .kind = Kind::whole, .low = 2, .high = 32};
constexpr Parameter kEps{.name = "eps", .description = "noise of the leaves", .low = 0, .high = 1};
constexpr Parameter kLevels{.name = "L", .description = "levels", .kind = Kind::whole, .low = 0, .high = 1e6};

constexpr std::array kOfCovariances{kD, kV1, kV2, optional(kPositiveTime)};
constexpr std::array kOfOrthogonal{kClasses, kCentreKappa};
constexpr std::array kOfIsing{kSpins, kK1, kK2};
constexpr std::array kOfIsingHierarchy{kSpins, kCouplings};
constexpr std::array kOfNested{kNorms, optional(kVariance, 1.0), optional(kPositiveTime)};
constexpr std::array kOfHierarchy{kSymbols, kProductions, kChildren, optional(kEps), optional(kLevels)};

// ---- functions ----

CovarianceClasses covariances_of(const Arguments& a) {
  const auto first = a.list("v1"), second = a.list("v2");
  const auto blocks = static_cast<double>(first.size());
  if (first.size() != second.size())
    throw UsageError("theory covariance-classes: v1 has {} entries and v2 has {}; give both one for each block",
                     first.size(), second.size());
  if (std::fmod(a["d"], blocks) != 0)
    throw UsageError("theory covariance-classes: d = {} is no multiple of the {} blocks that v1 and v2 give; change d",
                     a["d"], blocks);
  return {first, second, a["d"] / blocks};
}

Result of_covariance_classes(const Arguments& a) {
  const CovarianceClasses classes = covariances_of(a);
  const double dsq = separation(classes);
  Result result = just(resolution_time(classes).value_or(kNaN));
  result.fields = {{"t_rs_1", result.value},
                   {"t_rs_2", resolution_time(classes.swapped()).value_or(kNaN)},
                   {"asymptote", resolution_asymptote(dsq)},
                   {"Dsq", dsq}};
  if (std::isnan(result.value))
    result.reason = dsq == 0 ? "v1 = v2: there is only one class"
                             : "A < B at every t: the log-odds of class 1 never exceed their fluctuation; raise d or "
                               "the difference of v1 and v2";
  if (!a.has("t")) return result;
  const LogOdds one = log_odds(classes, a["t"]), two = log_odds(classes.swapped(), a["t"]);
  result.fields.insert(result.fields.end(), {{"p_same", same_class(classes, a["t"])},
                                             {"A", one.mean},
                                             {"B", one.deviation},
                                             {"A_2", two.mean},
                                             {"B_2", two.deviation}});
  return result;
}

Result of_orthogonal_classes(const Arguments& a) {
  return {orthogonal_same_class(a["K"], a["kappa"]), {}, {{"chance", 1.0 / a["K"]}}, {}};
}

Result of_ising_classes(const Arguments& a) {
  const double N = a["N"];
  const double dsq = ising_separation(N, a["K1"], a["K2"]), density = ising_separation_density(a["K1"], a["K2"]);
  const auto first = ising_spectrum(static_cast<int>(N), a["K1"]),
             second = ising_spectrum(static_cast<int>(N), a["K2"]);
  const CovarianceClasses surrogate{first, second};
  Result result = just(resolution_asymptote(dsq));
  result.fields = {{"asymptote", result.value},
                   {"asymptote_limit", resolution_asymptote(N * density)},
                   {"t_rs_1", resolution_time(surrogate).value_or(kNaN)},
                   {"t_rs_2", resolution_time(surrogate.swapped()).value_or(kNaN)},
                   {"Dsq", dsq},
                   {"Dsq_over_N_limit", density}};
  if (std::isnan(result.value)) result.reason = "Dsq below 8: the classes are not told apart at any t >= 0";
  return result;
}

Result of_ising_hierarchy(const Arguments& a) {
  const auto K = a.list("K");
  if (K.size() < 2) throw UsageError("theory ising-hierarchy: K has one coupling; give at least two, one a class");
  Result result = just(kNaN);
  for (std::size_t i = 0; i < K.size(); ++i)
    for (std::size_t j = i + 1; j < K.size(); ++j) {
      const double density = ising_separation_density(K[i], K[j]);
      const double t = resolution_asymptote(a["N"] * density);
      result.fields.emplace_back(fmt::format("t_{}_{}", i, j), t);
      result.fields.emplace_back(fmt::format("Dsq_over_N_{}_{}", i, j), density);
      result.value = std::fmax(result.value, t);  // of a number and NaN it takes the number
    }
  if (std::isnan(result.value)) result.reason = "N Dsq/N is below 8 for every pair: no classes are told apart";
  return result;
}

Result of_nested_levels(const Arguments& a) {
  const auto norms = a.list("norm2");
  const double t = a.has("t") ? a["t"] : 1.0;  // without t, gamma and phi are not shown
  Result result = just(kNaN);
  for (std::size_t l = 0; l < norms.size(); ++l) {
    const NestedLevel level = nested_level(norms[l], a["variance"], t);
    result.value = std::fmax(result.value, level.t);
    result.fields.emplace_back(fmt::format("t_{}", l), level.t);
    if (!a.has("t")) continue;
    result.fields.emplace_back(fmt::format("gamma_{}", l), level.gamma);
    result.fields.emplace_back(fmt::format("phi_{}", l), level.phi);
  }
  if (std::isnan(result.value)) result.reason = "every norm2 is below variance: no level is resolved at any t >= 0";
  return result;
}

HierarchyRules rules_of(const Arguments& a) {
  const HierarchyRules rules{a["v"], a["m"], a["s"]};
  const double most = std::pow(rules.v, rules.s - 1.0);
  if (rules.m > most)
    throw UsageError(
        "theory hierarchy-mean-field: m = {} exceeds v^(s-1) = {}, all distinct tuples a symbol can have; "
        "lower m",
        rules.m, most);
  return rules;
}

Result of_hierarchy(const Arguments& a) {
  const HierarchyRules rules = rules_of(a);
  if (a.has("eps") != a.has("L")) throw UsageError("theory hierarchy-mean-field: eps and L go together; give both");
  const double chance = 1.0 / rules.v;
  const double p = critical_belief(rules).value_or(kNaN), slope = belief_slope(rules, p);
  Result result = just((1.0 - p) / (1.0 - chance));
  result.fields = {{"p_star", p},
                   {"eps_star", result.value},
                   {"nu", std::log(rules.s) / std::log(slope)},
                   {"slope_at_1", belief_slope(rules, 1.0)},
                   {"slope_at_chance", belief_slope(rules, chance)},
                   {"slope_at_p_star", slope}};
  if (std::isnan(p)) {
    result.reason = belief_slope(rules, 1.0) >= 1
                        ? "slope_at_1 is at least 1: any noise of the leaves destroys the class; lower m"
                        : "slope_at_chance is at least 1: the class survives any noise below 1; raise m";
  }
  if (a.has("eps")) {
    result.fields.emplace_back("leaf_belief", leaf_belief(rules, a["eps"]));
    result.fields.emplace_back("root_belief", root_belief(rules, a["eps"], static_cast<int>(a["L"])));
  }
  return result;
}

// ---- the table ----

constexpr std::string_view kTimesOfCovariances[] = {"value", "t_rs_1", "t_rs_2", "asymptote"};
constexpr std::string_view kTimesOfIsing[] = {"value", "asymptote", "asymptote_limit", "t_rs_1", "t_rs_2"};
constexpr std::string_view kTimesOfMany[] = {"value"};

constexpr Theory kTable[] = {
    {"covariance-classes",
     "Gaussian classes of one mean, variances v1 and v2: t_rs where A = B, from class 1 and 2; with t, p_same, A, B",
     "arXiv 2602.04404, criterion and classes of equal means", "OU time", kOfCovariances, of_covariance_classes,
     kTimesOfCovariances},
    {"orthogonal-classes", "same-class probability of K equal Gaussian classes with orthogonal centres of one norm",
     "definition, as in arXiv 2402.18491; quadrature for any K", "probability", kOfOrthogonal, of_orthogonal_classes},
    {"ising-classes",
     "open Ising chains of couplings K1, K2: 1/4 log(Dsq/8), and t_rs of Gaussians with the spectra of the rings",
     "arXiv 2602.04404, Ising chains at different temperatures", "OU time", kOfIsing, of_ising_classes, kTimesOfIsing},
    {"ising-hierarchy", "times at which pairs of Ising classes separate, t_i_j = 1/4 log(N Dsq/8); value: the first",
     "arXiv 2602.04404, several classes", "OU time", kOfIsingHierarchy, of_ising_hierarchy, kTimesOfMany},
    {"nested-levels",
     "speciation time t_l of every level of a nested mixture; with t, its gamma and phi = F(sqrt gamma)",
     "arXiv 2402.18491, Gaussian mixture, along orthogonal directions", "OU time", kOfNested, of_nested_levels,
     kTimesOfMany},
    {"hierarchy-mean-field",
     "Random Hierarchy Model: noise eps_star at which the class is lost, p_star, exponent nu; with eps and L, "
     "root_belief",
     "arXiv 2402.16991, mean field of belief propagation", "leaf noise", kOfHierarchy, of_hierarchy},
};

}  // namespace

std::span<const Theory> class_theories() { return kTable; }

}  // namespace denoiscope::theory
