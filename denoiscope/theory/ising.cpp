#include "denoiscope/theory/ising.hpp"

#include <cmath>
#include <numbers>

namespace denoiscope::theory {
namespace {

// sum_{k=1}^{N-1} (N - k) r^k; 1 - r is handed over because it is small where the chains are long-ranged.
double weighted_geometric(double N, double r, double one_minus_r) {
  if (std::abs(one_minus_r) * N < 1e-2) {  // the closed form below would cancel; N is short beside the range
    double sum = 0, power = 1;
    for (double k = 1; k < N; ++k) sum += (N - k) * (power *= r);
    return sum;
  }
  return r * (N + std::expm1(N * std::log1p(-one_minus_r)) / one_minus_r) / one_minus_r;
}

// 1 - u1 u2 for u = tanh K, without cancellation.
double one_minus_product(double K1, double K2) { return std::cosh(K1 - K2) / (std::cosh(K1) * std::cosh(K2)); }

}  // namespace

double ising_separation(double N, double K1, double K2) {
  auto term = [&](double a, double b) {
    return weighted_geometric(N, std::tanh(a) * std::tanh(b), one_minus_product(a, b));
  };
  return 2.0 * (term(K1, K1) + term(K2, K2) - 2.0 * term(K1, K2));
}

double ising_separation_density(double K1, double K2) {
  // With sinh^2 K = u^2/(1-u^2) and u1 u2/(1 - u1 u2) = sinh K1 sinh K2 / cosh(K1 - K2).
  const double s1 = std::sinh(K1), s2 = std::sinh(K2);
  return 2.0 * (s1 * s1 + s2 * s2 - 2.0 * s1 * s2 / std::cosh(K1 - K2));
}

std::vector<double> ising_spectrum(int N, double K) {
  const double u = std::tanh(K);
  std::vector<double> spectrum(N);
  for (int k = 0; k < N; ++k) {
    const double w = 2.0 * std::numbers::pi * k / N;
    // 1 - 2u cos w + u^2 = (1-u)^2 + 4u sin^2(w/2), and 1 - u = 2/(e^{2K} + 1).
    const double gap = 2.0 / (std::exp(2.0 * K) + 1.0), half_sine = std::sin(0.5 * w);
    spectrum[k] = gap * (1.0 + u) / (gap * gap + 4.0 * u * half_sine * half_sine);
  }
  return spectrum;
}

}  // namespace denoiscope::theory
