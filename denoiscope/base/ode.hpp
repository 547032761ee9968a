// Ordinary differential equations, thin over Boost.odeint.
#pragma once

#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/generation/generation_runge_kutta_dopri5.hpp>
#include <boost/numeric/odeint/stepper/generation/make_controlled.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <vector>

namespace denoiscope {

/// y(b) of dy/ds = f(y, s) from y(a), b > a, by the pair of orders 5 and 4 of Dormand and Prince (1980).
/// f(y, dy, s) fills dy. tolerance: of the local error, absolute and relative alike; 0: one step.
template <class F>
void integrate_dormand_prince(F&& f, std::vector<double>& y, double a, double b, double tolerance) {
  namespace odeint = boost::numeric::odeint;
  using Pair = odeint::runge_kutta_dopri5<std::vector<double>>;
  if (tolerance > 0)
    odeint::integrate_adaptive(odeint::make_controlled<Pair>(tolerance, tolerance), f, y, a, b, b - a);
  else
    Pair().do_step(f, y, a, b - a);
}

}  // namespace denoiscope
