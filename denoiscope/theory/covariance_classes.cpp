#include "denoiscope/theory/covariance_classes.hpp"

#include <algorithm>
#include <boost/math/special_functions/log1p.hpp>
#include <cmath>
#include <numbers>

#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope::theory {
namespace {

// The ratio of the noisy variances is rho = (tau + v1)/(tau + v2), tau = e^{2t} - 1: everything is a function of tau.
struct Ratio {
  double excess;   // rho - 1
  double log;      // log rho
  double log1pmx;  // log rho - (rho - 1)
};

Ratio ratio_of(const CovarianceClasses& classes, std::size_t i, double tau) {
  const double a = classes.first[i], b = classes.second[i];
  const double excess = (a - b) / (tau + b);
  if (std::abs(excess) < 0.5) return {excess, std::log1p(excess), boost::math::log1pmx(excess)};
  const double log = std::log(tau + a) - std::log(tau + b);  // where rho is so small that 1 + (rho - 1) has lost it
  return {excess, log, log - excess};
}

LogOdds log_odds_at(const CovarianceClasses& classes, double tau) {
  double mean = 0, square = 0;
  for (std::size_t i = 0; i < classes.first.size(); ++i) {
    const Ratio rho = ratio_of(classes, i, tau);
    mean -= rho.log1pmx;
    square += rho.excess * rho.excess;
  }
  return {0.5 * classes.count * mean, std::sqrt(0.5 * classes.count * square)};
}

// L under the law proportional to sqrt(P1 P2), where the classes overlap: a sum of weighted chi-squares.
struct Overlap {
  const CovarianceClasses& classes;
  double tau;

  // 2 (rho - 1)/(rho + 1)
  double contrast(std::size_t i) const {
    return 2.0 * (classes.first[i] - classes.second[i]) / (2.0 * tau + classes.first[i] + classes.second[i]);
  }
  // log Int sqrt(P1 P2), the Bhattacharyya coefficient.
  double log_mass() const {
    double sum = 0;
    for (std::size_t i = 0; i < classes.first.size(); ++i) {
      const double a = tau + classes.first[i], b = tau + classes.second[i];
      sum += std::log1p(0.25 * ((a - b) / a) * ((a - b) / b));  // (a + b)^2 / (4 a b)
    }
    return -0.25 * classes.count * sum;
  }
  // log |E e^{isL}|
  double log_modulus(double s) const {
    double sum = 0;
    for (std::size_t i = 0; i < classes.first.size(); ++i) {
      const double c = contrast(i);
      sum += std::log1p(s * s * c * c);
    }
    return -0.25 * classes.count * sum;
  }
  double phase(double s) const {
    double sum = 0;
    for (std::size_t i = 0; i < classes.first.size(); ++i)
      sum += std::atan(s * contrast(i)) - s * ratio_of(classes, i, tau).log;
    return 0.5 * classes.count * sum;
  }
};

double tau_of(double t) { return std::expm1(2.0 * t); }

}  // namespace

LogOdds log_odds(const CovarianceClasses& classes, double t) { return log_odds_at(classes, tau_of(t)); }

double same_class(const CovarianceClasses& classes, double t) {
  const Overlap overlap{classes, tau_of(t)};
  const double mass = std::exp(overlap.log_mass());
  if (mass == 0) return 1;
  // Int P1 P2/(P1 + P2) = mass E 1/(2 cosh(L/2)), and 1/(2 cosh(L/2)) = Int_0^inf cos(sL) / cosh(pi s) ds.
  const double negligible = -40.0;                // e^-40 is far below the rounding of 1
  double reach = -negligible / std::numbers::pi;  // where 1/cosh(pi s) is that small
  while (overlap.log_modulus(0.5 * reach) < negligible) reach *= 0.5;
  auto integrand = [&](double s) {
    return std::exp(overlap.log_modulus(s)) * std::cos(overlap.phase(s)) / std::cosh(std::numbers::pi * s);
  };
  return 1.0 - mass * integrate(integrand, 0.0, reach);
}

std::optional<double> resolution_time(const CovarianceClasses& classes) {
  double widest = 0, smallest = kInfinity;
  bool degenerate = false;
  for (std::size_t i = 0; i < classes.first.size(); ++i) {
    widest = std::max(widest, std::abs(classes.first[i] - classes.second[i]));
    for (const double v : {classes.first[i], classes.second[i]}) {
      if (v > 0) smallest = std::min(smallest, v);
      degenerate = degenerate || v == 0;
    }
  }
  if (widest == 0) return std::nullopt;
  auto balance = [&](double log_tau) {
    const LogOdds odds = log_odds_at(classes, std::exp(log_tau));
    return odds.mean - odds.deviation;
  };
  // Above this tau every |rho - 1| <= 1/2 and B <= 1, hence A <= B^2 <= B. Below the last one the ratios stand still;
  // with a variance 0 they do not, and the search ends where t is below anything that can be meant.
  const double high = std::log(std::max(2.0 * widest, std::sqrt(0.5 * separation(classes))));
  const double low = std::log(smallest) - (degenerate ? 60.0 : 12.0), step = 0.1;
  for (int i = 0; high - i * step > low; ++i) {
    const double upper = high - i * step;
    if (balance(upper - step) < 0) continue;
    const auto root = find_root(balance, upper - step, upper);
    return root ? std::optional(0.5 * std::log1p(std::exp(*root))) : std::nullopt;
  }
  return std::nullopt;
}

double separation(const CovarianceClasses& classes) {
  double sum = 0;
  for (std::size_t i = 0; i < classes.first.size(); ++i) {
    const double difference = classes.first[i] - classes.second[i];
    sum += difference * difference;
  }
  return classes.count * sum;
}

double resolution_asymptote(double separation) { return separation >= 8 ? 0.25 * std::log(separation / 8.0) : kNaN; }

}  // namespace denoiscope::theory
