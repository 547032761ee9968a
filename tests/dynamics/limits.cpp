// The stability that the table of steppers declares is measured, and the bias of the start.
#include "denoiscope/dynamics/limits.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope {
namespace {

// The score -x / Gamma at every t: the linear problem of which stability is told.
struct Linear final : Denoiser {
  explicit Linear(double gamma) : gamma_(gamma) {}
  Index dimension() const override { return 1; }
  void denoise(double t, Rows x, MutRows mean) const override {
    mean = std::exp(t) * (1 - noise_variance(t) / gamma_) * x;
  }
  double gamma_;
};

const Normals kNoNoise = [](std::uint32_t, MutRows z) { z.setZero(); };

double after(const Denoiser& model, const Stepper& stepper, const std::vector<double>& times) {
  StepperSettings settings;
  settings.tolerance = 0;  // one step an interval
  Backward walk(model, stepper, times.front(), RowMatrix::Ones(1, 1), kNoNoise, settings);
  for (std::size_t k = 1; k < times.size(); ++k) walk.step(times[k]);
  return std::abs(walk.points()(0, 0));
}

TEST(Stability, AStepJustInsideTheLimitDecaysAndOneJustOutsideGrows) {
  int finite = 0;
  for (const Stepper& stepper : steppers()) {
    if (std::isinf(stepper.stability)) continue;
    ++finite;
    const double gamma = 0.05, rate = (stepper.stochastic ? 2 : 1) / gamma - 1;
    for (const double part : {0.999, 1.001}) {
      const double length = part * stepper.stability / rate;
      const double h = stepper.exact_drift ? std::log1p(length) : length;
      const double size = after(Linear(gamma), stepper, {2, 2 - h});
      EXPECT_EQ(size < 1, part < 1) << stepper.name << ' ' << size;
    }
  }
  EXPECT_EQ(finite, 5);
}

// Points and narrow Gaussians around 0, along any grid: what is exact there only shrinks; of edm-heun e^t x, which is
// what it steps. Seen rejected: those with a
// limit, on the same grids.
TEST(Stability, StepsWithoutALimitNeverGrow) {
  const std::vector<std::vector<double>> grids = {
      {3, 1e-4}, {10, 5, 0.5, 0.4, 1e-6}, time_grid("linear", 10, 1e-3, 5), time_grid("log", 4, 1e-5, 7)};
  int unlimited = 0;
  for (const Stepper& stepper : steppers()) {
    double largest = 0;
    for (const double variance : {0.0, 1e-4, 0.1})
      for (const std::vector<double>& grid : grids)
        largest = std::max(largest, after(gaussian(Vector::Zero(1), variance), stepper, grid) *
                                        (stepper.name == "edm-heun" ? std::exp(grid.back() - grid.front()) : 1));
    if (std::isinf(stepper.stability)) {
      ++unlimited;
      EXPECT_LE(largest, 1) << stepper.name;
    } else {
      EXPECT_GT(largest, 1) << stepper.name;
    }
  }
  EXPECT_EQ(unlimited, 5);
}

// On a Gaussian Gamma is known, and the share is that of the worst interval.
TEST(Stability, StiffnessOfAGaussianIsThatOfItsGamma) {
  const double variance = 0.04;
  const GaussianMixture model = gaussian(Vector::Zero(3), variance);
  const auto gamma = [&](double t) { return noise_variance(t) + variance * std::exp(-2 * t); };
  for (const char* grid : {"linear", "log", "karras"}) {
    const std::vector<double> times = time_grid(grid, 5, 1e-3, 12);
    for (const Stepper& stepper : steppers()) {
      StepperSettings settings;
      settings.tolerance = 0;
      double expected = 0;
      for (std::size_t k = 1; k < times.size() && std::isfinite(stepper.stability); ++k) {
        const double h = times[k - 1] - times[k], t = stepper.stochastic ? times[k - 1] : times[k];
        const double length = stepper.exact_drift ? std::expm1(h) : h;
        expected = std::max(expected, length * ((stepper.stochastic ? 2 : 1) / gamma(t) - 1) / stepper.stability);
      }
      // kWorst = 0.99 of what is possible is taken for the worst.
      EXPECT_NEAR(stiffness(model, stepper, times, settings, Noise(1)).share, expected, 0.02 * expected)
          << stepper.name << ' ' << grid;
      EXPECT_GE(stiffness(stepper, times, settings).share, expected * (1 - 1e-12)) << stepper.name;
    }
  }
  StepperSettings adaptive;
  EXPECT_EQ(stiffness(find_stepper("dormand-prince"), std::vector<double>{5, 0.1}, adaptive).share, 0);
}

// The steepest direction is found among many that are not steep.
TEST(Stability, TheNarrowestDirectionCounts) {
  const Model model = make_model("gaussian", std::vector<std::string>{"spectrum=2,2,2,2,2,2,2,2,2,2,2,0.01"});
  const std::vector<double> times = {0.05, 0.03};
  const double gamma = noise_variance(0.05) + 0.01 * std::exp(-0.1);
  const Stiffness found = stiffness(model.posterior(), find_stepper("euler-maruyama"), times, {}, Noise(1));
  EXPECT_NEAR(found.share, 0.02 * (2 / gamma - 1) / 2, 0.02 * found.share);
  EXPECT_EQ(found.from, 0.05);
  EXPECT_EQ(found.to, 0.03);
}

// kappa_T^2 / sqrt 8; 1024 points give it to a tenth.
TEST(Limits, AShortStartIsSeen) {
  const Model model = make_model("gaussian-mixture", std::vector<std::string>{"d=16"});
  for (const double t : {2.5, 4.0}) {
    const double kappa = theory::mixture_kappa(16, 1, 1, t), bound = kappa * kappa / std::sqrt(8.0);
    EXPECT_NEAR(start_bias(model.posterior(), t, Noise(1)), bound, 0.3 * bound);
  }
}

}  // namespace
}  // namespace denoiscope
