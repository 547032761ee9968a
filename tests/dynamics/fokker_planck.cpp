// The Fokker-Planck equation by finite volumes, held to published-precision tables, to closed forms of the harmonic
// well and to the second law.
#include "denoiscope/dynamics/fokker_planck.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/base/error.hpp"

namespace denoiscope {
namespace {

Potential named(const char* name, std::vector<std::string> settings = {}) {
  return make_potential(name, settings).energy;
}

const Potential kDoubleWell = named("double-well");

// Digits of an independent computation: Richardson-extrapolated finite volumes; a unit of the last digit each.
struct Row {
  double T, reach, first, second, third, kramers, ratio, over, to_top;
  double unit_first, unit_ratio, unit_over, unit_top;
};
const Row kTable[] = {
    {0.25, 3.5, 0.1871704181, 1.50102842, 2.91517389, 0.1656039316, 1.13023, 14.277737, 5.7434371, 1e-10, 1e-5, 1e-6,
     1e-7},
    {0.10, 2.6, 0.0335452873, 0.92737210, 1.68026377, 0.0369512318, 0.90783, 66.268626, 30.821302, 1e-10, 1e-5, 1e-6,
     1e-6},
    {0.05, 2.6, 0.0027761406, 0.82224712, 1.31415532, 0.0030331418, 0.91527, 729.67069, 361.90376, 1e-10, 1e-5, 1e-5,
     1e-5},
    {0.04, 2.6, 0.0008087442, 0.83896066, 1.30384899, 0.0008690097, 0.93065, 2483.0254, 1238.4012, 1e-10, 1e-5, 1e-4,
     1e-4},
    {0.03, 2.6, 0.0001026970, 0.87878573, 1.37011473, 0.0001082043, 0.94910, 19485.818, 9739.571, 1e-10, 1e-5, 1e-3,
     1e-3},
    {0.025, 2.6, 0.0000195893, 0.90424312, 1.45452684, 0.0000204371, 0.95851, 102108.37, 51050.703, 1e-10, 1e-5, 1e-2,
     1e-3},
};

TEST(FokkerPlanck, DoubleWellTable) {
  for (const Row& row : kTable) {
    const auto modes = extrapolated_spectrum(kDoubleWell, row.T, {-row.reach, row.reach}, 3000, 3);
    EXPECT_NEAR(modes[0], row.first, row.unit_first) << row.T;
    EXPECT_NEAR(modes[1], row.second, 1e-8) << row.T;
    EXPECT_NEAR(modes[2], row.third, 1e-8) << row.T;
    const double rate = kramers(kDoubleWell, row.T)->relaxation();
    EXPECT_NEAR(rate, row.kramers, 1e-10) << row.T;
    EXPECT_NEAR(modes[0] / rate, row.ratio, row.unit_ratio) << row.T;
    EXPECT_NEAR(first_passage_time(kDoubleWell, row.T, -1, 1), row.over, row.unit_over) << row.T;
    EXPECT_NEAR(first_passage_time(kDoubleWell, row.T, -1, 0), row.to_top, row.unit_top) << row.T;
  }
}

TEST(FokkerPlanck, OtherGaps) {
  const auto near = [](const Potential& energy, LineInterval range, std::initializer_list<double> expected) {
    const auto modes = extrapolated_spectrum(energy, 1, range, 3000, static_cast<Index>(expected.size()));
    std::size_t k = 0;
    for (const double value : expected) EXPECT_NEAR(modes[k++], value, 1e-8);
  };
  near(named("quartic"), reach(named("quartic"), 40), {1.36859252, 4.45370916, 8.25969372, 12.75806953});
  const Potential landau = named("landau", {"r=-2", "u=4"});  // x^4 - x^2
  near(landau, reach(landau, 40), {1.58417685, 7.09777836, 13.68709693});
}

TEST(FokkerPlanck, CoarseGridsAsTabulated) {
  const auto first = [](double T) { return FokkerPlanck(kDoubleWell, T, {-2.6, 2.6}, 200).spectrum(1)[0]; };
  EXPECT_NEAR(first(0.1), 0.0335572295, 1e-10);
  EXPECT_NEAR(first(0.05), 0.0027786976, 1e-10);
  const auto ou = FokkerPlanck(named("harmonic"), 1, {-8, 8}, 400).spectrum(3);
  EXPECT_NEAR(ou[0], 0.999733376, 1e-9);
  EXPECT_NEAR(ou[1], 1.9992002133, 1e-10);
  EXPECT_NEAR(ou[2], 2.9984005973, 1e-10);
}

TEST(FokkerPlanck, QuadraticWellEvolvesAsTabulated) {
  const FokkerPlanck grid(named("harmonic", {"k=2"}), 0.5, {-4, 4}, 400);
  Vector mass = grid.gaussian(1, 0.04);
  grid.advance(mass, 0.1, 2000, ImplicitStepper::sdirk2);
  EXPECT_NEAR(grid.mean(mass), 0.81877441, 1e-8);
  EXPECT_NEAR(grid.variance(mass), 0.10924602, 1e-8);
  grid.advance(mass, 0.9, 9000, ImplicitStepper::sdirk2);
  EXPECT_NEAR(grid.mean(mass), 0.13540747, 1e-8);
  EXPECT_NEAR(grid.variance(mass), 0.24615734, 1e-8);
  EXPECT_NEAR(mass.sum(), 1, 1e-12);
}

TEST(FokkerPlanck, StationaryLawHoldsInDetailedBalanceAtAnyStep) {
  for (const char* name : {"harmonic", "double-well", "quartic"}) {
    const Potential energy = named(name);
    const FokkerPlanck grid(energy, 0.05, reach(energy, 2), 101);
    const Vector& pi = grid.stationary();
    for (Index i = 0; i + 1 < grid.cells(); ++i)  // three roundings a side
      EXPECT_NEAR(pi[i] * grid.right()[i], pi[i + 1] * grid.left()[i + 1], 1e-13 * pi[i] * grid.right()[i]);
    for (const double time : {1e-3, 1.0, 1e6})
      for (const auto stepper : {ImplicitStepper::euler, ImplicitStepper::sdirk2}) {
        Vector mass = pi;
        grid.advance(mass, time, 3, stepper);
        EXPECT_LE((mass - pi).cwiseAbs().maxCoeff(), 1e-14);
        // From a point: positive, of unit mass, and at equilibrium after a time far beyond the slowest mode's.
        mass.setZero();
        mass[3] = 1;
        grid.advance(mass, time, 3, ImplicitStepper::euler);
        EXPECT_GE(mass.minCoeff(), 0);
        EXPECT_NEAR(mass.sum(), 1, 1e-12);
        // A mode keeps 1/(1 + lambda t/3)^3 of itself.
        if (time == 1e6) {
          EXPECT_LE((mass - pi).cwiseAbs().maxCoeff(), 1e-6);
        }
      }
  }
}

// H-theorem, and the rate 2k of the harmonic well (log-Sobolev). The broken evolution has a tenth of
// the noise and settles elsewhere.
TEST(FokkerPlanck, RelativeEntropyFalls) {
  const Potential well = named("harmonic", {"k=2"});
  const FokkerPlanck grid(well, 0.5, {-4, 4}, 400), cold(well, 0.05, {-4, 4}, 400);
  const auto falls = [&](const FokkerPlanck& moved_by) {
    Vector mass = grid.gaussian(1, 0.04);
    const double start = grid.relative_entropy(mass);
    double last = start;
    bool monotonic = true, fast = true;
    for (int k = 1; k <= 60; ++k) {
      moved_by.advance(mass, 0.05, 20, ImplicitStepper::euler);
      const double now = grid.relative_entropy(mass);
      monotonic = monotonic && now <= last;
      // Implicit steps of 2.5e-3 decay by 1/(1 + 2 k h)^{1/h}, 1 % slower than e^{-4 t}.
      fast = fast && now <= start * std::exp(-4 * 0.99 * 0.05 * k);
      last = now;
    }
    return std::pair(monotonic, fast);
  };
  EXPECT_EQ(falls(grid), std::pair(true, true));
  EXPECT_FALSE(falls(cold).second);
  for (const double step : {1e-3, 1.0, 1e3}) {  // falls at any implicit step
    const FokkerPlanck wells(kDoubleWell, 0.05, {-2.6, 2.6}, 200);
    Vector mass = wells.gaussian(-1.5, 0.01);
    double last = wells.relative_entropy(mass);
    for (int k = 0; k < 30; ++k) {
      wells.advance(mass, step, 1, ImplicitStepper::euler);
      const double now = wells.relative_entropy(mass);
      EXPECT_LE(now, last + 1e-15);
      last = now;
    }
  }
}

TEST(FokkerPlanck, SteppersAreOfTheOrderTheyDeclare) {
  const FokkerPlanck grid(kDoubleWell, 0.25, {-3, 3}, 100);
  const auto at = [&](Index steps, ImplicitStepper stepper) {
    Vector mass = grid.gaussian(-0.5, 0.3);
    grid.advance(mass, 1, steps, stepper);
    return mass;
  };
  const Vector fine = at(20000, ImplicitStepper::sdirk2);
  for (const auto& [stepper, order] : {std::pair(ImplicitStepper::euler, 1.0), {ImplicitStepper::sdirk2, 2.0}}) {
    const double coarse = (at(100, stepper) - fine).norm(), half = (at(200, stepper) - fine).norm();
    EXPECT_NEAR(std::log2(coarse / half), order, 0.05);
  }
}

TEST(FokkerPlanck, SlowModesKeepTheirDigitsBehindHighBarriers) {
  // Equal times both ways and nothing faster in sight: lambda_1 = 2 / tau(-1 -> 1) up to e^{-barrier/T}. At T = 0.004
  // lambda_1 is 1e-28 of the largest eigenvalue, far below what a dense solver would see.
  for (const double T : {0.02, 0.01, 0.004}) {
    const double first = extrapolated_spectrum(kDoubleWell, T, reach(kDoubleWell, 40 * T + 0.3), 2000, 1)[0];
    EXPECT_NEAR(first * first_passage_time(kDoubleWell, T, -1, 1) / 2, 1, 2e-4) << T;
  }
}

TEST(FokkerPlanck, PassageTimesOfCellsTendToTheQuadrature) {
  const Potential tilted = named("double-well", {"tilt=0.05"});
  for (const auto& [from, to] : {std::pair(-1.0, 1.0), {1.0, -1.0}, {0.2, 1.3}, {-9.0, -0.9}}) {
    const double exact = first_passage_time(tilted, 0.1, from, to);
    const double coarse = first_passage_time(tilted, 0.1, from, to, 1000) / exact - 1,
                 fine = first_passage_time(tilted, 0.1, from, to, 4000) / exact - 1;
    EXPECT_LT(std::abs(coarse), 4e-3) << from << " " << to;
    EXPECT_LT(std::abs(fine), std::abs(coarse) / 8)
        << from << " " << to;  // order 2 is 16, less what interpolation adds
  }
  EXPECT_LT(first_passage_time(tilted, 0.1, -1, 1),
            first_passage_time(tilted, 0.1, 1, -1));  // with and against the tilt
  EXPECT_GT(first_passage_time(kDoubleWell, 1e-3, -1, 1), 1e100);
  EXPECT_THROW(first_passage_time(kDoubleWell, 3e-4, -1, 1), NumericalError);
}

TEST(FokkerPlanck, KramersNeedsTwoWells) {
  EXPECT_FALSE(kramers(named("quartic"), 0.1));
  EXPECT_FALSE(kramers(named("double-well", {"tilt=5"}), 0.1));
  const auto tilted = kramers(named("double-well", {"tilt=0.05"}), 0.05);
  EXPECT_LT(tilted->from_right, tilted->from_left);
  EXPECT_NEAR(tilted->from_left / tilted->from_right,  // detailed balance of the two wells, to leading order
              std::exp((named("double-well", {"tilt=0.05"}).value(tilted->left) -
                        named("double-well", {"tilt=0.05"}).value(tilted->right)) /
                       0.05),
              0.1 * tilted->from_left / tilted->from_right);
}

TEST(FokkerPlanck, RefusesWhatHasNoMeaning) {
  for (const double T : {0.0, -1.0, std::nan(""), HUGE_VAL})
    EXPECT_THROW(FokkerPlanck(kDoubleWell, T, {-2, 2}, 50), UsageError);
  EXPECT_THROW(FokkerPlanck(kDoubleWell, 1, {2, -2}, 50), UsageError);
  EXPECT_THROW(FokkerPlanck(kDoubleWell, 1, {-2, HUGE_VAL}, 50), UsageError);
  EXPECT_THROW(FokkerPlanck(kDoubleWell, 1, {-2, 2}, 2), UsageError);
  EXPECT_THROW(FokkerPlanck(kDoubleWell, 1e-3, {-20, 20}, 50), UsageError);
  const FokkerPlanck grid(kDoubleWell, 1, {-2, 2}, 50);
  EXPECT_THROW(grid.spectrum(0), UsageError);
  EXPECT_THROW(grid.spectrum(50), UsageError);
  EXPECT_EQ(grid.spectrum(49).size(), 49U);
  EXPECT_THROW(grid.gaussian(0, 0), UsageError);
  EXPECT_THROW(grid.gaussian(5, 0.01), UsageError);
  EXPECT_THROW(grid.gaussian(0, 1e-6), UsageError);
  Vector mass = grid.gaussian(0, 1);
  EXPECT_THROW(grid.advance(mass, -1, 1, ImplicitStepper::euler), UsageError);
  EXPECT_THROW(grid.advance(mass, 1, 0, ImplicitStepper::euler), UsageError);
  EXPECT_THROW(first_passage_time(kDoubleWell, 1, 0.5, 0.5), UsageError);
  EXPECT_THROW(first_passage_time(kDoubleWell, 1, std::nan(""), 0.5), UsageError);
}

TEST(Potential, NamesStationaryPointsAndMoments) {
  EXPECT_EQ(make_potential("double-well", std::vector<std::string>{"tilt=0.1"}).text(),
            "double-well barrier=0.25 a=1 tilt=0.1");
  EXPECT_THROW(named("doublewell"), UsageError);
  EXPECT_THROW(named("harmonic", {"k=0"}), UsageError);
  EXPECT_THROW(named("harmonic", {"stiffness=1"}), UsageError);
  EXPECT_THROW(named("double-well", {"a=1e-200"}), UsageError);
  EXPECT_EQ(stationary_points(named("quartic")).size(), 1U);
  const auto points = stationary_points(kDoubleWell);
  ASSERT_EQ(points.size(), 3U);
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(points[k], k - 1, 1e-15);
  for (const double x : stationary_points(named("landau", {"r=-3", "u=0.1", "h=0.7"})))
    EXPECT_NEAR(named("landau", {"r=-3", "u=0.1", "h=0.7"}).slope(x), 0, 1e-13);
  EXPECT_NEAR(reach(kDoubleWell, 1).high, std::sqrt(3), 1e-14);
  EXPECT_NEAR(reach(kDoubleWell, 1).low, -std::sqrt(3), 1e-14);
  const Equilibrium well = equilibrium(named("harmonic", {"k=2"}), 0.5);
  EXPECT_NEAR(well.mean, 0, 1e-14);
  EXPECT_NEAR(well.variance, 0.25, 1e-13);
  EXPECT_NEAR(well.log_partition, 0.5 * std::log(2 * std::acos(-1.0) * 0.25), 1e-13);
  // E = x^4/4 at T = 1: E x^2 = 2 Gamma(3/4) / Gamma(1/4).
  EXPECT_NEAR(equilibrium(named("quartic"), 1).variance, 2 * std::tgamma(0.75) / std::tgamma(0.25), 1e-12);
}

}  // namespace
}  // namespace denoiscope
