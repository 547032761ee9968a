#include "denoiscope/theory/rem.hpp"

#include <algorithm>
#include <boost/math/special_functions/log1p.hpp>
#include <cmath>
#include <vector>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/spectrum.hpp"

namespace denoiscope::theory {
namespace {

// log(1 + u) - u/(1 + u)^2 at u = e^v, of which the leading terms cancel where u is small.
double entropy_lost(double v) {
  const double s = sigmoid(v), rest = sigmoid(-v);
  if (v > 0) return softplus(v) - s * rest;
  const double u = std::exp(v);
  return boost::math::log1pmx(u) + u * s * (1.0 + rest);
}

// log l*, the root of log n + g(l) - l g'(l) with the annealed exponent of the levels
//   g(l) = sum_i [ -1/2 log(1 + l r_i) - l (r_i + seen)/(2 (1 + l r_i)) ],
// written in v_i = log(l r_i), where every term stays finite. It decreases in l, because g is convex.
double condensation(double log_n, const Spectrum& ratios, double seen) {
  auto entropy = [&](double log_l) {
    double sum = log_n;
    for (const double log_r : ratios.logs) {
      const double v = log_l + log_r;
      sum -= 0.5 * entropy_lost(v);
      if (seen > 0) sum -= 0.5 * seen * std::exp(log_l) * sigmoid(v) * sigmoid(-v);
    }
    return sum;
  };
  // What is taken off is at most 3/4 sum (l r)^2 + seen l sum (l r)/2, here below log_n; one direction alone takes it
  // all at v = 2 log_n + 1/2.
  std::vector<double> squares = ratios.logs;
  for (double& log_r : squares) log_r *= 2;
  double few = 0.5 * (std::log(0.5 * log_n) - log_sum_exp(squares));
  if (seen > 0) few = std::min(few, 0.5 * (std::log(0.5 * log_n / seen) - ratios.log_trace()));
  return find_root(entropy, few, 2.0 * log_n + 0.5 - ratios.largest_log()).value_or(kNaN);
}

}  // namespace

Levels random_levels(double log_n, std::span<const double> ratios, double without, double seen) {
  const Spectrum spectrum = spectrum_of(ratios);
  const double dimensions = without + static_cast<double>(ratios.size() - spectrum.logs.size());
  Levels levels{kInfinity, 0.5 * dimensions * seen, log_n - 0.5 * dimensions * seen};
  if (spectrum.logs.empty()) return levels;
  levels.log_l = condensation(log_n, spectrum, seen);
  for (const double log_r : spectrum.logs) {
    const double v = levels.log_l + log_r, hot = sigmoid(log_r), cold = sigmoid(-v);
    levels.lowest += 0.5 * (std::exp(-levels.log_l) * sigmoid(v) * (1.0 + cold) + seen * cold * cold);
    levels.log_partition -= 0.5 * (softplus(log_r) + hot + seen * sigmoid(-log_r));
  }
  if (levels.log_l < 0) levels.log_partition = -levels.lowest;
  return levels;
}

RandomEnergy random_energy(double alpha, double variance, double t) {
  RandomEnergy rem{};
  rem.r = variance * channel_snr(t);
  rem.f = alpha - 0.5 * std::log1p(rem.r);
  const Levels levels = random_levels(alpha, {&rem.r, 1}, 0, 1);  // r = 0, lambda_t underflows: nothing to condense on
  rem.l_star = std::exp(levels.log_l);
  rem.psi = levels.log_partition;
  return rem;
}

}  // namespace denoiscope::theory
