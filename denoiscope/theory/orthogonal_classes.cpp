#include "denoiscope/theory/orthogonal_classes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace denoiscope::theory {
namespace {

// Trapezoidal sums of functions that decay at both ends and are bounded in a strip |Im| < pi/2 of the complex plane err
// by e^{-pi^2/step}: 1e-17 for this one. No adaptive rule: it would chase the rounding of the inner integral.
constexpr double kStep = 0.25;

template <class F>
double trapezoid(double low, double high, double step, F&& f) {
  const auto steps = static_cast<int>(std::ceil((high - low) / step));
  double sum = 0;
  for (int i = 0; i <= steps; ++i) sum += f(low + i * step);
  return step * sum;
}

// E f(kappa xi), xi ~ N(0,1), for an f of that kind: the strip is narrower by kappa.
template <class F>
double mean_of_scaled_normal(double kappa, F&& f) {
  const double reach = 12.0;  // the mass beyond is 4e-33
  auto weighted = [&](double xi) { return std::exp(-0.5 * xi * xi) * f(kappa * xi); };
  return trapezoid(-reach, reach, kStep / std::max(1.0, kappa), weighted) * 0.5 * std::numbers::inv_sqrtpi *
         std::numbers::sqrt2;
}

}  // namespace

double orthogonal_same_class(double K, double kappa) {
  if (kappa == 0) return 1.0 / K;
  // Each other class takes at most e^{-kappa^2/4}/2 from the true one: below rounding, all of it is.
  if (std::log(K) - 0.25 * kappa * kappa < -38.0) return 1;
  // A softmax is where the largest of logits with independent Gumbel noise falls. So the average is the integral over s
  // of (density of the true one's noisy logit) (law of another's)^(K-1), and K Gaussian integrals become one of two.
  auto integrand = [&](double s) {
    const double density = mean_of_scaled_normal(kappa, [&](double logit) {
      const double y = s - kappa * kappa - logit;
      return std::exp(-y - std::exp(-y));
    });
    const double law = mean_of_scaled_normal(kappa, [&](double logit) { return std::exp(-std::exp(logit - s)); });
    return density * std::pow(law, K - 1.0);
  };
  const double centre = kappa * kappa, spread = 12.0 * kappa;
  return trapezoid(centre - spread - 5.0, centre + spread + 40.0, kStep, integrand);
}

}  // namespace denoiscope::theory
