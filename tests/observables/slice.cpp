// Class statistics at one noise level: against the population the data were drawn from, and against the obvious
// computation.
#include "denoiscope/observables/slice.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/data/generated.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/process/clock.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::Bench;
using testing::kSigmas;
using testing::normals;
using testing::with_classes;

GaussianMixture population() {
  std::vector<GaussianMixture::Component> components(8);
  for (int c = 0; c < 8; ++c) components[c].mean = data::three_level_centre(c);
  return GaussianMixture(std::move(components));
}

// E sum_c p(c|x_t)^2 and E H(c|x_t) of the mixture itself, by independent draws.
struct Population {
  Estimate phi, entropy;
};
Population sampled(double t) {
  const GaussianMixture mixture = population();
  const Noise noise(99);
  constexpr Index kPoints = 20000;
  std::vector<std::uint64_t> names(kPoints);
  for (std::size_t i = 0; i < kPoints; ++i) names[i] = i;
  RowMatrix clean(kPoints, 64), x(kPoints, 64);
  mixture.sample_prior(noise, {Stream::prior, names, 0}, clean, {});
  for (Index i = 0; i < kPoints; ++i)
    noise.normal(Stream::query, static_cast<std::uint64_t>(i), 0, {x.row(i).data(), 64});
  x = std::exp(-t) * clean + std::sqrt(noise_variance(t)) * x;
  Summary s;
  mixture.summarize(t, x, {}, s);
  std::vector<double> phi, entropy;
  for (Index i = 0; i < kPoints; ++i) {
    const Eigen::ArrayXd p = s.all.class_log_weight.row(i).array().exp();
    phi.push_back(p.square().sum());
    entropy.push_back(-(p > 0).select(p * s.all.class_log_weight.row(i).transpose().array(), 0.0).sum());
  }
  return {mean_of(phi), mean_of(entropy)};
}

double off(const Estimate& a, const Estimate& b) {
  return std::abs(a.value - b.value) / std::hypot(a.standard_error, b.standard_error);
}

// Far above collapse (t_C of 512 points a class is 0.87) the data's posterior is the population's up to the scatter of
// 512 kernels a class, which at t >= 2 moves phi by less than the error of 2048 queries.
TEST(PlantedMixture, ClassCurvesAreThePopulationsFarAboveCollapse) {
  const Bench bench(data::three_level_mixture(), 2048);
  for (double t : {2.0, 2.3, 2.6, 3.0, 4.0}) {
    const Slice slice = bench.measure(t);
    const Population truth = sampled(t), later = sampled(t + 0.2);
    for (const ClassCurves& curves : {slice.as_is, slice.left_out}) {
      EXPECT_LT(off(curves.phi, truth.phi), kSigmas) << t;
      EXPECT_LT(off(curves.class_entropy, truth.entropy), kSigmas) << t;
      EXPECT_GT(off(curves.phi, later.phi), kSigmas) << t;
      EXPECT_GT(off(curves.class_entropy, later.entropy), kSigmas) << t;
    }
  }
}

// Log-odds of two Gaussians of one covariance are normal with A = 2 kappa^2 and B = 2 kappa, kappa = e^{-t} times half
// the distance of the centres (the noisy classes have variance 1). 256 queries a class: A errs by B/16, B by
// B/sqrt(510). The scatter of 512 kernels a class adds less than that at t = 2.5.
TEST(PlantedMixture, LogOddsOfEveryPairHaveTheGaussianMoments) {
  const Bench bench(data::three_level_mixture(), 2048);
  const Slice slice = bench.measure(2.5);
  double worst_mean = 0, worst_dev = 0, wrong = 0;
  for (int a = 0; a < 8; ++a)
    for (int b = 0; b < 8; ++b) {
      if (a == b) continue;
      const double kappa = 0.5 * std::exp(-2.5) * (data::three_level_centre(a) - data::three_level_centre(b)).norm();
      const double mean = 2 * kappa * kappa, dev = 2 * kappa;
      const ClassCurves& c = slice.left_out;
      worst_mean = std::max(worst_mean, std::abs(c.odds_mean(a, b) - mean) / (dev / 16));
      worst_dev = std::max(worst_dev, std::abs(c.odds_dev(a, b) - dev) / (dev / std::sqrt(510.0)));
      wrong = std::max(wrong, std::abs(c.odds_mean(a, b) - kappa * kappa) / (dev / 16));
    }
  EXPECT_LT(worst_mean, kSigmas);
  EXPECT_LT(worst_dev, kSigmas);
  EXPECT_GT(wrong, kSigmas) << "half the mean would be seen";
}

Queries one(Index row, std::uint64_t name) { return {{row}, {name}, {0}, {1.0}, Stream::query}; }

// Leaving a datum out of the sums is the data set without its row.
TEST(LeaveOneOut, EqualsRemovingTheRow) {
  const Bench bench(with_classes(normals(120, 5, 1), {20, 40, 60}), 10);
  for (double t : {0.02, 0.3, 1.5})
    for (Index row : {0, 1, 57, 119}) {
      const Queries query = one(row, static_cast<std::uint64_t>(row));
      const Slice slice = measure(bench.probe(query), t);
      std::vector<Index> others;
      for (Index i = 0; i < 120; ++i)
        if (i != row) others.push_back(i);
      const Dataset rest = bench.data().select(others);
      const Summary s = summarize_directly(rest, t, noisy(bench.data(), query, t, bench.noise()), {});
      double phi = 0, entropy = 0;
      for (Index c = 0; c < 3; ++c) {
        const double log_p = s.all.class_log_weight(0, c), p = std::exp(log_p);
        phi += p * p;
        if (p > 0) entropy -= p * log_p;
      }
      // Weights err by twice the sweep's 1e-8 nats, relative.
      EXPECT_NEAR(slice.left_out.phi.value, phi, 1e-7);
      EXPECT_NEAR(slice.left_out.class_entropy.value, entropy, 1e-7);
      const int truth = bench.data().labels()[row];
      for (int b = 0; b < 3; ++b) {
        EXPECT_NEAR(slice.left_out.confusion(truth, b), std::exp(s.all.class_log_weight(0, b)), 1e-7);
        if (b == truth) continue;
        const double count = static_cast<double>(rest.classes()[truth].count);
        const double other = static_cast<double>(rest.classes()[b].count);
        const double odds =
            s.all.class_log_weight(0, truth) - std::log(count) - s.all.class_log_weight(0, b) + std::log(other);
        EXPECT_NEAR(slice.left_out.odds_mean(truth, b), odds, 1e-6 + 1e-9 * std::abs(odds));
      }
      // The own datum matters: near collapse it is nearly all of the posterior.
      if (t < 0.1) {
        EXPECT_GT(slice.as_is.odds_mean(truth, (truth + 1) % 3), slice.left_out.odds_mean(truth, (truth + 1) % 3) + 1);
      }
    }
}

TEST(LeaveOneOut, OfAClassOfOneHasNoLogOdds) {
  const Bench bench(with_classes(normals(40, 3, 1), {39, 1}), 16);
  const Slice slice = bench.measure(0.5);
  EXPECT_EQ(slice.class_queries[1], 8);
  EXPECT_TRUE(std::isnan(slice.left_out.odds_mean(1, 0)));
  EXPECT_TRUE(std::isfinite(slice.left_out.odds_mean(0, 1)));
  EXPECT_TRUE(std::isfinite(slice.as_is.odds_mean(1, 0)));
  EXPECT_TRUE(std::isfinite(slice.left_out.phi.value));
  EXPECT_DOUBLE_EQ(slice.left_out.confusion(1, 1), 0.0);
}

// Strata of unequal shares: the weighted mean is that of queries drawn in the data's proportions.
TEST(Measure, WeighsClassesByTheirShare) {
  RowMatrix values = normals(2000, 4, 1);
  for (Index i = 0; i < 400; i += 2) values.row(i) *= 0.1;  // class 0, as with_classes deals them
  const Dataset data = with_classes(values, {200, 1800});
  const Noise noise(5);
  const Shells shells = nested_shells(2000, noise);
  const Empirical model(data, cells_of(data, shells), 2 * kLevels);
  const Queries stratified = choose_queries(data, shells, 2000);
  Queries plain{shells.order, {}, std::vector<int>(2000, 0), {1.0}, Stream::test};
  for (std::uint64_t i = 0; i < 2000; ++i) plain.trajectory.push_back(i);
  const auto slice_of = [&](const Queries& q) { return measure({data, shells, model, q, nullptr, q, noise}, 0.5); };
  const Slice a = slice_of(stratified), b = slice_of(plain);
  EXPECT_LT(off(a.as_is.phi, b.as_is.phi), kSigmas);
  EXPECT_LT(off(a.collapse[kLevels - 1].entropy, b.collapse[kLevels - 1].entropy), kSigmas);
  Queries unweighted = stratified;
  unweighted.weight = {0.5, 0.5};
  EXPECT_GT(off(slice_of(unweighted).as_is.phi, b.as_is.phi), kSigmas);
}

TEST(Measure, AnswersForHeldOutPointsWithTheWholeModel) {
  const Bench bench(with_classes(normals(200, 4, 1), {100, 100}), 40);
  const Dataset test = Dataset::from_rows(normals(30, 4, 2));
  const Queries queries = choose_test_queries(test, 30, bench.noise());
  Probe probe = {bench.data(), bench.shells(), bench.model(), bench.queries(), &test, queries, bench.noise()};
  const Slice slice = measure(probe, 0.2);
  ASSERT_TRUE(slice.has_test);
  const Summary s = summarize_directly(bench.data(), 0.2, noisy(test, queries, 0.2, bench.noise()), {});
  EXPECT_NEAR(slice.test_log_density.value, s.all.log_density.mean(), 1e-7);
  EXPECT_NEAR(slice.test_phi.value, s.all.class_log_weight.array().exp().square().rowwise().sum().mean(), 1e-7);
  EXPECT_FALSE(bench.measure(0.2).has_test);
}

}  // namespace
}  // namespace denoiscope::observables
