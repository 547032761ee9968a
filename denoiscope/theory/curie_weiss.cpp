#include "denoiscope/theory/curie_weiss.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::theory {

double spontaneous_magnetisation(double beta) {
  if (beta <= 1) return 0;
  // tanh(x) >= x - x^3/3 puts the solution above sqrt(3 (beta - 1)/beta^3); the margin is for rounding.
  const double low = 0.9 * std::sqrt(3.0 * (beta - 1.0) / (beta * beta * beta));
  return find_root([&](double m) { return std::tanh(beta * m) - m; }, low, 1.0).value_or(kNaN);
}

double susceptibility(double beta) {
  const double cosh = std::cosh(beta * spontaneous_magnetisation(beta));
  const double spin_variance = 1.0 / (cosh * cosh);  // 1 - mstar^2, also where mstar rounds to 1
  return spin_variance / (1.0 - beta * spin_variance);
}

double positive_weight(double beta, double eta) {
  return 1.0 / (1.0 + std::exp(-2.0 * eta * spontaneous_magnetisation(beta)));
}

double curie_weiss_kappa(double N, double beta, double t) {
  const double signal = std::sqrt(N) * spontaneous_magnetisation(beta) * std::exp(-t);
  if (signal == 0) return 0;
  return signal / std::sqrt(noise_variance(t) + std::exp(-2.0 * t) * susceptibility(beta));
}

CurieWeissTimes curie_weiss_times(double N, double beta) {
  const double m = spontaneous_magnetisation(beta), strength = N * m * m;
  if (m == 0) return {kNaN, kNaN};
  const double surplus = strength - susceptibility(beta);
  return {strength >= 1 ? 0.5 * std::log(strength) : kNaN, surplus >= 0 ? 0.5 * std::log1p(surplus) : kNaN};
}

std::vector<double> magnetisation_law(int N, double beta, double eta) {
  const double n = N;
  std::vector<double> law(static_cast<std::size_t>(N) + 1);  // logarithms first
  law[0] = 0.5 * beta * n - eta;
  for (int k = 0; k < N; ++k) {
    const double M = 2.0 * k - n;
    const double step = std::log((n - k) / (k + 1.0)) + 2.0 * (beta * (M + 1.0) + eta) / n;
    law[k + 1] = law[k] + step;
  }
  const double largest = *std::max_element(law.begin(), law.end());
  double total = 0;
  for (double& weight : law) total += weight = std::exp(weight - largest);
  for (double& weight : law) weight /= total;
  return law;
}

Magnetisation magnetisation(int N, double beta, double eta) {
  const std::vector<double> law = magnetisation_law(N, beta, eta);
  Magnetisation out{};
  for (int k = 0; k <= N; ++k) {
    const double weight = law[k], m = (2.0 * k - N) / N;
    out.mean += weight * m;
    out.mean_absolute += weight * std::abs(m);
    out.mean_square += weight * m * m;
    out.mean_fourth += weight * m * m * m * m;
    out.positive += weight * (m > 0 ? 1.0 : m == 0 ? 0.5 : 0.0);
  }
  return out;
}

}  // namespace denoiscope::theory
