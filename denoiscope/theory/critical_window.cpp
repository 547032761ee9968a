#include "denoiscope/theory/critical_window.hpp"

#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numbers>

#include "denoiscope/base/stats.hpp"

namespace denoiscope::theory {
namespace {

// kappa^2 = |m|^2 / (e^{2t} - 1 + variance)
double time_of_kappa(double norm2, double variance, double kappa) {
  const double excess = norm2 / (kappa * kappa) - variance;
  return excess >= 0 ? 0.5 * std::log1p(excess) : kNaN;
}

}  // namespace

CriticalWindow critical_window(double norm2, double variance, double eps) {
  // 2 Phi(kappa) - 1 = erf(kappa / sqrt 2)
  const double before = std::numbers::sqrt2 * boost::math::erf_inv(2 * eps);
  const double after = std::numbers::sqrt2 * boost::math::erfc_inv(eps * eps);
  return {before, after, time_of_kappa(norm2, variance, before), time_of_kappa(norm2, variance, after)};
}

double window_bound_before(double norm2, double eps) { return 0.5 * std::log(norm2) + std::log(2 / eps); }

double window_bound_after(double norm2, double eps) {
  return 0.5 * std::log(norm2) - std::log(-std::log(2 * eps * eps));
}

}  // namespace denoiscope::theory
