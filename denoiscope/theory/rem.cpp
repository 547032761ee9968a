#include "denoiscope/theory/rem.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::theory {
namespace {

double sigmoid(double v) { return 1.0 / (1.0 + std::exp(-v)); }

// log(l* r), the root of alpha + g(l) - l g'(l) with the annealed exponent
//   g(l) = -1/2 log(1 + l r) - l (1 + r) / (2 (1 + l r)).
// Written in v = log(l r), where every term stays finite, with s = sigmoid(v):
//   alpha - 1/2 log(1 + e^v) + 1/2 s (1 - s - s/r).
// It decreases in v, because g is convex in l.
double condensation(double alpha, double r) {
  auto entropy = [&](double v) {
    const double s = sigmoid(v);
    return alpha - 0.5 * log_add(0.0, v) + 0.5 * s * (sigmoid(-v) - s / r);
  };
  const double above = std::log(0.5 * std::min(alpha, std::sqrt(alpha * r)));  // both negative terms below alpha / 2
  const double below = 2.0 * alpha + 1.0;                                      // the last term is at most 1/8
  return find_root(entropy, above, below).value_or(kNaN);
}

}  // namespace

RandomEnergy random_energy(double alpha, double variance, double t) {
  RandomEnergy rem{};
  rem.r = variance * channel_snr(t);
  const double r = rem.r;
  rem.f = alpha - 0.5 * std::log1p(r);
  if (r == 0) {  // lambda_t underflows: no data left to condense on
    rem.l_star = kInfinity;
    rem.psi = rem.f - 0.5;
    return rem;
  }
  const double v = condensation(alpha, r);
  rem.l_star = std::exp(v - std::log(r));
  const double cold = sigmoid(-v);                                   // 1 / (1 + l* r)
  rem.psi = rem.l_star >= 1 ? rem.f - 0.5                            // alpha + g(1)
                            : -0.5 * cold * (r + (1.0 + r) * cold);  // g'(l*)
  return rem;
}

}  // namespace denoiscope::theory
