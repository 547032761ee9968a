// Guidance: a conditional denoiser pushed away from an unconditional one (classifier-free guidance, arXiv 2207.12598;
// limited to an interval of noise, 2404.07724; power law, 2502.07849).
#pragma once

#include <functional>
#include <limits>
#include <memory>

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

/// Two conventions are in use. guidance_scale w multiplies D_c - D_u beside D_u: 1 is no guidance (diffusers, EDM). The
/// papers' omega = w - 1 multiplies s_c - s_u beside s_c: 0 is no guidance.
struct GuidanceSettings {
  double guidance_scale = 1;
  double t_low = 0, t_high = std::numeric_limits<double>::infinity();  ///< OU times: guided at t_low <= t < t_high
  double alpha = 0;                          ///< exponent of the power law, > -1; 0: classifier-free guidance
  std::function<double(double t)> schedule;  ///< factor of w - 1 at t; empty: 1
};

/// Of posterior means, D = E[x_0|x]:
///   D = D_c + (w - 1) |s_c - s_u|^alpha (D_c - D_u),  |s_c - s_u| = e^{-t} |D_c - D_u| / Delta_t,
/// the Euclidean norm of the whole point in units of the score; with alpha = 0, D_u + w (D_c - D_u). Outside of the
/// interval, and where w = 1, D_c to the last bit, and D_u is not asked for. No posterior: what it samples is no
/// p(x_0|x) noised, see theory/guidance.hpp. Condition on a class by Posterior::given, or an Empirical of the rows that
/// carry the label (Dataset::rows_of_classes).
class Guided final : public Denoiser {
 public:
  /// Throws UsageError for a missing denoiser, unequal dimensions, alpha <= -1, numbers that are not finite (t_high
  /// apart) or an interval that ends before it begins.
  Guided(std::shared_ptr<const Denoiser> conditional, std::shared_ptr<const Denoiser> unconditional,
         GuidanceSettings settings);

  Index dimension() const override { return conditional_->dimension(); }
  void denoise(double t, Rows x, MutRows mean) const override;
  /// By those of both denoisers.
  void jacobian_apply(double t, Rows x, Rows v, MutRows jv) const override;
  /// What multiplies D_c - D_u beside D_c at t, the power law apart; 0 outside of the interval.
  double strength(double t) const;

 private:
  // Row i of `apart` becomes D_c - D_u; |s_c - s_u|^alpha of it, 0 where the two agree to rounding.
  double part(double t, Rows conditional, MutRows apart, Index i) const;

  std::shared_ptr<const Denoiser> conditional_, unconditional_;
  GuidanceSettings settings_;
};

}  // namespace denoiscope
