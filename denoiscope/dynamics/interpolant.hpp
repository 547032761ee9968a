// Stochastic interpolants between two laws, I_t = a(t) x_0 + b(t) x_1 + g(t) z (Albergo, Boffi, Vanden-Eijnden, arXiv
// 2303.08797): here where both ends are Gaussian and everything is in closed form, as a reference for integrators.
#pragma once

namespace denoiscope {

/// Coefficients at one t and their derivatives. g enters by its square, whose derivative is finite at the ends.
struct InterpolantWeights {
  double a, b, g2;
  double da, db, dg2;
};

/// a = 1 - t, b = t, g^2 = 2 t (1 - t). Throws UsageError outside of 0 <= t <= 1.
InterpolantWeights linear_interpolant(double t);

/// N(m0, v0) at t = 0 to N(m1, v1) at t = 1, independent of each other.
struct GaussianEnds {
  double m0, v0, m1, v1;
};

/// The law of I_t and its fields at x, all linear in x: dx = velocity dt transports it, and so does
/// dx = (velocity + eps score) dt + sqrt(2 eps) dB for any eps >= 0.
struct GaussianInterpolant {
  double mean, variance;
  double velocity_at_mean, velocity_slope;  ///< E[dI/dt | I = x] = velocity_at_mean + velocity_slope (x - mean)

  double velocity(double x) const { return velocity_at_mean + velocity_slope * (x - mean); }
  double score(double x) const { return -(x - mean) / variance; }
};

/// Throws UsageError unless the law at this t has a positive variance and the variances of the ends are not negative.
GaussianInterpolant gaussian_interpolant(const InterpolantWeights& w, const GaussianEnds& ends);

}  // namespace denoiscope
