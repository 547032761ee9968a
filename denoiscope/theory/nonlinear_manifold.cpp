#include "denoiscope/theory/nonlinear_manifold.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/theory/linear_manifold.hpp"

namespace denoiscope::theory {
namespace {

constexpr double kFinest = -25.0;  // log tau: noise much weaker is lost in the rounding of coordinates of size 1

// All integrals are over the line, of analytic functions that fall like Gaussians: a rule of equal steps errs by
// exp(-2 pi^2 width^2/step^2), 1e-15 at these steps for a Gaussian, and by 1e-11 where it ends.
constexpr double kStep = 0.75, kReach = 7.0, kLatentStep = 0.25;  // the last where g is no steeper than 1

double value(const Link& link, double h) {
  return link.shape == Link::Shape::tanh ? std::tanh(link.slope * h) : link.slope * h;
}

// int dy P log P of P(y) = E_w N(y; g(shift + spread w), tau), w standard normal.
double negative_entropy(const Link& link, double shift, double spread, double tau) {
  const double steep = spread * link.slope;
  const double step = kStep / std::sqrt(1.0 + steep * steep / tau);
  const auto half = static_cast<Eigen::Index>(std::ceil(kReach / step));
  Eigen::ArrayXd mean(2 * half), log_weight(2 * half);
  for (Eigen::Index i = 0; i < 2 * half; ++i) {
    const double w = (static_cast<double>(i - half) + 0.5) * step;
    mean[i] = value(link, shift + spread * w);
    log_weight[i] = -0.5 * w * w;
  }
  const double norm = step / (2.0 * std::numbers::pi * std::sqrt(tau)), noise = std::sqrt(tau);
  const double low = mean[0] - kReach * noise, high = mean[2 * half - 1] + kReach * noise;  // g increases
  const auto points = static_cast<Eigen::Index>(std::ceil((high - low) / (kStep * noise)));
  double sum = 0;
  for (Eigen::Index k = 0; k <= points; ++k) {
    const double y = low + static_cast<double>(k) * kStep * noise;
    const double p = norm * (log_weight - (y - mean).square() / (2.0 * tau)).exp().sum();
    if (p > 0) sum += p * std::log(p);
  }
  return sum * kStep * noise;
}

// Its mean over the part of the field that the latent point's overlap q fixes, by symmetry over one half.
double mean_negative_entropy(const Link& link, double tau, double q, double rest) {
  const double step = kLatentStep / std::max(1.0, link.slope);
  const auto half = static_cast<int>(std::ceil(kReach / step));
  double sum = 0, mass = 0;
  for (int i = 0; i < half; ++i) {
    const double v = (i + 0.5) * step;
    const double weight = std::exp(-0.5 * v * v);
    sum += weight * negative_entropy(link, std::sqrt(q) * v, std::sqrt(rest), tau);
    mass += weight;
  }
  return sum / mass;
}

// At signal-to-noise ratio e^u = q/(1 - q) of the latent coordinates.
double potential_at(const Link& link, double c, double tau, double u) {
  const double q = 1.0 / (1.0 + std::exp(-u)), rest = 1.0 / (1.0 + std::exp(u));
  return 0.5 * c * (q + std::log(rest)) + mean_negative_entropy(link, tau, q, rest);
}

}  // namespace

double manifold_potential(const Link& link, double c, double tau, double q) {
  return 0.5 * c * (q + std::log1p(-q)) + mean_negative_entropy(link, tau, q, 1.0 - q);
}

ManifoldChannel manifold_channel(const Link& link, double c, double tau) {
  // q/(1-q) is at most what all N outputs would tell if g were everywhere as steep as at its centre, slope^2/(c tau).
  // From there down, the first maximum.
  const auto minus = [&](double u) { return -potential_at(link, c, tau, u); };
  double high = std::log(link.slope * link.slope / (c * tau)), middle = high - 0.5, low = high - 1.5;
  double at_middle = minus(middle), at_low = minus(low);
  while (at_low < at_middle) {
    high = middle;
    middle = low;
    at_middle = at_low;
    low -= 1.0;
    at_low = minus(low);
  }
  constexpr int kBits = 24;  // of u; the value there is right to twice as many
  std::uintmax_t steps = 60;
  const auto best = boost::math::tools::brent_find_minima(minus, low, high, kBits, steps);
  const double entropy_of_noise = 0.5 * (std::log(2.0 * std::numbers::pi * tau) + 1.0);
  return {best.second - entropy_of_noise, 1.0 / (1.0 + std::exp(-best.first))};
}

double manifold_collapse_time(const Link& link, double c, double alpha) {
  const double squared = link.slope * link.slope;
  // g is nowhere steeper than at 0, so that the linear manifold of that slope tells more and collapses later.
  const double later = squared * std::expm1(2.0 * manifold_collapse(c, alpha).collapse);
  if (link.shape == Link::Shape::identity) return 0.5 * std::log1p(later);
  const auto excess = [&](double log_tau) { return manifold_channel(link, c, std::exp(log_tau)).information - alpha; };
  double high = std::log(later), low = high - 1.0;
  while (low > kFinest && excess(low) < 0) {
    high = low;
    low -= 1.0;
  }
  if (!(low > kFinest)) return kNaN;
  const auto root = find_root(excess, low, high);
  return root ? 0.5 * std::log1p(std::exp(*root)) : kNaN;
}

}  // namespace denoiscope::theory
