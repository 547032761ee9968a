// What tests of Gaussian, manifold and sphere models share: dense formulas as an independent route, and checks of
// draws.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/process/clock.hpp"
#include "tests/base/points.hpp"

namespace denoiscope::checks {

using points::names;

/// Standard normals of a test's own; `which` names the matrix.
RowMatrix normals(Index m, Index d, std::uint32_t which);

/// One Gaussian N(mu, C) seen at time t by dense matrices and a Cholesky factor: no eigenvalues anywhere.
class Dense {
 public:
  Dense(double t, const Vector& mu, const Eigen::MatrixXd& c);
  double log_density(const Vector& x) const;
  Vector mean(const Vector& x) const;
  /// C - e^{-2t} C Gamma^{-1} C.
  Eigen::MatrixXd covariance() const;

 private:
  struct Factor;  // of Gamma; Eigen's Cholesky factors are compiled in one file
  double shrink_;
  Vector mean0_;
  Eigen::MatrixXd covariance0_;
  std::shared_ptr<const Factor> factor_;
};

/// The model's log density, mean and covariance against a mixture of dense Gaussians at one time, to 1e-9 of their size
/// (the factor of Gamma has a condition number up to 1e4 at t = 1e-4, so that 1e-12 is what dense matrices give).
void expect_dense(const Posterior& model, double t, Rows x, Rows v, const std::vector<double>& weights,
                  const std::vector<Dense>& parts, const std::string& where);

/// Largest |z| among mean and second moment of `draws`, shape (n, d), along each of a few directions, where the truth
/// has this mean and this variance. Null: the draws have those moments.
double alarm(Rows draws, const Vector& mean, Rows directions, const Vector& variances);

/// Threshold of `alarm` with 3 directions: six statistics, each beyond 4.9 with probability 1e-6 under the null.
inline constexpr double kAlarm = 4.9;

/// Largest |z| of 20,000 draws of the posterior at time t and point x (1, d), drawn at time `drawn_at`. The broken
/// variant of a test draws at a wrong time.
double posterior_alarm(const Posterior& model, double t, Rows x, double drawn_at);

/// Everything the model says of 37 rows is bit for bit what it says of one of them alone, on one thread or four.
void expect_independent_of_batch_and_threads(const Posterior& model, double t);

/// The message of the UsageError that `act` throws; fails where it throws none.
template <class Error = UsageError, class F>
std::string complaint(F&& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace denoiscope::checks
