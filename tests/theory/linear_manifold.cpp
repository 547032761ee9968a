// Random linear manifolds and learned covariances. Table values were computed in double precision elsewhere: each
// tolerance is half a unit of the last printed digit, rounded up, unless it says otherwise.
#include "denoiscope/theory/linear_manifold.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/theory/learned_gaussian.hpp"

namespace denoiscope::theory {
namespace {

constexpr double kDigits6 = 6e-7, kDigits8 = 6e-9;

// Mean of f over the Marchenko-Pastur law of the D non-zero eigenvalues, c < 1. Substituting the middle of the bulk
// plus cos(angle) times its half width takes the square roots of the density away.
template <class F>
double over_bulk(double c, double variance, F&& f) {
  const Bulk bulk = manifold_bulk(c, variance);
  const double middle = 0.5 * (bulk.low + bulk.high), half = 0.5 * (bulk.high - bulk.low);
  auto integrand = [&](double angle) {
    const double l = middle + half * std::cos(angle), sine = half * std::sin(angle);
    return f(l) * sine * sine / (2.0 * std::numbers::pi * c * variance * l);
  };
  return integrate(integrand, 0.0, std::numbers::pi);
}

TEST(LinearManifold, SingleVariance) {
  EXPECT_NEAR(manifold_bulk(0.4, 1.0).low, 0.13508894, kDigits8);
  EXPECT_NEAR(manifold_bulk(0.4, 1.0).high, 2.66491106, kDigits8);
  EXPECT_NEAR(manifold_bulk(0.1, 1.0).low, 0.46754447, kDigits8);
  EXPECT_NEAR(manifold_bulk(0.1, 1.0).high, 1.73245553, kDigits8);
  struct Row {
    double c, t, q_low, q_high, gap, d_tr;
  };
  const Row table[] = {
      {0.4, 0.01, 0.007523, 0.130088, 0.869912, 0.387234}, {0.4, 0.1, 0.076708, 0.621060, 0.378940, 0.303516},
      {0.4, 0.5, 0.392016, 0.927112, 0.072888, 0.134037},  {0.4, 1.0, 0.705664, 0.979294, 0.020706, 0.051697},
      {0.1, 0.01, 0.011526, 0.041418, 0.958582, 0.097810}, {0.1, 0.1, 0.113316, 0.321364, 0.678636, 0.080592},
      {0.1, 0.5, 0.497946, 0.786102, 0.213898, 0.035941}};
  for (const Row& row : table) {
    const Bulk bulk = manifold_bulk(row.c, 1.0);
    EXPECT_NEAR(jacobian_eigenvalue(bulk.high, row.t), row.q_low, kDigits6) << row.c << " " << row.t;
    EXPECT_NEAR(jacobian_eigenvalue(bulk.low, row.t), row.q_high, kDigits6) << row.c << " " << row.t;
    EXPECT_NEAR(1.0 - jacobian_eigenvalue(bulk.low, row.t), row.gap, kDigits6) << row.c << " " << row.t;
    EXPECT_NEAR(trace_dimension(row.c, 1.0, row.t), row.d_tr, kDigits6) << row.c << " " << row.t;
  }
}

TEST(LinearManifold, TraceDimensionIsTheIntegralOverTheBulk) {
  for (const double c : {0.05, 0.4, 0.9})
    for (const double variance : {0.2, 3.0})
      for (const double t : {0.01, 0.3, 2.0}) {
        const double share = over_bulk(c, variance, [&](double l) { return 1.0 - jacobian_eigenvalue(l, t); });
        EXPECT_NEAR(trace_dimension(c, variance, t), c * share, 1e-11) << c << " " << variance << " " << t;
      }
  EXPECT_NEAR(trace_dimension(0.3, 1.0, 1e-12), 0.3, 1e-11);
  EXPECT_NEAR(trace_dimension(0.3, 1.0, 20.0) / (0.3 * std::exp(-40.0)), 1.0, 1e-12);
}

TEST(LinearManifold, TwoVariances) {
  struct Row {
    double v2;
    std::array<double, 4> edges;
    double tau, t, gap;
  };
  const Row table[] = {{0.01, {0.001995, 0.017954, 0.307610, 2.096441}, 0.074316, 0.035842, 0.610834},
                       {0.04, {0.007919, 0.071230, 0.314197, 2.102655}, 0.149600, 0.069707, 0.354891}};
  for (const Row& row : table) {
    const auto edges = two_variance_edges({0.2, 1.0, 0.2, row.v2}).value();
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(edges[i], row.edges[i], kDigits6) << row.v2 << " " << i;
    const double a = edges[1], b = edges[2], tau = std::sqrt(a * b), t = 0.5 * std::log1p(tau);
    EXPECT_NEAR(tau, row.tau, kDigits6);
    EXPECT_NEAR(t, row.t, kDigits6);
    auto gap = [&](double at) { return jacobian_eigenvalue(a, at) - jacobian_eigenvalue(b, at); };
    EXPECT_NEAR(gap(t), row.gap, kDigits6);
    EXPECT_NEAR(gap(t), (std::sqrt(b) - std::sqrt(a)) / (std::sqrt(b) + std::sqrt(a)), 1e-12);
    EXPECT_GT(gap(t), gap(1.01 * t));
    EXPECT_GT(gap(t), gap(0.99 * t));
  }
}

TEST(LinearManifold, EqualVariancesAreOne) {
  for (const double c : {0.1, 0.6, 0.99}) {  // v1 -> v2: one Marchenko-Pastur bulk of the whole dimension
    const TwoVariances model{0.3 * c, 1.0 + 1e-9, 0.7 * c, 1.0};
    EXPECT_FALSE(two_variance_edges(model)) << c;
    EXPECT_NEAR(two_variance_bulk(model).low, manifold_bulk(c, 1.0).low, 1e-8) << c;
    EXPECT_NEAR(two_variance_bulk(model).high, manifold_bulk(c, 1.0).high, 1e-8) << c;
  }
  // A vanishing second share leaves the first one's bulk.
  EXPECT_NEAR(two_variance_bulk({0.3, 2.0, 1e-12, 0.5}).high, manifold_bulk(0.3, 2.0).high, 1e-9);
}

TEST(ManifoldCollapse, Table) {
  struct Row {
    double c, alpha, tau, t, onset;
  };
  const Row table[] = {{0.05, 0.10, 0.363953, 0.155194, 0},       {0.1, 0.05, 5.63594, 0.946251, 0},
                       {0.1, 0.10, 1.497213, 0.457588, 0.772648}, {0.1, 0.20, 0.177342, 0.081629, 0},
                       {0.2, 0.10, 2.726215, 0.657697, 0.984716}, {0.5, 0.10, 3.736281, 0.777626, 1.096587},
                       {0.5, 0.20, 1.409613, 0.439733, 0.711867}, {1.0, 0.20, 1.70859, 0.498214, 0}};
  for (const Row& row : table) {
    const ManifoldCollapse times = manifold_collapse(row.c, row.alpha);
    EXPECT_NEAR(times.collapse, row.t, kDigits6) << row.c << " " << row.alpha;
    EXPECT_NEAR(std::expm1(2.0 * times.collapse), row.tau, row.tau > 5 || row.c == 1.0 ? 6e-6 : kDigits6) << row.c;
    if (row.onset > 0) {
      EXPECT_NEAR(times.onset, row.onset, kDigits6) << row.c << " " << row.alpha;
    }
  }
  EXPECT_NEAR(manifold_collapse(1.0, 0.2).isometric, 0.554816, kDigits6);
  EXPECT_NEAR(std::expm1(2.0 * manifold_collapse(1.0, 0.2).isometric), 2.033245, kDigits6);
  EXPECT_NEAR(manifold_information(0.4, 0.5 * std::log1p(1.0 / (0.4 * 3.0))), 0.5 * 0.508706080, 6e-10);  // V(3, 0.4)/2
}

TEST(ManifoldCollapse, BasinRadius) {
  const std::array<std::array<double, 3>, 4> table{
      {{0.1, 0.1, 0.49745}, {0.2, 0.1, 0.53492}, {0.5, 0.1, 0.55572}, {0.5, 0.2, 0.52535}}};
  for (const auto& row : table) {
    const ManifoldCollapse times = manifold_collapse(row[0], row[1]);
    EXPECT_NEAR(basin_radius2(row[0], row[1], 0.5 * (times.collapse + times.onset)), row[2], 6e-6) << row[0];
    EXPECT_NEAR(basin_radius2(row[0], row[1], times.onset * (1 - 1e-12)), 0.0, 1e-9);
    EXPECT_NEAR(basin_radius2(row[0], row[1], times.collapse * (1 + 1e-12)), 1.0, 1e-9);
    EXPECT_TRUE(std::isnan(basin_radius2(row[0], row[1], 1.1 * times.onset)));
    EXPECT_TRUE(std::isnan(basin_radius2(row[0], row[1], 0.9 * times.collapse)));
  }
}

TEST(ManifoldCollapse, InformationIsTheIntegralOverTheBulk) {
  for (const double c : {0.05, 0.4, 0.9})
    for (const double t : {0.01, 0.5, 3.0}) {  // eigenvalues are 1/c times those of over_bulk
      const double tau = std::expm1(2.0 * t);
      const double mean = over_bulk(c, 1.0, [&](double l) { return 0.5 * std::log1p(l / (c * tau)); });
      EXPECT_NEAR(manifold_information(c, t), c * mean, 1e-11) << c << " " << t;
    }
  // Without noise every direction is worth -log(tau)/2: no digits are lost on the way there.
  for (const double c : {0.05, 0.4, 0.9})
    EXPECT_NEAR(manifold_information(c, 1e-30) - manifold_information(c, 1e-28), 0.5 * c * std::log(100.0), 1e-12) << c;
}

TEST(LearnedGaussian, Table) {
  const std::array<std::array<double, 3>, 5> table{{{0.01, 0.0025083753, 0.0025421298},
                                                    {0.1, 0.0258776795, 0.0296778760},
                                                    {0.25, 0.0684768913, 0.0981897753},
                                                    {0.5, 0.1534264097, 0.3465735903},
                                                    {0.9, 0.3720786059, 4.1279213941}}};
  for (const auto& row : table) {
    EXPECT_NEAR(learned_gaussian(row[0]).learned_from_true, row[1], 6e-11) << row[0];
    EXPECT_NEAR(learned_gaussian(row[0]).true_from_learned, row[2], 6e-11) << row[0];
  }
  for (const double gamma : {1e-9, 1e-6, 1e-3}) {  // both are gamma/4 to first order
    EXPECT_NEAR(learned_gaussian(gamma).learned_from_true / gamma, 0.25, gamma);
    EXPECT_NEAR(learned_gaussian(gamma).true_from_learned / gamma, 0.25, gamma);
  }
}

TEST(LearnedGaussian, IsTheMeanOverTheBulk) {
  for (const double gamma : {0.1, 0.5, 0.9}) {
    const double log = over_bulk(gamma, 1.0, [](double l) { return std::log(l); });
    const double inverse = over_bulk(gamma, 1.0, [](double l) { return 1.0 / l; });
    EXPECT_NEAR(learned_gaussian(gamma).learned_from_true, -0.5 * log, 1e-10) << gamma;
    EXPECT_NEAR(learned_gaussian(gamma).true_from_learned, 0.5 * (inverse - 1.0 + log), 1e-9) << gamma;
  }
}

TEST(Spike, OverlapAndThreshold) {
  EXPECT_NEAR(spike(1.0, 0.25).overlap, 0.6, 1e-15);
  EXPECT_NEAR(spike(1.0, 0.01).overlap, 0.98019802, kDigits8);
  EXPECT_NEAR(spike(0.5, 0.1).overlap, 0.5, 1e-15);
  EXPECT_EQ(spike(0.5, 0.25).overlap, 0.0);  // at the threshold
  EXPECT_EQ(spike(0.3, 0.25).overlap, 0.0);
  EXPECT_EQ(spike(0.3, 0.25).eigenvalue, spike(0.3, 0.25).edge);
  EXPECT_NEAR(spike(0.5 + 1e-9, 0.25).overlap, 0.0, 1e-8);
  EXPECT_NEAR(spike(0.5 + 1e-9, 0.25).eigenvalue, spike(0.5, 0.25).edge, 1e-14);
  EXPECT_NEAR(spike(1.0, 1e-12).eigenvalue, 2.0, 1e-11);  // many data show the population
}

}  // namespace
}  // namespace denoiscope::theory
