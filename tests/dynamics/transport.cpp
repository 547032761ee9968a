// Driven wells whose walkers are carried along: the perfect drift leaves one work to all, any other drift keeps the
// weights exact.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/dynamics/annealed.hpp"

namespace denoiscope {
namespace {

constexpr double kAlarm = 4.9;               // standard errors: two-sided false-alarm rate 1e-6 a statistic
const double kGrowth = 0.5 * std::log(4.0);  // of the free energy of a well whose stiffness grows from 1 to 4

Driven driven(const Protocol& protocol, Index m, Index steps, const Transport* transport,
              LangevinStepper stepper = LangevinStepper::mala, Index d = 1) {
  std::vector<std::uint64_t> names(m);
  std::iota(names.begin(), names.end(), std::uint64_t{0});
  return drive(protocol, {stepper, 1, 0.1, 1}, d, steps, Noise(5), names, transport);
}

WeightedMean jarzynski(const Driven& run) {
  std::vector<double> log_weight(run.work.size());
  std::transform(run.work.begin(), run.work.end(), log_weight.begin(), [](double w) { return -w; });
  return weighted(log_weight);
}

double z_of(const WeightedMean& mean, double expected) {
  return std::abs(mean.log_mean_weight - expected) / mean.standard_error;
}

// y = x + v dt lies in the next well where x lay in this one, at any step: what is left is rounding.
TEST(Transport, ADraggedWellThatCarriesItsWalkersDoesNoWork) {
  const Transport along = dragged_transport(1.5), astray = dragged_transport(1.4);
  const auto most = [](const Driven& run) {
    return std::abs(*std::max_element(run.work.begin(), run.work.end(),
                                      [](double a, double b) { return std::abs(a) < std::abs(b); }));
  };
  for (const Index steps : {4, 200}) {
    EXPECT_LT(most(driven(dragged_well(2, 1.5, 1), 500, steps, &along, LangevinStepper::mala, 3)), 1e-12);
    EXPECT_GT(most(driven(dragged_well(2, 1.5, 1), 500, steps, &astray, LangevinStepper::mala, 3)), 1e-2);
  }
}

// Along b = -x k'/2k every walker has the free energy for its work, up to the square of the step in each step: the
// spread halves with the step, and is far below that without a drift.
TEST(Transport, ARampThatCarriesItsWalkersHasOneWork) {
  const Transport along = ramp_transport(1, 4, 1);
  const auto spread = [&](Index steps, const Transport* transport) {
    return deviation_of(driven(stiffness_ramp(1, 4, 1), 500, steps, transport).work);
  };
  const double coarse = spread(100, &along), fine = spread(200, &along);
  EXPECT_NEAR(coarse / fine, 2, 0.3);  // 500 walkers know each of them to 3 %
  EXPECT_LT(fine, 1e-2);
  EXPECT_GT(spread(200, nullptr), 0.3);
  const Driven run = driven(stiffness_ramp(1, 4, 1), 500, 200, &along);
  EXPECT_NEAR(mean_of(run.work).value, kGrowth, 5e-3);  // one step's error is of its square: 200 / 200^2, times O(1)
}

// Null: e^{-W} averages to e^{-growth} for any drift with mala, in long steps too; |z| < 4.9, 4 statistics. Broken
// variants: the stretch db/dx counted with the wrong sign, left out, and the drift left out of the move only (as a
// slope without a drift).
TEST(Transport, WeightsAreExactForAnyDrift) {
  const Index m = 20000;
  const Transport along = ramp_transport(1, 4, 1);
  const Transport half = {[&](double x, double t) { return 0.5 * along.drift(x, t) + 0.3; },
                          [&](double x, double t) { return 0.5 * along.slope(x, t); }};
  const Transport bent = {[](double x, double) { return -0.4 * std::tanh(x); },
                          [](double x, double) { return -0.4 / std::pow(std::cosh(x), 2); }};
  const Protocol ramp = stiffness_ramp(1, 4, 1);
  for (const Transport* transport : {static_cast<const Transport*>(nullptr), &along, &half, &bent})
    EXPECT_LT(z_of(jarzynski(driven(ramp, m, 8, transport)), -kGrowth), kAlarm);
  const Transport wrong_sign = {along.drift, [&](double x, double t) { return -along.slope(x, t); }};
  const Transport without_stretch = {along.drift, [](double, double) { return 0.0; }};
  const Transport without_drift = {[](double, double) { return 0.0; }, along.slope};
  for (const Transport* transport : {&wrong_sign, &without_stretch, &without_drift})
    EXPECT_GT(z_of(jarzynski(driven(ramp, m, 8, transport)), -kGrowth), kAlarm);
}

TEST(Transport, RefusesToFoldTheLine) {
  const Transport fold = {[](double x, double) { return -6 * x; }, [](double, double) { return -6.0; }};
  EXPECT_THROW(driven(dragged_well(1, 1, 1), 3, 5, &fold), UsageError);
  EXPECT_NO_THROW(driven(dragged_well(1, 1, 1), 3, 7, &fold));
  EXPECT_THROW(ramp_transport(1, 4, 0), UsageError);
}

}  // namespace
}  // namespace denoiscope
