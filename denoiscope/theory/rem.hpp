// The random-energy model behind collapse: the other n - 1 data, seen from a noisy datum, are independent energy
// levels. Derivation for Gaussian data N(0, variance I), alpha = log(n)/d; all quantities per dimension, nats (arXiv
// 2402.18491).
#pragma once

namespace denoiscope::theory {

struct RandomEnergy {
  double r;       ///< variance * lambda_t
  double l_star;  ///< inverse temperature at which the levels condense; 1 at t_C, below 1 in the condensed phase,
                  ///< infinite at r = 0
  double psi;     ///< log(Z_others)/d; -1/2, the level of the own datum, at t_C
  double f;       ///< excess entropy alpha - 1/2 log(1 + r)
};

/// alpha > 0, variance > 0, t > 0.
RandomEnergy random_energy(double alpha, double variance, double t);

}  // namespace denoiscope::theory
