// Closed forms against independent values: the tables were computed in double precision by other quadratures, so each
// tolerance is half a unit of the last printed digit or a small multiple of it.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "denoiscope/theory/rem.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::theory {
namespace {

TEST(TheoryClock, DdpmTable) {
  struct Row {
    int k;
    double alpha_bar, t;
  };
  const Row table[] = {{0, 0.9999, 0.00005},
                       {50, 0.9699514936, 0.01525461},
                       {100, 0.8951415909, 0.05538669},
                       {250, 0.5214230306, 0.32559680},
                       {400, 0.1935720097, 0.82105285},
                       {500, 7.7796658365e-2, 1.27682840},
                       {600, 2.5567492265e-2, 1.83321678},
                       {750, 3.3001583616e-3, 2.85689241},
                       {900, 2.7024451956e-4, 4.10809169},
                       {999, 4.0358297654e-5, 5.05885677}};
  for (const Row& row : table) {
    EXPECT_NEAR(t_of_ddpm_step(row.k), row.t, 1e-8) << row.k;
    EXPECT_NEAR(alpha_bar_of_t(t_of_ddpm_step(row.k)), row.alpha_bar, 1e-10) << row.k;
  }
}

TEST(TheoryChannel, Table) {
  struct Row {
    double kappa, same, entropy, error, variation;
  };
  const Row table[] = {{0.10, 0.5049508124, 0.6881720159, 0.4601721627, 0.0796556746},
                       {0.25, 0.5294729878, 0.6628358800, 0.4012936743, 0.1974126514},
                       {0.50, 0.6020271328, 0.5817256984, 0.3085375387, 0.3829249225},
                       {0.75, 0.6903664804, 0.4719763493, 0.2266273524, 0.5467452952},
                       {1.00, 0.7752002454, 0.3563163602, 0.1586552539, 0.6826894921},
                       {1.50, 0.9013787489, 0.1663698740, 0.0668072013, 0.8663855975},
                       {2.00, 0.9657012956, 0.0604269868, 0.0227501319, 0.9544997361},
                       {3.00, 0.9979244601, 0.0038492475, 0.0013498980, 0.9973002039},
                       {4.00, 0.9999508907, 0.0000935351, 0.0000316712, 0.9999366575}};
  for (const Row& row : table) {
    EXPECT_NEAR(same_class(row.kappa), row.same, 1e-10) << row.kappa;
    EXPECT_NEAR(class_entropy(row.kappa), row.entropy, 1e-10) << row.kappa;
    EXPECT_NEAR(bayes_error(row.kappa), row.error, 1e-10) << row.kappa;
    EXPECT_NEAR(total_variation(row.kappa), row.variation, 1e-10) << row.kappa;
  }
}

TEST(TheoryChannel, InverseOfSameClass) {
  const std::array<std::array<double, 2>, 5> table{
      {{0.60, 0.493993153}, {0.75, 0.922412293}, {0.775, 0.999367565}, {0.90, 1.492610509}, {0.99, 2.480740802}}};
  for (const auto& row : table) EXPECT_NEAR(kappa_for_same_class(row[0]), row[1], 1e-9) << row[0];
  EXPECT_EQ(kappa_for_same_class(0.5), 0.0);
  EXPECT_EQ(kappa_for_same_class(1.0), kInfinity);
  EXPECT_TRUE(std::isnan(kappa_for_same_class(0.49)));
  EXPECT_TRUE(std::isnan(kappa_for_same_class(1.01)));
  for (double kappa : {1e-3, 0.3, 4.0, 6.0})
    EXPECT_NEAR(same_class(kappa_for_same_class(same_class(kappa))), same_class(kappa), 1e-15) << kappa;
}

TEST(TheoryChannel, NishimoriIdentity) {
  for (double kappa : {1e-4, 0.1, 0.5, 1.0, 2.0, 5.0, 11.0}) {
    EXPECT_NEAR(same_class_by_tanh(kappa), same_class_by_tanh_squared(kappa), 1e-10) << kappa;
    EXPECT_NEAR(same_class_by_tanh(kappa), same_class(kappa), 1e-12) << kappa;
  }
}

TEST(TheoryChannel, InformationGrowsAtTheRateOfTheMeanSquareError) {
  // I-MMSE: d(log 2 - Hc)/d(kappa^2) = 1 - F. Central difference: truncation h^2/6 and rounding 1e-15/h are both below
  // 1e-9.
  const double h = 1e-5;
  for (double snr : {0.04, 0.25, 1.0, 4.0, 9.0}) {
    const double slope = (class_entropy(std::sqrt(snr - h)) - class_entropy(std::sqrt(snr + h))) / (2 * h);
    EXPECT_NEAR(slope, 1.0 - same_class(std::sqrt(snr)), 1e-9) << snr;
  }
}

TEST(TheoryChannel, SmallKappaSeries) {
  for (double kappa : {0.0, 1e-12, 1e-8, 1e-3, 1e-2}) {
    const double k2 = kappa * kappa;
    EXPECT_NEAR(same_class(kappa), 0.5 * (1 + k2 - k2 * k2 + 5.0 / 3.0 * k2 * k2 * k2), 1e-15 + 10 * k2 * k2 * k2 * k2);
    // Integrated I-MMSE: log 2 - Hc = k^2/2 - k^4/4 + k^6/6 - ...
    EXPECT_NEAR(class_entropy(kappa), std::numbers::ln2 - k2 / 2 + k2 * k2 / 4, 1e-15 + k2 * k2 * k2);
  }
}

TEST(TheoryChannel, LargeKappaKeepsRelativePrecision) {
  // Leading asymptotics sqrt(pi/2) e^{-k^2/2}/k; the next term is -<v^2>/(2 k^2) of it, with a mean <v^2> below 5.
  for (double kappa : {10.0, 20.0, 37.0}) {
    const double leading = std::sqrt(std::numbers::pi / 2) * std::exp(-kappa * kappa / 2) / kappa;
    EXPECT_NEAR(class_entropy(kappa) / leading, 1.0, 2.5 / (kappa * kappa)) << kappa;
  }
  for (double kappa : {9.0, 39.0, 1e3, 1e8, kInfinity}) {
    EXPECT_EQ(same_class(kappa), 1.0) << kappa;
    EXPECT_GE(class_entropy(kappa), 0.0) << kappa;
    EXPECT_LT(class_entropy(kappa), 1e-17) << kappa;
    EXPECT_EQ(total_variation(kappa), 1.0) << kappa;
    EXPECT_LT(bayes_error(kappa), 1e-18) << kappa;
    EXPECT_EQ(same_class_by_tanh(kappa < 1e300 ? kappa : 1e8), same_class_by_tanh_squared(kappa < 1e300 ? kappa : 1e8));
    EXPECT_EQ(same_class_weighted(kappa, 0.01).phi, 1.0) << kappa;
  }
}

TEST(TheoryChannel, UnequalWeights) {
  struct Row {
    double kappa, phi, plus, minus;
  };
  const Row table[] = {{0.5, 0.7295319216, 0.8309574510, 0.3238298039},
                       {1.0, 0.8368253960, 0.8980158725, 0.5920634899},
                       {2.0, 0.9736647534, 0.9835404709, 0.9341618836}};
  for (const Row& row : table) {
    const WeightedSameClass same = same_class_weighted(row.kappa, 0.8);
    EXPECT_NEAR(same.phi, row.phi, 1e-10);
    EXPECT_NEAR(same.plus, row.plus, 1e-10);
    EXPECT_NEAR(same.minus, row.minus, 1e-10);
    const WeightedSameClass mirrored = same_class_weighted(row.kappa, 0.2);
    EXPECT_NEAR(mirrored.plus, same.minus, 1e-14);
    EXPECT_NEAR(same_class_weighted(row.kappa, 0.5).phi, same_class(row.kappa), 1e-14);
  }
  for (double w : {1e-300, 1e-12, 0.3, 1 - 1e-12}) {  // at kappa = 0 the posterior is the prior
    EXPECT_NEAR(same_class_weighted(0.0, w).plus, w, 1e-14);
    EXPECT_NEAR(same_class_weighted(0.0, w).minus, 1 - w, 1e-14);
    for (double kappa : {1e-9, 1.0, 20.0}) {  // balance of flows and a probability, however lopsided
      const WeightedSameClass same = same_class_weighted(kappa, w);
      EXPECT_NEAR(same.phi, w * same.plus + (1 - w) * same.minus, 1e-14);
      EXPECT_GE(same.plus, -1e-14);
      EXPECT_LE(same.plus, 1.0);
    }
  }
}

TEST(TheoryChannel, HypercubeCorners) {
  // Data on all corners of {-1, 1}^d factorise: f^e = Hc, phi_C = F^d at kappa = sqrt(lambda_t).
  const std::array<std::array<double, 3>, 4> table{{{0.2, 0.1892753373, 0.3011587338},
                                                    {0.5, 0.4659903942, 0.0262708330},
                                                    {1.0, 0.6204701091, 0.0035163098},
                                                    {2.0, 0.6839044665, 0.0011709573}}};
  for (const auto& row : table) {
    const double kappa = std::sqrt(channel_snr(row[0]));
    EXPECT_NEAR(class_entropy(kappa), row[1], 1e-10);
    EXPECT_NEAR(std::pow(same_class(kappa), 10), row[2], 1e-10);
  }
}

TEST(TheorySpeciation, CriticalTimes) {
  struct Row {
    double lambda, half_log, half_log1p, half_asinh;
  };
  const Row table[] = {{1, 0, 0.34657359, 0.44068679},
                       {16.72, 1.40830280, 1.43734697, 1.75532293},
                       {256, 2.77258872, 2.77453804, 3.11916422}};
  for (const Row& row : table) {
    const CriticalTimes times = critical_times(row.lambda);
    EXPECT_NEAR(times.half_log, row.half_log, 1e-8);
    EXPECT_NEAR(times.half_log1p, row.half_log1p, 1e-8);
    EXPECT_NEAR(times.half_asinh, row.half_asinh, 1e-8);
  }
  EXPECT_TRUE(std::isnan(critical_times(0.5).half_log));
  EXPECT_NEAR(critical_times(0.5).half_log1p, 0.5 * std::log(1.5), 1e-15);
}

TEST(TheorySpeciation, PublishedDataSets) {
  struct Row {
    double lambda, half_log;
    int step;
  };
  const Row table[] = {{7.66, 1.018006, 446},  {16.72, 1.408303, 526}, {3.05, 0.557571, 329},  {12.11, 1.247016, 495},
                       {17.16, 1.421291, 528}, {60.5, 2.051322, 635},  {60.52, 2.051487, 635}, {116.72, 2.379889, 685}};
  for (const Row& row : table) {
    EXPECT_NEAR(critical_times(row.lambda).half_log, row.half_log, 1e-6) << row.lambda;
    EXPECT_EQ(first_ddpm_step(row.lambda), row.step) << row.lambda;
  }
  EXPECT_EQ(first_ddpm_step(1.0), 0);
  EXPECT_EQ(first_ddpm_step(1e6), std::nullopt);  // the schedule ends at alpha_bar = 4e-5
}

TEST(TheorySpeciation, CloningProbability) {
  const double times[] = {2.0, 3.0, 3.5, 4.0, 5.0, 6.0};
  const double dimensions[] = {64, 256, 1024, 4096, 16384};
  const double table[5][6] = {{0.80057914, 0.56915524, 0.52762188, 0.51051215, 0.50144860, 0.50019654},
                              {0.97700644, 0.70685169, 0.59636637, 0.53968771, 0.50574492, 0.50078523},
                              {0.99998846, 0.91757562, 0.76441344, 0.63186766, 0.52223911, 0.50312625},
                              {1.00000000, 0.99889011, 0.95992285, 0.82614189, 0.57942144, 0.51227915},
                              {1.00000000, 1.00000000, 0.99991404, 0.98550467, 0.72973982, 0.54594944}};
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 6; ++j) {
      const double phi = mixture_phi(dimensions[i], 1, 1, times[j]);
      EXPECT_NEAR(phi, table[i][j], 1e-8) << dimensions[i] << " " << times[j];
      EXPECT_NEAR(mixture_phi_integral(dimensions[i], 1, 1, times[j]), phi, 1e-10) << dimensions[i] << " " << times[j];
    }
  }
  EXPECT_NEAR(mixture_phi(256, 1, 0.25, 2), 0.97785470, 1e-8);
  EXPECT_NEAR(mixture_phi(256, 1, 0.25, 3), 0.70711236, 1e-8);
  EXPECT_NEAR(mixture_phi(256, 1, 4, 2), 0.97352359, 1e-8);
  EXPECT_NEAR(mixture_phi(256, 1, 4, 3), 0.70581564, 1e-8);
  for (double variance : {0.25, 4.0})
    EXPECT_NEAR(mixture_phi_integral(256, 1, variance, 3), mixture_phi(256, 1, variance, 3), 1e-10);
  EXPECT_NEAR(mixture_kappa(4, 5.3125 / 4, 0.49, 0.6), 1.3749511746, 1e-10);  // m = (1, -0.5, 2, 0.25)
  EXPECT_NEAR(mixture_phi(4, 5.3125 / 4, 0.49, 0.6), 0.8761076959, 1e-10);
}

TEST(TheorySpeciation, ExtremeTimes) {
  for (double t : {0.0, 1e-12, 50.0}) {
    for (double variance : {0.0, 1.0, 1e6}) {
      if (t == 0 && variance == 0) continue;
      const double phi = mixture_phi(1e6, 1, variance, t);
      EXPECT_NEAR(mixture_phi_integral(1e6, 1, variance, t), phi, 1e-12) << t << " " << variance;
      EXPECT_GE(phi, 0.5);
      EXPECT_LE(phi, 1.0);
    }
  }
  EXPECT_EQ(mixture_kappa(10, 1, 0, 0), kInfinity);
  EXPECT_EQ(mixture_phi(10, 1, 0, 0), 1.0);
  EXPECT_NEAR(mixture_phi(10, 0, 0, 0), 0.5, 1e-15);  // coinciding classes cannot be told apart
}

TEST(TheorySpeciation, FourModes) {
  const std::array<std::array<double, 2>, 5> table{
      {{2.0, 0.87488310}, {2.5, 0.71178882}, {3.0, 0.54508719}, {3.5, 0.40613300}, {4.0, 0.32097556}}};
  for (const auto& row : table) EXPECT_NEAR(four_mode_phi(102.4, 921.6, 1, row[0]), row[1], 1e-8) << row[0];
  EXPECT_NEAR(critical_times(102.4).half_log, 2.31444336, 1e-8);
  EXPECT_NEAR(critical_times(921.6).half_log, 3.41305564, 1e-8);
}

TEST(TheorySpeciation, EffectivePotential) {
  const auto one_well_ends = find_root([](double t) { return drift_curvature(256, 1, 1, t); }, 1, 6);
  EXPECT_NEAR(one_well_ends.value(), 3.119162, 1e-6);
  EXPECT_NEAR(one_well_ends.value(), 0.5 * std::log(512.0), 1e-12);
  EXPECT_NEAR(find_root([](double t) { return log_density_curvature(256, 1, 1, t); }, 1, 6).value(), 2.772589, 1e-6);
  for (double t : {2.0, 3.0, 4.0}) {  // V'' by differences: truncation h^2 V''''/12 below 1e-4
    const double h = 1e-4;
    const double second = 2.0 * (effective_potential(h, t, 256, 1) - effective_potential(0, t, 256, 1)) / (h * h);
    EXPECT_NEAR(second, drift_curvature(256, 1, 1, t), 1e-4) << t;
  }
  // Far out log cosh u = |u| - log 2, where cosh itself would overflow.
  EXPECT_NEAR(effective_potential(-1e3, 0, 1e4, 1), 5e5 - 2 * (1e5 - std::numbers::ln2), 1e-6);
}

TEST(TheoryRem, Table) {
  struct Row {
    double t, r, l_star, psi, f;
  };
  const Row table[] = {{0.10, 4.51665557, 0.45678722, -1.03123074, -0.35388590},
                       {0.20, 2.03324478, 0.88188516, -0.55838318, -0.05481647},
                       {0.30, 1.21636922, 1.27219169, -0.39793518, 0.10206482},
                       {0.60, 0.43101276, 2.27053253, -0.17919121, 0.32080879},
                       {1.00, 0.15651764, 3.47748925, -0.07270673, 0.42729327}};
  for (const Row& row : table) {
    const RandomEnergy rem = random_energy(0.5, 1, row.t);
    EXPECT_NEAR(rem.r, row.r, 1e-8) << row.t;
    EXPECT_NEAR(rem.l_star, row.l_star, 1e-8) << row.t;
    EXPECT_NEAR(rem.psi, row.psi, 1e-8) << row.t;
    EXPECT_NEAR(rem.f, row.f, 1e-8) << row.t;
  }
  EXPECT_NEAR(random_energy(0.1, 1, 0.6).l_star, 0.67796491, 1e-8);
  EXPECT_NEAR(random_energy(0.1, 1, 0.6).psi, -0.59526882, 1e-8);
  EXPECT_NEAR(random_energy(0.1, 1, 1.0).l_star, 1.20447806, 1e-8);
  EXPECT_NEAR(random_energy(0.1, 1, 1.0).psi, -0.47270673, 1e-8);
}

TEST(TheoryRem, EverythingHappensAtTheCollapseTime) {
  EXPECT_NEAR(collapse_time(std::exp(0.5 * 100), 100, 1).value(), 0.22933757, 1e-8);
  EXPECT_NEAR(collapse_time(std::exp(0.1 * 100), 100, 1).value(), 0.85388590, 1e-8);
  for (double alpha : {0.003, 0.1, 0.5, 3.0}) {
    for (double variance : {0.25, 1.0, 16.0}) {
      const double t = collapse_time(std::exp(alpha), 1, variance).value();
      const RandomEnergy rem = random_energy(alpha, variance, t);
      EXPECT_NEAR(rem.l_star, 1.0, 1e-10);
      EXPECT_NEAR(rem.psi, -0.5, 1e-12);
      EXPECT_NEAR(rem.f, 0.0, 1e-12);
    }
  }
}

TEST(TheoryRem, ExtremeTimes) {
  for (double t : {1e-12, 50.0}) {
    const RandomEnergy rem = random_energy(0.5, 1, t);
    EXPECT_TRUE(std::isfinite(rem.r) && std::isfinite(rem.l_star) && std::isfinite(rem.psi) && std::isfinite(rem.f))
        << t;
    EXPECT_EQ(rem.l_star < 1, t < 1) << t;
  }
  EXPECT_NEAR(random_energy(0.5, 1, 50).psi, 0.0, 1e-12);  // pure noise: alpha + g(1) = alpha - 1/2
  EXPECT_EQ(random_energy(0.5, 1, 1e6).l_star, kInfinity);
}

}  // namespace
}  // namespace denoiscope::theory
