// The grid that spends its steps where the class is decided, and what it saves.
#include "denoiscope/dynamics/critical_grid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/backward.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr double kWeight = 0.8, kFrom = 8, kTo = 0.01;
const GaussianMixture kPair = symmetric_mixture(1, 256, 1, kWeight);  // t_S = log 16 = 2.77

TEST(CriticalGrid, IsAGridWithItsEnds) {
  for (const char* base : {"log", "linear", "karras"})
    for (const int steps : {1, 2, 7, 300}) {
      const std::vector<double> times = critical_grid(kPair, kFrom, kTo, steps, Noise(1), {base, 0.7});
      ASSERT_EQ(times.size(), static_cast<std::size_t>(steps) + 1);
      EXPECT_EQ(times.front(), kFrom);
      EXPECT_EQ(times.back(), kTo);
      EXPECT_TRUE(std::is_sorted(times.rbegin(), times.rend()));
      EXPECT_EQ(std::adjacent_find(times.begin(), times.end()), times.end()) << base << " " << steps;
    }
}

TEST(CriticalGrid, StepsCrowdWhereTheClassIsDecided) {
  const auto within = [](const std::vector<double>& times) {  // of an OU time of 1 around t_S
    return std::count_if(times.begin(), times.end(), [](double t) { return std::abs(t - std::log(16.0)) < 1; });
  };
  const auto base = within(time_grid("log", kFrom, kTo, 100)),
             mine = within(critical_grid(kPair, kFrom, kTo, 100, Noise(1), {"log"}));
  EXPECT_LT(base, 15);
  EXPECT_GT(mine, 40);  // three quarters of the entropy fall there, by half of the steps
}

TEST(CriticalGrid, WithoutClassesOrShareItIsTheBaseGrid) {
  const GaussianMixture one = gaussian(Vector::Zero(2), 1.0), same = orthogonal_mixture(2, 2, 0, 1);
  const std::vector<double> base = time_grid("karras", kFrom, kTo, 20);
  EXPECT_EQ(critical_grid(one, kFrom, kTo, 20, Noise(1)), base);
  EXPECT_EQ(critical_grid(same, kFrom, kTo, 20, Noise(1)), base);  // its entropy stays at log 2
  EXPECT_EQ(critical_grid(kPair, kFrom, kTo, 20, Noise(1), {"karras", 0}), base);
}

// Share of paths that end in the class of weight kWeight, less that weight, after 20 steps from the exact law at kFrom.
double misplaced(const std::vector<double>& times, const char* stepper) {
  constexpr Index paths = 20000;
  std::vector<std::uint64_t> names(paths);
  std::iota(names.begin(), names.end(), 0);
  RowMatrix x0(paths, 1), z(paths, 1);
  kPair.sample_prior(Noise(3), {Stream::prior, names, 0}, x0, {});
  Noise(3).normal({Stream::query, names, 0}, z);
  Backward walk(kPair, find_stepper(stepper), kFrom, std::exp(-kFrom) * x0 + std::sqrt(noise_variance(kFrom)) * z,
                normals_by_name(Noise(3), names));
  for (std::size_t k = 1; k < times.size(); ++k) walk.step(times[k]);
  return static_cast<double>((walk.points().array() > 0).count()) / paths - kWeight;
}

// An independent program with 200,000 paths found 0.065, 0.033, 0.044 (SDE) and 0.033, 0.012, 0.017 (ODE) on the log,
// linear and Karras grids, 0.018 and 0.010 on the one that follows log. Sampling error 0.003.
TEST(CriticalGrid, TakesFewerPathsToTheWrongClass) {
  const std::vector<double> mine = critical_grid(kPair, kFrom, kTo, 20, Noise(2), {"log"});
  for (const char* stepper : {"ddpm-tilde", "ddim"}) {
    const bool sde = std::string_view(stepper) == "ddpm-tilde";
    const double found = misplaced(mine, stepper);
    EXPECT_NEAR(found, sde ? 0.0175 : 0.0098, 0.014) << stepper;
    EXPECT_GT(misplaced(time_grid("log", kFrom, kTo, 20), stepper), 2 * found) << stepper;
  }
  // Karras, the usual base, gains too; both grids walk the same paths.
  EXPECT_GT(misplaced(time_grid("karras", kFrom, kTo, 20), "ddim"),
            1.3 * misplaced(critical_grid(kPair, kFrom, kTo, 20, Noise(2)), "ddim"));
}

TEST(CriticalGrid, MistakesAreNamed) {
  EXPECT_THROW(critical_grid(kPair, kFrom, kTo, 0, Noise(1)), UsageError);
  EXPECT_THROW(critical_grid(kPair, kFrom, 0, 9, Noise(1), {"linear"}), UsageError);
  EXPECT_THROW(critical_grid(kPair, kFrom, kTo, 9, Noise(1), {"logg"}), UsageError);
  EXPECT_THROW(critical_grid(kPair, kFrom, kTo, 9, Noise(1), {"log", 1}), UsageError);
  EXPECT_THROW(critical_grid(kPair, kFrom, kTo, 9, Noise(1), {"log", 0.5, 0}), UsageError);
}

}  // namespace
}  // namespace denoiscope
