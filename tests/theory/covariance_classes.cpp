// Classes told apart by second moments. Table values were computed in double precision by other quadratures and root
// finders: each tolerance is half a unit of the last printed digit, rounded up.
#include "denoiscope/theory/covariance_classes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/ising.hpp"

namespace denoiscope::theory {
namespace {

constexpr double kDigits8 = 6e-9;  // numbers printed with 8 decimals

// Two classes N(0, v1 I) and N(0, v2 I) in d dimensions.
struct Isotropic {
  std::array<double, 1> first, second;
  double d;
  CovarianceClasses classes() const { return {first, second, d}; }
};

// E p(1|x) for x from class 1, by the law of |x|^2: an integral over the chi-square density, independent of the
// characteristic functions that same_class uses. Valid where the density's logarithm is a double, d < 1e7.
double by_chi_square(double d, double v1, double v2, double t) {
  const double tau = std::expm1(2.0 * t), rho = (tau + v1) / (tau + v2);
  const double log_norm = 0.5 * d * std::log(2.0) + std::lgamma(0.5 * d);
  auto integrand = [&](double u) {  // u = log of the chi-square variable, which is concentrated at log d
    const double square = std::exp(u);
    const double log_odds = 0.5 * (rho - 1.0) * square - 0.5 * d * std::log(rho);
    return std::exp(0.5 * d * u - 0.5 * square - log_norm) / (1.0 + std::exp(-log_odds));
  };
  const double centre = std::log(d), width = std::sqrt(2.0 / d);  // of u; the left tail is the longer one
  return integrate(integrand, centre - 14.0 * width, centre) + integrate(integrand, centre, centre + 10.0 * width);
}

TEST(CovarianceClasses, TimesOfIsotropicClasses) {
  struct Row {
    double d, first, second, asymptote, same;
  };
  const Row table[] = {{100, 0.58427866, 0.52979768, 0.63143216, 0.73518590},
                       {1000, 1.19217088, 1.17657743, 1.20707843, 0.76155804},
                       {1e4, 1.77801065, 1.77322933, 1.78272471, 0.77077631},
                       {1e6, 2.93354585, 2.93307378, 2.93401725, 0.77475310}};
  for (const Row& row : table) {
    const Isotropic pair{{1.0}, {2.0}, row.d};
    EXPECT_NEAR(resolution_time(pair.classes()).value(), row.first, kDigits8) << row.d;
    EXPECT_NEAR(resolution_time(pair.classes().swapped()).value(), row.second, kDigits8) << row.d;
    const double t = resolution_asymptote(separation(pair.classes()));
    EXPECT_NEAR(t, row.asymptote, kDigits8) << row.d;
    EXPECT_NEAR(same_class(pair.classes(), t), row.same, kDigits8) << row.d;
  }
}

TEST(CovarianceClasses, MeanVarianceOneHasTheSmallestCorrections) {
  const std::array<std::array<double, 2>, 4> table{
      {{100, 0.77646671}, {1000, 0.77532531}, {1e4, 0.77521274}, {1e6, 0.77520037}}};
  for (const auto& row : table) {
    const Isotropic pair{{0.5}, {1.5}, row[0]};
    EXPECT_NEAR(same_class(pair.classes(), 0.25 * std::log(row[0] / 8.0)), row[1], kDigits8) << row[0];
  }
}

TEST(CovarianceClasses, SameClassAlongTime) {
  const Isotropic pair{{1.0}, {2.0}, 1000};
  const std::array<std::array<double, 2>, 6> table{{{0.5, 0.99963947},
                                                    {0.8, 0.96989811},
                                                    {1.0, 0.88540622},
                                                    {1.25, 0.73633964},
                                                    {1.5, 0.61681191},
                                                    {2.0, 0.51979156}}};
  for (const auto& row : table) EXPECT_NEAR(same_class(pair.classes(), row[0]), row[1], kDigits8) << row[0];
  EXPECT_NEAR(log_odds(pair.classes(), 1.0).mean, 3.862545, 5e-7);
  EXPECT_NEAR(log_odds(pair.classes(), 1.0).deviation, 2.665458, 5e-7);
}

TEST(CovarianceClasses, SameClassIsTheChiSquareIntegralOfBothClasses) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> variance(0.2, 3.0), time(0.05, 2.5);
  for (const double d : {100.0, 1000.0, 2e4})
    for (int i = 0; i < 8; ++i) {
      const Isotropic pair{{variance(random)}, {variance(random)}, d};
      const double t = time(random), same = same_class(pair.classes(), t);
      // lgamma(d/2) is about 1e5 at most: rounding of the reference's exponent.
      EXPECT_NEAR(same, by_chi_square(d, pair.first[0], pair.second[0], t), 1e-10) << d << " " << t;
      EXPECT_NEAR(same, by_chi_square(d, pair.second[0], pair.first[0], t), 1e-10) << d << " " << t;
    }
}

TEST(CovarianceClasses, SwappedBlocks) {
  const std::array<double, 2> first{2.0, 0.5}, second{0.5, 2.0};
  const std::array<std::array<double, 3>, 3> table{
      {{100, 0.80471896, 0.83416472}, {1000, 1.40179324, 1.40981099}, {1e4, 1.98304442, 1.98545726}}};
  for (const auto& row : table) {
    const CovarianceClasses classes{first, second, 0.5 * row[0]};
    EXPECT_NEAR(resolution_time(classes).value(), row[1], kDigits8) << row[0];
    EXPECT_DOUBLE_EQ(resolution_time(classes.swapped()).value(), resolution_time(classes).value());
    EXPECT_NEAR(resolution_asymptote(separation(classes)), row[2], kDigits8) << row[0];
    EXPECT_DOUBLE_EQ(separation(classes), row[0] * 1.5 * 1.5);
  }
}

TEST(CovarianceClasses, BlocksAreSpectraWrittenShort) {
  const std::array<double, 2> first{2.0, 0.5}, second{0.7, 2.0};
  const std::vector<double> long_first{2, 0.5, 2, 0.5, 2, 0.5}, long_second{0.7, 2, 0.7, 2, 0.7, 2};
  const CovarianceClasses blocks{first, second, 3}, spectra{long_first, long_second};
  EXPECT_NEAR(same_class(blocks, 0.3), same_class(spectra, 0.3), 1e-14);
  EXPECT_NEAR(log_odds(blocks, 0.3).mean, log_odds(spectra, 0.3).mean, 1e-14);
  EXPECT_NEAR(separation(blocks), separation(spectra), 1e-14);
}

// In one dimension the integral over x itself is at hand, for any spectrum the product of such.
TEST(CovarianceClasses, TwoAxesByIntegrationOverSpace) {
  const std::array<double, 2> first{2.0, 0.1}, second{0.3, 1.2};
  const CovarianceClasses classes{first, second};
  for (const double t : {0.05, 0.4, 1.0}) {
    const double tau = std::expm1(2.0 * t);
    auto log_density = [&](const std::array<double, 2>& v, double x, double y) {
      return -0.5 * (x * x / (tau + v[0]) + y * y / (tau + v[1]) + std::log((tau + v[0]) * (tau + v[1])));
    };
    const double norm = 2.0 * std::acos(-1.0);
    auto row = [&](double x) {
      auto cell = [&](double y) {
        const double one = log_density(first, x, y), two = log_density(second, x, y);
        return std::exp(2.0 * one - log_add(one, two)) / norm;
      };
      return 2.0 * integrate(cell, 0.0, 12.0 * std::sqrt(tau + 1.2));
    };
    EXPECT_NEAR(same_class(classes, t), 2.0 * integrate(row, 0.0, 12.0 * std::sqrt(tau + 2.0)), 1e-10) << t;
  }
}

TEST(CovarianceClasses, NoRootWhereFluctuationsWin) {
  const Isotropic few{{1.0}, {2.0}, 10};
  EXPECT_FALSE(resolution_time(few.classes()));
  EXPECT_FALSE(resolution_time(few.classes().swapped()));
  for (double t = 1e-6; t < 8; t *= 2) EXPECT_LT(log_odds(few.classes(), t).mean, log_odds(few.classes(), t).deviation);
  const Isotropic equal{{1.5}, {1.5}, 1000};
  EXPECT_FALSE(resolution_time(equal.classes()));
  EXPECT_NEAR(same_class(equal.classes(), 0.5), 0.5, 1e-14);
  EXPECT_TRUE(std::isnan(resolution_asymptote(7.9)));
}

TEST(CovarianceClasses, RootIsTheLargest) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> log_variance(-3.0, 3.0);
  for (int i = 0; i < 20; ++i) {
    std::vector<double> first(4), second(4);
    for (double& v : first) v = std::exp(log_variance(random));
    for (double& v : second) v = std::exp(log_variance(random));
    const CovarianceClasses classes{first, second, 50};
    const double t = resolution_time(classes).value();
    const LogOdds at = log_odds(classes, t);
    EXPECT_NEAR(at.mean / at.deviation, 1.0, 1e-9);
    for (double later = t * 1.001; later < t + 6; later += 0.05)
      EXPECT_LT(log_odds(classes, later).mean, log_odds(classes, later).deviation) << later;
  }
}

TEST(CovarianceClasses, UniversalCurveAtLargeN) {
  const Isotropic pair{{0.5}, {1.5}, 1e6};
  const double t_rs = resolution_time(pair.classes()).value();
  for (const double shift : {-0.5, 0.0, 0.5, 1.0})  // corrections are of order N^{-1/2}
    EXPECT_NEAR(same_class(pair.classes(), t_rs + shift), same_class(std::exp(-2.0 * shift)), 2e-3) << shift;
}

TEST(CovarianceClasses, FiniteAtExtremes) {
  for (const double d : {1.0, 10.0, 1e6})
    for (const double v1 : {0.0, 1e-9, 1.0, 1e9})
      for (const double t : {1e-9, 1e-6, 1.0, 8.0, 300.0}) {
        const Isotropic pair{{v1}, {2.0}, d};
        const double same = same_class(pair.classes(), t);
        EXPECT_GE(same, 0.5 - 1e-13) << d << " " << v1 << " " << t;
        EXPECT_LE(same, 1.0) << d << " " << v1 << " " << t;
        EXPECT_TRUE(std::isfinite(log_odds(pair.classes(), t).mean)) << d << " " << v1 << " " << t;
        EXPECT_GE(log_odds(pair.classes(), t).mean, 0) << d << " " << v1 << " " << t;
        EXPECT_TRUE(std::isfinite(log_odds(pair.classes().swapped(), t).mean)) << d << " " << v1 << " " << t;
      }
  const Isotropic million{{1.0}, {2.0}, 1e6};
  EXPECT_EQ(same_class(million.classes(), 1e-6), 1.0);
}

TEST(Ising, Separation) {
  const std::array<std::array<double, 3>, 3> table{
      {{50, 52.73215104, 0.47144595}, {200, 222.67521904, 0.83156819}, {800, 902.44749102, 1.18141724}}};
  for (const auto& row : table) {
    const double dsq = ising_separation(row[0], 1.0, 0.5);
    EXPECT_NEAR(dsq, row[1], kDigits8) << row[0];
    EXPECT_NEAR(resolution_asymptote(dsq), row[2], kDigits8) << row[0];
  }
  EXPECT_NEAR(ising_separation_density(1.0, 0.5), 1.1329537866, 6e-11);
  EXPECT_NEAR(ising_separation_density(0.2, 0.8), 1.05520338, kDigits8);
  EXPECT_NEAR(ising_separation_density(0.5, 1.0), 1.13295379, kDigits8);
  const std::array<std::array<double, 5>, 2> times{
      {{0.2, 0.8, 0.64487, 1.22051, 1.79616}, {0.5, 1.0, 0.66264, 1.23829, 1.81393}}};
  for (const auto& row : times)
    for (int i = 0; i < 3; ++i)
      EXPECT_NEAR(resolution_asymptote(std::pow(10.0, 2 + i) * ising_separation_density(row[0], row[1])), row[2 + i],
                  6e-6);
}

TEST(Ising, HierarchyOfPairs) {
  const std::array<std::array<double, 4>, 3> table{
      {{1.5, 1.0, 2.95339746, 1.47781748}, {1.0, 0.25, 1.97262345, 1.37691952}, {1.5, 0.25, 8.05596279, 1.72868157}}};
  for (const auto& row : table) {
    const double density = ising_separation_density(row[0], row[1]);
    EXPECT_NEAR(density, row[2], kDigits8);
    EXPECT_NEAR(resolution_asymptote(1000 * density), row[3], kDigits8);
  }
}

TEST(Ising, SeparationIsTheSumOverPairs) {
  for (const double N : {1.0, 2.0, 7.0, 300.0})
    for (const double K1 : {0.0, 0.3, 2.0, 5.0, 9.0})
      for (const double K2 : {0.1, 1.0, 9.0}) {
        double sum = 0;
        for (int k = 1; k < N; ++k) {
          const double difference = std::pow(std::tanh(K1), k) - std::pow(std::tanh(K2), k);
          sum += 2.0 * (N - k) * difference * difference;
        }
        // Three terms of up to N^2 are subtracted.
        EXPECT_NEAR(ising_separation(N, K1, K2), sum, 1e-11 * N * N) << N << " " << K1 << " " << K2;
      }
  EXPECT_NEAR(ising_separation(1e6, 1.0, 0.5) / 1e6, ising_separation_density(1.0, 0.5), 1e-5);  // ends are O(1/N)
}

TEST(Ising, SpectrumIsThatOfTheRing) {
  const int N = 12;
  for (const double K : {0.0, 0.5, 3.0}) {
    const auto spectrum = ising_spectrum(N, K);
    double trace = 0;
    for (const double value : spectrum) trace += value;
    // The mean over N modes aliases the diagonal with u^N, u^2N...: (1 + u^N)/(1 - u^N).
    const double wrapped = std::pow(std::tanh(K), N);
    EXPECT_NEAR(trace / N, (1.0 + wrapped) / (1.0 - wrapped), 1e-10) << K;
    EXPECT_NEAR(spectrum[0], std::exp(2.0 * K), 1e-10 * std::exp(2.0 * K)) << K;  // susceptibility of the chain
    EXPECT_NEAR(spectrum[N / 2], std::exp(-2.0 * K), 1e-12) << K;
  }
}

TEST(Ising, GaussianSurrogate) {
  const std::array<std::array<double, 3>, 3> table{{{50, 0.174, 0.172}, {200, 0.523, 0.587}, {800, 1.002, 1.055}}};
  for (const auto& row : table) {
    const auto first = ising_spectrum(static_cast<int>(row[0]), 1.0);
    const auto second = ising_spectrum(static_cast<int>(row[0]), 0.5);
    const CovarianceClasses classes{first, second};
    EXPECT_NEAR(resolution_time(classes).value(), row[1], 5e-4) << row[0];  // printed with 3 decimals
    EXPECT_NEAR(resolution_time(classes.swapped()).value(), row[2], 5e-4) << row[0];
  }
}

}  // namespace
}  // namespace denoiscope::theory
