#include "denoiscope/theory/spin.hpp"

#include <cmath>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"

namespace denoiscope::theory {
namespace {

double information_at(double mstar, double log_snr) {
  return spin_entropy(mstar) - class_entropy_weighted(std::exp(0.5 * log_snr), 0.5 * (1.0 + mstar));
}

}  // namespace

double spin_entropy(double mstar) {
  const double minority = 0.5 * (1.0 - mstar);
  if (minority == 0) return 0;
  return -minority * std::log(minority) - (1.0 - minority) * std::log1p(-minority);
}

double spin_information(double mstar, double t) { return mstar == 1 ? 0.0 : information_at(mstar, log_snr_of_t(t)); }

std::optional<double> spin_collapse_time(double alpha, double mstar) {
  if (alpha >= spin_entropy(mstar)) return std::nullopt;
  // I_1 <= lambda (1 - mstar^2)/2; at lambda = e^6 the spin is known to e^{-lambda/2}, far below rounding.
  const double few = std::log(alpha / ((1.0 - mstar) * (1.0 + mstar))), many = 6.0;
  const auto root = find_root([&](double log_snr) { return information_at(mstar, log_snr) - alpha; }, few, many);
  if (!root) return std::nullopt;
  return t_of_log_snr(*root);
}

}  // namespace denoiscope::theory
