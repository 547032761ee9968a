// Copies told by comparison with held-out data: against enumeration, and under their nulls. Null of every statistical
// test: samples and held-out data follow one law. Fixed seeds; with fresh ones each check would fail once in 10^6.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <functional>
#include <numeric>

#include "denoiscope/observables/copy_tests.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;

constexpr double kAlpha = 1e-6;

std::vector<double> uniforms(Index n, std::uint64_t which, std::uint32_t step = 0) {
  std::vector<double> u(n);
  Noise(77).uniform(Stream::prior, which, step, u);
  return u;
}

// Whole numbers below `values`, so that many are equal.
std::vector<double> with_ties(Index n, int values, std::uint64_t which, std::uint32_t step = 0) {
  std::vector<double> u = uniforms(n, which, step);
  for (double& v : u) v = std::floor(v * values);
  return u;
}

TEST(ConformalPValues, CountHeldOutRatiosAsSmall) {
  const std::vector<double> samples = {0.1, 0.2, 0.5, kNaN, 0}, held_out = {0.2, 0.4, 0.4, kNaN};
  const std::vector<double> expected = {1.0 / 5, 2.0 / 5, 4.0 / 5, 1, 1.0 / 5};
  EXPECT_EQ(conformal_p_values(samples, held_out), expected);
  EXPECT_EQ(conformal_p_values(samples, {}), std::vector<double>(5, 1));
}

// Chi-square of 10,000 p-values over the H + 1 = 20 values each can take, all equally likely under the null.
double not_uniform(const std::function<double(double, const std::vector<double>&)>& p_value) {
  constexpr int kHeldOut = 19, kCases = 10000;
  std::vector<double> count(kHeldOut + 2);
  for (int k = 0; k < kCases; ++k) {
    const std::vector<double> all = uniforms(kHeldOut + 1, static_cast<std::uint64_t>(k), 1);
    const double p = p_value(all.back(), {all.begin(), all.end() - 1});
    ++count[std::lround(p * (kHeldOut + 1))];
  }
  const double expected = kCases / 20.0;
  double sum = count[0] * count[0] / expected;
  for (std::size_t k = 1; k < count.size(); ++k) sum += (count[k] - expected) * (count[k] - expected) / expected;
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(kHeldOut), sum));
}

TEST(ConformalPValues, AreUniformUnderTheNull) {
  EXPECT_GT(not_uniform([](double r, const std::vector<double>& held_out) {
              return conformal_p_values({&r, 1}, held_out).front();
            }),
            kAlpha);
  EXPECT_LT(
      not_uniform([](double r, const std::vector<double>& held_out) {  // without the sample itself: too small
        return static_cast<double>(std::count_if(held_out.begin(), held_out.end(), [&](double h) { return h <= r; })) /
               static_cast<double>(held_out.size());
      }),
      kAlpha);
}

// q_i = min over x >= p_i among the p-values of m x / #{p <= x}.
std::vector<double> rates_by_definition(const std::vector<double>& p) {
  std::vector<double> q;
  for (double mine : p) {
    double least = 1;
    for (double x : p) {
      if (x < mine) continue;
      const auto called = std::count_if(p.begin(), p.end(), [&](double v) { return v <= x; });
      least = std::min(least, x * static_cast<double>(p.size()) / static_cast<double>(called));
    }
    q.push_back(least);
  }
  return q;
}

TEST(FalseDiscovery, RatesFollowTheirDefinition) {
  for (std::uint64_t k = 0; k < 50; ++k) {
    std::vector<double> p = with_ties(12, 20, k);
    for (double& v : p) v = (v + 1) / 20;
    EXPECT_EQ(false_discovery_rates(p), rates_by_definition(p));
  }
  EXPECT_TRUE(false_discovery_rates({}).empty());
}

// Mean share of false ones among 200 samples called at 0.2, 40 of which are copies; over 400 experiments that each
// share 500 held-out ratios.
Estimate false_share(const std::function<std::vector<double>(const std::vector<double>&)>& rates) {
  constexpr Index kSamples = 200, kCopies = 40;
  std::vector<double> shares;
  for (std::uint64_t k = 0; k < 400; ++k) {
    std::vector<double> ratios = uniforms(kSamples, k, 2);
    for (std::size_t i = 0; i < kCopies; ++i) ratios[i] *= 0.02;
    const std::vector<double> q = rates(conformal_p_values(ratios, uniforms(500, k, 3)));
    double called = 0, wrong = 0;
    for (std::size_t i = 0; i < kSamples; ++i) {
      if (!(q[i] <= 0.2)) continue;
      ++called;
      if (i >= kCopies) ++wrong;
    }
    shares.push_back(called > 0 ? wrong / called : 0);
  }
  return mean_of(shares);
}

TEST(FalseDiscovery, IsControlledWithSharedHeldOutData) {
  const Estimate found = false_share([](const std::vector<double>& p) { return false_discovery_rates(p); });
  // 160 of 200 are no copies: the expected share is 0.2 * 160 / 200 or less.
  EXPECT_LT(found.value, 0.16 + kSigmas * found.standard_error);
  EXPECT_GT(found.value, 0.1) << "and no less than discrete p-values cost";
  const Estimate naive = false_share([](const std::vector<double>& p) { return p; });
  EXPECT_GT(naive.value, 0.2 + kSigmas * naive.standard_error) << "p-values themselves do not control it";
}

// The best of all ways to cut 0..k-1 into stretches of one mean each, the means not rising.
std::vector<double> fit_by_enumeration(const std::vector<double>& values, const std::vector<double>& weights) {
  const std::size_t k = values.size();
  std::vector<double> best;
  double least = kInfinity;
  for (unsigned cuts = 0; cuts < 1u << (k - 1); ++cuts) {
    std::vector<double> fit;
    double error = 0;
    for (std::size_t begin = 0; begin < k;) {
      std::size_t end = begin + 1;
      while (end < k && !(cuts >> (end - 1) & 1)) ++end;
      double sum = 0, weight = 0;
      for (std::size_t i = begin; i < end; ++i) sum += weights[i] * values[i], weight += weights[i];
      for (std::size_t i = begin; i < end; ++i) error += weights[i] * std::pow(values[i] - sum / weight, 2);
      fit.insert(fit.end(), end - begin, sum / weight);
      begin = end;
    }
    if (!std::is_sorted(fit.rbegin(), fit.rend()) || error >= least) continue;
    least = error;
    best = fit;
  }
  return best;
}

TEST(DecreasingFit, IsTheBestOfAllFits) {
  for (std::uint64_t k = 0; k < 100; ++k) {
    const std::vector<double> values = uniforms(7, k, 4), weights = uniforms(7, k, 5);
    const std::vector<double> found = decreasing_fit(values, weights), expected = fit_by_enumeration(values, weights);
    for (std::size_t i = 0; i < 7; ++i) EXPECT_NEAR(found[i], expected[i], 1e-14);  // sums in another order
  }
  const std::vector<double> falling = {3, 2, 1}, rising = {1, 2, 3}, one = {1, 1, 1}, weighted = {1, 1, 2};
  EXPECT_EQ(decreasing_fit(falling, one), falling);
  EXPECT_EQ(decreasing_fit(rising, weighted), std::vector<double>(3, 2.25));
}

TEST(LikelihoodRatios, AreTheFitOfThePooledRatios) {
  const std::vector<double> ratios = {0.1, 0.3, 0.3, 0.9, kNaN}, held_out = {0.3, 0.6, 0.9, 0.95};
  // Points: half a held-out one, 0.1 (a sample), 0.3 (two of three), 0.6 (none), 0.9 (one of two), 0.95 (none), NaN
  // (one), half a sample. The fit pools the first two with the third, 0.6 with 0.9, and so on.
  const std::vector<double> share = {0, 1, 2.0 / 3, 0, 0.5, 0, 1, 1}, weight = {0.5, 1, 3, 1, 2, 1, 1, 0.5};
  const std::vector<double> fit = fit_by_enumeration(share, weight);
  const auto expected = [&](std::size_t k) { return fit[k] / (1 - fit[k]) * 4.5 / 5.5; };
  const std::vector<double> found = likelihood_ratios(ratios, held_out);
  const std::size_t at[] = {1, 2, 2, 4, 6};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(found[i], expected(at[i]), 1e-13);
  EXPECT_TRUE(std::is_sorted(found.rbegin(), found.rend()));
}

TEST(LikelihoodRatios, AreFiniteAndPositive) {
  const std::vector<double> low = {0.1, 0.2}, high = {0.7, 0.8, 0.9};
  for (double v : likelihood_ratios(low, high)) EXPECT_NEAR(v, 2 * 2 * 3.5 / 2.5, 1e-13);  // the most there can be
  for (double v : likelihood_ratios(high, low)) EXPECT_NEAR(v, 1, 1e-13);                  // nothing decreasing in it
  for (double v : likelihood_ratios(low, {})) EXPECT_NEAR(v, 1, 1e-13);
  EXPECT_TRUE(likelihood_ratios({}, low).empty());
}

TEST(LikelihoodRatios, FindAKnownMixture) {
  constexpr Index kSize = 40000;
  std::vector<double> ratios = uniforms(kSize, 1, 6);
  for (std::size_t i = 0; i < kSize * 3 / 10; ++i) ratios[i] *= 0.2;
  const std::vector<double> found = likelihood_ratios(ratios, uniforms(kSize, 1, 7));
  // 0.3 / 0.2 + 0.7 below 0.2, 0.7 above. A stretch of a tenth holds 4000 held-out ratios, an error of 2 %; the fit
  // errs more at the ends of a stretch, which are left out.
  for (std::size_t i = 0; i < kSize; ++i) {
    const double r = ratios[i];
    if (r > 0.02 && r < 0.18) {
      EXPECT_NEAR(found[i], 2.2, 0.25) << r;
    } else if (r > 0.25 && r < 0.95) {
      EXPECT_NEAR(found[i], 0.7, 0.08) << r;
    }
  }
}

double pairs_above(const std::vector<double>& first, const std::vector<double>& second) {
  double u = 0;
  for (double a : first)
    for (double b : second) u += a > b ? 1 : a == b ? 0.5 : 0;
  return u;
}

TEST(RankTest, CountsPairs) {
  for (std::uint64_t k = 0; k < 50; ++k) {
    const std::vector<double> first = with_ties(9, 6, k, 8), second = with_ties(13, 6, k, 9);
    EXPECT_EQ(rank_test(first, second).u, pairs_above(first, second));
    EXPECT_NEAR(membership_area(first, second).value, 1 - pairs_above(first, second) / (9 * 13), 1e-15);
  }
  const std::vector<double> one = {1}, equal = {2, 2, 2};
  EXPECT_TRUE(std::isnan(rank_test(one, {}).z));
  EXPECT_EQ(rank_test(equal, equal).z, 0);
  EXPECT_EQ(rank_test(equal, equal).p, 1);
}

// Deviation of u over all ways to call `m` of these numbers the first.
double deviation_by_enumeration(const std::vector<double>& all, int m) {
  double sum = 0, square = 0, ways = 0;
  for (unsigned chosen = 0; chosen < 1u << all.size(); ++chosen) {
    if (__builtin_popcount(chosen) != m) continue;
    std::vector<double> first, second;
    for (std::size_t i = 0; i < all.size(); ++i) (chosen >> i & 1 ? first : second).push_back(all[i]);
    const double u = pairs_above(first, second);
    sum += u;
    square += u * u;
    ++ways;
  }
  return std::sqrt(square / ways - sum / ways * (sum / ways));
}

TEST(RankTest, DeviationIsThatOfAllRelabellings) {
  for (std::uint64_t k = 0; k < 10; ++k)
    for (const int values : {2, 4, 1000}) {
      const std::vector<double> all = with_ties(10, values, k, 10);
      const std::vector<double> first(all.begin(), all.begin() + 4), second(all.begin() + 4, all.end());
      const RankTest test = rank_test(first, second);
      EXPECT_NEAR(test.z * deviation_by_enumeration(all, 4), test.u - 12, 1e-12);
    }
}

TEST(RankTest, IsNormalUnderTheNullAndSeesCopying) {
  std::vector<double> z, without_ties;
  double below = 0;
  for (std::uint64_t k = 0; k < 2000; ++k) {
    const RankTest test = rank_test(with_ties(50, 2, k, 11), with_ties(80, 2, k, 12));
    z.push_back(test.z);
    without_ties.push_back((test.u - 2000) / std::sqrt(50.0 * 80 / 12 * 131));
    below += test.below < 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(mean_of(z).value, 0, kSigmas / std::sqrt(2000.0));
  EXPECT_NEAR(deviation_of(z), 1, kSigmas / std::sqrt(4000.0));
  EXPECT_GT(std::abs(deviation_of(without_ties) - 1), kSigmas / std::sqrt(4000.0)) << "ties overlooked: it shows";
  // False alarms at 5 %: lattice steps of u add at most a percent.
  EXPECT_NEAR(below / 2000, 0.05, 0.01 + kSigmas * std::sqrt(0.05 * 0.95 / 2000));
  std::vector<double> nearer = uniforms(200, 1, 13);
  for (double& v : nearer) v *= 0.7;
  const RankTest copying = rank_test(nearer, uniforms(200, 2, 13));
  EXPECT_LT(copying.z, -4);
  EXPECT_NEAR(copying.p, 2 * copying.below, 1e-18);
  EXPECT_GT(rank_test(uniforms(200, 2, 13), nearer).below, 0.9999);
}

TEST(MembershipArea, HasItsClosedFormAndTheErrorOfItsScatter) {
  // Exponentials of rates 3 and 2: the first lies below the second with probability 3/5.
  const auto exponentials = [](double rate, Index n, std::uint64_t which, std::uint32_t step) {
    std::vector<double> v = uniforms(n, which, step);
    for (double& x : v) x = -std::log(x) / rate;
    return v;
  };
  std::vector<double> off;
  for (std::uint64_t k = 0; k < 500; ++k) {
    const Estimate area = membership_area(exponentials(3, 120, k, 14), exponentials(2, 70, k, 15));
    EXPECT_EQ(area.n, 190);
    off.push_back(testing::sigmas(area, 0.6));
  }
  EXPECT_NEAR(mean_of(off).value, 0, kSigmas / std::sqrt(500.0) + 0.02);
  EXPECT_NEAR(deviation_of(off), 1, kSigmas / std::sqrt(1000.0) + 0.03);  // errors of 70 scatter by 1/sqrt(140)
  // An error from one side only, as if the other were known: it shows.
  std::vector<double> one_sided;
  for (double v : off) one_sided.push_back(v * std::sqrt(1 + 120.0 / 70));
  EXPECT_GT(deviation_of(one_sided) - 1, kSigmas / std::sqrt(1000.0) + 0.03);
  EXPECT_TRUE(std::isnan(membership_area(exponentials(1, 1, 0, 16), exponentials(1, 5, 0, 17)).standard_error));
}

}  // namespace
}  // namespace denoiscope::observables
