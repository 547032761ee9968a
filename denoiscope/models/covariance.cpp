#include "denoiscope/models/covariance.hpp"

#include <limits>
#include <numbers>
#include <utility>

#include "denoiscope/base/linear_algebra.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {

Covariance Covariance::isotropic(Index d, double variance) {
  return {Shape::isotropic, d, Vector::Constant(1, variance), {}};
}

Covariance Covariance::diagonal(Vector variances) {
  const Index d = variances.size();
  return {Shape::diagonal, d, std::move(variances), {}};
}

Covariance Covariance::on_axes(Eigen::MatrixXd axes, Vector eigenvalues) {
  const Index d = axes.rows();
  return {Shape::axes, d, std::move(eigenvalues), std::move(axes)};
}

Covariance Covariance::of_factor(const Eigen::MatrixXd& factor) {
  const Eigenpairs svd = left_singular(factor);
  const Vector& sigma = svd.values;  // descending
  const double rounding = static_cast<double>(std::max(factor.rows(), factor.cols())) *
                          std::numeric_limits<double>::epsilon() * (sigma.size() > 0 ? sigma[0] : 0.0);
  Index rank = 0;
  while (rank < sigma.size() && sigma[rank] > rounding) ++rank;
  return on_axes(svd.vectors.leftCols(rank), sigma.head(rank).array().square());
}

Vector Covariance::apply(const Function& g, const Vector& v) const {
  if (shape_ == Shape::isotropic) return g.inside[0] * v;
  if (shape_ == Shape::diagonal) return g.inside.cwiseProduct(v);
  const Vector along = axes_.transpose() * v;
  Vector out = axes_ * g.inside.cwiseProduct(along);
  if (g.outside != 0 && axes_.cols() < dimension_) out += g.outside * (v - axes_ * along);
  return out;
}

double Covariance::form(const Function& g, const Vector& v) const {
  if (shape_ == Shape::isotropic) return g.inside[0] * v.squaredNorm();
  if (shape_ == Shape::diagonal) return g.inside.dot(v.cwiseAbs2());
  const Vector along = axes_.transpose() * v;
  double sum = g.inside.dot(along.cwiseAbs2());
  if (g.outside != 0 && axes_.cols() < dimension_) {
    const Vector off = v - axes_ * along;
    sum += g.outside * off.squaredNorm();
  }
  return sum;
}

double Covariance::trace(const Function& g) const {
  if (shape_ == Shape::isotropic) return static_cast<double>(dimension_) * g.inside[0];
  const double off = static_cast<double>(dimension_ - g.inside.size());
  return g.inside.sum() + (off > 0 ? off * g.outside : 0.0);
}

GaussianPosterior::GaussianPosterior(const Covariance& c, double t) : c_(c) {
  const double shrink = std::exp(-t), delta = noise_variance(t);
  const auto gamma = [=](double e) { return delta + shrink * shrink * e; };
  precision_ = c.function([=](double e) { return 1 / gamma(e); });
  gain_ = c.function([=](double e) { return shrink * e / gamma(e); });
  spread_ = c.function([=](double e) { return delta * e / gamma(e); });
  root_ = c.function([=](double e) { return std::sqrt(delta * e / gamma(e)); });
  const double log_determinant = c.trace(c.function([=](double e) { return std::log(gamma(e)); }));
  constant_ = -0.5 * (static_cast<double>(c.dimension()) * std::log(2 * std::numbers::pi) + log_determinant);
}

double GaussianPosterior::log_density(const Vector& x) const { return constant_ - 0.5 * c_.form(precision_, x); }

}  // namespace denoiscope
