// Copies by distances to the training data alone: fractions and intervals by enumeration, laws of perfect samples on a
// torus, where they are exact. Fixed seeds; with fresh ones each statistical check fails once in 10^6 (kSigmas).
#include "denoiscope/observables/copy_tests.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;
using testing::sigmas;

std::vector<double> uniforms(Index n, std::uint64_t seed) {
  std::vector<double> u(n);
  Noise(seed).uniform(Stream::prior, 0, 0, u);
  return u;
}

// Ratios of perfect samples in `dimension` dimensions.
std::vector<double> perfect_ratios(Index m, double dimension, std::uint64_t seed) {
  std::vector<double> r = uniforms(m, seed);
  for (double& v : r) v = std::pow(v, 1 / dimension);
  return r;
}

double log_choose(Index n, Index k) {
  const auto log_factorial = [](Index i) { return std::lgamma(static_cast<double>(i) + 1); };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}
double binomial(Index k, Index n, double p) {
  return std::exp(log_choose(n, k) + static_cast<double>(k) * std::log(p) +
                  static_cast<double>(n - k) * std::log1p(-p));
}

// The smallest k with P(Binomial(n, p) <= k) >= level, by summing up.
Index smallest_count(Index n, double p, double level) {
  double sum = 0;
  for (Index k = 0;; ++k)
    if (k == n || (sum += binomial(k, n, p)) >= level) return k;
}

// The share of experiments of n cases, each counting with probability p, whose interval holds p.
double coverage(Index n, double p, const std::function<Fraction(Index, Index)>& interval) {
  double held = 0;
  for (Index k = 0; k <= n; ++k) {
    const Fraction f = interval(k, n);
    if (f.low <= p && p <= f.high) held += binomial(k, n, p);
  }
  return held;
}

TEST(GapRatio, IsDefinedWhereThereIsASecondDistance) {
  EXPECT_EQ(gap_ratio(1, 4), 0.25);
  EXPECT_EQ(gap_ratio(2, 2), 1);
  EXPECT_EQ(gap_ratio(0, 3), 0) << "a datum itself";
  EXPECT_TRUE(std::isnan(gap_ratio(0, 0))) << "a datum that stands twice";
  EXPECT_TRUE(std::isnan(gap_ratio(1, kNaN))) << "one datum only";
  EXPECT_TRUE(std::isnan(gap_ratio(1, kInfinity)));
}

TEST(CopiedFraction, CountsStrictlyBelowAndReportsWhatIsUndefined) {
  const std::vector<double> ratios = {0, 0.2, kCopyRatio, 0.9, kNaN, 0.1};
  const Fraction f = copied_fraction(ratios);
  EXPECT_EQ(f.count, 3);
  EXPECT_EQ(f.n, 6);
  EXPECT_EQ(f.undefined, 1);
  EXPECT_EQ(f.value, 0.5);
  EXPECT_TRUE(std::isnan(copied_fraction({}).value));
  EXPECT_TRUE(std::isnan(copied_fraction({}).low));
}

TEST(CopiedFraction, IntervalIsTheBootstrapsOwnLaw) {
  for (const Index n : {2, 7, 100, 3000})
    for (const Index count : {Index{1}, n / 3, n / 2, n - 1}) {
      if (count == 0) continue;
      const Fraction f = fraction_of(count, n);
      const auto size = static_cast<double>(n);
      EXPECT_EQ(f.low, static_cast<double>(smallest_count(n, f.value, 0.025)) / size) << count << " of " << n;
      EXPECT_EQ(f.high, static_cast<double>(smallest_count(n, f.value, 0.975)) / size) << count << " of " << n;
    }
}

TEST(CopiedFraction, NoneOrAllHasTheEndOfClopperAndPearson) {
  for (const Index n : {1, 50, 10000}) {
    const Fraction none = fraction_of(0, n), all = fraction_of(n, n);
    EXPECT_EQ(none.low, 0);
    EXPECT_EQ(all.high, 1);
    // So many misses, or hits, in a row happen with probability 1/40. A power n of a rounded number: n eps.
    EXPECT_NEAR(std::pow(1 - none.high, static_cast<double>(n)), 0.025, 1e-11);
    EXPECT_NEAR(std::pow(all.low, static_cast<double>(n)), 0.025, 1e-11);
  }
}

TEST(CopiedFraction, IntervalCoversAsStated) {
  // Exact, by enumeration. Whole counts move it by the probability of one of them, 0.03 at most here.
  for (const double p : {0.1, 0.2, 0.5, 0.9}) EXPECT_NEAR(coverage(200, p, fraction_of), 0.95, 0.03) << p;
  EXPECT_NEAR(coverage(200, 0.017, fraction_of), 0.88, 0.01) << "three are expected: the docstring says so";
  const auto halved = [](Index count, Index n) {
    Fraction f = fraction_of(count, n);
    f.low = (f.low + f.value) / 2;
    f.high = (f.high + f.value) / 2;
    return f;
  };
  EXPECT_LT(coverage(200, 0.2, halved), 0.92) << "half as wide: it shows";
}

TEST(ThresholdCurve, CountsAtEveryThreshold) {
  std::vector<double> ratios = perfect_ratios(500, 3, 1);
  ratios.push_back(1);
  ratios.push_back(kNaN);
  const ThresholdCurve curve = threshold_curve(ratios);
  ASSERT_EQ(curve.threshold.size(), 50u);
  EXPECT_EQ(curve.threshold.front(), 0.02);
  EXPECT_EQ(curve.threshold.back(), 1);
  for (std::size_t k = 0; k < 50; ++k) {
    double below = 0;
    for (double r : ratios) below += r < curve.threshold[k] ? 1 : 0;
    const double f = below / 502;
    EXPECT_EQ(curve.fraction[k].value, f);
    EXPECT_DOUBLE_EQ(curve.fraction[k].standard_error, std::sqrt(f * (1 - f) / 502));
  }
  EXPECT_EQ(curve.fraction.back().value, 500.0 / 502) << "a ratio of 1 lies below no threshold";
}

// log likelihood of `dimension` given the ratios that lie above `above`.
double log_likelihood(const std::vector<double>& ratios, double above, double dimension) {
  double sum = 0;
  for (double r : ratios)
    if (r >= above)
      sum += std::log(dimension) + (dimension - 1) * std::log(r) - std::log1p(-std::pow(above, dimension));
  return sum;
}

TEST(TwoNearestNeighbours, IsTheMostLikelyDimensionWithItsInformation) {
  const std::vector<double> ratios = perfect_ratios(60, 2.5, 3);
  for (const double above : {0.0, 0.3, 0.5, 0.9}) {
    const Estimate found = two_nn_dimension(ratios, above);
    const double at = found.value, step = 1e-3;
    const double here = log_likelihood(ratios, above, at), up = log_likelihood(ratios, above, at + step),
                 down = log_likelihood(ratios, above, at - step);
    EXPECT_GT(here, up) << above;
    EXPECT_GT(here, down) << above;
    // The curvature of the exponential family is the Fisher information. Differences leave step^2 and eps / step^2.
    EXPECT_NEAR((2 * here - up - down) / (step * step) * found.standard_error * found.standard_error, 1, 1e-4) << above;
  }
  double sum = 0;
  for (double r : ratios) sum -= std::log(r);
  EXPECT_DOUBLE_EQ(two_nn_dimension(ratios, 0).value, 60 / sum);
}

TEST(TwoNearestNeighbours, ErrorsAreThoseOfItsScatter) {
  for (const double above : {0.0, 0.5}) {
    std::vector<double> off;
    for (std::uint64_t k = 0; k < 400; ++k)
      off.push_back(sigmas(two_nn_dimension(perfect_ratios(1000, 6, k), above), 6));
    // 400 standard normals; the law is skew by O(1/sqrt 1000), which moves the mean by its own bias 1/sqrt 1000.
    EXPECT_NEAR(mean_of(off).value, 0, kSigmas / 20 + 0.05);
    EXPECT_NEAR(deviation_of(off), 1, kSigmas / std::sqrt(800.0) + 0.02);
  }
}

TEST(TwoNearestNeighbours, CopiesBendOnlyThePlainEstimate) {
  std::vector<double> ratios = perfect_ratios(2000, 5, 9);
  const double clean = two_nn_dimension(ratios).value;
  for (double v : uniforms(500, 10)) ratios.push_back(0.4 * v);
  EXPECT_EQ(two_nn_dimension(ratios).value, clean);
  EXPECT_GT(std::abs(sigmas(two_nn_dimension(ratios, 0), 5)), 20);
  ratios.push_back(0);
  EXPECT_EQ(two_nn_dimension(ratios, 0).value, 0);
}

TEST(TwoNearestNeighbours, SaysNothingOfNothing) {
  EXPECT_TRUE(std::isnan(two_nn_dimension({}).value));
  const std::vector<double> equal = {1, 1, 1}, copies = {0.1, 0.2}, low = {0.5, 0.51, 0.52};
  EXPECT_TRUE(std::isnan(two_nn_dimension(equal).value));
  EXPECT_TRUE(std::isnan(two_nn_dimension(copies).value));
  EXPECT_EQ(two_nn_dimension(copies).n, 0);
  EXPECT_EQ(two_nn_dimension(low).value, 0) << "above 1/2, and all of them at its very edge";
  EXPECT_GT(two_nn_dimension(low).standard_error, 0);
}

// Distances of one sample to points on a torus of side 1, and of its nearest point to the nearest other.
struct OnTorus {
  double d1, d2, beyond;
};
double torus_distance(Rows a, Rows b) {
  const auto gap = (a - b).array().abs();
  return std::sqrt(gap.min(1 - gap).square().sum());
}
OnTorus perfect_sample(Index n, Index d, std::uint64_t which) {
  RowMatrix points(n + 1, d);
  Noise(5).uniform(Stream::prior, which, static_cast<std::uint32_t>(d),
                   {points.data(), static_cast<std::size_t>(points.size())});
  Index nearest = 1;
  OnTorus found = {kInfinity, kInfinity, kInfinity};
  for (Index i = 1; i <= n; ++i) {
    const double distance = torus_distance(points.row(0), points.row(i));
    if (distance < found.d1) {
      found.d2 = found.d1;
      found.d1 = distance;
      nearest = i;
    } else {
      found.d2 = std::min(found.d2, distance);
    }
  }
  for (Index i = 1; i <= n; ++i)
    if (i != nearest) found.beyond = std::min(found.beyond, torus_distance(points.row(nearest), points.row(i)));
  return found;
}

// One sample of each of many training sets: the laws are then exact, as no ball around a sample meets itself.
TEST(PerfectSamples, ObeyTheNullLaws) {
  EXPECT_DOUBLE_EQ(null_rate(kCopyRatio, 2), 1.0 / 9);  // 11 %, 1.2 % and 1.5e-4
  EXPECT_DOUBLE_EQ(null_rate(kCopyRatio, 4), 1.0 / 81);
  EXPECT_DOUBLE_EQ(null_rate(kCopyRatio, 8), 1.0 / 6561);
  constexpr Index kSets = 6000;
  const std::pair<Index, Index> cases[] = {{1, 40}, {2, 40}, {4, 60}, {8, 1000}};
  for (const auto& [d, n] : cases) {
    std::vector<double> ratios, to_nearest, beyond;
    for (Index k = 0; k < kSets; ++k) {
      const OnTorus sample = perfect_sample(n, d, static_cast<std::uint64_t>(k));
      ratios.push_back(gap_ratio(sample.d1, sample.d2));
      to_nearest.push_back(sample.d1);
      beyond.push_back(sample.beyond);
    }
    const auto dimension = static_cast<double>(d);
    const auto off = [&](double value, double p) { return (value - p) / std::sqrt(p * (1 - p) / kSets); };
    for (const double threshold : {0.5, 0.8}) {
      const double seen = copied_fraction(ratios, threshold).value;
      EXPECT_NEAR(off(seen, null_rate(threshold, dimension)), 0, kSigmas) << d << " " << threshold;
      if (threshold > 0.5) {
        EXPECT_GT(std::abs(off(seen, null_rate(threshold, dimension + 1))), kSigmas)
            << "one dimension off shows: " << d;
      }
    }
    EXPECT_NEAR(sigmas(two_nn_dimension(ratios), dimension), 0, kSigmas);
    const double authentic = authentic_fraction(to_nearest, beyond).value;
    EXPECT_NEAR(off(authentic, null_authentic_fraction(dimension)), 0, kSigmas) << d;
    EXPECT_GT(std::abs(off(authentic, 0.5)), kSigmas)
        << "a half, which samples inside no other's ball would show: " << d;
  }
}

TEST(TwoNearestNeighbours, FindsTheDimensionOfGaussians) {
  // Density varies over the distance to a neighbour, which costs a few per cent at d = 8: a tenth is granted.
  for (const Index d : {2, 4, 8}) {
    const RowMatrix train = testing::normals(2000, d, 20 + static_cast<std::uint64_t>(d)),
                    samples = testing::normals(1500, d, 30 + static_cast<std::uint64_t>(d));
    std::vector<double> ratios;
    for (Index i = 0; i < samples.rows(); ++i) {
      Vector square = (train.rowwise() - samples.row(i)).rowwise().squaredNorm();
      std::nth_element(square.data(), square.data() + 1, square.data() + square.size());
      ratios.push_back(gap_ratio(std::sqrt(square[0]), std::sqrt(square[1])));
    }
    const auto dimension = static_cast<double>(d);
    const Estimate found = two_nn_dimension(ratios);
    EXPECT_GT(found.value, 0.9 * dimension - kSigmas * found.standard_error);
    EXPECT_LT(found.value, dimension + kSigmas * found.standard_error);
    EXPECT_LT(found.standard_error, 0.1 * dimension);
  }
}

TEST(Authenticity, CountsSamplesFartherThanTheirDatumFromItsOwn) {
  const std::vector<double> to_nearest = {1, 2, 3, 1}, to_other = {2, 1, 3, 0.5};
  const Fraction f = authentic_fraction(to_nearest, to_other);
  EXPECT_EQ(f.count, 2) << "equal distances are not farther";
  EXPECT_EQ(f.n, 4);
  EXPECT_LT(f.low, 0.5);
  EXPECT_GT(f.high, 0.5);
  EXPECT_NEAR(null_authentic_fraction(1), 1.0 / 3, 1e-15);
  const double lens = 2.0 / 3 - std::sqrt(3.0) / (2 * std::acos(-1.0));  // of two unit discs, over pi
  EXPECT_NEAR(null_authentic_fraction(2), (1 - lens) / (2 - lens), 1e-15);
  EXPECT_NEAR(null_authentic_fraction(500), 0.5, 1e-15);
}

}  // namespace
}  // namespace denoiscope::observables
