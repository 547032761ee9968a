// Integrated backward dynamics: the declared orders are measured, by moments that are propagated and not sampled.
#include "denoiscope/dynamics/backward.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

// A Gaussian on the line: a step of any stepper is then a x + b z + c, and a, b, c can be read off it.
constexpr double kMean = 0.7, kVariance = 0.3, kFrom = 1.5, kTo = 0.5;
double gamma(double t) { return noise_variance(t) + kVariance * std::exp(-2 * t); }

GaussianMixture line() { return gaussian(Vector::Constant(1, kMean), kVariance); }

// The end of a path as an affine function of the start and of the normals of all intervals: one batch, whose rows start
// at 0, at 1, and at 0 with the normal of one interval equal to one.
struct AffineEnd {
  double slope, offset;
  Vector noise;
};

AffineEnd affine_end(const Stepper& stepper, const StepperSettings& settings, const std::vector<double>& times) {
  const GaussianMixture model = line();
  RowMatrix start = RowMatrix::Zero(static_cast<Index>(times.size()) + 1, 1);
  start(1, 0) = 1;
  const Normals normals = [](std::uint32_t interval, MutRows z) {
    z.setZero();
    z(interval + 2, 0) = 1;
  };
  Backward walk(model, stepper, times.front(), start, normals, settings);
  for (std::size_t k = 1; k < times.size(); ++k) walk.step(times[k]);
  const Vector end = walk.points().col(0);
  return {end[1] - end[0], end[0], end.tail(end.size() - 2).array() - end[0]};
}

struct Errors {
  double weak, strong;
};

// How the exact end answers to a kick at u: exp int (1 - 2 / Gamma_t) dt over [to, u]. As d log Gamma / dt = 2 / Gamma
// - 2, that is e^{-(u - to)} Gamma_to / Gamma_u.
double response(double u) { return gamma(kTo) / gamma(u) * std::exp(kTo - u); }

// Errors of mean and variance, of the path driven by the same Brownian motion, z_k = (B's increment) / sqrt(h), and of
// the flow. The exact end is affine too, with the noise sqrt2 int response dB.
Errors errors_of(const Stepper& stepper, int steps, double churn) {
  StepperSettings settings;
  settings.tolerance = 0;
  settings.intervals = steps;
  settings.churn = churn;
  const std::vector<double> times = time_grid("linear", kFrom, kTo, steps);
  const AffineEnd end = affine_end(stepper, settings, times);
  const double start_mean = kMean * std::exp(-kFrom), exact_mean = kMean * std::exp(-kTo);
  double variance = end.slope * end.slope * gamma(kFrom), apart = 0;
  for (Index k = 0; k < end.noise.size(); ++k) {
    variance += end.noise[k] * end.noise[k];
    const auto after = static_cast<std::size_t>(k + 1);
    const double per_root = end.noise[k] / std::sqrt(times[after - 1] - times[after]);
    apart += integrate_panel([&](double u) { return std::pow(std::numbers::sqrt2 * response(u) - per_root, 2); },
                             times[after], times[after - 1]);
  }
  const double mean = end.slope * start_mean + end.offset;
  const double slope_apart = end.slope - response(kFrom);
  Errors errors;
  errors.weak = std::max(std::abs(mean - exact_mean), std::abs(variance - gamma(kTo)));
  errors.strong = std::sqrt(std::pow(mean - exact_mean, 2) + slope_apart * slope_apart * gamma(kFrom) + apart);
  return errors;
}

double order(double coarse, double fine) { return std::log2(coarse / fine); }

TEST(Steppers, ResponseSolvesTheLinearEquation) {
  // d response/du = -(1 - 2/Gamma_u) response
  for (const double u : {0.6, 1.0, 1.4}) {
    const double h = 1e-5, slope = (response(u + h) - response(u - h)) / (2 * h);
    EXPECT_NEAR(slope, (1 - 2 / gamma(u)) * response(u), 1e-8);  // h^2 and rounding / h
  }
  EXPECT_DOUBLE_EQ(response(kTo), 1);
}

// What measured orders may differ by from declared ones: the next order's share at the steps taken here.
constexpr double kWeakShare = 0.1, kStrongShare = 0.05, kFlowShare = 0.05;

// Measured orders of weak and strong errors.
Errors orders_of(const Stepper& stepper) {
  const double churn = stepper.name == "edm-heun" ? 1 : 0;
  const Errors coarse = errors_of(stepper, 128, churn), fine = errors_of(stepper, 256, churn);
  return {order(coarse.weak, fine.weak), order(coarse.strong, fine.strong)};
}

TEST(Steppers, HaveTheirDeclaredWeakAndStrongOrders) {
  int declared = 0;
  for (const Stepper& stepper : steppers()) {
    if (!stepper.stochastic) continue;
    const Errors measured = orders_of(stepper);
    EXPECT_NEAR(measured.weak, stepper.weak_order, kWeakShare) << stepper.name;
    ++declared;
    if (std::isnan(stepper.strong_order)) continue;
    EXPECT_NEAR(measured.strong, stepper.strong_order, kStrongShare) << stepper.name;
    ++declared;
  }
  EXPECT_EQ(declared, 9);
}

// What is wrong with the path alone and with no law: the noise of another interval.
TEST(Steppers, TheNoiseOfAnotherIntervalIsSeenByTheStrongOrderOnly) {
  Stepper mixed = find_stepper("euler-maruyama");
  mixed.step = [](const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings& settings,
                  Walkers& w) {
    const auto last = static_cast<std::uint32_t>(settings.intervals - 1);
    const Normals backwards = [&](std::uint32_t interval, MutRows z) { normals(last - interval, z); };
    find_stepper("euler-maruyama").step(model, i, backwards, settings, w);
  };
  const Errors measured = orders_of(mixed);
  EXPECT_NEAR(measured.weak, mixed.weak_order, kWeakShare);
  EXPECT_GT(std::abs(measured.strong - mixed.strong_order), 5 * kStrongShare);
}

using Method = decltype(Stepper::step);

// A stepper that declares what `name` declares and does something else.
Stepper broken(std::string_view name, Method method) {
  Stepper stepper = find_stepper(name);
  stepper.step = method;
  return stepper;
}

// x + of_x x + of_score s + noise z
void wrong_step(const Denoiser& model, const TimeInterval& i, const Normals& normals, Walkers& w, double of_x,
                double of_score, double noise) {
  RowMatrix z = RowMatrix::Zero(w.x.rows(), w.x.cols());
  normals(i.number, z);
  w.x += of_x * w.x + of_score * score(model, i.from, w.x) + noise * z;
}

TEST(Steppers, WrongStochasticStepsAreSeen) {
  const Method euler_with_half_the_noise = [](const Denoiser& model, const TimeInterval& i, const Normals& normals,
                                              const StepperSettings&, Walkers& w) {
    const double h = i.from - i.to;
    wrong_step(model, i, normals, w, h, 2 * h, std::sqrt(h));
  };
  const Method euler_of_the_flow = [](const Denoiser& model, const TimeInterval& i, const Normals& normals,
                                      const StepperSettings&, Walkers& w) {
    const double h = i.from - i.to;
    wrong_step(model, i, normals, w, h, h, std::sqrt(2 * h));
  };
  const Method ddpm_with_beta_for_its_root = [](const Denoiser& model, const TimeInterval& i, const Normals& normals,
                                                const StepperSettings&, Walkers& w) {
    const double h = i.from - i.to, beta = noise_variance(h);
    wrong_step(model, i, normals, w, std::expm1(h), beta * std::exp(h), beta);
  };
  for (const Stepper& stepper :
       {broken("euler-maruyama", euler_with_half_the_noise), broken("euler-maruyama", euler_of_the_flow),
        broken("ddpm", ddpm_with_beta_for_its_root)}) {
    const Errors measured = orders_of(stepper);
    EXPECT_GT(std::abs(measured.weak - stepper.weak_order), 5 * kWeakShare) << stepper.name;
    EXPECT_GT(std::abs(measured.strong - stepper.strong_order), 5 * kStrongShare) << stepper.name;
  }
}

// Two Gaussians on the line. The flow keeps the order of points, so it takes every quantile to the same quantile.
GaussianMixture pair() {
  std::vector<GaussianMixture::Component> two(2);
  two[0].mean = Vector::Constant(1, 1.2);
  two[0].variance = 0.3;
  two[0].weight = 0.35;
  two[1].mean = Vector::Constant(1, -0.9);
  two[1].variance = 0.5;
  two[1].weight = 0.65;
  return GaussianMixture(two);
}

double distribution(double t, double x) {
  const auto part = [&](double mean, double variance) {
    const double deviation = std::sqrt(noise_variance(t) + variance * std::exp(-2 * t));
    return 0.5 * std::erfc(-(x - mean * std::exp(-t)) / (deviation * std::numbers::sqrt2));
  };
  return 0.35 * part(1.2, 0.3) + 0.65 * part(-0.9, 0.5);
}

const Vector kStarts = (Vector(5) << -1.6, -0.7, 0.1, 0.8, 1.7).finished();

// Root mean square over the starts, after n equal steps.
double flow_error(const Stepper& stepper, int n, double tolerance) {
  const GaussianMixture model = pair();
  StepperSettings settings;
  settings.tolerance = tolerance;
  const std::vector<double> times = time_grid("linear", kFrom, kTo, n);
  Backward walk(model, stepper, kFrom, kStarts, Normals(), settings);
  for (std::size_t k = 1; k < times.size(); ++k) walk.step(times[k]);
  Vector error = walk.points().col(0);
  for (Index i = 0; i < kStarts.size(); ++i) {
    const double place = distribution(kFrom, kStarts[i]);
    error[i] -= find_root([&](double x) { return distribution(kTo, x) - place; }, -9.0, 9.0).value();
  }
  return std::sqrt(error.squaredNorm() / static_cast<double>(error.size()));
}

double flow_order(const Stepper& stepper) {
  const int n = stepper.ode_order > 2 ? 20 : 64;  // errors stay above 2e-14, of which rounding is 5 %
  const double coarse = flow_error(stepper, n, 0), middle = flow_error(stepper, 2 * n, 0),
               fine = flow_error(stepper, 4 * n, 0);
  // Measured orders differ from the limit by the next order's share, which halves with the steps.
  return 2 * order(middle, fine) - order(coarse, middle);
}

TEST(Steppers, HaveTheirDeclaredOrderOnTheFlow) {
  int declared = 0;
  for (const Stepper& stepper : steppers()) {
    if (std::isnan(stepper.ode_order)) continue;
    EXPECT_NEAR(flow_order(stepper), stepper.ode_order, kFlowShare) << stepper.name;
    ++declared;
  }
  EXPECT_EQ(declared, 6);
}

// dx/d(-t) = x + s(x, t)
RowMatrix flow(const Denoiser& model, double t, const RowMatrix& x) { return x + score(model, t, x); }

TEST(Steppers, WrongStepsOfTheFlowAreSeen) {
  const Method heun_at_the_old_time = [](const Denoiser& model, const TimeInterval& i, const Normals&,
                                         const StepperSettings&, Walkers& w) {
    const double h = i.from - i.to;
    const RowMatrix first = flow(model, i.from, w.x), second = flow(model, i.from, w.x + h * first);
    w.x += 0.5 * h * (first + second);
  };
  const Method rk4_with_one_middle = [](const Denoiser& model, const TimeInterval& i, const Normals&,
                                        const StepperSettings&, Walkers& w) {
    const double h = i.from - i.to, middle = i.from - 0.5 * h;
    const RowMatrix k1 = flow(model, i.from, w.x), k2 = flow(model, middle, w.x + 0.5 * h * k1),
                    k4 = flow(model, i.to, w.x + h * k2);
    w.x += h / 6 * (k1 + 4 * k2 + k4);
  };
  const Method multistep_without_memory = [](const Denoiser& model, const TimeInterval& i, const Normals& normals,
                                             const StepperSettings& settings,
                                             Walkers& w) { find_stepper("ddim").step(model, i, normals, settings, w); };
  for (const Stepper& stepper : {broken("heun", heun_at_the_old_time), broken("rk4", rk4_with_one_middle),
                                 broken("dpm-solver++2m", multistep_without_memory)})
    EXPECT_GT(std::abs(flow_order(stepper) - stepper.ode_order), 5 * kFlowShare) << stepper.name;
}

TEST(Steppers, DormandPrinceKeepsItsTolerance) {
  // Local errors of 1e-9 add up over the few steps that it takes.
  EXPECT_LT(flow_error(find_stepper("dormand-prince"), 1, 1e-9), 2e-8);
  EXPECT_GT(flow_error(find_stepper("dormand-prince"), 1, 1e-3), 2e-8);
}

// Euler's step on one Gaussian of variance one at m, far below speciation: x (1 - h) + 2 h m e^{-t} + sqrt(2h) z ends
// at the mean m 2 h e^{-h} / (1 - (1 - h) e^{-h}) and the variance 1 / (1 - h / 2).
TEST(Steppers, EulerHasTheBiasOfItsRecursion) {
  const double m = 16;
  const GaussianMixture model = gaussian(Vector::Constant(1, m), 1.0);
  const double means[] = {0.9492106833, 0.9747970223, 0.9874485769, 0.9974979219}, lengths[] = {0.2, 0.1, 0.05, 0.01};
  for (std::size_t j = 0; j < 4; ++j) {
    const double h = lengths[j], from = 15;  // what is left of the start: e^{-2 from}
    const int n = static_cast<int>(std::lround(from / h));
    const Normals impulse = [n](std::uint32_t interval, MutRows z) {  // the last 12 / h, which carry all but e^{-24}
      z.setZero();
      for (Index row = 1; row < z.rows(); ++row) z(row, 0) = static_cast<int>(interval) == n - static_cast<int>(row);
    };
    const int heard = static_cast<int>(std::lround(12 / h));
    Backward walk(model, find_stepper("euler-maruyama"), from, RowMatrix::Zero(1 + heard, 1), impulse);
    const std::vector<double> times = time_grid("linear", from, 0, n);
    for (std::size_t k = 1; k < times.size(); ++k) walk.step(times[k]);
    const Vector end = walk.points().col(0);
    EXPECT_NEAR(end[0] / m, means[j], 2e-10);  // as many digits as the reference has
    EXPECT_NEAR((end.tail(heard).array() - end[0]).square().sum(), 1 / (1 - h / 2), 1e-10);
  }
}

TEST(Steppers, DdpmKeepsTheStandardNormal) {
  const GaussianMixture model = gaussian(Vector::Zero(1), 1.0);
  const Normals one = [](std::uint32_t, MutRows z) { z << 0, 1; };
  for (const double to : {2.99, 1.0, 0.0}) {
    Backward walk(model, find_stepper("ddpm"), 3, (RowMatrix(2, 1) << 1, 0).finished(), one);
    walk.step(to);
    EXPECT_NEAR(walk.points().squaredNorm(), 1, 1e-14) << to;
  }
}

TEST(Steppers, PathsAreTheSameAloneOrAmongOthers) {
  const GaussianMixture model = pair();
  const std::vector<double> times = time_grid("log", 2, 0.01, 7);
  for (const Stepper& stepper : steppers()) {
    StepperSettings settings;
    settings.churn = 4;
    settings.intervals = 8;
    const auto end = [&](std::vector<std::uint64_t> who, const RowMatrix& x) {
      Backward walk(model, stepper, times[0], x, normals_by_name(Noise(3), std::move(who)), settings);
      for (std::size_t k = 1; k < times.size(); ++k) walk.step(times[k]);
      walk.step(0);
      return walk.points();
    };
    const RowMatrix all = end({0, 1, 2, 3, 4}, kStarts), alone = end({3}, RowMatrix::Constant(1, 1, kStarts[3]));
    EXPECT_EQ(all(3, 0), alone(0, 0)) << stepper.name;
  }
}

TEST(Steppers, UnknownNamesAndTimesAreRefused) {
  EXPECT_THROW(find_stepper("heun2"), UsageError);
  const GaussianMixture model = line();
  Backward walk(model, find_stepper("heun"), 1, RowMatrix::Zero(1, 1), Normals());
  EXPECT_THROW(walk.step(1), UsageError);
  EXPECT_THROW(walk.step(-0.1), UsageError);
  EXPECT_THROW(Backward(model, find_stepper("heun"), 0, RowMatrix::Zero(1, 1), Normals()), UsageError);
}

TEST(TimeGrid, HasItsEndsAndItsSpacing) {
  for (const TimeGrid& grid : time_grids()) {
    const std::vector<double> times = time_grid(grid.name, 5, 1e-3, 10);
    ASSERT_EQ(times.size(), 11u);
    EXPECT_EQ(times.front(), 5);
    EXPECT_EQ(times.back(), 1e-3);
    for (std::size_t k = 1; k < times.size(); ++k) EXPECT_LT(times[k], times[k - 1]) << grid.name;
    EXPECT_THROW(time_grid(grid.name, 5, 1e-3, 0), UsageError);
    EXPECT_THROW(time_grid(grid.name, 1, 2, 5), UsageError);
  }
  // Places 13, 17, 19 and 22 of the 32 noise levels of EDM from 80 to 0.002.
  const std::vector<double> edm = time_grid("karras", t_of_sigma(80), t_of_sigma(0.002), 31);
  EXPECT_NEAR(sigma_of_t(edm[13]), 4.99911135, 1e-7);
  EXPECT_NEAR(sigma_of_t(edm[17]), 1.60857137, 1e-7);
  EXPECT_NEAR(sigma_of_t(edm[19]), 0.84461984, 1e-7);
  EXPECT_NEAR(sigma_of_t(edm[22]), 0.28304400, 1e-7);
  EXPECT_THROW(time_grid("karas", 5, 1, 3), UsageError);
  EXPECT_THROW(time_grid("ddpm", 6, 1, 3), UsageError);
}

}  // namespace
}  // namespace denoiscope
