// The empirical measure of n data along t as a model of their law: when it generalises best, where traps begin, how
// wide they are. n data of N(0, C) in N dimensions, to leading order in N; nats.
//
// P_t of the empirical measure, seen at e^{-t} y, is the kernel density of variance tau = e^{2t} - 1 at y. A spectrum
// is as in collapse.hpp: eigenvalues of C in any order; what it leaves out of N is 0, a direction across the manifold.
#pragma once

#include <optional>
#include <span>

#include "denoiscope/theory/collapse.hpp"

namespace denoiscope::theory {

/// The kernel density of least KL(P_0 || density): what a fresh point sees are its nearest data alone, so that the
/// optimum is in the condensed phase (arXiv 2502.09578; kernel densities: 2408.05807). Always below t_C.
struct Generalization {
  double t;      ///< t_g = 1/2 log(1 + tau)
  double tau;    ///< variance of the kernel: 1/N sum_i c_i (2 + b c_i)/(1 + b c_i)^2
  double log_b;  ///< logarithm of b, the inverse variance at which the density condenses on few data:
                 ///< 1/2 sum_i [log(1 + b c_i) - b c_i/(1 + b c_i)^2] = log n
};

/// None for n <= 1 and where no eigenvalue is positive.
std::optional<Generalization> generalization_time(double n, double N, std::span<const double> eigenvalues);

/// The same for D orthonormal directions of one variance in N >= D dimensions; D = N: Gaussian data.
std::optional<Generalization> generalization_time(double n, double N, double D, double variance);

/// Mean log density, nats of all N dimensions together, that the kernel density of variance tau gives to fresh points
/// y ~ N(0, C). log_n > 0, tau > 0.
double kernel_log_likelihood(double log_n, double N, std::span<const double> eigenvalues, double tau);

/// E log P_t(x_t) of data less that of held-out points, in the limit of large N: 0 for t > t_C, where the empirical
/// measure is as likely to make either; open below. log_n > 0, t > 0.
double likelihood_gap(double log_n, double N, std::span<const double> eigenvalues, double t);

/// The same at finite n by the annealed competition of the data, E log(1 + e^{-D}): a lower bound, a quarter below near
/// t_C and 10 % at 2 t_C (d = 20, n = 1000).
double likelihood_gap(const Competition& odds);

/// t_o, the largest t at which each datum is a trap: I + R = log n with I = 1/2 sum_i log(1 + c_i/tau) what x_t says of
/// the datum, R = 1/2 sum_i c_i/(tau + c_i). None where t_C is not.
std::optional<double> trap_onset(double n, double d, double variance);
std::optional<double> trap_onset(double n, std::span<const double> eigenvalues);

/// rho*^2 = 1 - (log n - I)/R, squared radius of a datum's basin in units of its noise: a noisy point e^{-t} a + rho
/// sqrt(Delta_t) z belongs to a for rho < rho*. 0 at t_o, 1 at t_C; NaN outside of t_C <= t <= t_o.
double basin_radius2(double n, double d, double variance, double t);
double basin_radius2(double n, std::span<const double> eigenvalues, double t);

}  // namespace denoiscope::theory
