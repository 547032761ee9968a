#include "denoiscope/denoiser/gaussian_mixture.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/denoiser/choice.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

void check(const GaussianMixture::Component& c, std::size_t at, Index d) {
  if (c.mean.size() != d || d < 1)
    throw UsageError("gaussian mixture: component {} has dimension {}, the first has {}.", at, c.mean.size(), d);
  if (!(c.weight > 0) || std::isinf(c.weight))
    throw UsageError("gaussian mixture: component {} has weight {}; expected a positive number.", at, c.weight);
  if (c.covariance.size() == 0) {
    if (!(c.variance >= 0))
      throw UsageError("gaussian mixture: component {} has variance {}; expected >= 0.", at, c.variance);
    return;
  }
  if (c.covariance.rows() != d || c.covariance.cols() != d)
    throw UsageError("gaussian mixture: component {} has a covariance of shape ({}, {}); expected ({}, {}).", at,
                     c.covariance.rows(), c.covariance.cols(), d, d);
  if (!(c.covariance - c.covariance.transpose()).isZero(1e-10 * c.covariance.norm()))
    throw UsageError("gaussian mixture: the covariance of component {} is not symmetric.", at);
}

}  // namespace

GaussianMixture::GaussianMixture(std::vector<Component> components) {
  if (components.empty()) throw UsageError("gaussian mixture: no components.");
  dimension_ = components.front().mean.size();
  double total = 0;
  for (std::size_t i = 0; i < components.size(); ++i) {
    check(components[i], i, dimension_);
    total += components[i].weight;
  }
  const bool own_classes = components.front().label < 0;
  for (std::size_t i = 0; i < components.size(); ++i) {
    Component& c = components[i];
    if ((c.label < 0) != own_classes)
      throw UsageError("gaussian mixture: component {}: give all components a class or none.", i);
    Mode mode{std::log(c.weight / total),
              std::move(c.mean),
              Vector::Constant(1, c.variance),
              {},
              own_classes ? static_cast<int>(i) : c.label};
    if (c.covariance.size() > 0) {
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(c.covariance);
      mode.spectrum = eigen.eigenvalues();
      mode.axes = eigen.eigenvectors();
      const double largest = std::max(mode.spectrum.maxCoeff(), 0.0);
      if (mode.spectrum.minCoeff() < -1e-10 * largest)
        throw UsageError("gaussian mixture: the covariance of component {} has eigenvalue {}; expected none below 0.",
                         i, mode.spectrum.minCoeff());
      mode.spectrum = mode.spectrum.cwiseMax(0.0);
    }
    classes_ = std::max<Index>(classes_, mode.label + 1);
    modes_.push_back(std::move(mode));
  }
}

Vector GaussianMixture::class_weights() const {
  Vector weights = Vector::Zero(classes_);
  for (const Mode& mode : modes_) weights[mode.label] += std::exp(mode.log_weight);
  return weights;
}

template <class G>
RowMatrix GaussianMixture::apply(const Mode& mode, Rows rows, G&& g) {
  if (mode.axes.size() == 0) return rows * g(mode.spectrum[0]);
  Vector scaled(mode.spectrum.size());
  std::transform(mode.spectrum.begin(), mode.spectrum.end(), scaled.begin(), g);
  return ((rows * mode.axes) * scaled.asDiagonal()) * mode.axes.transpose();
}

RowMatrix GaussianMixture::joint_log_density(double t, Rows x) const {
  const double shrink = std::exp(-t), delta = noise_variance(t);
  const auto gamma = [&](double c) { return delta + shrink * shrink * c; };
  RowMatrix joint(x.rows(), static_cast<Index>(modes_.size()));
  for (std::size_t c = 0; c < modes_.size(); ++c) {
    const Mode& mode = modes_[c];
    const RowMatrix y = x.rowwise() - shrink * mode.mean.transpose();
    double log_determinant = 0;
    if (mode.axes.size() == 0)
      log_determinant = static_cast<double>(dimension_) * std::log(gamma(mode.spectrum[0]));
    else
      for (double eigenvalue : mode.spectrum) log_determinant += std::log(gamma(eigenvalue));
    const double constant =
        mode.log_weight - 0.5 * (static_cast<double>(dimension_) * std::log(2 * std::numbers::pi) + log_determinant);
    const RowMatrix whitened = apply(mode, y, [&](double v) { return 1 / gamma(v); });
    joint.col(static_cast<Index>(c)) = (-0.5 * y.cwiseProduct(whitened).rowwise().sum()).array() + constant;
  }
  return joint;
}

RowMatrix GaussianMixture::component_mean(const Mode& mode, double t, Rows x) const {
  const double shrink = std::exp(-t), delta = noise_variance(t);
  const RowMatrix y = x.rowwise() - shrink * mode.mean.transpose();
  RowMatrix mean = apply(mode, y, [&](double c) { return shrink * c / (delta + shrink * shrink * c); });
  mean.rowwise() += mode.mean.transpose();
  return mean;
}

void GaussianMixture::denoise(double t, Rows x, MutRows mean) const {
  Summary out;
  Wanted what;
  what.mean = true;
  summarize(t, x, what, out);
  mean = out.mean;
}

void GaussianMixture::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "gaussian mixture");
  const RowMatrix joint = joint_log_density(t, x);
  const Index m = x.rows(), parts = joint.cols();
  out.all.log_density.resize(m);
  out.all.class_log_weight.setConstant(m, classes_, -kInfinity);
  for (Index q = 0; q < m; ++q) {
    out.all.log_density[q] = log_sum_exp({joint.row(q).data(), static_cast<std::size_t>(parts)});
    for (Index c = 0; c < parts; ++c) {
      double& weight = out.all.class_log_weight(q, modes_[static_cast<std::size_t>(c)].label);
      weight = log_add(weight, joint(q, c) - out.all.log_density[q]);
    }
  }
  out.bound = Vector::Zero(m);
  if (!what.mean) return;
  out.mean = RowMatrix::Zero(m, dimension_);
  for (Index c = 0; c < parts; ++c) {
    const Vector share = (joint.col(c) - out.all.log_density).array().exp();
    out.mean += share.asDiagonal() * component_mean(modes_[static_cast<std::size_t>(c)], t, x);
  }
}

namespace {

// A standard normal's place in its distribution: uniform, and of the caller's own stream.
double rank_of(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

}  // namespace

// Component first, then its Gaussian posterior: mean + C^{1/2} (Delta / Gamma)^{1/2} z.
void GaussianMixture::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  require_query(*this, t, x, "gaussian mixture");
  const RowMatrix joint = joint_log_density(t, x);
  const double shrink = std::exp(-t), delta = noise_variance(t);
  RowMatrix z(x.rows(), dimension_ + 1);  // the last component chooses the mode, the others move the point
  noise.normal(who, z);
  for (Index q = 0; q < x.rows(); ++q) {
    const std::span<const double> row{joint.row(q).data(), static_cast<std::size_t>(joint.cols())};
    const Mode& mode = modes_[choose(rank_of(z(q, dimension_)), row, log_sum_exp(row))];
    const RowMatrix kick = apply(mode, z.row(q).head(dimension_),
                                 [&](double c) { return std::sqrt(c * delta / (delta + shrink * shrink * c)); });
    x0.row(q) = component_mean(mode, t, x.row(q)) + kick;
  }
}

void GaussianMixture::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  std::vector<double> log_weights;
  for (const Mode& mode : modes_) log_weights.push_back(mode.log_weight);
  RowMatrix z(x0.rows(), dimension_ + 1);
  noise.normal(who, z);
  for (Index q = 0; q < x0.rows(); ++q) {
    const Mode& mode = modes_[choose(rank_of(z(q, dimension_)), log_weights, 0.0)];
    if (!label.empty()) label[static_cast<std::size_t>(q)] = mode.label;
    x0.row(q) = mode.mean.transpose() + apply(mode, z.row(q).head(dimension_), [](double c) { return std::sqrt(c); });
  }
}

void GaussianMixture::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  require_query(*this, t, x, "gaussian mixture");
  const double shrink = std::exp(-t), delta = noise_variance(t);
  Summary summary;
  Wanted what;
  what.mean = true;
  summarize(t, x, what, summary);
  const RowMatrix joint = joint_log_density(t, x);
  cov_v.setZero();
  for (std::size_t c = 0; c < modes_.size(); ++c) {
    const Vector share = (joint.col(static_cast<Index>(c)) - summary.all.log_density).array().exp();
    const RowMatrix apart = component_mean(modes_[c], t, x) - summary.mean;
    const RowMatrix within = apply(modes_[c], v, [&](double e) { return e * delta / (delta + shrink * shrink * e); });
    const Vector between = apart.cwiseProduct(v).rowwise().sum();
    cov_v += share.asDiagonal() * (within + between.asDiagonal() * apart);
  }
}

GaussianMixture gaussian(Vector mean, double variance) {
  GaussianMixture::Component c;
  c.mean = std::move(mean);
  c.variance = variance;
  return GaussianMixture({std::move(c)});
}

GaussianMixture gaussian(Vector mean, RowMatrix covariance) {
  GaussianMixture::Component c;
  c.mean = std::move(mean);
  c.covariance = std::move(covariance);
  return GaussianMixture({std::move(c)});
}

GaussianMixture symmetric_mixture(Index d, double mu2, double variance, double weight) {
  GaussianMixture::Component plus, minus;
  plus.weight = weight;
  minus.weight = 1 - weight;
  plus.mean = Vector::Constant(d, std::sqrt(mu2));
  minus.mean = -plus.mean;
  plus.variance = minus.variance = variance;
  return GaussianMixture({std::move(plus), std::move(minus)});
}

}  // namespace denoiscope
