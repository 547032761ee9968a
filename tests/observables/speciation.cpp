// Times read off curves, pair times, the class tree and the guidance window.
#include "denoiscope/observables/speciation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "denoiscope/data/generated.hpp"
#include "denoiscope/theory/channel.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::Bench;
using testing::kSigmas;

std::vector<double> log_grid(double first, double last, int count) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) times.push_back(first * std::pow(last / first, i / (count - 1.0)));
  return times;
}

std::vector<Estimate> curve_of(const std::vector<double>& values, double error = 0.01) {
  std::vector<Estimate> curve;
  for (double v : values) curve.push_back({v, error, 100});
  return curve;
}

// On a line cubic and straight roots are the same, and the errors of neighbouring values, of one noise, add up.
TEST(Crossings, InterpolateInLogTime) {
  const std::vector<double> times = {0.01, 0.1, 1, 10, 100};
  const Crossing up = rise_through(times, curve_of({-0.2, 0.1, 0.4, 0.7, 1}), 0.55);
  ASSERT_TRUE(up.t);
  EXPECT_NEAR(*up.t, std::sqrt(10.0), 1e-12);
  EXPECT_NEAR(up.standard_error, *up.t * std::hypot(0.01 / 0.3, 0.02) * std::log(10.0), 1e-12);
  const Crossing down = last_fall_through(times, curve_of({1, 0.7, 0.4, 0.1, -0.2}), 0.25);
  EXPECT_NEAR(*down.t, std::sqrt(10.0), 1e-12);
  std::vector<Estimate> uneven = curve_of({-0.2, 0.1, 0.4, 0.7, 1});
  uneven[3].standard_error = 0;  // a quarter of the way the lower point has three quarters of the say
  EXPECT_NEAR(rise_through(times, uneven, 0.475).standard_error,
              std::pow(10.0, 0.25) * std::hypot(0.75 * 0.01 / 0.3, 0.02) * std::log(10.0), 1e-12);
}

// Curves as they occur, of a noise-free grid of six a decade: the cubic is nearer than the straight line, and the
// stated error, which is interpolation's alone, covers what is left.
TEST(Crossings, InterpolationFollowsTheCurveAndSaysWhatIsLeft) {
  double cubic_worst = 0, straight_worst = 0;
  for (const double centre : {0.1, 0.13, 0.17, 0.2})
    for (const double level : {0.05, 0.2, 0.5, 0.8}) {
      const auto f = [&](double t) { return std::pow(t / centre, 3) / (1 + std::pow(t / centre, 3)); };
      const double exact = centre * std::cbrt(level / (1 - level));
      const std::vector<double> times = log_grid(0.01, 1, 13);
      std::vector<double> values;
      for (double t : times) values.push_back(f(t));
      const Crossing found = rise_through(times, curve_of(values, 0), level);
      const auto after = std::upper_bound(times.begin(), times.end(), exact) - times.begin();
      const double share = (level - values[after - 1]) / (values[after] - values[after - 1]),
                   straight = times[after - 1] * std::pow(times[after] / times[after - 1], share);
      EXPECT_LT(std::abs(*found.t - exact), found.standard_error + 1e-9) << centre << ' ' << level;
      cubic_worst = std::max(cubic_worst, std::abs(*found.t / exact - 1));
      straight_worst = std::max(straight_worst, std::abs(straight / exact - 1));
    }
  EXPECT_LT(cubic_worst, 0.25 * straight_worst) << cubic_worst << ' ' << straight_worst;
}

TEST(Crossings, LieAnywhereBesideAValueThatIsNotFinite) {
  const Crossing found = last_fall_through({1, 10, 100}, curve_of({kInfinity, 0.4, 0.1}), 0.5);
  EXPECT_NEAR(*found.t, std::sqrt(10.0), 1e-12);
  EXPECT_NEAR(found.standard_error, *found.t * std::log(10.0) / std::sqrt(12.0), 1e-12);
}

// Roots of 400 noisy curves scatter by the stated error (known to 1/sqrt(800): 3 of these), where values at different
// times share their noise; by errors that add up as squares they would scatter by 1.37 times what is stated.
TEST(Crossings, ScatterAsStated) {
  const std::vector<double> times = log_grid(0.1, 10, 11);
  std::vector<double> roots, u(1);
  double stated = 0;
  for (std::uint64_t draw = 0; draw < 400; ++draw) {
    Noise(5).normal(Stream::query, draw, 0, u);
    std::vector<double> values;
    for (double t : times) values.push_back(0.5 + 0.4 * std::tanh(std::log(t / 1.27)) + 0.02 * u[0]);
    const Crossing found = rise_through(times, curve_of(values, 0.02), 0.5);
    roots.push_back(*found.t);
    stated += found.standard_error / 400;
  }
  EXPECT_LT(std::abs(deviation_of(roots) / stated - 1), 3 / std::sqrt(800.0));
}

TEST(Crossings, TakeTheFirstRiseAndTheLastFall) {
  const std::vector<double> times = {1, 2, 3, 4, 5};
  EXPECT_LT(*rise_through(times, curve_of({0, 1, 0, 1, 1}), 0.5).t, 2);
  EXPECT_GT(*last_fall_through(times, curve_of({1, 0, 1, 1, 0}), 0.5).t, 4);
}

TEST(Crossings, SayWhyThereIsNone) {
  const std::vector<double> times = {0.5, 1, 2};
  EXPECT_EQ(rise_through(times, curve_of({0.6, 0.7, 0.8}), 0.05).reason, "already above 0.05 at the smallest time 0.5");
  EXPECT_EQ(rise_through(times, curve_of({0, 0, 0}), 0.05).reason, "below 0.05 at every time up to 2");
  EXPECT_EQ(rise_through(times, curve_of({kNaN, kNaN, kNaN}), 0.05).reason, "below 0.05 at every time up to 2");
  EXPECT_EQ(last_fall_through(times, curve_of({1, 1, 1}), 0.5).reason, "still above 0.5 at the largest time 2");
  EXPECT_EQ(last_fall_through(times, curve_of({0, 0, 0}), 0.5).reason, "below 0.5 at every time from 0.5");
  for (const Crossing& c :
       {rise_through(times, curve_of({0, 0, 0}), 0.05), last_fall_through(times, curve_of({1, 1, 1}), 0.5)}) {
    EXPECT_FALSE(c.t);
    EXPECT_TRUE(std::isnan(c.standard_error));
  }
}

struct Odds {
  std::vector<double> mean, deviation;
};
// Two Gaussian classes that balance at t0: kappa = e^{-(t-t0)}, A = 2 kappa^2, B = 2 kappa.
Odds gaussian_odds(const std::vector<double>& times, double t0) {
  Odds odds;
  for (double t : times) {
    const double kappa = std::exp(t0 - t);
    odds.mean.push_back(2 * kappa * kappa);
    odds.deviation.push_back(2 * kappa);
  }
  return odds;
}

std::vector<double> normal(const std::vector<double>& times) { return std::vector<double>(times.size(), 1.5); }

TEST(BalanceTime, IsExactWhereMeansDiffer) {  // log(A/B) = t0 - t is linear: rounding only, on any grid
  for (const std::vector<double>& times : {log_grid(0.01, 6, 24), std::vector<double>{0.5, 4.0}})
    for (double t0 : {0.6, 1.3862943611, 2.9}) {
      const Odds odds = gaussian_odds(times, t0);
      const Crossing c = balance_time(times, odds.mean, odds.deviation, normal(times), 600);
      ASSERT_TRUE(c.t);
      EXPECT_NEAR(*c.t, t0, 1e-12);
      EXPECT_NEAR(c.standard_error, std::sqrt(1.5 / 600), 1e-12);  // slope -1
    }
}

TEST(BalanceTime, TakesTheLargestRoot) {
  const std::vector<double> times = {0.1, 1, 2, 3};
  const Crossing c = balance_time(times, {2, 0.5, 2, 0.5}, {1, 1, 1, 1}, normal(times), 100);
  EXPECT_NEAR(*c.t, 2.5, c.standard_error);  // in the last interval, where the cubic comes from a turn
  EXPECT_LT(c.standard_error, 0.2);
}

TEST(BalanceTime, BridgesAMeanThatNoiseMadeNegative) {
  const std::vector<double> times = {1, 2, 3};
  Odds odds = gaussian_odds(times, 1.4);
  odds.mean[1] = -0.01;
  const Crossing c = balance_time(times, odds.mean, odds.deviation, normal(times), 100);
  ASSERT_TRUE(c.t);
  EXPECT_NEAR(*c.t, 1.4, 1e-12) << "with the slope -1 of classes whose means differ";
  odds = gaussian_odds(times, 2.4);  // by that slope after t = 2, where A is already negative: then at most there
  odds.mean[1] = -0.01;
  EXPECT_NEAR(*balance_time(times, odds.mean, odds.deviation, normal(times), 100).t, 2.0, 1e-12);
}

TEST(BalanceTime, SaysWhyThereIsNoRoot) {
  const std::vector<double> times = {0.2, 1, 3};
  const auto reason = [&](std::vector<double> a, std::vector<double> b, Index n) {
    const Crossing c = balance_time(times, a, b, normal(times), n);
    EXPECT_FALSE(c.t);
    EXPECT_EQ(c.always, a.back() > b.back());
    return c.reason;
  };
  EXPECT_EQ(reason({0.5, 0.8, 0.1}, {1, 1, 1}, 100),
            "no root: mean log-odds reaches at most 0.80 of its deviation (at t = 1)");
  EXPECT_EQ(reason({5, 4, 3}, {1, 1, 1}, 100), "classes are already resolved at the largest time 3");
  EXPECT_EQ(reason({5, kNaN, 0.1}, {1, kNaN, 1}, 100), "a class has no other member to leave in");
  EXPECT_EQ(reason({5, 1, 0.1}, {1, 1, 1}, 15), "only 15 queries from a class; raise --queries");
}

// The stated error is that of samples: over 400 draws of n = 200 log-odds, roots scatter by sqrt(1.5/n) (the deviation
// of 400 draws is known to 1/sqrt(800), and the law is normal to higher order in 1/n).
TEST(BalanceTime, ScattersAsStated) {
  const std::vector<double> times = {0.5, 1.5};
  const Odds truth = gaussian_odds(times, 1.0);
  std::vector<double> roots;
  double stated = 0;
  for (std::uint64_t draw = 0; draw < 400; ++draw) {
    std::vector<double> z(200);  // one noise for all times, as queries have
    Noise(21).normal(Stream::query, draw, 0, z);
    Odds odds;
    for (std::size_t i = 0; i < 2; ++i) {
      std::vector<double> sample;
      for (double v : z) sample.push_back(truth.mean[i] + truth.deviation[i] * v);
      odds.mean.push_back(mean_of(sample).value);
      odds.deviation.push_back(deviation_of(sample));
    }
    const Crossing c = balance_time(times, odds.mean, odds.deviation, normal(times), 200);
    ASSERT_TRUE(c.t);
    roots.push_back(*c.t);
    stated += c.standard_error / 400;
  }
  EXPECT_LT(std::abs(deviation_of(roots) / stated - 1), kSigmas / std::sqrt(800.0));
  EXPECT_LT(std::abs(mean_of(roots).value - 1), kSigmas * stated / 20 + 0.01);
  EXPECT_GT(std::abs(deviation_of(roots) / (stated * std::sqrt(2 / 1.5)) - 1), 0.05);
}

// A pair that merges at `own` without the queries' own data and at `machine` with them (none: no root).
ClassPair pair(Index a, Index b, std::optional<double> own, std::optional<double> machine) {
  const auto version = [](std::optional<double> t) {
    PairTimes p;
    p.ab = p.ba = p.both = {t, t ? 0.01 : kNaN, t ? "" : "no root"};
    return p;
  };
  return {a, b, version(machine), version(own)};
}
ClassPair pair(Index a, Index b, double t) { return pair(a, b, t, t); }

TEST(ClassTree, LinksByTheAverage) {
  const std::vector<Merge> tree =
      class_tree({pair(0, 1, 1), pair(0, 2, 3), pair(0, 3, 4), pair(1, 2, 5), pair(1, 3, 6), pair(2, 3, 0.5)}, 4, 6.0);
  ASSERT_EQ(tree.size(), 3u);
  EXPECT_EQ((std::set<Index>{tree[0].a, tree[0].b}), (std::set<Index>{2, 3}));
  EXPECT_DOUBLE_EQ(tree[0].t, 0.5);
  EXPECT_EQ((std::set<Index>{tree[1].a, tree[1].b}), (std::set<Index>{0, 1}));
  EXPECT_DOUBLE_EQ(tree[1].t, 1.0);
  EXPECT_EQ((std::set<Index>{tree[2].a, tree[2].b}), (std::set<Index>{4, 5}));
  EXPECT_DOUBLE_EQ(tree[2].t, 4.5);  // (3 + 4 + 5 + 6)/4
  for (const Merge& m : tree) EXPECT_EQ(m.basis, Basis::leave_one_out);
}

TEST(ClassTree, SaysOnWhatATimeRests) {
  const std::vector<Merge> tree =
      class_tree({pair(0, 1, std::nullopt, 0.9), pair(0, 2, 2.0, 2.4), pair(1, 2, 2.2, 2.2)}, 3, 6.0);
  EXPECT_DOUBLE_EQ(tree[0].t, 0.9) << "the perfect machine's alone";
  EXPECT_EQ(tree[0].basis, Basis::empirical);
  EXPECT_DOUBLE_EQ(tree[1].t, 2.2) << "the middle of the two versions, averaged over pairs";
  EXPECT_EQ(tree[1].basis, Basis::between);
  const Merge own = class_tree({pair(0, 1, 2.0, 2.05)}, 2, 6.0)[0];
  EXPECT_EQ(own.basis, Basis::leave_one_out);
  EXPECT_DOUBLE_EQ(own.t, 2.0) << "what it is called";
}

TEST(ClassTree, PlacesPairsWithoutRootsAtTheEnds) {
  ClassPair resolved = pair(0, 1, std::nullopt, std::nullopt);
  for (PairTimes* p : {&resolved.as_is, &resolved.left_out}) p->ab.always = p->ba.always = true;
  EXPECT_DOUBLE_EQ(class_tree({resolved}, 2, 6.0)[0].t, 6.0);
  EXPECT_DOUBLE_EQ(class_tree({pair(0, 1, std::nullopt, std::nullopt)}, 2, 6.0)[0].t, 0.0);
}

TEST(ClassTree, OfThePlantedMixtureIsTheOnePlanted) {
  const Bench bench(data::three_level_mixture(), 2048);
  const std::vector<ClassPair> pairs = pair_times(bench.measure(log_grid(0.3, 4, 14)), 8);
  ASSERT_EQ(pairs.size(), 28u);
  const auto truth = [](Index a, Index b) {  // kappa = 1
    return std::log(
        0.5 * (data::three_level_centre(static_cast<int>(a)) - data::three_level_centre(static_cast<int>(b))).norm());
  };
  double largest_error = 0;
  for (const ClassPair& p : pairs) {
    const bool siblings = p.a / 2 == p.b / 2;
    if (siblings) {
      // Their time, 0.69, is below the collapse of 512 data, 0.87: the own datum makes the perfect machine sure too
      // early on the way down, without it the data know too little. The population's time lies between.
      EXPECT_GT(*p.as_is.both.t, truth(p.a, p.b) - kSigmas * p.as_is.both.standard_error);
      EXPECT_LT(p.left_out.both.t.value_or(0), truth(p.a, p.b));
    } else {
      ASSERT_TRUE(p.left_out.both.t);
      EXPECT_NEAR(*p.left_out.both.t, truth(p.a, p.b), kSigmas * p.left_out.both.standard_error);
      largest_error = std::max(largest_error, p.left_out.both.standard_error);
    }
  }
  EXPECT_LT(largest_error, 0.07);  // levels are 0.7 apart

  const std::vector<Merge> tree = class_tree(pairs, 8, 4);
  ASSERT_EQ(tree.size(), 7u);
  std::vector<std::set<Index>> members;
  for (Index c = 0; c < 8; ++c) members.push_back({c});
  for (std::size_t i = 0; i < 7; ++i) {
    std::set<Index> both = members[tree[i].a];
    both.insert(members[tree[i].b].begin(), members[tree[i].b].end());
    members.push_back(both);
    const std::size_t size = i < 4 ? 2 : i < 6 ? 4 : 8;
    ASSERT_EQ(both.size(), size);
    EXPECT_EQ(*both.rbegin() - *both.begin(), static_cast<Index>(size) - 1) << "a branch holds successive classes";
    EXPECT_EQ(*both.begin() % static_cast<Index>(size), 0);
    // A merge is an average of pair times, none of which errs by more than largest_error; for siblings see above.
    const Index first = *both.begin();
    const double expected = truth(first, first + static_cast<Index>(size / 2));
    EXPECT_NEAR(tree[i].t, expected, i < 4 ? 0.3 : kSigmas * largest_error);
    EXPECT_EQ(tree[i].basis == Basis::leave_one_out, i >= 4);
  }
}

TEST(GuidanceWindow, IsWhereTheSameClassProbabilityRises) {
  const std::vector<double> times = log_grid(0.01, 6, 600);  // steps of 1 % in t: interpolation errs by 1e-4 or less
  std::vector<double> phi;
  for (double t : times) phi.push_back(theory::same_class(8 * std::exp(-t)));
  const GuidanceWindow window = guidance_window(times, curve_of(phi), 0.5);
  const auto time_of = [](double share) { return std::log(8 / theory::kappa_for_same_class(0.5 + 0.5 * share)); };
  ASSERT_TRUE(window.high.t && window.low.t);
  EXPECT_NEAR(*window.high.t, time_of(0.05), 1e-3);
  EXPECT_NEAR(*window.low.t, time_of(0.95), 1e-3);
  EXPECT_GT(*window.high.t, *window.low.t);
  // The error is that of phi over its slope; two neighbours of independent error 0.01 leave 0.01/sqrt(2) to 0.01.
  const double slope = (theory::same_class(8 * std::exp(-*window.low.t - 0.01)) -
                        theory::same_class(8 * std::exp(-*window.low.t + 0.01))) /
                       0.02;
  EXPECT_GT(window.low.standard_error, 0.7 * 0.01 / std::abs(slope));
  EXPECT_LT(window.low.standard_error, 1.05 * 0.01 / std::abs(slope));
}

TEST(GuidanceWindow, OfAFlatCurveIsNone) {
  const GuidanceWindow window = guidance_window({0.1, 1, 6}, curve_of({0.5, 0.5, 0.5}), 0.5);
  EXPECT_FALSE(window.high.t);
  EXPECT_FALSE(window.low.t);
  EXPECT_NE(window.high.reason, "");
}

}  // namespace
}  // namespace denoiscope::observables
