#include "denoiscope/theory/generalization.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/rem.hpp"
#include "denoiscope/theory/spectrum.hpp"

namespace denoiscope::theory {
namespace {

std::vector<double> over(std::span<const double> eigenvalues, double tau) {
  std::vector<double> ratios(eigenvalues.begin(), eigenvalues.end());
  for (double& r : ratios) r /= tau;
  return ratios;
}

double beyond(double N, std::span<const double> eigenvalues) { return N - static_cast<double>(eigenvalues.size()); }

// Of levels |y - a|^2/2 that a fresh point sees; `share`: how many times in N the eigenvalues occur.
std::optional<Generalization> best_kernel(double log_n, double share, std::span<const double> eigenvalues) {
  if (!(log_n > 0) || spectrum_of(eigenvalues).logs.empty()) return std::nullopt;
  const Levels levels = random_levels(log_n, eigenvalues, 0, 0);
  // -E/tau - N/2 log tau is largest at tau = 2 E/N.
  const double tau = 2.0 * levels.lowest * share;
  return Generalization{0.5 * std::log1p(tau), tau, levels.log_l};
}

std::optional<double> onset_of(double n, const Spectrum& spectrum, const std::optional<double>& collapse) {
  if (!collapse) return std::nullopt;
  const double log_n = std::log(n);
  auto excess = [&](double log_snr) {
    return 0.5 * (spectrum.log_volume(log_snr) + spectrum.standing(log_snr)) - log_n;
  };
  // I + R <= lambda trace C, and at t_C it is above I = log n.
  return t_of_log_snr(
      find_root(excess, std::log(log_n) - spectrum.log_trace(), log_snr_of_t(*collapse)).value_or(kNaN));
}

double radius2_of(double n, const Spectrum& spectrum, double t) {
  const double log_snr = log_snr_of_t(t);
  const double radius2 = 1.0 - (2.0 * std::log(n) - spectrum.log_volume(log_snr)) / spectrum.standing(log_snr);
  return radius2 >= 0 && radius2 <= 1 ? radius2 : kNaN;
}

}  // namespace

std::optional<Generalization> generalization_time(double n, double N, std::span<const double> eigenvalues) {
  return best_kernel(std::log(n), 1.0 / N, eigenvalues);
}

std::optional<Generalization> generalization_time(double n, double N, double D, double variance) {
  return best_kernel(std::log(n) / D, D / N, {&variance, 1});
}

double kernel_log_likelihood(double log_n, double N, std::span<const double> eigenvalues, double tau) {
  const Levels levels = random_levels(log_n, over(eigenvalues, tau), beyond(N, eigenvalues), 0);
  return levels.log_partition - log_n - 0.5 * N * std::log(2.0 * std::numbers::pi * tau);
}

double likelihood_gap(double log_n, double N, std::span<const double> eigenvalues, double t) {
  // The own datum's level is |z|^2/2 -> N/2; its rivals win above t_C.
  const Levels others = random_levels(log_n, over(eigenvalues, std::expm1(2.0 * t)), beyond(N, eigenvalues), 1);
  return std::max(0.0, -0.5 * N - others.log_partition);
}

double likelihood_gap(const Competition& odds) { return softplus_entropy({-odds.mean, odds.variance}); }

std::optional<double> trap_onset(double n, double d, double variance) {
  return onset_of(n, isotropic(d, variance), collapse_time(n, d, variance));
}

std::optional<double> trap_onset(double n, std::span<const double> eigenvalues) {
  return onset_of(n, spectrum_of(eigenvalues), collapse_time(n, eigenvalues));
}

double basin_radius2(double n, double d, double variance, double t) { return radius2_of(n, isotropic(d, variance), t); }

double basin_radius2(double n, std::span<const double> eigenvalues, double t) {
  return radius2_of(n, spectrum_of(eigenvalues), t);
}

}  // namespace denoiscope::theory
