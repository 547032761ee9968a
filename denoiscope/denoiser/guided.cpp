#include "denoiscope/denoiser/guided.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {

Guided::Guided(std::shared_ptr<const Denoiser> conditional, std::shared_ptr<const Denoiser> unconditional,
               GuidanceSettings settings)
    : conditional_(std::move(conditional)), unconditional_(std::move(unconditional)), settings_(std::move(settings)) {
  if (!conditional_ || !unconditional_)
    throw UsageError("guided: no {}conditional denoiser.", conditional_ ? "un" : "");
  if (conditional_->dimension() != unconditional_->dimension())
    throw UsageError("guided: the conditional denoiser has dimension {}, the unconditional one {}.",
                     conditional_->dimension(), unconditional_->dimension());
  if (!std::isfinite(settings_.guidance_scale))
    throw UsageError("guided: guidance scale {}; expected a finite number, 1 for none.", settings_.guidance_scale);
  if (!(settings_.alpha > -1) || std::isinf(settings_.alpha))
    throw UsageError("guided: alpha = {}; expected a finite number above -1.", settings_.alpha);
  if (!(settings_.t_low >= 0 && settings_.t_low <= settings_.t_high))
    throw UsageError("guided: an interval from t_low = {} to t_high = {}; expected times, the first no later.",
                     settings_.t_low, settings_.t_high);
}

double Guided::strength(double t) const {
  if (t < settings_.t_low || t >= settings_.t_high) return 0;
  return (settings_.guidance_scale - 1) * (settings_.schedule ? settings_.schedule(t) : 1.0);
}

// Means that agree to rounding are one: a power law with alpha < 0 would make a push of what rounding left.
double Guided::part(double t, Rows conditional, MutRows apart, Index i) const {
  const double rounding =
      8 * std::numeric_limits<double>::epsilon() * (conditional.row(i).norm() + apart.row(i).norm());
  apart.row(i) = conditional.row(i) - apart.row(i);
  const double norm = apart.row(i).norm();
  if (norm <= rounding) return 0;
  return settings_.alpha == 0 ? 1.0 : std::pow(std::exp(-t) / noise_variance(t) * norm, settings_.alpha);
}

void Guided::denoise(double t, Rows x, MutRows mean) const {
  require_query(*this, t, x, "guided");
  conditional_->denoise(t, x, mean);
  const double omega = strength(t);
  if (omega == 0) return;
  RowMatrix apart(x.rows(), x.cols());
  unconditional_->denoise(t, x, apart);
  for (Index i = 0; i < x.rows(); ++i) {
    const double power = part(t, mean, apart, i);
    if (power != 0) mean.row(i) += omega * power * apart.row(i);
  }
}

// With a = D_c - D_u and a' its derivative along v, that of |a|^alpha a is |a|^alpha (a' + alpha (a.a') a / |a|^2).
void Guided::jacobian_apply(double t, Rows x, Rows v, MutRows jv) const {
  require_query(*this, t, x, "guided");
  conditional_->jacobian_apply(t, x, v, jv);
  const double omega = strength(t);
  if (omega == 0) return;
  RowMatrix mean(x.rows(), x.cols()), apart = mean, change = mean;
  conditional_->denoise(t, x, mean);
  unconditional_->denoise(t, x, apart);
  unconditional_->jacobian_apply(t, x, v, change);
  change = jv - change;
  for (Index i = 0; i < x.rows(); ++i) {
    const double power = part(t, mean, apart, i);
    if (power == 0) continue;
    const double along = apart.row(i).dot(change.row(i)) / apart.row(i).squaredNorm();
    jv.row(i) += omega * power * change.row(i);
    if (settings_.alpha != 0) jv.row(i) += omega * power * settings_.alpha * along * apart.row(i);
  }
}

}  // namespace denoiscope
