// Collapse: entropy criterion and finite-size forms, against tables computed independently in double precision.
#include "denoiscope/theory/collapse.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::theory {
namespace {

TEST(TheoryCollapseTime, Table) {
  struct Row {
    double n, d, variance, alpha, t, t_half;  // t_half: the time for n/2, where the table has it
  };
  const Row table[] = {{20000, 256, 1, 0.03868550, 1.29878969, 1.33373281},
                       {20000, 1024, 1, 0.00967137, 1.97754672, 2.01348940},
                       {20000, 4096, 1, 0.00241784, 2.66707444, 2.70326998},
                       {2000, 20, 1, 0.38004512, 0.31520285, kNaN},
                       {4096, 16, 1, 0.51986039, 0.21813233, kNaN},
                       {1000, 10, 1, 0.69077553, 0.14463409, kNaN},
                       {100, 8, 1, 0.57564627, 0.19006520, kNaN},
                       {1024, 10, 0.25, 0.69314718, 0.04002135, kNaN},
                       {1024, 10, 4, 0.69314718, 0.42364893, kNaN},
                       {60000, 3072, 1, 0.00358141, 2.47121502, kNaN}};
  for (const Row& row : table) {
    const double t = collapse_time(row.n, row.d, row.variance).value();
    EXPECT_NEAR(t, row.t, 1e-8) << row.n << " " << row.d;
    if (!std::isnan(row.t_half)) {
      EXPECT_NEAR(collapse_time(row.n / 2, row.d, row.variance).value(), row.t_half, 1e-8);
    }
    EXPECT_NEAR(excess_entropy(row.n, row.d, row.variance, 50), row.alpha, 1e-8);
    EXPECT_NEAR(excess_entropy(row.n, row.d, row.variance, t), 0.0, 1e-14);
  }
}

TEST(TheoryCollapseTime, Spectrum) {
  const std::vector<double> anisotropic{4, 1, 0.25};
  EXPECT_NEAR(collapse_time(20, anisotropic).value(), 0.0797744009, 1e-10);
  EXPECT_NEAR(excess_entropy(20, 3, anisotropic, 0.0797744009), 0.0, 1e-9);
  const std::vector<double> rank_5{1, 1, 1, 1, 1};
  EXPECT_NEAR(collapse_time(1000, rank_5).value(), 0.0325870866, 1e-10);
  EXPECT_NEAR(collapse_time(1000, 5, 1).value(), 0.0325870866, 1e-10);  // rank r: the isotropic formula with r for d
  EXPECT_NEAR(excess_entropy(1000, 100, rank_5, 0.3), 0.05 * excess_entropy(1000, 5, 1, 0.3), 1e-15);
  const std::vector<double> sixteen(16, 1.0);
  EXPECT_NEAR(collapse_time(4096, sixteen).value(), 0.21813233, 1e-8);
  const std::vector<double> with_zeros{0.25, 0, 4, -1e-17, 1};  // order and rounding dust do not matter
  EXPECT_NEAR(collapse_time(20, with_zeros).value(), 0.0797744009, 1e-10);
}

TEST(TheoryCollapseTime, Undefined) {
  const std::vector<double> zero{0, 0, 0}, none, one{1};
  EXPECT_EQ(collapse_time(1, 10, 1), std::nullopt);
  EXPECT_EQ(collapse_time(100, 10, 0), std::nullopt);
  EXPECT_EQ(collapse_time(100, zero), std::nullopt);
  EXPECT_EQ(collapse_time(100, none), std::nullopt);
  EXPECT_EQ(collapse_time(1, one), std::nullopt);
}

TEST(TheoryCollapseTime, ExtremeSpectra) {
  for (double n : {2.0, 1e13, 1e100}) {
    for (double c : {1e-200, 1e-12, 1.0, 1e12}) {
      const std::vector<double> pair{c, c};
      const double t = collapse_time(n, pair).value();
      EXPECT_NEAR(t / collapse_time(n, 2, c).value(), 1.0, 1e-11) << n << " " << c;
    }
  }
}

TEST(TheoryExcessEntropy, ClassTerm) {
  // f / alpha at d = 256, n = 20000, t = 2.904, four digits: 0.9611 without the class term, 0.9328 with it.
  const double alpha = std::log(20000.0) / 256;
  EXPECT_NEAR(excess_entropy(20000, 256, 1, 2.904) / alpha, 0.9611, 5e-5);
  EXPECT_NEAR(mixture_excess_entropy(20000, 256, 1, 1, 2.904) / alpha, 0.9328, 5e-5);
  EXPECT_NEAR(mixture_excess_entropy(20000, 256, 0, 1, 2.904), excess_entropy(20000, 256, 1, 2.904), 1e-16);
  // Well below speciation the class is known, up to Hc(kappa) = 4e-5 nats here: the same as n/2 data.
  const double t_half = collapse_time(10000, 256, 1).value();
  EXPECT_NEAR(mixture_excess_entropy(20000, 256, 1, 1, t_half), 0.0, 4e-5 / 256);
}

TEST(TheoryExcessEntropy, ExtremeTimes) {
  for (double t : {1e-12, 50.0}) {
    EXPECT_TRUE(std::isfinite(excess_entropy(20000, 256, 1, t)));
    EXPECT_TRUE(std::isfinite(mixture_excess_entropy(20000, 256, 1, 1, t)));
    const std::vector<double> spectrum(256, 1.0);
    EXPECT_NEAR(excess_entropy(20000, 256, spectrum, t), excess_entropy(20000, 256, 1, t), 1e-13);
  }
}

TEST(TheoryFiniteSize, Table) {
  const double t_c = collapse_time(1000, 20, 1).value();
  EXPECT_NEAR(t_c, 0.347762, 1e-6);
  struct Row {
    double ratio, entropy, participation;
  };
  const Row table[] = {{0.75, 0.7230, 0.7059},
                       {1.0, 1.4485, 0.5001},
                       {1.5, 2.9501, 0.2102},
                       {2.0, 4.1521, 0.0781},
                       {3.0, 5.5939, 0.0118}};
  const std::vector<double> spectrum(20, 1.0);
  for (const Row& row : table) {
    const Competition odds = competition(1000, 20, 1, row.ratio * t_c);
    EXPECT_NEAR(softplus_entropy(odds), row.entropy, 5.1e-5) << row.ratio;  // half a unit of the printed digit
    EXPECT_NEAR(participation(odds), row.participation, 5.1e-5) << row.ratio;
    const Competition same = competition(1000, spectrum, row.ratio * t_c);
    EXPECT_NEAR(same.mean, odds.mean, 1e-12);
    EXPECT_NEAR(same.variance, odds.variance, 1e-12);
  }
}

TEST(TheoryFiniteSize, Limits) {
  EXPECT_EQ(softplus_entropy(competition(1, 10, 1, 0.5)), 0.0);  // a single datum has no rival
  EXPECT_NEAR(participation(competition(1, 10, 1, 0.5)), 1.0, 1e-14);
  EXPECT_NEAR(softplus_entropy(competition(1000, 20, 1, 50)), std::log(1000.0), 1e-12);  // log(1 + 999)
  EXPECT_NEAR(participation(competition(1000, 20, 1, 50)), 1e-3, 1e-15);
  EXPECT_NEAR(participation(competition(1000, 20, 1, 1e-12)), 1.0, 1e-15);
  EXPECT_NEAR(softplus_entropy(competition(1000, 20, 1, 1e-12)), 0.0, 1e-15);
  EXPECT_NEAR(softplus_entropy({3.0, 0.0}), std::log1p(std::exp(3.0)), 1e-15);  // no spread, no integral
}

// Means over the two independent normals by sums on a grid: for analytic integrands the error of that is far below
// 1e-12.
template <class F>
double grid_mean(const Competition& odds, double kappa, F&& f) {
  const double step = 0.05;
  double sum = 0, weight = 0;
  for (int i = -180; i <= 180; ++i)
    for (int j = -180; j <= 180; ++j) {
      const double g = i * step, h = j * step, w = std::exp(-0.5 * (g * g + h * h));
      const double class_odds = 2 * kappa * kappa + 2 * kappa * h;
      sum += w * f(odds.mean + std::sqrt(odds.variance) * g + log_add(0.0, -class_odds));
      weight += w;
    }
  return sum / weight;
}

TEST(TheoryFiniteSize, TwoClasses) {
  for (double t : {0.3, 0.6, 1.0, 2.0}) {
    const Competition own = competition(500, 20, 1, t);
    const double kappa = mixture_kappa(20, 1, 1, t);
    EXPECT_NEAR(two_class_softplus_entropy(own, kappa), grid_mean(own, kappa, [](double v) { return log_add(0.0, v); }),
                1e-9);
    EXPECT_NEAR(two_class_participation(own, kappa),
                grid_mean(own, kappa, [](double v) { return 1 / (1 + std::exp(v)); }), 1e-9);
    EXPECT_NEAR(two_class_softplus_entropy(own, 40), softplus_entropy(own), 1e-12);  // separated classes do not meet
    const Competition both{own.mean + std::numbers::ln2, own.variance};
    EXPECT_NEAR(two_class_softplus_entropy(own, 0), softplus_entropy(both),
                1e-12);  // coinciding ones double the rivals
  }
  // Far above t_C softplus(D) = D, which is d times the mixture's f up to log(n/2 - 1) for log(n/2).
  const double t = 3;
  const double kappa = mixture_kappa(256, 1, 1, t);
  EXPECT_NEAR(two_class_softplus_entropy(competition(1e4, 256, 1, t), kappa),
              256 * mixture_excess_entropy(2e4, 256, 1, 1, t), 2e-3);
}

TEST(TheoryFiniteSize, Band) {
  const std::vector<double> spectrum{9, 4, 1, 1, 1, 0.5, 0.1, 0};
  const CollapseBand band = collapse_band(1000, spectrum).value();
  const Competition low = competition(1000, spectrum, band.low), high = competition(1000, spectrum, band.high);
  EXPECT_NEAR(low.mean, -std::sqrt(low.variance), 1e-11);
  EXPECT_NEAR(high.mean, std::sqrt(high.variance), 1e-11);
  const double t_c = collapse_time(1000, spectrum).value();
  EXPECT_LT(band.low, t_c);
  EXPECT_GT(band.high, t_c);
  for (double n : {3.0, 1e5, 1e30})
    for (double d : {1.0, 100.0, 1e6}) {
      const CollapseBand wide = collapse_band(n, d, 2).value();
      const Competition left = competition(n, d, 2, wide.low), right = competition(n, d, 2, wide.high);
      EXPECT_NEAR(left.mean / std::sqrt(left.variance), -1.0, 1e-8) << n << " " << d;
      EXPECT_NEAR(right.mean / std::sqrt(right.variance), 1.0, 1e-8) << n << " " << d;
    }
  EXPECT_FALSE(collapse_band(2, 10, 1).has_value());
  EXPECT_FALSE(collapse_band(1, 10, 1).has_value());
  EXPECT_FALSE(collapse_band(100, 10, 0).has_value());
}

}  // namespace
}  // namespace denoiscope::theory
