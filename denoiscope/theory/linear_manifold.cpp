#include "denoiscope/theory/linear_manifold.hpp"

#include <cmath>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope::theory {
namespace {

double tau_of(double t) { return std::expm1(2.0 * t); }
double t_of(double tau) { return 0.5 * std::log1p(tau); }

// F(g,c)/4 with F = (sqrt(1 + g (1+sqrt c)^2) - sqrt(1 + g (1-sqrt c)^2))^2, the difference of roots made a quotient.
double quarter_f(double g, double c) {
  const double root = std::sqrt(c);
  const double sum = std::hypot(1.0, std::sqrt(g) * (1.0 + root)) + std::hypot(1.0, std::sqrt(g) * (1.0 - root));
  return 4.0 * g * g * c / (sum * sum);
}

// Both for x_0 = F xi / sqrt(D): eigenvalues are 1/c times the Marchenko-Pastur law.
double information_at(double c, double tau) {
  const double g = 1.0 / (c * tau), quarter = quarter_f(g, c);
  // log(1 + g - F/4) and log(1 + g c - F/4).
  double log_a = std::log1p(g - quarter), log_b = std::log1p(g * c - quarter);
  if (g > 1) {  // F/4 = (1 + g (1 + c) - product)/2, by which large terms cancel on paper
    const double gap = g * (1.0 - c), product = std::hypot(1.0 + gap, 2.0 * std::sqrt(g * c));
    log_a = std::log(0.5 * (1.0 + gap + product));
    log_b = std::log(gap > 1 ? 2.0 * g / (product + gap - 1.0) : 0.5 * (1.0 - gap + product));
  }
  return 0.5 * (c * log_a + log_b - quarter / g);
}

double half_dimension_at(double c, double tau) {
  const double g = 1.0 / (c * tau);
  return 0.5 * quarter_f(g, c) / g;
}

// The tau at which a function that falls from infinity to 0 is alpha.
template <class F>
double tau_where(F&& f, double alpha) {
  const double reach = 300.0;  // e^{-300} to e^{300}
  const auto root = find_root([&](double log_tau) { return f(std::exp(log_tau)) - alpha; }, -reach, reach);
  return root ? std::exp(*root) : kNaN;
}

// Silverstein's map in u = -1/m, z(u) = u (1 + sum_i c_i v_i/(u - v_i)), and its derivative.
double map(const TwoVariances& s, double u) { return u * (1.0 + s.c1 * s.v1 / (u - s.v1) + s.c2 * s.v2 / (u - s.v2)); }

double map_slope(const TwoVariances& s, double u) {
  const double a = s.v1 / (u - s.v1), b = s.v2 / (u - s.v2);
  return 1.0 - s.c1 * a * a - s.c2 * b * b;
}

// Image of the zero of the slope between u0 and u1; a pole of it at either end counts as minus infinity.
double edge(const TwoVariances& s, double u0, double u1) {
  auto slope = [&](double u) { return u == s.v1 || u == s.v2 ? -1e300 : map_slope(s, u); };
  const auto u = find_root(slope, u0, u1);
  return u ? map(s, *u) : kNaN;
}

}  // namespace

Bulk manifold_bulk(double c, double variance) {
  const double root = std::sqrt(c);
  return {variance * (1.0 - root) * (1.0 - root), variance * (1.0 + root) * (1.0 + root)};
}

double jacobian_eigenvalue(double eigenvalue, double t) { return tau_of(t) / (tau_of(t) + eigenvalue); }

double trace_dimension(double c, double variance, double t) {
  const double g = variance / tau_of(t);
  return g > 0 ? quarter_f(g, c) / g : 0.0;
}

Bulk two_variance_bulk(const TwoVariances& model) {
  // The slope is 1 - c1 - c2 >= 0 at u = 0, and positive where every |v/(u - v)| <= 1.
  return {edge(model, 0.0, model.v2), edge(model, model.v1, 2.0 * model.v1)};
}

std::optional<std::array<double, 4>> two_variance_edges(const TwoVariances& model) {
  // The slope between the poles is largest where its two derivatives balance.
  const double ratio = std::cbrt(model.c2 * model.v2 * model.v2 / (model.c1 * model.v1 * model.v1));
  const double top = (model.v2 + ratio * model.v1) / (1.0 + ratio);
  if (!(map_slope(model, top) > 0)) return std::nullopt;
  const Bulk whole = two_variance_bulk(model);
  return std::array{whole.low, edge(model, model.v2, top), edge(model, top, model.v1), whole.high};
}

double manifold_information(double c, double t) { return information_at(c, tau_of(t)); }

ManifoldCollapse manifold_collapse(double c, double alpha) {
  auto information = [&](double tau) { return information_at(c, tau); };
  auto trap = [&](double tau) { return information_at(c, tau) + half_dimension_at(c, tau); };
  return {t_of(tau_where(information, alpha)), t_of(tau_where(trap, alpha)), t_of(1.0 / std::expm1(2.0 * alpha / c))};
}

double basin_radius2(double c, double alpha, double t) {
  const double tau = tau_of(t);
  const double radius2 = 1.0 - (alpha - information_at(c, tau)) / half_dimension_at(c, tau);
  return radius2 >= 0 && radius2 <= 1 ? radius2 : kNaN;
}

}  // namespace denoiscope::theory
