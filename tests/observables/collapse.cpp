// Collapse curves against closed forms and independent numbers, and the law of samples.
#include "denoiscope/observables/collapse.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::Bench;
using testing::kSigmas;
using testing::normals;
using testing::sigmas;

RowMatrix corners(Index d) {
  RowMatrix out(Index{1} << d, d);
  for (Index i = 0; i < out.rows(); ++i)
    for (Index k = 0; k < d; ++k) out(i, k) = (i >> k & 1) != 0 ? 1.0 : -1.0;
  return out;
}

// All corners of {-1,1}^d: coordinates are independent channels, so f = Hc(kappa) and phi_C = F(kappa)^d with
// kappa = e^{-t}/sqrt(Delta_t), exactly, for the data set itself. Errors are those of the queries.
TEST(Hypercube, HasItsClosedForm) {
  const struct {
    double t, f, phi;
  } golden[] = {{0.2, 0.1892753373, 0.3011587338},
                {0.5, 0.4659903942, 0.0262708330},
                {1.0, 0.6204701091, 0.0035163098},
                {2.0, 0.6839044665, 0.0011709573}};
  const Bench cube(Dataset::from_rows(corners(10)), 4096);
  for (const auto& g : golden) {
    const std::vector<Slice> slice = {cube.measure(g.t)};
    const double f_over_alpha = g.f / std::log(2.0);
    const Estimate f = excess_entropy(slice, kLevels - 1, 1024)[0], phi = slice[0].collapse[kLevels - 1].participation;
    EXPECT_LT(std::abs(sigmas(f, f_over_alpha)), kSigmas) << g.t;
    EXPECT_LT(std::abs(sigmas(phi, g.phi)), kSigmas) << g.t;
    EXPECT_LT(f.standard_error, 0.02);  // else the agreement would say little
    EXPECT_LT(phi.standard_error, 0.07 * g.phi);
    EXPECT_LT(std::abs(sigmas(excess_entropy_published(slice, 1024, 10)[0], f_over_alpha)), kSigmas) << g.t;
  }
  // The same test refuses a temperature off by 5 %.
  const double kappa = 1.05 * std::exp(-0.5) / std::sqrt(-std::expm1(-1.0));
  EXPECT_GT(std::abs(sigmas(excess_entropy({cube.measure(0.5)}, kLevels - 1, 1024)[0],
                            theory::class_entropy(kappa) / std::log(2.0))),
            kSigmas);
}

// Averages over data sets of 1000 standard normals in d = 20, with the errors of an independent Monte Carlo (numpy, 20
// data sets of 400 points). Our errors are those of 40 data sets' means, so they hold the scatter between data sets.
struct Average {
  Estimate entropy, participation;
};
Average over_data_sets(double t, double deviation) {
  std::vector<double> entropy, participation;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const CollapseAt c = Bench(Dataset::from_rows(normals(1000, 20, 100 + seed, deviation)), 400, 500 + seed)
                             .measure(t)
                             .collapse[kLevels - 1];
    entropy.push_back(c.entropy.value);
    participation.push_back(c.participation.value);
  }
  return {mean_of(entropy), mean_of(participation)};
}

TEST(GaussianData, CollapseAsAnIndependentMonteCarloSays) {
  const struct {
    double t_over_tc, entropy, entropy_error, phi, phi_error;
  } golden[] = {{0.75, 0.482, 0.007, 0.803, 0.003},
                {1.0, 1.215, 0.011, 0.573, 0.004},
                {1.5, 2.848, 0.013, 0.227, 0.003},
                {2.0, 4.107, 0.010, 0.0836, 0.0014},
                {3.0, 5.586, 0.005, 0.0123, 0.0002}};
  const double t_c = *theory::collapse_time(1000, 20, 1.0);
  const auto off = [](const Estimate& e, double value, double error) {
    return std::abs(e.value - value) / std::hypot(e.standard_error, error);
  };
  for (const auto& g : golden) {
    const Average ours = over_data_sets(g.t_over_tc * t_c, 1.0);
    EXPECT_LT(off(ours.entropy, g.entropy, g.entropy_error), kSigmas) << g.t_over_tc;
    EXPECT_LT(off(ours.participation, g.phi, g.phi_error), kSigmas) << g.t_over_tc;
  }
  const Average wider = over_data_sets(t_c, 1.05);
  EXPECT_GT(off(wider.entropy, 1.215, 0.011), kSigmas);
  EXPECT_GT(off(wider.participation, 0.573, 0.004), kSigmas);
}

// Both estimators of f have one expectation over the noise and the rows of a fixed data set.
TEST(Estimators, OfExcessEntropyAgreeWithinErrors) {
  for (const auto& [data, m] : {std::pair{Dataset::from_rows(normals(1000, 20, 1)), 1000},
                                std::pair{testing::with_classes(normals(600, 30, 2), {100, 500}), 500}}) {
    const Bench bench(data, m);
    const Index n = data.rows(), d = data.dimension();
    for (double t : {0.05, 0.2, 0.35, 0.7, 1.0, 2.0, 4.0}) {
      const std::vector<Slice> slice = {bench.measure(t)};
      const Estimate ours = excess_entropy(slice, kLevels - 1, n)[0];
      const Estimate published = excess_entropy_published(slice, n, d)[0];
      const double error = std::hypot(ours.standard_error, published.standard_error);
      EXPECT_LT(std::abs(ours.value - published.value), kSigmas * error) << "t=" << t;
      // A dimension miscounted by one moves the published one by 1/2 log(2 pi e Delta)/log n: seen except where that is
      // 0.
      const double moved = excess_entropy_published(slice, n, d + 1)[0].value;
      if (t >= 1) {
        EXPECT_GT(std::abs(moved - ours.value), kSigmas * error) << "t=" << t;
      }
      EXPECT_GE(ours.value, 0);
      EXPECT_LE(ours.value, 1 + 1e-12);
    }
  }
}

// One sweep answers for every nested subset as if it were a data set of its own.
TEST(Levels, EqualASweepOverTheSubsetAlone) {
  const Bench bench(testing::with_classes(normals(160, 4, 1), {60, 100}), 48);
  const Slice slice = bench.measure(0.3);
  const RowMatrix x = noisy(bench.data(), bench.queries(), 0.3, bench.noise());
  for (int level = 0; level < kLevels; ++level) {
    const std::vector<Index> rows(bench.shells().order.begin(),
                                  bench.shells().order.begin() + bench.shells().size[level]);
    Wanted what;
    what.entropy = true;
    const Summary alone = summarize_directly(bench.data().select(rows), 0.3, x, what);
    std::vector<double> entropy, participation;
    std::vector<int> stratum;
    for (Index q = 0; q < bench.queries().size(); ++q) {
      const auto i = static_cast<std::size_t>(q);
      if (bench.shells().shell[bench.queries().row[i]] > level) continue;
      entropy.push_back(alone.all.entropy[q]);
      participation.push_back(alone.all.participation[q]);
      stratum.push_back(bench.queries().stratum[i]);
    }
    const Estimate h = stratified_mean(entropy, stratum, bench.queries().weight);
    const Estimate y = stratified_mean(participation, stratum, bench.queries().weight);
    // Twice the sweep's bound of 1e-8 nats a weight, times log n.
    EXPECT_NEAR(slice.collapse[level].entropy.value, h.value, 1e-7);
    EXPECT_NEAR(slice.collapse[level].entropy.standard_error, h.standard_error, 1e-7);
    EXPECT_NEAR(slice.collapse[level].participation.value, y.value, 1e-7);
    EXPECT_EQ(slice.collapse[level].entropy.n, h.n);
  }
}

CollapseAtSize at(double n, double t, double error) { return {static_cast<Index>(n), {t, error, ""}}; }

std::vector<CollapseAtSize> power_law(double exponent, double error = 0.01) {
  std::vector<CollapseAtSize> sizes;
  for (double n : {1000.0, 2000.0, 4000.0, 8000.0}) sizes.push_back(at(n, 3 * std::pow(n, exponent), error));
  return sizes;
}

TEST(SampleLaw, RecoversAPowerLaw) {  // rounding only: points lie on a line
  const SampleLaw law = sample_law(power_law(-0.4));
  EXPECT_EQ(law.reason, "");
  EXPECT_NEAR(law.slope, -0.4, 1e-12);
  EXPECT_NEAR(law.intercept, std::log(3.0), 1e-11);
  const SamplesNeeded needed = samples_for(law, 3 * std::pow(1e6, -0.4));
  EXPECT_NEAR(needed.log_n, std::log(1e6), 1e-9);
  EXPECT_LT(needed.low, needed.log_n);
  EXPECT_NEAR(needed.high - needed.log_n, needed.log_n - needed.low, 1e-12);
}

TEST(SampleLaw, IsLessCertainFartherOut) {
  const SampleLaw law = sample_law(power_law(-0.4));
  double width = 0;
  for (double n : {4e3, 1e4, 1e5, 1e6, 1e9}) {
    const SamplesNeeded needed = samples_for(law, 3 * std::pow(n, -0.4));
    EXPECT_GT(needed.high - needed.low, width);
    width = needed.high - needed.low;
  }
}

TEST(SampleLaw, HasTheErrorsOfTheWeightedFit) {
  // Four points of equal relative error e, x = log n evenly spaced by log 2: var slope = e^2 / (5 log^2 2).
  std::vector<CollapseAtSize> sizes = power_law(-0.4);
  for (CollapseAtSize& s : sizes) s.t_c.standard_error = 0.02 * *s.t_c.t;
  EXPECT_NEAR(std::sqrt(sample_law(sizes).slope_variance), 0.02 / (std::sqrt(5.0) * std::log(2.0)), 1e-12);
  // Points off the line by +-10 errors: the misfit (chi-square over 2 degrees of freedom) widens it.
  const double signs[] = {1, -1, -1, 1};
  for (std::size_t i = 0; i < 4; ++i) {
    *sizes[i].t_c.t *= std::exp(0.2 * signs[i]);
    sizes[i].t_c.standard_error = 0.02 * *sizes[i].t_c.t;
  }
  const SampleLaw bent = sample_law(sizes);
  EXPECT_NEAR(bent.slope, -0.4, 1e-12);
  EXPECT_NEAR(std::sqrt(bent.slope_variance), std::sqrt(4 * 100 / 2.0) * 0.02 / (std::sqrt(5.0) * std::log(2.0)), 1e-9);
}

TEST(SampleLaw, SaysWhyThereIsNone) {
  std::vector<CollapseAtSize> sizes = power_law(-0.4);
  sizes[0].t_c = {std::nullopt, kNaN, "below"};
  sizes[3].t_c.standard_error = kNaN;
  EXPECT_NE(sample_law(sizes).reason, "");
  EXPECT_EQ(samples_for(sample_law(sizes), 0.1).reason, sample_law(sizes).reason);
  EXPECT_TRUE(std::isnan(samples_for(sample_law(sizes), 0.1).log_n));
  EXPECT_NE(sample_law({}).reason, "");
  for (double exponent : {0.0, 0.3}) {
    const SamplesNeeded needed = samples_for(sample_law(power_law(exponent)), 0.1);
    EXPECT_NE(needed.reason.find("does not fall"), std::string::npos);
    EXPECT_TRUE(std::isnan(needed.log_n));
  }
  // A slope that its error does not tell from 0: -0.02 +- 0.02 or more.
  EXPECT_NE(samples_for(sample_law(power_law(-0.02, 0.1)), 0.1).reason, "");
}

}  // namespace
}  // namespace denoiscope::observables
