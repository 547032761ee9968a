// Speciation: when, going backward from noise, the class of a trajectory is decided.
// Times are OU times. Mixtures are 1/2 N(m, variance I) + 1/2 N(-m, variance I) in d dimensions with |m|^2 = d mu2.
#pragma once

#include <optional>

namespace denoiscope::theory {

/// Three inequivalent critical times of a direction of covariance eigenvalue lambda; they differ by O(1).
struct CriticalTimes {
  double half_log;    ///< 1/2 log lambda: lambda e^{-2t} = 1 (arXiv 2402.18491); NaN where lambda < 1
  double half_log1p;  ///< 1/2 log(1 + lambda): signal = noise, where the curvature of -log P_t changes sign
  double half_asinh;  ///< 1/2 asinh lambda: where the backward SDE's potential loses its single well (arXiv 2305.19693)
};

/// lambda >= 0.
CriticalTimes critical_times(double lambda);

/// First step k (from 0) of the linear 1000-step DDPM schedule with alpha_bar_k < 1 / lambda; none where the schedule
/// ends before (lambda above 2.5e4).
std::optional<int> first_ddpm_step(double lambda);

/// |m| e^{-t} / sqrt(Gamma_t), half the Mahalanobis distance between the noisy classes; t >= 0. Infinite for point
/// classes at t = 0.
double mixture_kappa(double d, double mu2, double variance, double t);

/// Probability that two clones that branch at t end in the same class, F(kappa_t).
double mixture_phi(double d, double mu2, double variance, double t);

/// The same number by the integral of arXiv 2402.18491 (cloning probability of the Gaussian mixture), for t > 0 or
/// variance > 0.
double mixture_phi_integral(double d, double mu2, double variance, double t);

/// Four equal modes +-m1 +-m2 with m1 orthogonal to m2: probability that both signs are kept, F(kappa1) F(kappa2).
/// norm2_1, norm2_2: squared norms of m1 and m2.
double four_mode_phi(double norm2_1, double norm2_2, double variance, double t);

/// V(q, t) = q^2/2 - 2 mu2 log cosh(q e^{-t} sqrt d), q = m.x / sqrt d: potential of the backward SDE for unit
/// variance, large d (arXiv 2402.18491). One well for t > 1/2 log(2 d mu2), two below.
double effective_potential(double q, double t, double d, double mu2);

/// Curvature at the origin along m of the potential of the backward SDE drift x + 2 score: -1 + 2/Gamma - 2 |m|^2
/// e^{-2t}/Gamma^2. V''(0, t) is its case variance = 1.
double drift_curvature(double d, double mu2, double variance, double t);

/// Curvature of -log P_t at the origin along m: 1/Gamma - |m|^2 e^{-2t}/Gamma^2.
double log_density_curvature(double d, double mu2, double variance, double t);

}  // namespace denoiscope::theory
