#include "denoiscope/theory/hierarchy.hpp"

#include <cmath>
#include <vector>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::theory {
namespace {

// Of the tuples that are not the true one, the share f that rules use, and among the uses of these the share a that
// belongs to the true parent.
struct Shares {
  double f, a;
};

Shares shares_of(const HierarchyRules& r) {
  const double others = r.m * r.v - 1.0;
  return {others / (std::pow(r.v, r.s) - 1.0), (r.m - 1.0) / others};
}

}  // namespace

NestedLevel nested_level(double norm2, double variance, double t) {
  const double surplus = norm2 - variance;
  const double kappa = mixture_kappa(1.0, norm2, variance, t);
  return {surplus >= 0 ? 0.5 * std::log1p(surplus) : kNaN, kappa * kappa, same_class(kappa)};
}

double parent_belief(const HierarchyRules& rules, double p) {
  const auto [f, a] = shares_of(rules);
  const double right = std::pow(p, rules.s), wrong = 1.0 - right;
  return (right + f * a * wrong) / (right + f * wrong);
}

double belief_slope(const HierarchyRules& rules, double p) {
  const auto [f, a] = shares_of(rules);
  const double right = std::pow(p, rules.s), total = right + f * (1.0 - right);
  return rules.s * std::pow(p, rules.s - 1.0) * f * (1.0 - a) / (total * total);
}

std::optional<double> critical_belief(const HierarchyRules& rules) {
  const double chance = 1.0 / rules.v;
  const double stable = 1.0 - 1e-12;  // an end that is marginal up to rounding has the root upon itself
  if (!(belief_slope(rules, 1.0) < stable && belief_slope(rules, chance) < stable)) return std::nullopt;
  // F(p) = p is the polynomial (1-f) p^{s+1} - (1 - f a) p^s + f p - f a = 0. Its known roots 1 and 1/v are divided out
  // (Horner's rule, highest power first), so that they cannot be found again.
  const auto [f, a] = shares_of(rules);
  std::vector<double> polynomial(static_cast<std::size_t>(rules.s) + 2, 0.0);
  polynomial[0] = 1.0 - f;
  polynomial[1] -= 1.0 - f * a;
  polynomial[polynomial.size() - 2] += f;
  polynomial.back() -= f * a;
  for (const double known : {1.0, chance}) {
    for (std::size_t i = 1; i < polynomial.size(); ++i) polynomial[i] += known * polynomial[i - 1];
    polynomial.pop_back();  // the remainder
  }
  auto value = [&](double p) {
    double sum = 0;
    for (const double c : polynomial) sum = sum * p + c;
    return sum;
  };
  return find_root(value, chance, 1.0);
}

double leaf_belief(const HierarchyRules& rules, double eps) { return 1.0 - eps + eps / rules.v; }

double root_belief(const HierarchyRules& rules, double eps, int levels) {
  double p = leaf_belief(rules, eps);
  for (int level = 0; level < levels; ++level) p = parent_belief(rules, p);
  return p;
}

}  // namespace denoiscope::theory
