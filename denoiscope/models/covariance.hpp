// Covariances by their eigenvalues, and the posterior of one Gaussian: what Gaussians, mixtures of them and linear
// manifolds share.
#pragma once

#include <cmath>

#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// A symmetric, positive semi-definite matrix C of shape (d, d) that is never stored as one: isotropic, diagonal, or
/// sum_k lambda_k u_k u_k^T on r <= d orthonormal axes with nothing outside of them.
class Covariance {
 public:
  static Covariance isotropic(Index d, double variance);
  static Covariance diagonal(Vector variances);
  /// axes: (d, r), orthonormal columns; eigenvalues: (r), >= 0.
  static Covariance on_axes(Eigen::MatrixXd axes, Vector eigenvalues);
  /// A A^T for a factor A of shape (d, k), by a thin singular value decomposition of A: O(d k min(d, k)) once. Keeps
  /// the axes whose singular value is above rounding, largest first.
  static Covariance of_factor(const Eigen::MatrixXd& factor);

  Index dimension() const { return dimension_; }
  /// (1) isotropic, (d) diagonal, (r) on axes.
  const Vector& eigenvalues() const { return eigenvalues_; }
  /// (d, r) orthonormal columns; (0, 0) for isotropic and diagonal matrices.
  const Eigen::MatrixXd& axes() const { return axes_; }

  /// A function g of the matrix: its values at the eigenvalues, and at 0, which belongs to all directions off the axes.
  struct Function {
    Vector inside;
    double outside;
  };
  template <class G>
  Function function(G&& g) const {
    return {eigenvalues_.unaryExpr(g), g(0.0)};
  }
  /// g(C) v. v: (d).
  Vector apply(const Function& g, const Vector& v) const;
  /// v^T g(C) v, without the cancellation of v^T (g(C) v) where g is large off the axes.
  double form(const Function& g, const Vector& v) const;
  /// tr g(C), all d eigenvalues counted.
  double trace(const Function& g) const;

 private:
  enum class Shape { isotropic, diagonal, axes };
  Covariance(Shape shape, Index d, Vector eigenvalues, Eigen::MatrixXd axes)
      : shape_(shape), dimension_(d), eigenvalues_(std::move(eigenvalues)), axes_(std::move(axes)) {}

  Shape shape_;
  Index dimension_;
  Vector eigenvalues_;
  Eigen::MatrixXd axes_;
};

/// N(0, C) seen at OU time t: x_t = e^{-t} x_0 + sqrt(Delta_t) z has the covariance Gamma = Delta_t I + e^{-2t} C.
/// C is kept by reference. All vectors: (d).
class GaussianPosterior {
 public:
  GaussianPosterior(const Covariance& c, double t);
  /// log N(x; 0, Gamma).
  double log_density(const Vector& x) const;
  /// E[x_0 | x] = e^{-t} C Gamma^{-1} x.
  Vector mean(const Vector& x) const { return c_.apply(gain_, x); }
  /// Cov[x_0 | x] v = Delta_t C Gamma^{-1} v.
  Vector covariance(const Vector& v) const { return c_.apply(spread_, v); }
  /// The square root of that matrix times z: x_0 - E[x_0 | x] for a standard normal z.
  Vector kick(const Vector& z) const { return c_.apply(root_, z); }
  /// The same from r normals, one an axis. For covariances on axes.
  Vector kick_along(const Vector& z) const { return c_.axes() * root_.inside.cwiseProduct(z); }

 private:
  const Covariance& c_;
  Covariance::Function precision_, gain_, spread_, root_;
  double constant_;
};

}  // namespace denoiscope
