// Curie-Weiss spins and their collapse. Table values were computed in double precision elsewhere: each tolerance is
// half a unit of the last printed digit, rounded up.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/curie_weiss.hpp"
#include "denoiscope/theory/spin.hpp"

namespace denoiscope::theory {
namespace {

constexpr double kDigits8 = 6e-9, kDigits10 = 6e-11;

TEST(CurieWeiss, Table) {
  struct Row {
    double beta, mstar, chi, t, entropy;
  };
  const Row table[] = {{1.1, 0.5029405749, 4.19116590, 2.76659438, 0.56071410},
                       {1.25, 0.7104117835, 1.30053073, 3.11196714, 0.41357163},
                       {1.5, 0.8585596366, 0.43401189, 3.30137850, 0.25549786},
                       {2.0, 0.9575040241, 0.09978798, 3.41045228, 0.10285711}};
  for (const Row& row : table) {
    EXPECT_NEAR(spontaneous_magnetisation(row.beta), row.mstar, kDigits10) << row.beta;
    EXPECT_NEAR(susceptibility(row.beta), row.chi, kDigits8) << row.beta;
    EXPECT_NEAR(curie_weiss_times(1000, row.beta).leading, row.t, kDigits8) << row.beta;
    EXPECT_NEAR(spin_entropy(spontaneous_magnetisation(row.beta)), row.entropy, kDigits8) << row.beta;
  }
  EXPECT_NEAR(spontaneous_magnetisation(1.2), 0.6585696604, kDigits10);
  EXPECT_NEAR(curie_weiss_times(1000, 1.2).leading, 3.036193, 6e-7);
}

TEST(CurieWeiss, MagnetisationSolvesItsEquation) {
  for (const double beta : {1 + 1e-10, 1 + 1e-6, 1.01, 1.3, 5.0, 50.0}) {
    const double m = spontaneous_magnetisation(beta);
    EXPECT_GT(m, 0) << beta;
    EXPECT_NEAR(std::tanh(beta * m), m, 1e-15) << beta;
    EXPECT_GE(susceptibility(beta), 0) << beta;
  }
  const double beta = 1 + 1e-6;  // mstar^2 = 3 (beta - 1) to leading order
  EXPECT_NEAR(spontaneous_magnetisation(beta) / std::sqrt(3e-6), 1.0, 1e-5);
  EXPECT_EQ(spontaneous_magnetisation(1.0), 0);
  EXPECT_NEAR(susceptibility(0.5), 2.0, 1e-15);  // 1/(1 - beta) without magnetisation
}

TEST(CurieWeiss, TimesAreWhereKappaIsOne) {
  for (const double beta : {1.1, 1.5, 3.0})
    for (const double N : {50.0, 1000.0, 1e6}) {
      const CurieWeissTimes times = curie_weiss_times(N, beta);
      EXPECT_NEAR(curie_weiss_kappa(N, beta, times.improved), 1.0, 1e-12) << beta << " " << N;
      EXPECT_NEAR(std::sqrt(N) * spontaneous_magnetisation(beta) * std::exp(-times.leading), 1.0, 1e-12);
    }
  EXPECT_TRUE(std::isnan(curie_weiss_times(1000, 0.9).leading));
  EXPECT_TRUE(std::isnan(curie_weiss_times(2, 1.1).leading));    // N mstar^2 = 0.5
  EXPECT_TRUE(std::isnan(curie_weiss_times(10, 1.1).improved));  // below chi
  EXPECT_FALSE(std::isnan(curie_weiss_times(10, 1.1).leading));
  EXPECT_EQ(curie_weiss_kappa(1000, 0.9, 1.0), 0);
}

// Cloning probability of N = 500 spins at beta = 1.5 from 4000 exact posteriors (Monte Carlo, by an independent
// program); the average of a number within [1/2, 1] has an error below 0.25/sqrt(4000) = 0.004, taken four times
// because the published leading order e^{-tau} is itself 0.004 off at tau = 0.
TEST(CurieWeiss, CloningAgainstMonteCarlo) {
  const std::array<std::array<double, 2>, 5> table{
      {{-1.0, 0.9948}, {-0.5, 0.9245}, {0.0, 0.7792}, {0.5, 0.6380}, {1.0, 0.5601}}};
  const std::array<double, 5> leading{0.9950, 0.9262, 0.7752, 0.6391, 0.5601};
  const double t = curie_weiss_times(500, 1.5).leading;
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_NEAR(same_class(curie_weiss_kappa(500, 1.5, t + table[i][0])), table[i][1], 0.016) << table[i][0];
    EXPECT_NEAR(same_class(std::exp(-table[i][0])), leading[i], 6e-5) << table[i][0];
  }
}

TEST(CurieWeiss, WeightsInAWeakField) {
  EXPECT_NEAR(positive_weight(1.5, 0.5), 0.702360, 6e-7);
  EXPECT_NEAR(positive_weight(1.5, 0.5) + positive_weight(1.5, -0.5), 1.0, 1e-15);
  EXPECT_EQ(positive_weight(0.5, 3.0), 0.5);
  const Magnetisation exact = magnetisation(100, 1.5, 0.5);
  EXPECT_NEAR(exact.positive, 0.700189, 6e-7);
  EXPECT_NEAR(exact.mean, 0.342121, 6e-7);
  EXPECT_NEAR(exact.mean_absolute, 0.849186, 6e-7);
  // The weak-field weight is the limit of the exact one, at rate 1/N.
  EXPECT_NEAR(magnetisation(100000, 1.5, 0.5).positive, positive_weight(1.5, 0.5), 1e-5);
}

TEST(CurieWeiss, FiniteSizeMoments) {
  const std::array<std::array<double, 4>, 4> table{{{0.5, 100, 0.11192440, 0.01961745},
                                                    {1.0, 100, 0.28679641, 0.11448105},
                                                    {1.2, 100, 0.59219801, 0.38223046},
                                                    {1.2, 1000, 0.65401872, 0.42959877}}};
  for (const auto& row : table) {
    const Magnetisation m = magnetisation(static_cast<int>(row[1]), row[0], 0.0);
    EXPECT_NEAR(m.mean_absolute, row[2], kDigits8) << row[0] << " " << row[1];
    EXPECT_NEAR(m.mean_square, row[3], kDigits8) << row[0] << " " << row[1];
    EXPECT_NEAR(m.positive, 0.5, 1e-12);
    EXPECT_NEAR(m.mean, 0.0, 1e-12);
  }
}

TEST(CurieWeiss, MomentsByEnumerationAndLimits) {
  for (const int N : {1, 2, 5, 10}) {
    const double beta = 1.3, eta = 0.7;
    double total = 0, mean = 0, fourth = 0;
    for (unsigned spins = 0; spins < (1u << N); ++spins) {
      int M = -N;
      for (unsigned bits = spins; bits; bits &= bits - 1) M += 2;
      const double weight = std::exp(0.5 * beta * M * M / N + eta * M / N), m = static_cast<double>(M) / N;
      total += weight;
      mean += weight * m;
      fourth += weight * m * m * m * m;
    }
    EXPECT_NEAR(magnetisation(N, beta, eta).mean, mean / total, 1e-13) << N;
    EXPECT_NEAR(magnetisation(N, beta, eta).mean_fourth, fourth / total, 1e-13) << N;
  }
  const Magnetisation free = magnetisation(400, 0.0, 0.0);  // independent spins
  EXPECT_NEAR(free.mean_square, 1.0 / 400, 1e-14);
  EXPECT_NEAR(free.mean_fourth, (3.0 - 2.0 / 400) / (400.0 * 400.0), 1e-16);
  const Magnetisation large = magnetisation(1000000, 1.5, 0.0);
  // <m^2> = mstar^2 + O(1/N)
  EXPECT_NEAR(large.mean_square, std::pow(spontaneous_magnetisation(1.5), 2), 1e-5);
  EXPECT_TRUE(std::isfinite(magnetisation(100000, 100.0, 0.0).mean_absolute));
}

TEST(SpinCollapse, Table) {
  EXPECT_NEAR(spin_information(0.0, 0.5), 0.2271567864, kDigits10);
  const double ordered = spontaneous_magnetisation(1.5);
  const std::array<std::array<double, 3>, 3> table{
      {{0.05, 1.17601717, 0.61950655}, {0.1, 0.85343518, 0.37080790}, {0.2, 0.55207741, 0.15524308}}};
  for (const auto& row : table) {
    EXPECT_NEAR(spin_collapse_time(row[0], 0.0).value(), row[1], kDigits8) << row[0];
    EXPECT_NEAR(spin_collapse_time(row[0], ordered).value(), row[2], kDigits8) << row[0];
  }
  EXPECT_NEAR(spin_collapse_time(0.3, 0.0).value(), 0.39044626, kDigits8);
  EXPECT_NEAR(spin_collapse_time(0.5, 0.0).value(), 0.20278460, kDigits8);
  EXPECT_FALSE(spin_collapse_time(0.3, ordered));
  EXPECT_FALSE(spin_collapse_time(0.5, ordered));
}

TEST(SpinCollapse, InformationAndItsLimits) {
  for (const double t : {0.1, 0.7, 2.0})
    EXPECT_NEAR(spin_information(0.0, t), std::numbers::ln2 - class_entropy(std::sqrt(channel_snr(t))), 1e-13);
  for (const double m : {0.0, 0.3, 0.9, 1 - 1e-6}) {
    EXPECT_NEAR(spin_information(m, 1e-4), spin_entropy(m), 1e-13) << m;
    const double t = 6.0;  // I_1 = lambda (1 - m^2)/2 to first order in lambda, which is 6e-6 here
    EXPECT_NEAR(spin_information(m, t), 0.5 * channel_snr(t) * (1 - m * m), 1e-10) << m;
  }
  // I-MMSE: dI/dlambda is half the mean posterior variance, here by an integral over the noisy value.
  const double m = 0.6, lambda = 0.8, step = 1e-4;
  auto information = [&](double snr) { return spin_information(m, t_of_log_snr(std::log(snr))); };
  double variance = 0;
  for (const double s : {-1.0, 1.0})
    variance += 0.5 * (1.0 + s * m) * gaussian_mean([&](double xi) {
                  const double field = std::atanh(m) + lambda * s + std::sqrt(lambda) * xi;
                  return 1.0 - std::pow(std::tanh(field), 2);
                });
  EXPECT_NEAR((information(lambda + step) - information(lambda - step)) / (2.0 * step), 0.5 * variance, 1e-8);
}

TEST(SpinCollapse, RootsAtTheEnds) {
  EXPECT_FALSE(spin_collapse_time(std::numbers::ln2, 0.0));
  EXPECT_FALSE(spin_collapse_time(1e-9, 1.0));
  EXPECT_EQ(spin_entropy(1.0), 0);
  for (const double alpha : {1e-6, 1e-3, std::numbers::ln2 - 1e-9}) {
    const double t = spin_collapse_time(alpha, 0.0).value();
    EXPECT_NEAR(spin_information(0.0, t), alpha, 1e-12) << alpha;
  }
}

TEST(Channel, WeightedClassEntropy) {
  for (const double kappa : {0.0, 0.1, 1.0, 4.0}) {
    EXPECT_NEAR(class_entropy_weighted(kappa, 0.5), class_entropy(kappa), 1e-13) << kappa;
    EXPECT_NEAR(class_entropy_weighted(kappa, 0.2), class_entropy_weighted(kappa, 0.8), 1e-13) << kappa;
  }
  EXPECT_NEAR(class_entropy_weighted(0.0, 0.2), -0.2 * std::log(0.2) - 0.8 * std::log(0.8), 1e-14);
  EXPECT_LT(class_entropy_weighted(30.0, 0.2), 1e-15);
}

}  // namespace
}  // namespace denoiscope::theory
