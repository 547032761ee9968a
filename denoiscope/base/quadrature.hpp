// Integrals over the line, thin over Boost.Math.
#pragma once

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <numbers>

namespace denoiscope {

/// Adaptive Gauss-Kronrod of f over [a, b] to about 1e-13 relative.
template <class F>
double integrate(F&& f, double a, double b) {
  return boost::math::quadrature::gauss_kronrod<double, 31>::integrate(f, a, b, 15, 1e-13);
}

/// Gauss-Legendre of f over [a, b] at 25 points, whatever f's rounding errors are: for analytic f and few scales of f.
template <class F>
double integrate_panel(F&& f, double a, double b) {
  return boost::math::quadrature::gauss<double, 25>::integrate(f, a, b);
}

/// E f(xi) for xi ~ N(0,1), with the range split at `kink`, where f changes fastest. |xi| > 12 has mass 4e-33.
template <class F>
double gaussian_mean(F&& f, double kink = 0.0) {
  const double reach = 12.0;
  const double split = std::min(std::max(kink, -reach), reach);
  auto weighted = [&](double xi) {
    return f(xi) * std::exp(-0.5 * xi * xi) * (0.5 * std::numbers::inv_sqrtpi * std::numbers::sqrt2);
  };
  double sum = 0;
  if (split > -reach) sum += integrate(weighted, -reach, split);
  if (split < reach) sum += integrate(weighted, split, reach);
  return sum;
}

}  // namespace denoiscope
