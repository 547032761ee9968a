// Ordinary differential equations, thin over Boost.odeint.
#pragma once

#include <algorithm>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <cmath>
#include <vector>

#include "denoiscope/base/error.hpp"

namespace denoiscope {

/// y(b) of dy/ds = f(y, s) from y(a), b > a, by the pair of orders 5 and 4 of Dormand and Prince (1980).
/// f(y, dy, s) fills dy. tolerance: of the error of a step, absolute and relative alike; 0: one step. Throws
/// NumericalError where no step is short enough.
template <class F>
void integrate_dormand_prince(F&& f, std::vector<double>& y, double a, double b, double tolerance) {
  boost::numeric::odeint::runge_kutta_dopri5<std::vector<double>> pair;
  std::vector<double> slope(y.size()), next(y.size()), next_slope(y.size()), error(y.size());
  f(y, slope, a);
  double s = a, h = b - a;
  while (s < b) {
    const bool last = h >= b - s;
    if (last) h = b - s;
    pair.do_step(f, y, slope, s, next, next_slope, h, error);
    double worst = 0;
    for (std::size_t k = 0; k < y.size(); ++k)
      worst = std::max(worst, std::abs(error[k]) / (tolerance * (1 + std::max(std::abs(y[k]), std::abs(next[k])))));
    if (tolerance == 0) worst = 0;
    const bool taken = worst <= 1;
    if (taken) {
      s = last ? b : s + h;
      std::swap(y, next);
      std::swap(slope, next_slope);
    }
    h *= worst > 0 ? std::clamp(0.9 * std::pow(worst, -0.2), 0.2, 5.0) : 5.0;
    if (!(s + h > s))
      throw NumericalError("ode: no step from {} keeps the tolerance {}. Use a larger one.", s, tolerance);
  }
}

}  // namespace denoiscope
