#include "denoiscope/dynamics/interpolant.hpp"

#include "denoiscope/base/error.hpp"

namespace denoiscope {

InterpolantWeights linear_interpolant(double t) {
  if (!(t >= 0 && t <= 1)) throw UsageError("interpolant: t = {}, expected 0 to 1.", t);
  return {1 - t, t, 2 * t * (1 - t), -1, 1, 2 - 4 * t};
}

GaussianInterpolant gaussian_interpolant(const InterpolantWeights& w, const GaussianEnds& e) {
  const double variance = w.a * w.a * e.v0 + w.b * w.b * e.v1 + w.g2;
  if (!(e.v0 >= 0 && e.v1 >= 0 && variance > 0))
    throw UsageError("interpolant: variances {} and {} of the ends make {} here, expected a number above 0.", e.v0,
                     e.v1, variance);
  const double covariance = w.a * w.da * e.v0 + w.b * w.db * e.v1 + 0.5 * w.dg2;  // of I and dI/dt
  return {w.a * e.m0 + w.b * e.m1, variance, w.da * e.m0 + w.db * e.m1, covariance / variance};
}

}  // namespace denoiscope
