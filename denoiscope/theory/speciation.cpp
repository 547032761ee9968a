#include "denoiscope/theory/speciation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"

namespace denoiscope::theory {
namespace {

double noisy_class_variance(double variance, double t) { return noise_variance(t) + variance * std::exp(-2.0 * t); }

double kappa_of_norm2(double norm2, double variance, double t) {
  if (norm2 == 0) return 0;  // one class, also where Gamma_t = 0
  return std::sqrt(norm2 / noisy_class_variance(variance, t)) * std::exp(-t);
}

}  // namespace

CriticalTimes critical_times(double lambda) {
  return {lambda >= 1 ? 0.5 * std::log(lambda) : kNaN, 0.5 * std::log1p(lambda), 0.5 * std::asinh(lambda)};
}

std::optional<int> first_ddpm_step(double lambda) {
  const auto& times = ddpm_times();
  const auto step = std::upper_bound(times.begin(), times.end(), t_of_alpha_bar(1.0 / lambda));
  if (step == times.end()) return std::nullopt;
  return static_cast<int>(step - times.begin());
}

double mixture_kappa(double d, double mu2, double variance, double t) { return kappa_of_norm2(d * mu2, variance, t); }

double mixture_phi(double d, double mu2, double variance, double t) {
  return same_class(mixture_kappa(d, mu2, variance, t));
}

double mixture_phi_integral(double d, double mu2, double variance, double t) {
  const double centre = std::sqrt(d * mu2) * std::exp(-t);
  const double spread = noisy_class_variance(variance, t);
  const double reach = 12.0 * std::sqrt(spread);
  // (G+^2 + G-^2) / (G+ + G-) at y > 0, divided through by the larger density so that 0/0 cannot arise far out. The
  // integrand is even: twice the half line cancels the 1/2 in front.
  auto integrand = [&](double y) {
    const double ratio = std::exp(-2.0 * y * centre / spread);
    const double larger =
        std::exp(-0.5 * (y - centre) * (y - centre) / spread) / std::sqrt(2.0 * std::numbers::pi * spread);
    return larger * (1.0 + ratio * ratio) / (1.0 + ratio);
  };
  const double low = std::max(0.0, centre - reach);
  return (centre > low ? integrate(integrand, low, centre) : 0.0) + integrate(integrand, centre, centre + reach);
}

double four_mode_phi(double norm2_1, double norm2_2, double variance, double t) {
  return same_class(kappa_of_norm2(norm2_1, variance, t)) * same_class(kappa_of_norm2(norm2_2, variance, t));
}

double effective_potential(double q, double t, double d, double mu2) {
  const double u = std::abs(q) * std::exp(-t) * std::sqrt(d);
  const double log_cosh = u + std::log1p(std::exp(-2.0 * u)) - std::numbers::ln2;  // cosh itself overflows at u = 710
  return 0.5 * q * q - 2.0 * mu2 * log_cosh;
}

double drift_curvature(double d, double mu2, double variance, double t) {
  return 2.0 * log_density_curvature(d, mu2, variance, t) - 1.0;  // drift x + 2 score
}

double log_density_curvature(double d, double mu2, double variance, double t) {
  const double spread = noisy_class_variance(variance, t);
  return 1.0 / spread - d * mu2 * std::exp(-2.0 * t) / (spread * spread);
}

}  // namespace denoiscope::theory
