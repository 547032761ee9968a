#include "denoiscope/models/gaussian_mixture.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/models/choice.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

Covariance from_matrix(const RowMatrix& matrix, std::size_t at, Index d) {
  if (matrix.rows() != d || matrix.cols() != d)
    throw UsageError("gaussian mixture: component {} has a covariance of shape ({}, {}); expected ({}, {}).", at,
                     matrix.rows(), matrix.cols(), d, d);
  if (!(matrix - matrix.transpose()).isZero(1e-10 * matrix.norm()))
    throw UsageError("gaussian mixture: the covariance of component {} is not symmetric.", at);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(matrix);
  const Vector& spectrum = eigen.eigenvalues();
  if (!(spectrum.minCoeff() >= -1e-10 * std::max(spectrum.maxCoeff(), 0.0)))
    throw UsageError("gaussian mixture: the covariance of component {} has eigenvalue {}; expected none below 0.", at,
                     spectrum.minCoeff());
  return Covariance::on_axes(eigen.eigenvectors(), spectrum.cwiseMax(0.0));
}

Covariance from_spectrum(GaussianMixture::Component& c, std::size_t at, Index d) {
  for (double eigenvalue : c.spectrum)
    if (!(eigenvalue >= 0) || std::isinf(eigenvalue))
      throw UsageError("gaussian mixture: the covariance of component {} has eigenvalue {}; expected none below 0.", at,
                       eigenvalue);
  if (c.axes.size() == 0) {
    if (c.spectrum.size() != d)
      throw UsageError("gaussian mixture: component {} has {} eigenvalues and no axes; expected {}, one a coordinate.",
                       at, c.spectrum.size(), d);
    return Covariance::diagonal(std::move(c.spectrum));
  }
  if (c.axes.rows() != d || c.axes.cols() != c.spectrum.size() || c.axes.cols() > d)
    throw UsageError(
        "gaussian mixture: component {} has axes of shape ({}, {}); expected ({}, {}), at most {} columns.", at,
        c.axes.rows(), c.axes.cols(), d, c.spectrum.size(), d);
  if (!(c.axes.transpose() * c.axes).isIdentity(1e-10))
    throw UsageError("gaussian mixture: the axes of component {} are not orthonormal.", at);
  return Covariance::on_axes(std::move(c.axes), std::move(c.spectrum));
}

Covariance covariance_of(GaussianMixture::Component& c, std::size_t at, Index d) {
  if (c.mean.size() != d || d < 1)
    throw UsageError("gaussian mixture: component {} has dimension {}, the first has {}.", at, c.mean.size(), d);
  if (!(c.weight > 0) || std::isinf(c.weight))
    throw UsageError("gaussian mixture: component {} has weight {}; expected a positive number.", at, c.weight);
  if (c.covariance.size() > 0) return from_matrix(c.covariance, at, d);
  if (c.spectrum.size() > 0 || c.axes.size() > 0) return from_spectrum(c, at, d);
  if (!(c.variance >= 0) || std::isinf(c.variance))
    throw UsageError("gaussian mixture: component {} has variance {}; expected >= 0.", at, c.variance);
  return Covariance::isotropic(d, c.variance);
}

}  // namespace

GaussianMixture::GaussianMixture(std::vector<Component> components) {
  if (components.empty()) throw UsageError("gaussian mixture: no components.");
  dimension_ = components.front().mean.size();
  const bool own_classes = components.front().label < 0;
  double total = 0;
  for (const Component& c : components) total += c.weight;
  for (std::size_t i = 0; i < components.size(); ++i) {
    Component& c = components[i];
    if ((c.label < 0) != own_classes)
      throw UsageError("gaussian mixture: component {}: give all components a class or none.", i);
    Covariance covariance = covariance_of(c, i, dimension_);
    modes_.push_back({std::log(c.weight / total), std::move(c.mean), std::move(covariance),
                      own_classes ? static_cast<int>(i) : c.label});
    classes_ = std::max<Index>(classes_, modes_.back().label + 1);
  }
}

GaussianMixture GaussianMixture::given(Index label) const {
  GaussianMixture out = *this;
  std::erase_if(out.modes_, [&](const Mode& mode) { return mode.label != label; });
  if (out.modes_.empty()) throw UsageError("gaussian mixture: no component of class {}, of {}.", label, classes_);
  const double log_weight = std::log(class_weights()[label]);
  for (Mode& mode : out.modes_) {
    mode.log_weight -= log_weight;
    mode.label = 0;
  }
  out.classes_ = 1;
  return out;
}

Vector GaussianMixture::class_weights() const {
  Vector weights = Vector::Zero(classes_);
  for (const Mode& mode : modes_) weights[mode.label] += std::exp(mode.log_weight);
  return weights;
}

// The modes at one time. Sums run over vectors of a query's own, so that its bits depend neither on the batch nor on
// the threads.
class GaussianMixture::AtTime {
 public:
  AtTime(const std::vector<Mode>& modes, double t) : modes_(modes), shrink_(std::exp(-t)) {
    for (const Mode& mode : modes) posteriors_.emplace_back(mode.covariance, t);
  }

  std::size_t size() const { return modes_.size(); }
  const GaussianPosterior& operator[](std::size_t c) const { return posteriors_[c]; }

  Vector joint_log_density(const Vector& x) const {
    Vector joint(static_cast<Index>(size()));
    for (std::size_t c = 0; c < size(); ++c)
      joint[static_cast<Index>(c)] =
          modes_[c].log_weight + posteriors_[c].log_density(Vector(x - shrink_ * modes_[c].mean));
    return joint;
  }

  Vector component_mean(std::size_t c, const Vector& x) const {
    return modes_[c].mean + posteriors_[c].mean(Vector(x - shrink_ * modes_[c].mean));
  }

  Vector mean(const Vector& share, const Vector& x) const {
    Vector sum = Vector::Zero(x.size());
    for (std::size_t c = 0; c < size(); ++c) sum += share[static_cast<Index>(c)] * component_mean(c, x);
    return sum;
  }

 private:
  const std::vector<Mode>& modes_;
  std::vector<GaussianPosterior> posteriors_;
  double shrink_;
};

namespace {

std::span<const double> as_span(const Vector& v) { return {v.data(), static_cast<std::size_t>(v.size())}; }

// A standard normal's place in its distribution: uniform, and of the caller's own stream.
double rank_of(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

}  // namespace

void GaussianMixture::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "gaussian mixture");
  const AtTime modes(modes_, t);
  const Index m = x.rows();
  out.all.log_density.resize(m);
  out.all.class_log_weight.setConstant(m, classes_, -kInfinity);
  out.bound = Vector::Zero(m);
  if (what.mean) out.mean.resize(m, dimension_);
  parallel_for(m, [&](Index q) {
    const Vector query = x.row(q), joint = modes.joint_log_density(query);
    const double log_density = log_sum_exp(as_span(joint));
    out.all.log_density[q] = log_density;
    for (std::size_t c = 0; c < modes_.size(); ++c) {
      double& weight = out.all.class_log_weight(q, modes_[c].label);
      weight = log_add(weight, joint[static_cast<Index>(c)] - log_density);
    }
    if (what.mean) out.mean.row(q) = modes.mean((joint.array() - log_density).exp(), query);
  });
}

// Component first, then its Gaussian posterior: mean + C^{1/2} (Delta / Gamma)^{1/2} z.
void GaussianMixture::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  require_query(*this, t, x, "gaussian mixture");
  const AtTime modes(modes_, t);
  RowMatrix z(x.rows(), dimension_ + 1);  // the last component chooses the mode, the others move the point
  noise.normal(who, z);
  parallel_for(x.rows(), [&](Index q) {
    const Vector query = x.row(q), joint = modes.joint_log_density(query);
    const std::size_t c = choose(rank_of(z(q, dimension_)), as_span(joint), log_sum_exp(as_span(joint)));
    x0.row(q) = modes.component_mean(c, query) + modes[c].kick(Vector(z.row(q).head(dimension_)));
  });
}

void GaussianMixture::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  std::vector<double> log_weights;
  std::vector<Covariance::Function> roots;
  for (const Mode& mode : modes_) {
    log_weights.push_back(mode.log_weight);
    roots.push_back(mode.covariance.function([](double e) { return std::sqrt(e); }));
  }
  RowMatrix z(x0.rows(), dimension_ + 1);
  noise.normal(who, z);
  parallel_for(x0.rows(), [&](Index q) {
    const std::size_t c = choose(rank_of(z(q, dimension_)), log_weights, 0.0);
    if (!label.empty()) label[q] = modes_[c].label;
    x0.row(q) = modes_[c].mean + modes_[c].covariance.apply(roots[c], Vector(z.row(q).head(dimension_)));
  });
}

void GaussianMixture::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  require_query(*this, t, x, "gaussian mixture");
  const AtTime modes(modes_, t);
  parallel_for(x.rows(), [&](Index q) {
    const Vector query = x.row(q), direction = v.row(q), joint = modes.joint_log_density(query);
    const Vector share = (joint.array() - log_sum_exp(as_span(joint))).exp();
    const Vector mean = modes.mean(share, query);
    Vector sum = Vector::Zero(dimension_);
    for (std::size_t c = 0; c < modes.size(); ++c) {
      const Vector apart = modes.component_mean(c, query) - mean;
      sum += share[static_cast<Index>(c)] * (modes[c].covariance(direction) + apart.dot(direction) * apart);
    }
    cov_v.row(q) = sum;
  });
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

GaussianMixture gaussian_from_spectrum(Vector eigenvalues, Eigen::MatrixXd axes) {
  GaussianMixture::Component c;
  c.mean = Vector::Zero(axes.size() > 0 ? axes.rows() : eigenvalues.size());
  c.spectrum = std::move(eigenvalues);
  c.axes = std::move(axes);
  if (c.spectrum.size() == 0) throw UsageError("gaussian: no eigenvalues; expected one or more.");
  return GaussianMixture({std::move(c)});
}

GaussianMixture gaussian_from_samples(Rows rows) {
  const Index n = rows.rows(), d = rows.cols();
  if (n < 1 || d < 1) throw DataError("gaussian from samples: {} rows of {} numbers; expected one or more.", n, d);
  for (Index i = 0; i < n; ++i)
    if (!rows.row(i).allFinite()) throw DataError("gaussian from samples: row {} has a number that is not finite.", i);
  GaussianMixture::Component c;
  c.mean = rows.colwise().mean();
  const RowMatrix scaled = (rows.rowwise() - c.mean.transpose()) / std::sqrt(static_cast<double>(n));
  if (n >= d) {
    c.covariance = scaled.transpose() * scaled;
  } else {
    const Covariance covariance = Covariance::of_factor(scaled.transpose());
    c.spectrum = covariance.eigenvalues();
    c.axes = covariance.axes();
    if (c.spectrum.size() == 0) c.variance = 0;  // equal rows
  }
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

GaussianMixture orthogonal_mixture(Index classes, Index d, double norm2, double variance) {
  if (classes < 1 || classes > d)
    throw UsageError("orthogonal mixture: {} classes; expected 1 to d = {} orthogonal centres.", classes, d);
  if (!(norm2 >= 0) || std::isinf(norm2))
    throw UsageError("orthogonal mixture: squared norm {} of the centres; expected >= 0.", norm2);
  std::vector<GaussianMixture::Component> components(classes);
  for (Index c = 0; c < classes; ++c) {
    components[c].mean = std::sqrt(norm2) * Vector::Unit(d, c);
    components[c].variance = variance;
  }
  return GaussianMixture(std::move(components));
}

}  // namespace denoiscope
