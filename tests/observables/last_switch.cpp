// Last switches against backward paths that are made the other way, and an independent number.
#include "denoiscope/observables/last_switch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "denoiscope/data/duplicates.hpp"
#include "denoiscope/dynamics/bridge.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;
using testing::normals;

std::vector<std::uint64_t> names(Index m) {
  std::vector<std::uint64_t> out(m);
  std::iota(out.begin(), out.end(), std::uint64_t{0});
  return out;
}

std::vector<double> even_times(double step, int many) {
  std::vector<double> out;
  for (int k = 1; k <= many; ++k) out.push_back(step * k);
  return out;
}

LastSwitches measure(const Dataset& data, const std::vector<double>& times, Index m, std::uint64_t seed = 1) {
  return last_switches(data, Empirical(data, {}, 1), data::first_equal(data), times, names(m), Noise(seed));
}

// The same by backward paths from noise: all saved times from the largest to the smallest, nearest data kept.
std::vector<double> backward(const Dataset& data, const std::vector<double>& times, Index m, std::uint64_t seed) {
  const Empirical model(data, {}, 1);
  Bridge bridge(model, times.back(), Noise(seed), names(m));
  std::vector<double> out(m, times.back());
  std::vector<Index> before(m, -1);
  Wanted what;
  what.neighbours = true;
  for (std::size_t k = times.size(); k-- > 0;) {
    bridge.step(times[k]);
    Summary summary;
    model.summarize(times[k], bridge.points(), what, summary);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Index nearest = summary.nearest(static_cast<Index>(i), 0);
      if (before[i] >= 0 && nearest != before[i]) out[i] = times[k];
      before[i] = nearest;
    }
  }
  return out;
}

double joint_sigmas(const Estimate& a, const Estimate& b) {
  return std::abs(a.value - b.value) / std::hypot(a.standard_error, b.standard_error);
}

// 100 standard normals in d = 8, saved times 0.05 apart, on average over data sets: 0.28 by an independent Monte Carlo
// of 2000 trajectories (t_C is 0.190). Errors: ours from the means of 40 data sets, so that their scatter is in it;
// half a unit of the last digit that is given; and 0.004, the deviation of one trajectory (0.16) over sqrt(2000).
TEST(LastSwitch, IsWhereAnIndependentMonteCarloHasIt) {
  const auto over_data_sets = [](double deviation) {
    std::vector<double> means;
    for (std::uint64_t seed = 0; seed < 40; ++seed)
      means.push_back(
          mean_of(measure(Dataset::from_rows(normals(100, 8, 100 + seed, deviation)), even_times(0.05, 100), 100).t)
              .value);
    return mean_of(means);
  };
  const auto off = [](const Estimate& e) {
    return (std::abs(e.value - 0.28) - 0.005) / std::hypot(e.standard_error, 0.004);
  };
  const Estimate mean = over_data_sets(1);
  EXPECT_LT(off(mean), kSigmas) << mean.value << " +- " << mean.standard_error;
  EXPECT_LT(mean.standard_error, 0.005);
  EXPECT_GT(off(over_data_sets(1.3)), kSigmas);  // data of another width are seen
}

TEST(LastSwitch, IsThatOfBackwardPathsFromNoise) {
  const Dataset data = Dataset::from_rows(normals(100, 8, 3));
  // The second grid begins where many trajectories are not yet nearest to the datum that they end on.
  for (const double first : {0.0, 0.25}) {
    std::vector<double> times = even_times(0.05, 60);
    for (double& t : times) t += first;
    const LastSwitches found = measure(data, times, 3000);
    const std::vector<double> made = backward(data, times, 3000, 2);
    const Estimate up = mean_of(found.t), down = mean_of(made);
    EXPECT_LT(joint_sigmas(up, down), kSigmas) << up.value << " " << down.value;
    EXPECT_LT(up.standard_error, 0.006);
    if (first > 0) {
      EXPECT_GT(found.below, 1000);
    }
    // Broken: the time before the last change instead of the one after it.
    std::vector<double> before = made;
    for (double& t : before) t += 0.05;
    EXPECT_GT(joint_sigmas(up, mean_of(before)), kSigmas);
  }
}

TEST(LastSwitch, OfATrajectoryDoesNotDependOnItsCompanionsOrTheUpperEnd) {
  const Dataset data = Dataset::from_rows(normals(60, 5, 4));
  const std::vector<double> times = even_times(0.05, 60);
  const LastSwitches all = measure(data, times, 40);
  const std::vector<std::uint64_t> some = {7, 31};
  const LastSwitches two = last_switches(data, Empirical(data, {}, 1), data::first_equal(data), times, some, Noise(1));
  EXPECT_EQ(two.t[0], all.t[7]);
  EXPECT_EQ(two.t[1], all.t[31]);
  const std::vector<double> longer = even_times(0.05, 80);
  const LastSwitches more = measure(data, longer, 40);
  for (std::size_t i = 0; i < all.t.size(); ++i)
    if (all.t[i] < times.back()) {
      EXPECT_EQ(more.t[i], all.t[i]);
    }
}

TEST(LastSwitch, CountsEqualRowsAsOneAndSaysWhoNeverChanged) {
  RowMatrix twice(6, 3);
  twice << normals(3, 3, 5), normals(3, 3, 5);
  const std::vector<double> times = even_times(0.05, 60);
  const Dataset data = Dataset::from_rows(twice), once = Dataset::from_rows(normals(3, 3, 5));
  const Estimate two = mean_of(measure(data, times, 2000, 8).t), one = mean_of(measure(once, times, 2000, 9).t);
  EXPECT_LT(joint_sigmas(two, one), kSigmas);
  // As data of their own, ties would switch at every step: with every row itself, the nearest of two equal rows is the
  // first, and half of the trajectories begin on the second.
  std::vector<Index> themselves = {0, 1, 2, 3, 4, 5};
  const LastSwitches apart = last_switches(data, Empirical(data, {}, 1), themselves, times, names(2000), Noise(8));
  EXPECT_GT(apart.below, 500);
  const LastSwitches alone = measure(Dataset::from_rows(normals(1, 3, 6)), times, 10);
  EXPECT_EQ(alone.never, 10);
  EXPECT_EQ(*std::min_element(alone.t.begin(), alone.t.end()), times.back());
}

}  // namespace
}  // namespace denoiscope::observables
