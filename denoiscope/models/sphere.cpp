#include "denoiscope/models/sphere.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

using Point = Eigen::Vector3d;

// L(k) / k = 1 / (3 + k^2 / (5 + k^2 / (7 + ...))) below k = 1, where coth k - 1/k cancels; 14 levels leave 1e-20.
double langevin_over_k(double k) {
  if (k > 1) return (1 / std::tanh(k) - 1 / k) / k;
  double tail = 31;
  for (double odd = 29; odd >= 3; odd -= 2) tail = odd + k * k / tail;
  return 1 / tail;
}

// L'(k) = 1/k^2 - 1/sinh(k)^2 = 1 - 2 L/k - L^2; each form is used where it does not cancel.
double langevin_slope(double k) {
  if (k > 1) return 1 / (k * k) - 1 / (std::sinh(k) * std::sinh(k));  // sinh may overflow: its inverse is then 0
  const double ratio = langevin_over_k(k);
  return 1 - 2 * ratio - k * k * ratio * ratio;
}

// log(sinh(k) / k) - k, at most log 1 = 0.
double log_sinhc_less_k(double k) { return k > 0 ? std::log(-std::expm1(-2 * k) / (2 * k)) : 0.0; }

// What a query says of the point on the sphere.
struct Direction {
  Point centre;  // unit vector along x_par; any where r = 0
  double r, kappa;
};

template <class Row>
Direction direction_of(const Row& x, double radius, double t) {
  const Point along(x[0], x[1], x[2]);
  const double r = along.stableNorm();
  const Point centre = r > 0 ? Point(along / r) : Point(0, 0, 1);
  return {centre, r, std::exp(-t) * radius * r / noise_variance(t)};
}

// A point of the unit sphere with density ~ e^{kappa cos} around `centre`, from two uniforms. 1 - cos is found
// directly: it is about 1/kappa, which 1 - (1 - 1/kappa) would lose.
Point von_mises_fisher(const Point& centre, double kappa, double u, double v) {
  double below = 2 * (1 - u);  // 1 - cos at kappa = 0
  if (kappa > 0) below = -std::log1p((1 - u) * std::expm1(-2 * kappa)) / kappa;
  if (kappa > 1) below = -std::log(u + (1 - u) * std::exp(-2 * kappa)) / kappa;
  below = std::min(below, 2.0);
  const Point first = centre.unitOrthogonal(), second = centre.cross(first);
  const double phi = 2 * std::numbers::pi * v, across = std::sqrt(below * (2 - below));
  return (1 - below) * centre + across * (std::cos(phi) * first + std::sin(phi) * second);
}

}  // namespace

Sphere::Sphere(Index d, double radius) : dimension_(d), radius_(radius) {
  if (d < 3) throw UsageError("sphere: dimension d = {}; expected 3 or more.", d);
  if (!(radius > 0) || std::isinf(radius))
    throw UsageError("sphere: radius = {}; expected a finite number above 0.", radius);
}

void Sphere::denoise(double t, Rows x, MutRows mean) const {
  require_query(*this, t, x, "sphere");
  mean.setZero();
  parallel_for(x.rows(), [&](Index q) {
    const Direction to = direction_of(x.row(q), radius_, t);
    mean.row(q).head<3>() = radius_ * to.kappa * langevin_over_k(to.kappa) * to.centre.transpose();
  });
}

void Sphere::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "sphere");
  const Index m = x.rows();
  const double delta = noise_variance(t), shrunk = std::exp(-t) * radius_;
  const double constant = -0.5 * static_cast<double>(dimension_) * std::log(2 * std::numbers::pi * delta);
  out.all.log_density.resize(m);
  out.all.class_log_weight = RowMatrix::Zero(m, 1);
  out.bound = Vector::Zero(m);
  parallel_for(m, [&](Index q) {
    const Direction to = direction_of(x.row(q), radius_, t);
    const Vector off = x.row(q).tail(dimension_ - 3);  // a copy: its sum must not depend on where the row lies
    const double depth = to.r - shrunk;                // |x_par|^2 + e^{-2t} R^2 - 2 Delta kappa is its square
    out.all.log_density[q] = constant - (off.squaredNorm() + depth * depth) / (2 * delta) + log_sinhc_less_k(to.kappa);
  });
  if (!what.mean) return;
  out.mean.resize(m, dimension_);
  denoise(t, x, out.mean);
}

void Sphere::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  require_query(*this, t, x, "sphere");
  x0.setZero();
  parallel_for(x.rows(), [&](Index q) {
    const Direction to = direction_of(x.row(q), radius_, t);
    double u[2];
    noise.uniform(who.stream, who.trajectory[q], who.step, u);
    x0.row(q).head<3>() = radius_ * von_mises_fisher(to.centre, to.kappa, u[0], u[1]).transpose();
  });
}

void Sphere::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  std::fill(label.begin(), label.end(), 0);  // one class
  x0.setZero();
  parallel_for(x0.rows(), [&](Index q) {
    double u[2];
    noise.uniform(who.stream, who.trajectory[q], who.step, u);
    x0.row(q).head<3>() = radius_ * von_mises_fisher(Point(0, 0, 1), 0, u[0], u[1]).transpose();
  });
}

void Sphere::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  require_query(*this, t, x, "sphere");
  cov_v.setZero();
  parallel_for(x.rows(), [&](Index q) {
    const Direction to = direction_of(x.row(q), radius_, t);
    const Point change(v(q, 0), v(q, 1), v(q, 2));
    const Point radial = to.centre * to.centre.dot(change);
    Point across = change - radial;
    across -= to.centre * to.centre.dot(across);  // what rounding left along x_par would count kappa times too much
    const Point applied = langevin_slope(to.kappa) * radial + langevin_over_k(to.kappa) * across;
    cov_v.row(q).head<3>() = radius_ * radius_ * applied.transpose();
  });
}

}  // namespace denoiscope
