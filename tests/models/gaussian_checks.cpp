#include "tests/models/gaussian_checks.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "denoiscope/base/parallel.hpp"

namespace denoiscope::checks {

RowMatrix normals(Index m, Index d, std::uint32_t which) {
  RowMatrix out(m, d);
  const auto who = names(m);
  Noise(20261).normal({Stream::test, who, which}, out);
  return out;
}

struct Dense::Factor {
  Eigen::LDLT<Eigen::MatrixXd> solver;
};

Dense::Dense(double t, const Vector& mu, const Eigen::MatrixXd& c)
    : shrink_(std::exp(-t)),
      mean0_(mu),
      covariance0_(c),
      factor_(std::make_shared<Factor>(Factor{Eigen::LDLT<Eigen::MatrixXd>(
          noise_variance(t) * Eigen::MatrixXd::Identity(c.rows(), c.rows()) + std::exp(-2 * t) * c)})) {}

double Dense::log_density(const Vector& x) const {
  const Vector y = x - shrink_ * mean0_, solved = factor_->solver.solve(y);
  const double d = static_cast<double>(x.size());
  return -0.5 * (y.dot(solved) + factor_->solver.vectorD().array().log().sum() + d * std::log(2 * std::numbers::pi));
}

Vector Dense::mean(const Vector& x) const {
  const Vector solved = factor_->solver.solve(x - shrink_ * mean0_);
  return mean0_ + shrink_ * covariance0_ * solved;
}

Eigen::MatrixXd Dense::covariance() const {
  const Eigen::MatrixXd solved = factor_->solver.solve(covariance0_);
  return covariance0_ - shrink_ * shrink_ * covariance0_ * solved;
}

void expect_dense(const Posterior& model, double t, Rows x, Rows v, const std::vector<double>& weights,
                  const std::vector<Dense>& parts, const std::string& where) {
  Summary out;
  Wanted what;
  what.mean = true;
  model.summarize(t, x, what, out);
  RowMatrix applied(x.rows(), x.cols()), denoised(x.rows(), x.cols());
  model.covariance_apply(t, x, v, applied);
  model.denoise(t, x, denoised);
  EXPECT_EQ(denoised, out.mean) << where;
  for (Index q = 0; q < x.rows(); ++q) {
    std::vector<double> joint;
    for (std::size_t c = 0; c < parts.size(); ++c)
      joint.push_back(std::log(weights[c]) + parts[c].log_density(x.row(q)));
    const double log_density = log_sum_exp(joint);
    Vector mean = Vector::Zero(x.cols()), second = Vector::Zero(x.cols());
    const Vector direction = v.row(q);
    for (std::size_t c = 0; c < parts.size(); ++c) {
      const Vector m = parts[c].mean(x.row(q));
      const double share = std::exp(joint[c] - log_density);
      mean += share * m;
      second += share * (parts[c].covariance() * direction + m * m.dot(direction));
      EXPECT_NEAR(std::exp(out.all.class_log_weight(q, parts.size() > 1 ? static_cast<Index>(c) : 0)), share, 1e-9)
          << where;
    }
    second -= mean * mean.dot(direction);
    EXPECT_NEAR(out.all.log_density[q], log_density, 1e-9 * (1 + std::abs(log_density))) << where;
    EXPECT_LT((out.mean.row(q).transpose() - mean).norm(), 1e-9 * (1 + mean.norm())) << where;
    EXPECT_LT((applied.row(q).transpose() - second).norm(), 1e-9 * (1 + mean.squaredNorm())) << where;
  }
}

double alarm(Rows draws, const Vector& mean, Rows directions, const Vector& variances) {
  double worst = 0;
  const double n = static_cast<double>(draws.rows());
  for (Index k = 0; k < directions.rows(); ++k) {
    const Vector y = (draws * directions.row(k).transpose()).array() - directions.row(k).dot(mean.transpose());
    const Vector square = y.array().square();
    const double spread = std::sqrt((square.array() - square.mean()).square().mean() / n);
    worst = std::max(
        {worst, std::abs(y.mean()) / std::sqrt(variances[k] / n), std::abs(square.mean() - variances[k]) / spread});
  }
  return worst;
}

double posterior_alarm(const Posterior& model, double t, Rows x, double drawn_at) {
  const Index n = 20000, d = model.dimension();
  const RowMatrix directions = normals(3, d, 77), point = x.replicate(3, 1);
  RowMatrix mean(3, d), applied(3, d), draws(n, d);
  model.denoise(t, point, mean);
  model.covariance_apply(t, point, directions, applied);
  const auto who = names(n);
  model.draw(drawn_at, x.replicate(n, 1), Noise(12), {Stream::posterior, who, 0}, draws);
  return alarm(draws, mean.row(0), directions, directions.cwiseProduct(applied).rowwise().sum());
}

void expect_independent_of_batch_and_threads(const Posterior& model, double t) {
  const Index m = 37, d = model.dimension();
  const RowMatrix x = normals(m, d, 5), v = normals(m, d, 6);
  const auto who = names(m);
  struct Answers {
    Summary summary;
    RowMatrix applied, draws, prior;
  };
  const auto ask = [&](Index from, Index count) {
    Answers out;
    out.applied.resize(count, d);
    out.draws.resize(count, d);
    out.prior.resize(count, d);
    Wanted what;
    what.mean = true;
    const Names named{Stream::posterior, std::span(who).subspan(from, count), 3};
    model.summarize(t, x.middleRows(from, count), what, out.summary);
    model.covariance_apply(t, x.middleRows(from, count), v.middleRows(from, count), out.applied);
    model.draw(t, x.middleRows(from, count), Noise(4), named, out.draws);
    model.sample_prior(Noise(4), named, out.prior, {});
    return out;
  };
  set_threads(4);
  const Answers all = ask(0, m);
  set_threads(1);
  for (Index q = 0; q < m; ++q) {
    const Answers one = ask(q, 1);
    EXPECT_EQ(one.summary.all.log_density[0], all.summary.all.log_density[q]);
    EXPECT_EQ(one.summary.all.class_log_weight.row(0), all.summary.all.class_log_weight.row(q));
    EXPECT_EQ(one.summary.mean.row(0), all.summary.mean.row(q));
    EXPECT_EQ(one.applied.row(0), all.applied.row(q));
    EXPECT_EQ(one.draws.row(0), all.draws.row(q));
    EXPECT_EQ(one.prior.row(0), all.prior.row(q));
  }
  set_threads(0);
}

}  // namespace denoiscope::checks
