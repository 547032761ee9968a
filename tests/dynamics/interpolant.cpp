// Gaussian stochastic interpolants: a tabulated point, and both transports end on the law they should.
#include "denoiscope/dynamics/interpolant.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/base/error.hpp"

namespace denoiscope {
namespace {

constexpr GaussianEnds kEnds{0, 1, 2, 0.25};

TEST(Interpolant, AsTabulated) {
  const GaussianInterpolant law = gaussian_interpolant(linear_interpolant(0.5), kEnds);
  EXPECT_NEAR(law.variance, 0.8125, 1e-15);
  EXPECT_NEAR(law.velocity(1.3), 1.86153846, 1e-8);
  EXPECT_NEAR(law.score(1.3), -0.36923077, 1e-8);
}

// Fields are linear, so Euler's map takes Gaussians to Gaussians: its moments are followed exactly, without sampling.
// `sign` of the score: -1 is the broken variant.
double miss(double eps, int steps, double sign) {
  const double h = 1.0 / steps;
  double mean = kEnds.m0, variance = kEnds.v0;
  for (int k = 0; k < steps; ++k) {
    const GaussianInterpolant law = gaussian_interpolant(linear_interpolant(k * h), kEnds);
    const auto drift = [&](double x) { return law.velocity(x) + sign * eps * law.score(x); };
    const double slope = drift(1) - drift(0);
    mean += h * drift(mean);
    variance = std::pow(1 + h * slope, 2) * variance + 2 * eps * h;
  }
  return std::hypot(mean - kEnds.m1, variance - kEnds.v1);
}

TEST(Interpolant, BothTransportsReachTheOtherEndWithOrderOne) {
  for (const double eps : {0.0, 0.3, 2.0}) {
    EXPECT_LT(miss(eps, 4000, 1), 2e-3) << eps;
    EXPECT_NEAR(std::log2(miss(eps, 2000, 1) / miss(eps, 4000, 1)), 1, 0.05) << eps;
  }
  EXPECT_GT(miss(0.3, 4000, -1), 0.1);
}

TEST(Interpolant, RefusesWhatHasNoLaw) {
  EXPECT_THROW(linear_interpolant(-0.1), UsageError);
  EXPECT_THROW(linear_interpolant(std::nan("")), UsageError);
  EXPECT_THROW(gaussian_interpolant(linear_interpolant(0), {0, 0, 0, 1}), UsageError);
  EXPECT_THROW(gaussian_interpolant(linear_interpolant(0.5), {0, -1, 0, 1}), UsageError);
}

}  // namespace
}  // namespace denoiscope
