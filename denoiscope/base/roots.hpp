// Roots of functions of one variable, thin over Boost.Math.
#pragma once

#include <boost/math/tools/roots.hpp>
#include <cstdint>
#include <optional>

namespace denoiscope {

/// The root of f in [a, b] by TOMS 748, to the last bits; no value where f(a) and f(b) have the same sign.
template <class F>
std::optional<double> find_root(F&& f, double a, double b) {
  const double fa = f(a), fb = f(b);
  if (fa == 0) return a;
  if (fb == 0) return b;
  if (!((fa < 0) != (fb < 0))) return std::nullopt;
  std::uintmax_t steps = 200;
  const auto bracket =
      boost::math::tools::toms748_solve(f, a, b, fa, fb, boost::math::tools::eps_tolerance<double>(52), steps);
  return 0.5 * (bracket.first + bracket.second);
}

}  // namespace denoiscope
