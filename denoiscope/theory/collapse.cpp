#include "denoiscope/theory/collapse.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/speciation.hpp"
#include "denoiscope/theory/spectrum.hpp"

namespace denoiscope::theory {
namespace {

Competition competition_of(double n, const Spectrum& spectrum, double log_snr) {
  return {std::log(n - 1.0) - 0.5 * spectrum.log_volume(log_snr), spectrum.standing(log_snr)};
}

std::optional<CollapseBand> band_of(double n, const Spectrum& spectrum) {
  const double room = std::log(n - 1.0);
  if (!(room > 0) || spectrum.logs.empty()) return std::nullopt;
  auto edge = [&](double deviations) {
    // At `few`, sum c lambda <= min(1, room/2)^2 leaves mean - deviation positive; at `many`, one direction alone
    // outweighs all data and the largest deviation there can be.
    const double few = 2.0 * std::log(std::min(1.0, 0.5 * room)) - spectrum.log_trace();
    const double many = 2.0 * (room + std::sqrt(spectrum.rank()) + 1.0) - spectrum.largest_log();
    auto distance = [&](double log_snr) {
      const Competition odds = competition_of(n, spectrum, log_snr);
      return odds.mean + deviations * std::sqrt(odds.variance);
    };
    return find_root(distance, few, many);
  };
  const auto low = edge(1.0), high = edge(-1.0);
  if (!low || !high) return std::nullopt;
  return CollapseBand{t_of_log_snr(*low), t_of_log_snr(*high)};
}

template <class F>
double mean_over_odds(const Competition& odds, F&& f) {
  const double deviation = std::sqrt(odds.variance);
  if (deviation == 0) return f(odds.mean);
  return gaussian_mean([&](double xi) { return f(odds.mean + deviation * xi); }, -odds.mean / deviation);
}

// Mean over L of g(competition with both classes).
template <class G>
double mean_over_class(const Competition& own_class, double kappa, G&& g) {
  auto given = [&](double xi) {
    const double log_odds = 2.0 * kappa * (kappa + xi);
    return g(Competition{own_class.mean + softplus(-log_odds), own_class.variance});
  };
  return gaussian_mean(given, -kappa);
}

}  // namespace

double excess_entropy(double n, double d, double variance, double t) {
  return std::log(n) / d - 0.5 * std::log1p(variance * channel_snr(t));
}

double excess_entropy(double n, double d, std::span<const double> eigenvalues, double t) {
  return (std::log(n) - 0.5 * spectrum_of(eigenvalues).log_volume(log_snr_of_t(t))) / d;
}

double mixture_excess_entropy(double n, double d, double mu2, double variance, double t) {
  const double class_information = std::numbers::ln2 - class_entropy(mixture_kappa(d, mu2, variance, t));
  return excess_entropy(n, d, variance, t) - class_information / d;
}

std::optional<double> collapse_time(double n, double d, double variance) {
  if (!(n > 1.0 && variance > 0)) return std::nullopt;
  return 0.5 * std::log1p(variance / std::expm1(2.0 * std::log(n) / d));
}

std::optional<double> collapse_time(double n, std::span<const double> eigenvalues) {
  const Spectrum spectrum = spectrum_of(eigenvalues);
  if (!(n > 1.0) || spectrum.logs.empty()) return std::nullopt;
  const double target = 2.0 * std::log(n);
  // log(1 + c lambda) is at most c lambda, and one direction alone reaches the target at c lambda = n^2.
  const double few = std::log(target) - spectrum.log_trace() - 1.0, many = target - spectrum.largest_log();
  const auto root = find_root([&](double log_snr) { return spectrum.log_volume(log_snr) - target; }, few, many);
  if (!root) return std::nullopt;
  return t_of_log_snr(*root);
}

Competition competition(double n, double d, double variance, double t) {
  return competition_of(n, isotropic(d, variance), log_snr_of_t(t));
}

Competition competition(double n, std::span<const double> eigenvalues, double t) {
  return competition_of(n, spectrum_of(eigenvalues), log_snr_of_t(t));
}

double softplus_entropy(const Competition& odds) { return mean_over_odds(odds, softplus); }

double participation(const Competition& odds) {
  return mean_over_odds(odds, [](double log_odds) { return sigmoid(-log_odds); });
}

double two_class_softplus_entropy(const Competition& own_class, double kappa) {
  return mean_over_class(own_class, kappa, softplus_entropy);
}

double two_class_participation(const Competition& own_class, double kappa) {
  return mean_over_class(own_class, kappa, participation);
}

std::optional<CollapseBand> collapse_band(double n, double d, double variance) {
  return band_of(n, isotropic(d, variance));
}

std::optional<CollapseBand> collapse_band(double n, std::span<const double> eigenvalues) {
  return band_of(n, spectrum_of(eigenvalues));
}

}  // namespace denoiscope::theory
