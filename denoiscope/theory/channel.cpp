#include "denoiscope/theory/channel.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope::theory {
namespace {

constexpr double kNormalReach = 12.0;  // standard deviations; the mass beyond is 4e-33
constexpr double kDecayReach = 45.0;   // e^{-45} is far below the rounding of 1

double normal_density(double u) {
  return std::exp(-0.5 * u * u) * 0.5 * std::numbers::inv_sqrtpi * std::numbers::sqrt2;
}

// Integral over u > 0 of the normal density times f(kappa u), for an f that decays like e^{-v}. The classes overlap
// around u = 0: tilting the average over the true class to that point, E_{N(kappa,1)} h(u) = e^{-kappa^2/2} E_{N(0,1)}
// e^{kappa u} h(u), is what keeps the small numbers (1 - F, Hc at large kappa) free of cancellation.
template <class F>
double overlap(double kappa, F&& f) {
  const double reach = std::min(kNormalReach, kDecayReach / kappa);
  return integrate([&](double u) { return normal_density(u) * f(kappa * u); }, 0.0, reach);
}

// Integral of G+ G- / (w G+ + (1-w) G-) over the line, G+- the densities of N(+-kappa, 1). Both conditional error rates
// are multiples of it.
double confusion(double kappa, double w) {
  const double tilt = std::exp(-0.5 * kappa * kappa);
  if (tilt == 0) return 0;
  const double log_odds = std::log(w) - std::log1p(-w);
  const double indifferent = kappa > 0 ? -log_odds / (2.0 * kappa) : 0.0;  // where both classes are equally likely
  const double peak = std::clamp(indifferent, -kappa, kappa);
  const double low = peak - kNormalReach, high = peak + kNormalReach;
  const double split = std::clamp(indifferent, low, high);
  auto integrand = [&](double u) {
    return normal_density(u) / (w * std::exp(kappa * u) + (1.0 - w) * std::exp(-kappa * u));
  };
  double sum = 0;
  if (split > low) sum += integrate(integrand, low, split);
  if (split < high) sum += integrate(integrand, split, high);
  return tilt * sum;
}

}  // namespace

double same_class(double kappa) {
  const double tilt = std::exp(-0.5 * kappa * kappa);
  if (tilt == 0) return 1;
  return 1.0 - tilt * overlap(kappa, [](double v) { return 1.0 / std::cosh(v); });
}

double same_class_by_tanh(double kappa) {
  return 0.5 + 0.5 * gaussian_mean([&](double xi) { return std::tanh(kappa * (kappa + xi)); }, -kappa);
}

double same_class_by_tanh_squared(double kappa) {
  auto square = [&](double xi) {
    const double tanh = std::tanh(kappa * (kappa + xi));
    return tanh * tanh;
  };
  return 0.5 + 0.5 * gaussian_mean(square, -kappa);
}

double kappa_for_same_class(double phi) {
  if (!(phi >= 0.5 && phi <= 1.0)) return kNaN;
  if (phi == 1.0) return kInfinity;
  const double certain = 9.0;  // F(9) rounds to 1
  return find_root([&](double kappa) { return same_class(kappa) - phi; }, 0.0, certain).value_or(0.0);
}

double class_entropy(double kappa) {
  const double tilt = std::exp(-0.5 * kappa * kappa);
  if (tilt == 0) return 0;
  auto both_sides = [](double v) {  // the integrand at u and at -u
    const double log_term = std::log1p(std::exp(-2.0 * v));
    return std::exp(v) * log_term + std::exp(-v) * (2.0 * v + log_term);
  };
  return tilt * overlap(kappa, both_sides);
}

double class_entropy_weighted(double kappa, double w) {
  const double prior = std::log(w) - std::log1p(-w);
  // Points of the class of prior log-odds p have log-odds p + 2 kappa (kappa + xi) of being in it.
  auto of_class = [&](double p) {
    auto surprise = [&](double xi) { return log_add(0.0, -p - 2.0 * kappa * (kappa + xi)); };
    return gaussian_mean(surprise, kappa > 0 ? -kappa - 0.5 * p / kappa : 0.0);
  };
  return w * of_class(prior) + (1.0 - w) * of_class(-prior);
}

double bayes_error(double kappa) { return 0.5 * std::erfc(kappa / std::numbers::sqrt2); }

double total_variation(double kappa) { return std::erf(kappa / std::numbers::sqrt2); }

WeightedSameClass same_class_weighted(double kappa, double w) {
  const double shared = confusion(kappa, w);
  return {1.0 - 2.0 * w * (1.0 - w) * shared, 1.0 - (1.0 - w) * shared, 1.0 - w * shared};
}

}  // namespace denoiscope::theory
