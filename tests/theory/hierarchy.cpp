// Nested, orthogonal and hierarchical classes. Table values were computed in double precision elsewhere: each tolerance
// is half a unit of the last printed digit, rounded up, unless it says otherwise.
#include "denoiscope/theory/hierarchy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/orthogonal_classes.hpp"

namespace denoiscope::theory {
namespace {

TEST(NestedLevels, Table) {
  const std::array<std::array<double, 2>, 7> table{{{0.01, 0.50495081},
                                                    {0.1, 0.5456703},
                                                    {0.5, 0.6750567},
                                                    {1, 0.77520025},
                                                    {2, 0.88449089},
                                                    {4, 0.96570129},
                                                    {10, 0.99879434}}};
  for (const auto& row : table) {
    const double t = 0.9;
    const NestedLevel level = nested_level(row[0] * std::exp(2.0 * t), 1.0, t);
    EXPECT_NEAR(level.gamma, row[0], 1e-14 * row[0]);
    EXPECT_NEAR(level.phi, row[1], row[0] == 0.1 || row[0] == 0.5 ? 6e-8 : 6e-9) << row[0];
  }
  EXPECT_NEAR(nested_level(1024, 1.0, 1.0).t, 3.465736, 6e-7);
  EXPECT_NEAR(nested_level(64, 1.0, 1.0).t, 2.079442, 6e-7);
  EXPECT_TRUE(std::isnan(nested_level(0.5, 1.0, 1.0).t));
  for (const double variance : {0.0, 0.3, 4.0}) {
    const double t = nested_level(30.0, variance, 1.0).t;
    EXPECT_NEAR(nested_level(30.0, variance, t).gamma, 1.0, 1e-13) << variance;
  }
}

TEST(OrthogonalClasses, TwoClassesAreTheChannel) {
  for (const double kappa : {1e-3, 0.3, 1.0, 2.5, 6.0, 11.0})
    EXPECT_NEAR(orthogonal_same_class(2, kappa), same_class(kappa / std::sqrt(2.0)), 1e-12) << kappa;
}

// Monte Carlo of an independent program: 4e5 draws, errors of 0.0007, and rounding to 0.0005. Four errors: a false
// alarm among these six once in 2600 independent repetitions of the table.
TEST(OrthogonalClasses, AgainstMonteCarlo) {
  const std::array<double, 3> three{0.519, 0.807, 0.953}, ten{0.210, 0.554, 0.857};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(orthogonal_same_class(3, 1.0 + static_cast<double>(i)), three[i], 0.0033) << i;
    EXPECT_NEAR(orthogonal_same_class(10, 1.0 + static_cast<double>(i)), ten[i], 0.0033) << i;
  }
}

TEST(OrthogonalClasses, Limits) {
  for (const double K : {1.0, 2.0, 7.0, 1e6}) {
    EXPECT_EQ(orthogonal_same_class(K, 0.0), 1.0 / K);
    // Chance grows by (1/K)(1 - 1/K) kappa^2 to first order.
    EXPECT_NEAR(orthogonal_same_class(K, 1e-3), (1.0 + 1e-6 * (1.0 - 1.0 / K)) / K, 2e-12 + 1e-11 / K) << K;
    EXPECT_NEAR(orthogonal_same_class(K, 30.0), 1.0, 1e-12) << K;
    double last = 0;
    for (double kappa = 0; kappa < 10; kappa += 0.7) {
      const double same = orthogonal_same_class(K, kappa);
      EXPECT_GE(same, last - 1e-12) << K << " " << kappa;
      last = same;
    }
  }
  EXPECT_EQ(orthogonal_same_class(10, 1e6), 1.0);
}

TEST(HierarchyMeanField, Table) {
  struct Row {
    HierarchyRules rules;
    double at_1, at_chance, p, eps, at_p, nu;
  };
  const Row table[] = {{{32, 8, 2}, 0.484848, 0.242424, 7.0 / 24, 0.731183, 1.442248, 1.892796},
                       {{16, 4, 2}, 0.470588, 0.470588, 0.25, 0.800000, 1.360000, 2.254249},
                       {{24, 4, 2}, 0.320000, 0.480000, 0.15, 0.886957, 1.417769, 1.985613},
                       {{8, 3, 2}, 0.666667, 0.592593, 0.4, 0.685714, 1.224490, 3.422539},
                       {{10, 10, 3}, 0.270270, 0.270270, 0.316228, 0.759747, 1.660267, 2.166979}};
  const double digits = 6e-7;
  for (const Row& row : table) {
    const double v = row.rules.v, p = critical_belief(row.rules).value();
    EXPECT_NEAR(belief_slope(row.rules, 1.0), row.at_1, digits) << v;
    EXPECT_NEAR(belief_slope(row.rules, 1.0 / v), row.at_chance, digits) << v;
    EXPECT_NEAR(p, row.p, row.rules.s == 2 ? 1e-14 : digits) << v;
    EXPECT_NEAR((1.0 - p) / (1.0 - 1.0 / v), row.eps, digits) << v;
    EXPECT_NEAR(belief_slope(row.rules, p), row.at_p, digits) << v;
    EXPECT_NEAR(std::log(row.rules.s) / std::log(belief_slope(row.rules, p)), row.nu, digits) << v;
    for (const double fixed : {1.0 / v, p, 1.0}) EXPECT_NEAR(parent_belief(row.rules, fixed), fixed, 1e-14) << v;
  }
  EXPECT_NEAR(belief_slope({32, 24, 2}, 1.0), 1.454545, digits);
  EXPECT_NEAR(belief_slope({32, 24, 2}, 1.0 / 32), 0.080808, digits);
  EXPECT_FALSE(critical_belief({32, 24, 2}));
  EXPECT_FALSE(critical_belief({32, 1, 2}));  // no synonyms: chance level is unstable
  EXPECT_NEAR(critical_belief({8, 2, 2}).value(), 1.0 / 6, 1e-14);
  EXPECT_NEAR((1.0 - 1.0 / 6) / (1.0 - 1.0 / 8), 0.95238095, 6e-9);
}

TEST(HierarchyMeanField, TransitionExistsBetweenItsBounds) {
  for (double v = 3; v <= 40; ++v)
    for (double m = 1; m <= v; ++m) {
      const bool exists = 2.0 * v / (v + 1.0) < m && m < 0.5 * (v + 1.0);  // both ends stable, s = 2
      const auto p = critical_belief({v, m, 2});
      ASSERT_EQ(p.has_value(), exists) << v << " " << m;
      if (exists) {
        EXPECT_NEAR(*p, (m - 1.0) / (v - m), 1e-12) << v << " " << m;
      }
    }
}

TEST(HierarchyMeanField, MoreChildren) {
  for (const HierarchyRules rules : {HierarchyRules{10, 50, 4}, {6, 300, 5}, {4, 20, 6}, {3, 2000, 10}}) {
    const double p = critical_belief(rules).value();
    EXPECT_GT(p, 1.0 / rules.v);
    EXPECT_LT(p, 1.0);
    EXPECT_NEAR(parent_belief(rules, p), p, 1e-12);
    EXPECT_GT(belief_slope(rules, p), 1.0);  // unstable
    const double step = 1e-6, slope = (parent_belief(rules, p + step) - parent_belief(rules, p - step)) / (2 * step);
    EXPECT_NEAR(belief_slope(rules, p), slope, 1e-7);
  }
}

TEST(HierarchyMeanField, RootBelief) {
  const HierarchyRules rules{32, 8, 2};
  const std::array<std::array<double, 2>, 5> table{
      {{0.50, 0.98348}, {0.65, 0.89351}, {0.70, 0.66387}, {0.74, 0.19162}, {0.80, 0.03353}}};
  for (const auto& row : table) EXPECT_NEAR(root_belief(rules, row[0], 7), row[1], 6e-6) << row[0];
  EXPECT_NEAR(root_belief(rules, 0.5, 1), 0.60351, 6e-6);
  EXPECT_EQ(root_belief(rules, 0.3, 0), leaf_belief(rules, 0.3));
  EXPECT_EQ(root_belief(rules, 0.0, 50), 1.0);
  EXPECT_NEAR(root_belief(rules, 1.0, 50), 1.0 / 32, 1e-14);
  const double eps = 0.7311827957;  // eps*: deep trees decide which way it goes
  EXPECT_GT(root_belief(rules, eps - 1e-3, 200), 0.999);
  EXPECT_LT(root_belief(rules, eps + 1e-3, 200), 0.04);
}

}  // namespace
}  // namespace denoiscope::theory
