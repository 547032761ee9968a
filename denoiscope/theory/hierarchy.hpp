// Classes within classes: nested Gaussian mixtures, and the mean field of the Random Hierarchy Model.
#pragma once

#include <optional>

namespace denoiscope::theory {

/// Level of a nested mixture x_0 = sum_l s_l m_l + z: orthogonal m_l, signs s_l, z of variance `variance`. Levels
/// decouple.
struct NestedLevel {
  double t;      ///< speciation of the level, 1/2 log(1 + |m|^2 - variance) (gamma = 1); NaN where negative
  double gamma;  ///< |m|^2 e^{-2t}/Gamma_t at the time asked for
  double phi;    ///< probability that the sign survives a U-turn from there, F(sqrt(gamma))
};

/// norm2 = |m_l|^2 >= 0, t > 0.
NestedLevel nested_level(double norm2, double variance, double t);

/// Random Hierarchy Model: v symbols, m productions of each into s symbols (m <= v^{s-1}), v m distinct tuples. Belief
/// in the true symbol, from children to parent, averaged over rules (arXiv 2402.16991).
struct HierarchyRules {
  double v, m, s;
};

/// One level up: F(p) = (p^s + f a (1 - p^s)) / (p^s + f (1 - p^s)), f = (mv-1)/(v^s-1), a = (m-1)/(mv-1).
double parent_belief(const HierarchyRules& rules, double p);

/// F'(p).
double belief_slope(const HierarchyRules& rules, double p);

/// The unstable fixed point between 1/v and 1; none where one of these is unstable itself. (m-1)/(v-m) for s = 2.
std::optional<double> critical_belief(const HierarchyRules& rules);

/// Belief in a leaf's true symbol in the epsilon-process: 1 - eps + eps/v; 0 <= eps <= 1.
double leaf_belief(const HierarchyRules& rules, double eps);

/// Belief in the root of a tree of `levels` levels over such leaves.
double root_belief(const HierarchyRules& rules, double eps, int levels);

}  // namespace denoiscope::theory
