// The random-energy model behind collapse: the data, seen from a point that is none of them, are independent energy
// levels (arXiv 2402.18491). Derivation for Gaussian data; nats.
#pragma once

#include <span>

namespace denoiscope::theory {

struct RandomEnergy {
  double r;       ///< variance * lambda_t
  double l_star;  ///< inverse temperature at which the levels condense; 1 at t_C, below 1 in the condensed phase,
                  ///< infinite at r = 0
  double psi;     ///< log(Z_others)/d; -1/2, the level of the own datum, at t_C
  double f;       ///< excess entropy alpha - 1/2 log(1 + r)
};

/// Seen from a noisy datum of N(0, variance I), per dimension: the other n - 1 of its data, alpha = log(n)/d > 0,
/// variance > 0, t > 0.
RandomEnergy random_energy(double alpha, double variance, double t);

/// Levels |x - a|^2/(2 tau) of n data a ~ N(0, C), seen from x ~ N(0, C + seen tau I): seen = 1 from a noisy point of
/// the same law, 0 from a clean one. All dimensions together, to leading order in them.
struct Levels {
  double log_l;          ///< log of the inverse temperature l* at which they condense; infinite where C is 0
  double lowest;         ///< energy of the lowest level
  double log_partition;  ///< log sum_a e^{-level}: that of the mean for l* >= 1, minus the lowest level below
};

/// log_n > 0; ratios: eigenvalues of C over tau; without: number of further directions along which C is 0.
Levels random_levels(double log_n, std::span<const double> ratios, double without, double seen);

}  // namespace denoiscope::theory
