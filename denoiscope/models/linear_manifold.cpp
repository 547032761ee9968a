#include "denoiscope/models/linear_manifold.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"

namespace denoiscope {
namespace {

// W S^{1/2}, shape (d, D).
Eigen::MatrixXd factor_of(Rows frame, const Vector& variances) {
  if (frame.rows() < 1 || frame.cols() < 1)
    throw UsageError("linear manifold: a frame of shape ({}, {}); expected one row and one column or more.",
                     frame.rows(), frame.cols());
  if (variances.size() != frame.cols())
    throw UsageError("linear manifold: {} latent variances for a frame of {} columns; expected one a column.",
                     variances.size(), frame.cols());
  for (Index k = 0; k < variances.size(); ++k)
    if (!(variances[k] >= 0) || std::isinf(variances[k]))
      throw UsageError("linear manifold: latent variance {} is {}; expected a finite number >= 0.", k, variances[k]);
  if (!frame.allFinite()) throw UsageError("linear manifold: the frame has a number that is not finite.");
  return frame * variances.cwiseSqrt().asDiagonal();
}

void require_dimension(Index d) {
  if (d < 1) throw UsageError("linear manifold: dimension d = {}; expected 1 or more.", d);
}

}  // namespace

LinearManifold::LinearManifold(Rows frame, const Vector& latent_variances)
    : covariance_(Covariance::of_factor(factor_of(frame, latent_variances))) {}

void LinearManifold::denoise(double t, Rows x, MutRows mean) const {
  require_query(*this, t, x, "linear manifold");
  const GaussianPosterior posterior(covariance_, t);
  parallel_for(x.rows(), [&](Index q) { mean.row(q) = posterior.mean(x.row(q)); });
}

void LinearManifold::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "linear manifold");
  const GaussianPosterior posterior(covariance_, t);
  const Index m = x.rows();
  out.all.log_density.resize(m);
  out.all.class_log_weight = RowMatrix::Zero(m, 1);
  out.bound = Vector::Zero(m);
  parallel_for(m, [&](Index q) { out.all.log_density[q] = posterior.log_density(x.row(q)); });
  if (!what.mean) return;
  out.mean.resize(m, dimension());
  denoise(t, x, out.mean);
}

void LinearManifold::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  require_query(*this, t, x, "linear manifold");
  const GaussianPosterior posterior(covariance_, t);
  RowMatrix z(x.rows(), eigenvalues().size());
  noise.normal(who, z);
  parallel_for(x.rows(), [&](Index q) { x0.row(q) = posterior.mean(x.row(q)) + posterior.kick_along(z.row(q)); });
}

void LinearManifold::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  std::fill(label.begin(), label.end(), 0);  // one class
  RowMatrix z(x0.rows(), eigenvalues().size());
  noise.normal(who, z);
  const Vector deviations = eigenvalues().cwiseSqrt();
  parallel_for(x0.rows(), [&](Index q) {
    const Vector latent = deviations.cwiseProduct(z.row(q).transpose());
    x0.row(q) = covariance_.axes() * latent;
  });
}

void LinearManifold::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  require_query(*this, t, x, "linear manifold");
  const GaussianPosterior posterior(covariance_, t);
  parallel_for(x.rows(), [&](Index q) { cov_v.row(q) = posterior.covariance(v.row(q)); });
}

RowMatrix gaussian_frame(Index d, Index latent_dimension, std::uint64_t seed) {
  RowMatrix frame(d, latent_dimension);
  std::vector<std::uint64_t> names(d);
  std::iota(names.begin(), names.end(), std::uint64_t{0});
  // A part of the model: clean points that the caller draws with the same seed owe nothing to it.
  Noise(seed).derived(0).normal({Stream::choice, names, 0}, frame);
  return frame;
}

LinearManifold random_manifold(Index d, const Vector& latent_variances, std::uint64_t seed) {
  require_dimension(d);
  return {gaussian_frame(d, latent_variances.size(), seed) / std::sqrt(static_cast<double>(d)), latent_variances};
}

LinearManifold orthonormal_manifold(Index d, const Vector& latent_variances, std::uint64_t seed) {
  require_dimension(d);
  const Index latent = latent_variances.size();
  if (latent > d)
    throw UsageError("linear manifold: {} orthonormal directions in dimension {}; expected at most as many.", latent,
                     d);
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(gaussian_frame(d, latent, seed));
  return {qr.householderQ() * Eigen::MatrixXd::Identity(d, latent), latent_variances};
}

}  // namespace denoiscope
