// Langevin motion: stationary laws of one step in closed form, sampled laws and time scales beside Fokker-Planck, equal
// bits, and the work of driven wells.
#include "denoiscope/dynamics/langevin.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <cstring>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/dynamics/annealed.hpp"
#include "denoiscope/dynamics/fokker_planck.hpp"
#include "tests/base/trials.hpp"

namespace denoiscope {
namespace {

constexpr double kAlarm = 4.9;  // standard errors: two-sided false-alarm rate 1e-6 a statistic

Potential named(const char* name, std::vector<std::string> settings = {}) {
  return make_potential(name, settings).energy;
}

std::vector<std::uint64_t> names(Index m, std::uint64_t first = 0) {
  std::vector<std::uint64_t> out(m);
  std::iota(out.begin(), out.end(), first);
  return out;
}

LangevinSettings settings(LangevinStepper stepper, double T, double dt) { return {stepper, T, dt, 1}; }

// z-score of the variance of independent coordinates of mean 0 against `expected`; fourth moments from the sample.
double variance_z(const RowMatrix& x, double expected) {
  const auto square = x.array().square();
  const double spread = std::sqrt((square - square.mean()).square().mean() / static_cast<double>(x.size()));
  return (square.mean() - expected) / spread;
}

TEST(Langevin, EulerVarianceInAHarmonicWell) {
  EXPECT_NEAR(harmonic_variance(2, settings(LangevinStepper::ula, 0.5, 0.1)), 0.27777778, 1e-8);
  EXPECT_NEAR(harmonic_variance(1, settings(LangevinStepper::ula, 1, 0.1)), 1.05263158, 1e-8);
  EXPECT_TRUE(std::isnan(harmonic_variance(2, settings(LangevinStepper::ula, 0.5, 1))));
  for (const double k : {0.3, 1.0, 2.0})  // the fixed point of the step itself: x' = a x + b z
    for (const double dt : {0.01, 0.1, 0.8}) {
      const LangevinSettings s = settings(LangevinStepper::ula, 0.5, dt);
      const Potential well{{0, 0, 0.5 * k, 0, 0}};
      const double a = ula_step(well, s, 1, 0), b = ula_step(well, s, 0, 1);
      EXPECT_NEAR(b * b / (1 - a * a), harmonic_variance(k, s), 1e-12);
    }
}

// The step is linear: (x, v)' = A (x, v) + b z, and the stationary covariance solves C = A C A^T + b b^T.
TEST(Langevin, BaoabKeepsPositionsOfAHarmonicWellExact) {
  for (const double k : {0.3, 1.0, 2.0})
    for (const double dt : {0.01, 0.5, 1.2}) {
      const LangevinSettings s{LangevinStepper::baoab, 0.5, dt, 0.7};
      const Potential well{{0, 0, 0.5 * k, 0, 0}};
      Eigen::Matrix2d A;
      Eigen::Vector2d b;
      for (int column = 0; column < 3; ++column) {
        double x = column == 0, v = column == 1;
        baoab_step(well, s, x, v, column == 2);
        (column < 2 ? Eigen::Ref<Eigen::Vector2d>(A.col(column)) : Eigen::Ref<Eigen::Vector2d>(b)) << x, v;
      }
      Eigen::Matrix4d equations = Eigen::Matrix4d::Identity();
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) equations(i, j) -= A(i / 2, j / 2) * A(i % 2, j % 2);
      const Eigen::Matrix2d noise = b * b.transpose();
      const Eigen::Vector4d law =
          equations.fullPivLu().solve(Eigen::Vector4d(noise(0, 0), noise(0, 1), noise(1, 0), noise(1, 1)));
      EXPECT_NEAR(law[0], harmonic_variance(k, s), 1e-11 * law[0] / dt);          // singular as dt -> 0
      EXPECT_NEAR(law[3], s.temperature * (1 - 0.25 * k * dt * dt), 1e-11 / dt);  // velocities are biased
    }
}

// Acceptance in equilibrium, both integrals by quadrature.
TEST(Langevin, MetropolisAcceptanceAsTabulated) {
  const Potential well = named("harmonic");
  for (const auto& [dt, expected] : {std::pair(0.1, 0.992883), {0.5, 0.920833}, {1.0, 0.783653}}) {
    const LangevinSettings s = settings(LangevinStepper::mala, 1, dt);
    const auto accepted = [&](double x, double z) {
      return std::min(1.0, std::exp(mala_log_ratio(well, s, x, ula_step(well, s, x, z))));
    };
    // Kinks of the minimum lie on lines through 0 of the (x, z) plane: polar coordinates make the angle do it all.
    const int n = 20000;
    double sum = 0;
    for (int i = 0; i < n; ++i) {
      const double angle = 2 * std::acos(-1.0) * (i + 0.5) / n;
      sum += integrate_panel(
          [&](double r) { return accepted(r * std::cos(angle), r * std::sin(angle)) * r * std::exp(-0.5 * r * r); }, 0,
          9);
    }
    EXPECT_NEAR(sum / n, expected, 6e-7);
  }
}

TEST(Langevin, MetropolisRatioIsThatOfTheDensities) {
  const Potential energy = named("landau", {"r=-1", "u=0.7", "h=0.2"});
  const LangevinSettings s = settings(LangevinStepper::mala, 0.4, 0.3);
  const auto log_proposal = [&](double from, double to) {
    const double off = to - ula_step(energy, s, from, 0);
    return -off * off / (4 * s.temperature * s.dt);
  };
  for (const double x : {-1.3, 0.0, 0.4})
    for (const double y : {-0.9, 0.1, 2.0})
      EXPECT_NEAR(mala_log_ratio(energy, s, x, y),
                  (energy.value(x) - energy.value(y)) / s.temperature + log_proposal(y, x) - log_proposal(x, y), 1e-12);
}

// Statistical test. Null: after 12 relaxation times 40,000 coordinates have the variance of the stepper's own law;
// |z| < 4.9. Broken variants: ula held to the exact law, mala to that of ula: seen rejected at the same threshold.
TEST(Langevin, SampledVariances) {
  const auto who = names(10000);
  const Potential well = named("harmonic", {"k=2"});
  const auto sampled = [&](LangevinStepper stepper, double dt, Index steps) {
    Langevin walkers(well, settings(stepper, 0.5, dt), RowMatrix::Zero(10000, 4), Noise(1), who);
    walkers.advance(steps);
    return walkers;
  };
  const RowMatrix ula = sampled(LangevinStepper::ula, 0.1, 60).points();
  EXPECT_LT(std::abs(variance_z(ula, 0.27777778)), kAlarm);
  EXPECT_GT(std::abs(variance_z(ula, 0.25)), kAlarm);
  const Langevin mala = sampled(LangevinStepper::mala, 0.3, 40);
  EXPECT_LT(std::abs(variance_z(mala.points(), 0.25)), kAlarm);
  EXPECT_GT(std::abs(variance_z(mala.points(), harmonic_variance(2, settings(LangevinStepper::ula, 0.5, 0.3)))),
            kAlarm);
  EXPECT_LT(mala.acceptance().value, 0.95);
  EXPECT_LT(std::abs(variance_z(sampled(LangevinStepper::baoab, 0.4, 60).points(), 0.25)), kAlarm);
}

// Null: mala leaves the law of the tilted double well invariant at 0.3, where ula visibly does not at half of that.
// Variance about the true mean at |z| < 4.9. Starts are exact draws, themselves held to both moments.
TEST(Langevin, MetropolisLeavesADoubleWellInvariant) {
  const Potential energy = named("double-well", {"tilt=0.1"});
  const double T = 0.25;
  const Index m = 40000;
  const auto who = names(m);
  const Equilibrium exact = equilibrium(energy, T);
  const RowMatrix start = equilibrium_draws(energy, T, 1, Noise(2), who);
  const auto z = [&](const RowMatrix& x) { return variance_z(x.array() - exact.mean, exact.variance); };
  const auto mean_z = [&](const RowMatrix& x) {
    return (x.mean() - exact.mean) / std::sqrt(exact.variance / static_cast<double>(m));
  };
  EXPECT_LT(std::abs(z(start)), kAlarm);
  EXPECT_LT(std::abs(mean_z(start)), kAlarm);
  const auto moved = [&](LangevinStepper stepper) {
    const double dt = stepper == LangevinStepper::mala ? 0.3 : 0.15;  // ula would run away at 0.3
    Langevin walkers(energy, settings(stepper, T, dt), start, Noise(3), who);
    walkers.advance(40);
    return walkers.points();
  };
  EXPECT_LT(std::abs(z(moved(LangevinStepper::mala))), kAlarm);
  EXPECT_LT(std::abs(mean_z(moved(LangevinStepper::mala))), kAlarm);
  EXPECT_GT(std::abs(z(moved(LangevinStepper::ula))), kAlarm);
}

// Detailed balance: E[A(x_0) B(x_t)] = E[B(x_0) A(x_t)] in equilibrium, A = sign x, B = x^2, 40,000 walkers in a tilted
// double well, t = 1; |z| < 4.9. The broken start is the equilibrium of the well tilted the other way.
TEST(Langevin, MovesAreReversibleInEquilibrium) {
  const Potential energy = named("double-well", {"tilt=0.1"}), other = named("double-well", {"tilt=-0.1"});
  const auto who = names(40000);
  const auto z = [&](const Potential& start_of, LangevinStepper stepper) {
    const RowMatrix start = equilibrium_draws(start_of, 0.25, 1, Noise(10), who);
    Langevin walkers(energy, settings(stepper, 0.25, 0.1), start, Noise(11), who);
    walkers.advance(10);
    const auto &x = start.array(), &y = walkers.points().array();
    const RowMatrix difference = x.sign() * y.square() - x.square() * y.sign();
    const Estimate mean = mean_of({difference.data(), who.size()});
    return std::abs(mean.value / mean.standard_error);
  };
  EXPECT_LT(z(energy, LangevinStepper::mala), kAlarm);
  EXPECT_GT(z(other, LangevinStepper::mala), kAlarm);
}

// Correlations of sign x decay with lambda_1 of Fokker-Planck, read off between lags 2 and 4 (past the second mode).
// Null: the rate at T = 0.25 is that of the table; error from 20 batches of 500 walkers, |z| < 4.9 and 5 %, which
// is 3.8 errors here (false alarm 2e-4). Broken: the rates at T = 0.2 and 0.3.
TEST(Langevin, WellsAreLeftAtTheRateOfFokkerPlanck) {
  const Potential energy = named("double-well");
  const Index m = 10000, frames = 40, batch = 500;
  const auto who = names(m);
  Langevin walkers(energy, settings(LangevinStepper::mala, 0.25, 0.02),
                   equilibrium_draws(energy, 0.25, 1, Noise(4), who), Noise(5), who);
  RowMatrix signs(m, frames);
  for (Index k = 0; k < frames; ++k) {
    walkers.advance(25);
    signs.col(k) = walkers.points().array().sign();
  }
  std::vector<double> rates;
  for (Index begin = 0; begin < m; begin += batch) {
    const auto rho = autocorrelation(signs.middleRows(begin, batch), 0, 8);
    rates.push_back(std::log(rho[4] / rho[8]) / 2);
  }
  const Estimate rate = mean_of(rates);
  const auto agrees = [&](double expected) {
    return std::abs(rate.value - expected) < kAlarm * rate.standard_error && std::abs(rate.value / expected - 1) < 0.05;
  };
  EXPECT_TRUE(agrees(0.1871704181)) << rate.value << " +- " << rate.standard_error;
  EXPECT_LT(rate.standard_error / rate.value, 0.05 / 3.5);
  for (const double T : {0.2, 0.3}) EXPECT_FALSE(agrees(FokkerPlanck(energy, T, {-3.5, 3.5}, 400).spectrum(1)[0]));
}

TEST(Langevin, AutocorrelationOfAnAutoregression) {
  // ula in a harmonic well is x' = a x + noise, a = 1 - k dt: rho(l) = a^l, time (1 + a)/(1 - a)/2 = 9.5 frames.
  const Index m = 200, frames = 1000;
  Langevin walkers(named("harmonic"), settings(LangevinStepper::ula, 1, 0.1), RowMatrix::Zero(m, 1), Noise(6),
                   names(m));
  walkers.advance(200);
  RowMatrix series(m, frames);
  for (Index k = 0; k < frames; ++k) {
    walkers.advance(1);
    series.col(k) = walkers.points();
  }
  const auto rho = autocorrelation(series, 0, 200);
  // 2e5 frames are 1e4 independent ones: rho errs by about 0.01 (5 of them here), the time by a few per cent.
  for (const std::size_t l : {1, 5, 20}) EXPECT_NEAR(rho[l], std::pow(0.9, static_cast<double>(l)), 0.05);
  EXPECT_THROW(autocorrelation(series, 0, frames), UsageError);
  const Estimate time = integrated_time(series);
  EXPECT_LT(std::abs(time.value - 9.5), kAlarm * time.standard_error);
  EXPECT_LT(time.standard_error, 0.4);
  EXPECT_TRUE(std::isnan(integrated_time(series.leftCols(200)).value));  // 50 lags are less than 8 times
  EXPECT_TRUE(std::isnan(integrated_time(RowMatrix::Constant(5, 100, 3.0)).value));
}

// dt (1/2 + rho/(1 - rho)) whatever the run's length and the stride that serves. Null: |z| < 4.9, false alarm 1e-6
// each; broken: the same read by the step of another stride. Errors: of 16 seeds, against their scatter (0.6 to 1.5 of
// it is 3.4 deviations of a standard deviation of 16).
TEST(Langevin, IntegratedTimeDoesNotDependOnTheRun) {
  const Potential energy = named("harmonic", {"k=2.3"});
  for (const double dt : {0.2, 0.01, 0.002}) {
    const double rho = 1 - 2.3 * dt, exact = 0.5 + rho / (1 - rho);
    for (const Index steps : {3000, 20000}) {
      const bool enough = steps / 2 > 4 * 8 * exact;
      std::vector<double> found, errors;
      for (std::uint64_t seed = 0; seed < (dt == 0.2 ? 16u : 1u); ++seed) {
        const auto who = names(40);
        const LangevinSettings s = settings(LangevinStepper::ula, 0.7, dt);
        Langevin walkers(energy, s, equilibrium_draws(energy, 0.7, 1, Noise(seed), who), Noise(seed + 99), who);
        Looks looks(steps, steps / 2, 40);
        for (Index now = 0; now < steps; looks.take(now, walkers.points())) {
          const Index next = looks.next(now);
          walkers.advance(next - now);
          now = next;
        }
        const Estimate time = looks.integrated_time();
        if (!std::isfinite(time.value)) continue;
        found.push_back(time.value);
        errors.push_back(time.standard_error);
        EXPECT_LT(std::abs(time.value - exact), kAlarm * time.standard_error) << dt << ' ' << steps;
        EXPECT_GT(std::abs(2 * time.value - exact), kAlarm * time.standard_error) << dt << ' ' << steps;
      }
      EXPECT_EQ(found.empty(), !enough) << dt << ' ' << steps;
      if (found.size() < 16) continue;
      const Estimate scatter = mean_of(found);
      const double ratio = scatter.standard_error * 4 / mean_of(errors).value;
      EXPECT_GT(ratio, 0.6);
      EXPECT_LT(ratio, 1.5);
    }
  }
}

TEST(Langevin, SameBitsForAnyThreadsCompanyAndStride) {
  const Potential energy = named("double-well");
  for (const StepperEntry& entry : langevin_steppers()) {
    const auto run = [&](Index begin, Index count, bool halves) {
      Langevin walkers(energy, settings(entry.stepper, 0.3, 0.1), RowMatrix::Constant(count, 3, 0.5), Noise(7),
                       names(count, static_cast<std::uint64_t>(begin)));
      walkers.advance(halves ? 7 : 20);
      if (halves) walkers.advance(13);
      return RowMatrix(walkers.points());
    };
    const auto same = [](const RowMatrix& a, const RowMatrix& b) {
      return std::memcmp(a.data(), b.data(), sizeof(double) * static_cast<std::size_t>(a.size())) == 0;
    };
    set_threads(1);
    const RowMatrix all = run(0, 600, false);
    EXPECT_GT((all.row(0) - all.row(1)).norm(), 0);
    set_threads(3);
    EXPECT_TRUE(same(all, run(0, 600, true))) << entry.name;
    EXPECT_TRUE(same(all.middleRows(290, 17), run(290, 17, false))) << entry.name;
    set_threads(0);
  }
}

TEST(Langevin, RefusesWhatHasNoMeaning) {
  const Potential energy = named("quartic");
  const auto who = names(2);
  for (const double bad : {0.0, -1.0, std::nan(""), kInfinity}) {
    EXPECT_THROW(Langevin(energy, settings(LangevinStepper::ula, bad, 1), RowMatrix::Zero(2, 1), Noise(1), who),
                 UsageError);
    EXPECT_THROW(Langevin(energy, settings(LangevinStepper::ula, 1, bad), RowMatrix::Zero(2, 1), Noise(1), who),
                 UsageError);
  }
  EXPECT_THROW(Langevin(energy, {}, RowMatrix::Zero(3, 1), Noise(1), who), UsageError);
  EXPECT_THROW(langevin_stepper("euler"), UsageError);
  Langevin far(energy, settings(LangevinStepper::ula, 1, 1), RowMatrix::Constant(2, 1, 10), Noise(1), who);
  EXPECT_THROW(far.advance(20), NumericalError);  // x^3 dt outgrows x
}

TEST(Annealed, WorkOfADraggedWell) {
  const HarmonicWork work = harmonic_work(dragged_well(2, 1.5, 1), 1);
  EXPECT_NEAR(work.mean_work, 1.27725219, 1e-8);
  EXPECT_NEAR(work.free_energy, 0, 1e-14);
}

TEST(Annealed, WorkOfAStiffnessRamp) {
  for (const auto& [time, mean, variance] : {std::tuple(0.5, 1.07922154, 0.37662831),
                                             {1.0, 0.93604171, 0.28913219},
                                             {5.0, 0.75562836, 0.25497984},
                                             {20.0, 0.71009783, 0.25118875}}) {
    const HarmonicWork work = harmonic_work(stiffness_ramp(1, 4, time), 1);
    EXPECT_NEAR(work.mean_work, mean, 1e-8);
    EXPECT_NEAR(work.variance, variance, 1e-8);
    EXPECT_NEAR(work.free_energy, 0.69314718, 1e-8);
  }
}

// Null: work of the dragged well is Gaussian with mean 1.27725219 and twice that for variance, e^{-W} averages to 1,
// in 2e4 trajectories of 500 steps; |z| < 4.9. The broken variant is e^{+W}, a sign
// that is easily lost.
TEST(Annealed, JarzynskiForADraggedWell) {
  const Index m = 20000;
  const int steps = 500 / testing::sparse(5);
  const Driven driven =
      drive(dragged_well(2, 1.5, 1), settings(LangevinStepper::mala, 1, 0), 1, steps, Noise(8), names(m));
  const Estimate mean = mean_of(driven.work);
  EXPECT_LT(std::abs(mean.value - 1.27725219),
            kAlarm * mean.standard_error + 3.0 / steps);  // a step dt adds O(v^2 k dt/2)
  EXPECT_NEAR(std::pow(deviation_of(driven.work), 2), 2 * 1.27725219, 0.15);
  std::vector<double> log_weight;
  for (const double w : driven.work) log_weight.push_back(-w);
  const WeightedMean jarzynski = weighted(log_weight);
  EXPECT_LT(std::abs(jarzynski.log_mean_weight), kAlarm * jarzynski.standard_error);
  EXPECT_NEAR(jarzynski.standard_error, std::sqrt(std::expm1(2 * 1.27725219) / m), 0.01);  // 2.4 %: a heavy tail
  EXPECT_GT(std::abs(weighted(driven.work).log_mean_weight), 1);
  EXPECT_LT(jarzynski.effective_size, 0.2 * m);  // e^{-Var W} of them: 8 %
  EXPECT_GT(jarzynski.effective_size, 0.02 * m);
}

// Null: annealed weights are exact with mala at any step. Ramp 1 -> 4 in 5 very long steps (dt = 0.2), 2e5 walkers: the
// free energy is (log 4)/2, and weighted x^2 is 1/4, at |z| < 4.9. Broken: ula at the same step, and unweighted points.
TEST(Annealed, WeightsAreExactAtLongSteps) {
  const Index m = 200000;
  const auto run = [&](LangevinStepper stepper) {
    return drive(stiffness_ramp(1, 4, 1), settings(stepper, 1, 0), 1, 5, Noise(9), names(m));
  };
  const auto off = [&](const Driven& driven) {
    std::vector<double> log_weight, square;
    for (std::size_t i = 0; i < driven.work.size(); ++i) {
      log_weight.push_back(-driven.work[i]);
      square.push_back(std::pow(driven.points(static_cast<Index>(i), 0), 2));
    }
    const WeightedMean all = weighted(log_weight, square);
    return std::pair((all.log_mean_weight + 0.5 * std::log(4.0)) / all.standard_error,
                     (all.value - 0.25) / (0.25 * std::sqrt(2 / all.effective_size)));
  };
  const Driven exact = run(LangevinStepper::mala);
  EXPECT_LT(std::abs(off(exact).first), kAlarm);
  EXPECT_LT(std::abs(off(exact).second), kAlarm);
  EXPECT_GT(std::abs(off(run(LangevinStepper::ula)).first), kAlarm);
  EXPECT_GT(std::abs(variance_z(exact.points, 0.25)), kAlarm);
}

TEST(Annealed, WeightsAndRefusals) {
  const std::vector<double> even(8, -1234.5), one = {0, -2000, -3000}, values = {5, 1, 1};
  EXPECT_NEAR(weighted(even).effective_size, 8, 1e-12);
  EXPECT_NEAR(weighted(even).log_mean_weight, -1234.5, 1e-12);
  EXPECT_EQ(weighted(even).standard_error, 0);
  EXPECT_NEAR(weighted(one, values).effective_size, 1, 1e-12);
  EXPECT_NEAR(weighted(one, values).value, 5, 1e-12);
  EXPECT_THROW(weighted({}), UsageError);
  EXPECT_THROW(weighted(even, values), UsageError);
  EXPECT_THROW(dragged_well(1, 1, 0), UsageError);
  EXPECT_THROW(drive(dragged_well(1, 1, 1), settings(LangevinStepper::baoab, 1, 1), 1, 5, Noise(1), names(3)),
               UsageError);
  EXPECT_THROW(drive(dragged_well(1, 1, 1), settings(LangevinStepper::mala, 1, 1), 1, 0, Noise(1), names(3)),
               UsageError);
}

}  // namespace
}  // namespace denoiscope
