// What limits integrated backward dynamics: where they start, and how long their steps may be.
#pragma once

#include <span>
#include <string>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/dynamics/backward.hpp"

namespace denoiscope {

/// Starting from N(0, I) instead of P_t moves every probability by less than this: sqrt(K / 2) with K = half the
/// variance of log P_t under N(0, I) less that of the normal, the Kullback-Leibler divergence where it is small, over
/// `points` points. Of two equal classes kappa^2 / sqrt 8.
double start_bias(const Posterior& model, double t, const Noise& noise, Index points = 1024);

/// The largest share that a step takes of the length at which it would grow what it should damp, and where.
struct Stiffness {
  double share = 0;  ///< above 1: errors grow from step to step
  double from = kNaN, to = kNaN;
};

/// One line for people where share > 1: which interval, and what to do.
std::string advice(const Stiffness& stiffness, const Stepper& stepper);

/// Over the intervals of `times`, decreasing: the length of a step times the rate at which the equation forgets there,
/// over Stepper::stability. The steepest rate is (2 or 1) / Gamma - 1 with 1 / Gamma the largest eigenvalue of minus
/// the score's Jacobian, (I - e^{-2t} Cov[x_0|x] / Delta_t) / Delta_t, found by Lanczos' method (from below) at a few
/// noisy points of the model itself, in up to 16 of the intervals. 0 for steppers that no step makes grow.
Stiffness stiffness(const Posterior& model, const Stepper& stepper, std::span<const double> times,
                    const StepperSettings& settings, const Noise& noise);
/// The same for the worst that a denoiser can be: Cov[x_0|x] = 0, as between data far apart.
Stiffness stiffness(const Stepper& stepper, std::span<const double> times, const StepperSettings& settings);

}  // namespace denoiscope
