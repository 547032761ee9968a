// Samples: one a seed whatever stands beside it, and of the law they should have.
#include "denoiscope/dynamics/sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"

namespace denoiscope {
namespace {

// Two Gaussians on the line, weights 0.35 and 0.65.
GaussianMixture pair() {
  std::vector<GaussianMixture::Component> two(2);
  two[0].mean = Vector::Constant(1, 1.5);
  two[0].variance = 0.1;
  two[0].weight = 0.35;
  two[1].mean = Vector::Constant(1, -0.8);
  two[1].variance = 0.3;
  two[1].weight = 0.65;
  return GaussianMixture(two);
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }
double cdf(double x) {
  return 0.35 * normal_cdf((x - 1.5) / std::sqrt(0.1)) + 0.65 * normal_cdf((x + 0.8) / std::sqrt(0.3));
}

// Six data on the plane, of which three and two are the same.
RowMatrix points() { return (RowMatrix(6, 2) << 1, 0, 1, 0, 1, 0, -1, 0.5, -1, 0.5, 0.2, -1.3).finished(); }

std::vector<std::uint64_t> seeds(std::uint64_t first, std::size_t count) {
  std::vector<std::uint64_t> out(count);
  std::iota(out.begin(), out.end(), first);
  return out;
}

SampleSettings by(const char* stepper, std::vector<double> times) {
  SampleSettings s;
  s.stepper = &find_stepper(stepper);
  s.times = std::move(times);
  s.stepping.churn = 8;
  s.stepping.intervals = static_cast<int>(s.times.size()) - 1;
  return s;
}

std::vector<double> karras(double from, int steps) { return time_grid("karras", from, 1e-4, steps); }

// Kolmogorov and Smirnov's statistic times root n: above `kAlarm` with probability 2 e^{-2 kAlarm^2} = 1e-6.
constexpr double kAlarm = 2.693;
double distance(RowMatrix ends) {
  std::sort(ends.data(), ends.data() + ends.size());
  const auto n = static_cast<double>(ends.size());
  double worst = 0;
  for (Index i = 0; i < ends.size(); ++i) {
    const double f = cdf(ends.data()[i]), below = static_cast<double>(i) / n;
    worst = std::max({worst, f - below, below + 1 / n - f});
  }
  return worst * std::sqrt(n);
}

// Statistical test. Null: ends have the law of the mixture; 100 steps of Karras' grid bias its distribution function by
// some 0.01, a seventh of what 1200 samples show. 11 statistics, false alarms 1e-6 each. Broken variants, rejected:
// three steps (but for the steppers that divide them), and a start at t = 0.02, where the law is far from normal.
TEST(Sampler, EveryStepperSamplesTheLaw) {
  const GaussianMixture model = pair();
  for (const Stepper& stepper : steppers()) {
    const auto run = [&](double from, int steps) {
      SampleSettings s = by(stepper.name.data(), karras(from, stepper.adaptive ? 4 : steps));
      s.stepping.tolerance = 1e-5;
      return distance(integrated_samples(model, s, Noise(1), seeds(0, stepper.adaptive ? 400 : 1200)).clean);
    };
    EXPECT_LT(run(8, 100), kAlarm) << stepper.name;
    EXPECT_GT(run(0.02, 30), kAlarm) << stepper.name;
    if (!stepper.adaptive) {
      EXPECT_GT(run(8, 3), kAlarm) << stepper.name;
    }
  }
  EXPECT_LT(distance(exact_samples(model, by("ddim", {8, 0.1}), Noise(1), seeds(0, 1200)).clean), kAlarm);
}

// Statistical test. Null: chi-square with two degrees of freedom, 27.6 once in 1e6; steps of Karras' grid bias it by
// much less. 7 statistics. Broken variant, rejected: a start at t = 0.02, where N(0, I) falls to the data by their
// places.
TEST(Sampler, OfAnEmpiricalMeasureEndsOnDataByTheirWeights) {
  const Empirical model(Dataset::from_rows(points()));
  const auto all = seeds(100, 600);
  const auto statistic = [&](const RowMatrix& ends) {
    double counts[3] = {0, 0, 0};
    for (Index i = 0; i < ends.rows(); ++i) {
      Index nearest = 0;
      (points().rowwise() - ends.row(i)).rowwise().squaredNorm().minCoeff(&nearest);
      EXPECT_LT((points().row(nearest) - ends.row(i)).norm(), 1e-6);
      ++counts[nearest < 3 ? 0 : nearest < 5 ? 1 : 2];
    }
    double chi2 = 0;
    for (int k = 0; k < 3; ++k) {
      const double expected = static_cast<double>(ends.rows()) * (3 - k) / 6;
      chi2 += (counts[k] - expected) * (counts[k] - expected) / expected;
    }
    return chi2;
  };
  for (const char* stepper : {"euler-maruyama", "exponential", "ddpm", "ddpm-tilde", "ddim", "edm-heun"})
    EXPECT_LT(statistic(integrated_samples(model, by(stepper, karras(8, 60)), Noise(2), all).clean), 27.6) << stepper;
  EXPECT_LT(statistic(exact_samples(model, by("ddim", {8, 0.1}), Noise(2), all).clean), 27.6);
  EXPECT_GT(statistic(integrated_samples(model, by("ddpm", karras(0.02, 60)), Noise(2), all).clean), 27.6);
}

// The flow keeps the order of points: a sample is the quantile of its start. What is left: the last step to 0, of ddim
// from t = 1e-4, moves by 2 t s instead of t s, with a score s below 10; of second order 200 steps leave 5e-3. Seen
// rejected: 20 steps of first order.
TEST(Sampler, TheFlowIsTheMapOfQuantiles) {
  const GaussianMixture model = pair();
  const auto all = seeds(0, 40);
  const auto error = [&](const char* stepper, int steps) {
    std::vector<double> times = time_grid("log", 10, 1e-4, steps);
    times.push_back(0);
    SampleSettings s = by(stepper, times);
    s.stepping.churn = 0;
    s.keep = {0};
    const Samples found = integrated_samples(model, s, Noise(5), all);
    double worst = 0;
    for (Index i = 0; i < found.clean.rows(); ++i) {
      const double place = normal_cdf(found.kept[0](i, 0));
      worst = std::max(
          worst, std::abs(found.clean(i, 0) - find_root([&](double x) { return cdf(x) - place; }, -9.0, 9.0).value()));
    }
    return worst;
  };
  for (const char* stepper : {"heun", "edm-heun", "dpm-solver++2m"}) EXPECT_LT(error(stepper, 200), 5e-3) << stepper;
  EXPECT_LT(error("dormand-prince", 20), 1e-3);
  EXPECT_LT(error("rk4", 200), 1e-3);
  EXPECT_GT(error("ddim", 20), 1e-2);
}

TEST(Sampler, ASampleDependsOnItsSeedAlone) {
  std::vector<GaussianMixture::Component> two(2);
  two[0].mean = (Vector(2) << 1.5, -0.5).finished();
  two[0].covariance = (RowMatrix(2, 2) << 0.5, 0.2, 0.2, 0.3).finished();
  two[0].weight = 0.3;
  two[1].mean = (Vector(2) << -1, 0.2).finished();
  two[1].variance = 0.2;
  two[1].weight = 0.7;
  const GaussianMixture mixture(two);
  const Empirical data(Dataset::from_rows(points()));
  const auto same = [](const RowMatrix& a, const RowMatrix& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * 8) == 0;
  };
  for (const Posterior* model : {static_cast<const Posterior*>(&mixture), static_cast<const Posterior*>(&data)}) {
    const auto check = [&](auto&& sampler, const SampleSettings& s, std::string_view name, std::size_t many = 64) {
      set_threads(3);
      const Samples all = sampler(*model, s, Noise(4), seeds(0, many));
      set_threads(1);
      const Samples alone = sampler(*model, s, Noise(4), seeds(7, 1));
      set_threads(0);
      EXPECT_TRUE(same(all.clean.row(7), alone.clean)) << name;
      EXPECT_FALSE(same(all.kept[1].row(8), alone.kept[1])) << name;
      for (std::size_t k = 0; k < s.keep.size(); ++k) EXPECT_TRUE(same(all.kept[k].row(7), alone.kept[k])) << name;
    };
    for (const Stepper& stepper : steppers()) {
      SampleSettings s = by(stepper.name.data(), time_grid("karras", 6, 0.3, 9));
      s.stepping.tolerance = 0.1;  // any does
      s.keep = {0, 4, 9};
      check(integrated_samples, s, stepper.name, stepper.adaptive ? 9 : 64);  // it asks row by row
    }
    SampleSettings s = by("ddim", {6, 0.3});
    s.keep = {0, 1};
    check(exact_samples, s, "exact");
  }
}

// What is kept at t = 0 is the clean sample.
TEST(Sampler, PathsEndOnTheirSamples) {
  const Empirical data(Dataset::from_rows(points()));
  SampleSettings s = by("ddim", {4, 1, 0});
  s.keep = {0, 2};
  const Samples exact = exact_samples(data, s, Noise(4), seeds(0, 9));
  EXPECT_EQ(exact.kept.back(), exact.clean);
  const Samples driven = integrated_samples(data, s, Noise(4), seeds(0, 9));
  EXPECT_EQ(driven.kept.back(), driven.clean);
}

TEST(Sampler, SeedsAreReadAsPeopleWriteThem) {
  using List = std::vector<std::uint64_t>;
  EXPECT_EQ(parse_seeds("0-3", "--seeds", 9), (List{0, 1, 2, 3}));
  EXPECT_EQ(parse_seeds("7,1-2,5", "--seeds", 4), (List{7, 1, 2, 5}));
  EXPECT_EQ(parse_seeds("999999999999999999", "--seeds", 1), (List{999999999999999999u}));
  for (const char* wrong : {"", ",", "a", "1,,2", "5-2", "-3", "1-", "1-2-3", "1.5", "1,1", "0-4,2", "0-9", "1 2",
                            "0x3", "9999999999999999999", "0-999999999999999999"})
    EXPECT_THROW(parse_seeds(wrong, "--seeds", 9), UsageError) << wrong;
}

TEST(Sampler, ErrorsNameTheCulprit) {
  const GaussianMixture model = pair();
  const auto refused = [&](SampleSettings s) {
    EXPECT_THROW(integrated_samples(model, s, Noise(1), seeds(0, 1)), UsageError);
    EXPECT_THROW(exact_samples(model, s, Noise(1), seeds(0, 1)), UsageError);
  };
  refused(by("ddim", {}));
  refused(by("ddim", {0}));
  refused(by("ddim", {1, 1}));
  refused(by("ddim", {1, -0.1}));
  refused(by("ddim", {HUGE_VAL, 1}));
  for (const std::vector<Index>& places : {std::vector<Index>{2}, {-1}, {1, 0}, {0, 0}}) {
    SampleSettings s = by("ddim", {1, 0.1});
    s.keep = places;
    refused(s);
  }
}

}  // namespace
}  // namespace denoiscope
