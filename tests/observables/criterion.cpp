// t_rs of any model with classes, by Monte Carlo, against closed forms and against numbers of another program.
#include "denoiscope/observables/criterion.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/models/ising_chain.hpp"
#include "denoiscope/models/mixture.hpp"
#include "denoiscope/theory/covariance_classes.hpp"
#include "denoiscope/theory/ising.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;

// Two Gaussians of one mean.
GaussianMixture isotropic(Index d, double v1, double v2) {
  std::vector<GaussianMixture::Component> two(2);
  two[0].mean = two[1].mean = Vector::Zero(d);
  two[0].variance = v1;
  two[1].variance = v2;
  return GaussianMixture(two);
}

double exact(Index d, double v1, double v2) {
  const std::array<double, 1> first{v1}, second{v2};
  return theory::resolution_time({first, second, static_cast<double>(d)}).value();
}

double pull(const Crossing& found, double expected) { return std::abs(*found.t - expected) / found.standard_error; }

// The law of the estimate is normal up to O(1/n): false alarms of 1e-6 a comparison.
TEST(ClassCriterion, FindsTheTimesOfCovarianceClasses) {
  for (const Index d : {100, 1000}) {
    CriterionSettings settings;
    settings.points = d == 100 ? 10000 : 2000;
    const ClassCriterion found = class_criterion(isotropic(d, 1, 2), 0, 1, Noise(1), settings);
    ASSERT_TRUE(found.ab.t && found.ba.t);
    EXPECT_LT(pull(found.ab, exact(d, 1, 2)), kSigmas) << d;
    EXPECT_LT(pull(found.ba, exact(d, 2, 1)), kSigmas) << d;
    EXPECT_LT(found.ab.standard_error, 0.015) << d;
    EXPECT_NEAR(found.separation.by_covariances(), 0.25 * std::log(static_cast<double>(d) / 8), 0.05) << d;
    EXPECT_TRUE(std::isnan(found.separation.by_means()));
    // Seen rejected: the other direction's time where they differ by 0.05, and classes that are a tenth further apart.
    if (d == 100) {
      EXPECT_GT(pull(found.ab, exact(d, 2, 1)), kSigmas);
    }
    EXPECT_GT(pull(found.ab, exact(d, 1, 2.2)), kSigmas) << d;
  }
}

TEST(ClassCriterion, FindsTheTimesOfIsingChains) {
  const struct {
    Index N;
    double first, second;  // 6000 samples of another program, to 0.002
  } table[] = {{50, 0.261, 0.245}, {200, 0.647, 0.669}};
  for (const auto& row : table) {
    const Mixture model({{std::make_shared<IsingChain>(row.N, 1.0)}, {std::make_shared<IsingChain>(row.N, 0.5)}});
    CriterionSettings settings;
    settings.points = 4000;
    const ClassCriterion found = class_criterion(model, 0, 1, Noise(2), settings);
    ASSERT_TRUE(found.ab.t && found.ba.t);
    EXPECT_NEAR(*found.ab.t, row.first, kSigmas * std::hypot(found.ab.standard_error, 0.002)) << row.N;
    EXPECT_NEAR(*found.ba.t, row.second, kSigmas * std::hypot(found.ba.standard_error, 0.002)) << row.N;
    EXPECT_NEAR(found.separation.by_covariances(),
                theory::resolution_asymptote(theory::ising_separation(static_cast<double>(row.N), 1, 0.5)), 0.05);
    // The Gaussian with the same spectrum is another law: 0.174 and 0.523.
    EXPECT_GT(std::abs(*found.ab.t - (row.N == 50 ? 0.174 : 0.523)), kSigmas * found.ab.standard_error) << row.N;
  }
}

// L = 2 kappa^2 + 2 kappa xi: t_S = 1/2 log(1 + |m|^2 - variance), whatever the weights are.
TEST(ClassCriterion, TimesOfMeansDoNotDependOnTheWeights) {
  for (const double weight : {0.5, 0.9}) {
    const GaussianMixture model = symmetric_mixture(4, 16, 1, weight);
    for (const bool swapped : {false, true}) {
      const ClassCriterion found = class_criterion(model, swapped, !swapped, Noise(3));
      EXPECT_LT(pull(found.ab, 0.5 * std::log(64.0)), kSigmas) << weight;
      EXPECT_LT(pull(found.ba, 0.5 * std::log(64.0)), kSigmas) << weight;
      EXPECT_NEAR(found.separation.by_means(), 0.5 * std::log(64.0), 0.02);
      // Seen rejected: log-odds with the prior left in are off by log 9 = 2.2, as much as A is there.
      if (weight == 0.9) {
        EXPECT_GT(pull(found.ab, 0.5 * std::log(64.0) + 0.3), kSigmas);
      }
    }
  }
}

// Pulls of independent runs are standard normal: their sum of squares is chi-square of 60, within these bounds but for
// 2e-6. Error bars of twice or half the size are seen not to be.
TEST(ClassCriterion, ErrorsAreWhatTheySay) {
  constexpr double low = 22, high = 125;
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const GaussianMixture model = isotropic(60, 0.7, 1.6);
    const ClassPoints points(model, 0, 400, Noise(seed));
    sum += std::pow(pull(resolution_time(points, 0, 1, {1e-3, 2}), exact(60, 0.7, 1.6)), 2);
  }
  EXPECT_GT(sum, low);
  EXPECT_LT(sum, high);
  EXPECT_LT(sum / 4, low);
  EXPECT_GT(sum * 4, high);
}

TEST(ClassCriterion, SaysWhyThereIsNoTime) {
  const ClassCriterion found = class_criterion(isotropic(10, 1, 2), 0, 1, Noise(4));
  for (const Crossing& none : {found.ab, found.ba}) {
    EXPECT_FALSE(none.t);
    EXPECT_FALSE(none.always);
    EXPECT_NE(none.reason.find("no root: mean log-odds reaches at most 0."), std::string::npos) << none.reason;
  }
}

TEST(ClassCriterion, FindsTheLargestRootFromAnyGuess) {
  const GaussianMixture model = symmetric_mixture(3, 300, 1);
  const ClassPoints points(model, 0, 500, Noise(5));
  const double t = *resolution_time(points, 0, 1, {1e-3, 5}).t;
  for (const double guess : {0.01, 1.0, 3.0, 9.0})
    EXPECT_NEAR(*resolution_time(points, 0, 1, {1e-3, guess}).t, t, 1e-9) << guess;
}

TEST(ClassPoints, AreOfTheirClassAndKeepTheirNames) {
  const GaussianMixture model = symmetric_mixture(2, 400, 1, 0.05);
  const ClassPoints few(model, 0, 30, Noise(6)), many(model, 0, 300, Noise(6));
  EXPECT_GT(many.clean().minCoeff(), 0);  // +m, twenty deviations from 0
  EXPECT_EQ(few.clean(), many.clean().topRows(30));
  EXPECT_EQ(few.noisy(0.3), many.noisy(0.3).topRows(30));
}

TEST(ClassCriterion, MistakesAreNamed) {
  const GaussianMixture model = symmetric_mixture(2, 4, 1);
  const auto complaint = [&](Index a, Index b, const CriterionSettings& settings) -> std::string {
    try {
      class_criterion(model, a, b, Noise(1), settings);
    } catch (const UsageError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_NE(complaint(0, 2, {}).find("class 2; expected 0 to 1"), std::string::npos);
  EXPECT_NE(complaint(1, 1, {}).find("class 1 against itself"), std::string::npos);
  EXPECT_NE(complaint(0, 1, {15, 1e-3}).find("15 points of a class; expected at least 16"), std::string::npos);
  EXPECT_NE(complaint(0, 1, {100, 0}).find("least time 0"), std::string::npos);
}

}  // namespace
}  // namespace denoiscope::observables
