// Critical windows (arXiv 2403.01633): the noise levels between which a feature of the sample is decided, as distances
// in total variation say. For two equal Gaussian classes N(+-m, variance I) they follow from kappa_t in closed form.
#pragma once

namespace denoiscope::theory {

/// Going backward, above t_before the noisy law of a class is within eps of that of both classes; below t_after it is
/// at least 1 - eps^2 from that of the other class. Paths noised to a time between and back stay in the class or leave
/// it.
struct CriticalWindow {
  double kappa_before;       ///< (2 Phi(kappa) - 1)/2 = eps
  double kappa_after;        ///< 2 Phi(kappa) - 1 = 1 - eps^2
  double t_before, t_after;  ///< NaN where kappa is not reached at any t >= 0
};

/// norm2 = |m|^2 > 0, variance >= 0, 0 < eps < 1/2.
CriticalWindow critical_window(double norm2, double variance, double eps);

/// The ends that the paper bounds the window by (unit variance): log|m| + log 2 + log(1/eps) from above.
double window_bound_before(double norm2, double eps);
/// log|m| - log log(1/(2 eps^2)) from below; NaN for eps >= 1/sqrt 2.
double window_bound_after(double norm2, double eps);

}  // namespace denoiscope::theory
