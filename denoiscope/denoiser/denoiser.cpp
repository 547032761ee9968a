#include "denoiscope/denoiser/denoiser.hpp"

#include <cmath>
#include <limits>

#include "denoiscope/base/error.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {

RowMatrix score(double t, Rows x, Rows mean) { return (std::exp(-t) * mean - x) / noise_variance(t); }

RowMatrix score(const Denoiser& model, double t, Rows x) {
  RowMatrix mean(x.rows(), x.cols());
  model.denoise(t, x, mean);
  return score(t, x, mean);
}

// Along the unit vector of v, at x +- h. P_t is a law convolved with normals of deviation sqrt(Delta_t), which is the
// length that its logarithm, and the mean with it, changes on: h = eps^{1/3} sqrt(Delta_t) makes the part h^2/6 of the
// third derivative that central differences miss and the rounding eps / h of the means alike, eps^{2/3} = 4e-11, in
// units of |mean| / sqrt(Delta_t). Where |x| is many sqrt(Delta_t) the rounding of x +- h adds eps |x| / h, relative.
void Denoiser::jacobian_apply(double t, Rows x, Rows v, MutRows jv) const {
  require_query(*this, t, x, "jacobian");
  const double h = std::cbrt(std::numeric_limits<double>::epsilon()) * std::sqrt(noise_variance(t));
  const Vector length = v.rowwise().norm();
  RowMatrix step = RowMatrix::Zero(v.rows(), v.cols()), ahead(v.rows(), v.cols());
  for (Index i = 0; i < v.rows(); ++i)
    if (length[i] > 0) step.row(i) = (h / length[i]) * v.row(i);
  denoise(t, x + step, ahead);
  denoise(t, x - step, jv);
  jv = (length / (2 * h)).asDiagonal() * (ahead - jv);
}

void Posterior::jacobian_apply(double t, Rows x, Rows v, MutRows jv) const {
  covariance_apply(t, x, v, jv);
  jv *= std::exp(-t) / noise_variance(t);
}

void Posterior::denoise(double t, Rows x, MutRows mean) const {
  Summary out;
  Wanted what;
  what.mean = true;
  summarize(t, x, what, out);
  mean = out.mean;
}

void require_query(const Denoiser& model, double t, Rows x, const char* caller) {
  if (!(t > 0) || std::isinf(t)) throw UsageError("{}: t = {}; expected a finite OU time above 0.", caller, t);
  if (x.cols() != model.dimension())
    throw UsageError("{}: queries have dimension {}, the model has {}.", caller, x.cols(), model.dimension());
}

}  // namespace denoiscope
