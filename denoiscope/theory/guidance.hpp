// Classifier-free guidance of two equal Gaussian classes N(+-m, variance I), computed (arXiv 2502.07849): the score
// that generates class +m is s_c + omega (s_c - s_u) |s_c - s_u|^alpha for t_low <= t < t_high and s_c elsewhere, with
// s_u the score of both classes together. omega is 0 without guidance; the guidance scale of samplers is w = 1 + omega.
//
// Along m, in units of the class, v = (m.x/|m| - |m| e^{-t}) / sqrt(Gamma_t), and with r = log kappa_t as time, kappa_t
// = |m| e^{-t}/sqrt(Gamma_t), the backward dynamics is
//   SDE  dv = (-v + 2 P) dr + sqrt(2) dB,      ODE  dv = P dr,
//   P(v, r) = omega Gamma_t^{-alpha/2} (kappa (1 - tanh(kappa (kappa + v))))^{1 + alpha},
// whatever the variance. It starts from the exact class, v ~ N(0, 1). Other directions are not guided.
#pragma once

#include <limits>

namespace denoiscope::theory {

struct GuidedClass {
  double d = 16;                                                       ///< |m|^2 = d > 0
  double variance = 1;                                                 ///< of a class along each axis, > 0
  double omega = 0;                                                    ///< >= 0
  double alpha = 0;                                                    ///< exponent of |s_c - s_u|, > -1
  double t_low = 0, t_high = std::numeric_limits<double>::infinity();  ///< OU times; t_low >= 0
};

enum class BackwardLaw { sde, ode };

/// What comes out at t = 0 along m: the artefacts of guidance.
struct GuidedLaw {
  double shift;     ///< mean of m.x/|m|, less |m|; 0 without guidance
  double variance;  ///< that of the class without guidance
};

/// From T to infinity, or t_high. SDE: finite volumes of the Fokker-Planck equation in v, implicit midpoint in r, both
/// of second order and extrapolated; ODE: the flow of 257 points by RK4 and their average over N(0, 1). Errors up
/// to 1e-5 in units of the class for omega <= 100 and alpha >= -0.5, 1e-3 down to alpha = -0.9.
GuidedLaw guided_law(const GuidedClass& guided, BackwardLaw law);

/// The same at `fineness` times the resolution in both variables.
GuidedLaw guided_law(const GuidedClass& guided, BackwardLaw law, double fineness);

/// kappa = 1: 1/2 log(1 + d - variance); NaN where the classes are never told apart at t >= 0.
double guidance_speciation_time(const GuidedClass& guided);

}  // namespace denoiscope::theory
