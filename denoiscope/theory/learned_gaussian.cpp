#include "denoiscope/theory/learned_gaussian.hpp"

#include <boost/math/special_functions/log1p.hpp>
#include <cmath>

namespace denoiscope::theory {

LearnedGaussian learned_gaussian(double gamma) {
  // E log lambda = -1 - (1 - gamma)/gamma log(1 - gamma), rearranged so that small gamma does not cancel.
  const double mean_log = -gamma - (1.0 - gamma) * boost::math::log1pmx(-gamma) / gamma;
  return {-0.5 * mean_log, 0.5 * (gamma / (1.0 - gamma) + mean_log)};
}

Spike spike(double ell, double gamma) {
  const double threshold = std::sqrt(gamma), edge = (1.0 + threshold) * (1.0 + threshold);
  if (ell <= threshold) return {0.0, edge, threshold, edge};
  const double overlap = (1.0 - gamma / (ell * ell)) / (1.0 + gamma / ell);
  return {overlap, (1.0 + ell) * (1.0 + gamma / ell), threshold, edge};
}

}  // namespace denoiscope::theory
