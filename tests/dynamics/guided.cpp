// What guided dynamics generates, against the theory of guidance: overshoot of the mean and shrinkage of the variance.
#include "denoiscope/denoiser/guided.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/dynamics/backward.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/guidance.hpp"

namespace denoiscope {
namespace {

// Along m the classes +-m of |m|^2 = d and unit variance are two Gaussians on the line, which is all that guidance
// moves: E[x_0|x, +m] = m + e^{-t} (x - e^{-t} m), and of both Delta_t m tanh(e^{-t} m x) + e^{-t} x.
struct Line final : Denoiser {
  double m;
  bool both;
  Line(double centre, bool of_both) : m(centre), both(of_both) {}
  Index dimension() const override { return 1; }
  void denoise(double t, Rows x, MutRows mean) const override {
    const double shrink = std::exp(-t), variance = noise_variance(t);
    for (Index i = 0; i < x.rows(); ++i)
      mean(i, 0) = shrink * x(i, 0) + variance * m * (both ? std::tanh(shrink * m * x(i, 0)) : 1.0);
  }
};

Guided along_m(double d, const GuidanceSettings& settings) {
  return {std::make_shared<Line>(std::sqrt(d), false), std::make_shared<Line>(std::sqrt(d), true), settings};
}

TEST(GuidedDynamics, TheLineIsTheMixture) {
  const GaussianMixture pair = symmetric_mixture(1, 16, 1);
  const RowMatrix x = Vector::LinSpaced(9, -4, 4);
  RowMatrix expected(9, 1), found(9, 1);
  for (const bool both : {false, true}) {
    (both ? std::make_shared<const GaussianMixture>(pair) : pair.given(0))->denoise(0.8, x, expected);
    Line(4, both).denoise(0.8, x, found);
    EXPECT_TRUE(found.isApprox(expected, 1e-13));
  }
}

// From the exact class at T = t_S + 6, whose noisy law is N(|m| e^{-T}, 1) for unit variance.
// Ends one step above t = 0, where the class is N(|m| e^{-t}, 1) still: returns what is left after its mean.
Vector generated(const Denoiser& model, double d, const char* stepper, int steps, const Vector& z) {
  const double start = 0.5 * std::log(d) + 6;
  std::vector<std::uint64_t> names(z.size());
  std::iota(names.begin(), names.end(), 0);
  Backward walk(model, find_stepper(stepper), start, std::sqrt(d) * std::exp(-start) + z.array(),
                normals_by_name(Noise(1), names));
  const std::vector<double> times = time_grid("linear", start, 0, steps);
  for (std::size_t k = 1; k + 1 < times.size(); ++k) walk.step(times[k]);
  return walk.points().col(0).array() - std::sqrt(d) * std::exp(-walk.time());
}

std::vector<double> values(const Vector& v) { return {v.begin(), v.end()}; }

// The same noise with and without guidance: their difference has less sampling error, and the bias of a step in it is
// 0.18 h at 200 and 0.16 h at 400 steps. False alarms: 1e-6 a comparison.
TEST(GuidedDynamics, SdeOvershootsAsTheFokkerPlanckEquationSays) {
  constexpr Index paths = 20000;
  constexpr int steps = 400;
  RowMatrix z(paths, 1);
  std::vector<std::uint64_t> names(paths);
  std::iota(names.begin(), names.end(), 0);
  Noise(2).normal({Stream::prior, names, 0}, z);
  for (const double d : {4.0, 16.0})
    for (const double alpha : {0.0, 0.9}) {
      GuidanceSettings settings;
      const Vector plain = generated(along_m(d, settings), d, "ddpm-tilde", steps, z);
      settings.guidance_scale = 3;
      settings.alpha = alpha;
      const Vector pushed = generated(along_m(d, settings), d, "ddpm-tilde", steps, z);
      const Estimate shift = mean_of(values(pushed - plain));
      const double h = (0.5 * std::log(d) + 6) / steps,
                   memory = std::exp(h);  // lost in the last step, where nothing pushes
      const double bias = 0.25 * h;
      const theory::GuidedLaw law = theory::guided_law({.d = d, .omega = 2, .alpha = alpha}, theory::BackwardLaw::sde);
      EXPECT_NEAR(shift.value, law.shift * memory, 4.9 * shift.standard_error + bias) << d << " " << alpha;
      const double m = plain.mean(), k = pushed.mean();
      const Estimate loss = mean_of(values(((plain.array() - m).square() - (pushed.array() - k).square()).matrix()));
      EXPECT_NEAR(loss.value, (1 - law.variance) * memory * memory, 4.9 * loss.standard_error + bias)
          << d << " " << alpha;
      // Seen rejected: the artefacts of the ODE, which do not fall with d, and those of omega = w.
      const theory::GuidedLaw ode = theory::guided_law({.d = d, .omega = 2, .alpha = alpha}, theory::BackwardLaw::ode);
      EXPECT_GT(std::abs(shift.value - ode.shift), 4.9 * shift.standard_error + bias);
      const theory::GuidedLaw more = theory::guided_law({.d = d, .omega = 3, .alpha = alpha}, theory::BackwardLaw::sde);
      EXPECT_GT(std::abs(shift.value - more.shift), 4.9 * shift.standard_error + bias);
    }
}

// No noise: points on a grid of the start, weighted by its density. Errors of RK4 at 800 steps are below 1e-6.
TEST(GuidedDynamics, OdeIsTheFlowOfTheTheory) {
  constexpr int half = 128;
  const Vector z = Vector::LinSpaced(2 * half + 1, -8, 8);
  const Vector weight = (-0.5 * z.array().square()).exp() * (8.0 / half / std::sqrt(2 * std::numbers::pi));
  const double t_s = 0.5 * std::log(16.0), never = std::numeric_limits<double>::infinity();
  const struct {
    double omega, alpha, low, high;
  } cases[] = {{2, 0, 0, never}, {10, 0, 0, never}, {2, -0.5, 0, never}, {2, 0.9, 0, never}, {5, 0, t_s - 1, t_s + 1}};
  for (const auto& c : cases) {
    GuidanceSettings settings;
    settings.guidance_scale = 1 + c.omega;
    settings.alpha = c.alpha;
    settings.t_low = c.low;
    settings.t_high = c.high;
    const Vector y = generated(along_m(16, settings), 16, "rk4", 800, z);
    const double mean = weight.dot(y), variance = weight.dot((y.array() - mean).square().matrix());
    const double start = t_s + 6;  // of the points; what guidance does earlier is not theirs
    const theory::GuidedLaw law =
        theory::guided_law({16, 1, c.omega, c.alpha, c.low, std::min(c.high, start)}, theory::BackwardLaw::ode);
    // A step across the end of an interval errs by its length times the push there, 0.01 of 1.
    const double tolerance = c.high < never ? 0.01 : 1e-4;
    EXPECT_NEAR(mean, law.shift, tolerance) << c.omega << " " << c.alpha;
    EXPECT_NEAR(variance, law.variance, tolerance) << c.omega << " " << c.alpha;
  }
}

}  // namespace
}  // namespace denoiscope
