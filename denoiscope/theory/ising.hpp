// Classes that are open Ising chains at different temperatures: N spins, coupling K = J/T, <s_i s_j> = tanh(K)^|i-j|
// (arXiv 2602.04404; Dsq in closed form is ours). Only second moments tell them apart.
#pragma once

#include <vector>

namespace denoiscope::theory {

/// Dsq = ||C1 - C2||_F^2 = 2 sum_{k=1}^{N-1} (N - k) (u1^k - u2^k)^2, u = tanh K, in closed form. N >= 1.
double ising_separation(double N, double K1, double K2);

/// Dsq / N for N to infinity: 2 (u1^2/(1-u1^2) + u2^2/(1-u2^2) - 2 u1 u2/(1-u1 u2)).
double ising_separation_density(double K1, double K2);

/// Eigenvalues of the covariance of the chain closed to a ring, (1-u^2)/(1 - 2u cos w + u^2) at w = 2 pi k/N: of the
/// Gaussian that stands for the chain. Chains of one N share the eigenvectors. (N)
std::vector<double> ising_spectrum(int N, double K);

}  // namespace denoiscope::theory
