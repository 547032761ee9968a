// The Curie-Weiss ferromagnet as data: N spins +-1 of weight exp((beta/2N) M^2 + h M), M = sum of the spins (arXiv
// 2306.03518). Below its critical temperature (beta > 1) the data are two classes, of magnetisation +-mstar.
#pragma once

#include <vector>

namespace denoiscope::theory {

/// mstar = tanh(beta mstar), the solution >= 0; 0 for beta <= 1.
double spontaneous_magnetisation(double beta);

/// Variance of M/sqrt(N) within one class at large N, (1 - mstar^2)/(1 - beta (1 - mstar^2)); infinite at beta = 1.
double susceptibility(double beta);

/// Weight e^{eta mstar}/(2 cosh(eta mstar)) of the class of positive magnetisation in the weak field h = eta/N.
double positive_weight(double beta, double eta);

/// sqrt(N) mstar e^{-t} / sqrt(Delta_t + e^{-2t} chi): half the Mahalanobis distance of the classes along the uniform
/// mode, which for large N is a mixture of two Gaussians.
double curie_weiss_kappa(double N, double beta, double t);

/// Speciation times: where kappa^2 = N mstar^2 e^{-2t} is 1 (the leading order), and where curie_weiss_kappa is.
/// NaN where there is none at t >= 0.
struct CurieWeissTimes {
  double leading;   ///< 1/2 log(N mstar^2)
  double improved;  ///< 1/2 log(1 + N mstar^2 - chi)
};

CurieWeissTimes curie_weiss_times(double N, double beta);

/// Probabilities of M = 2k - N for k = 0 .. N spins +1 at finite N, proportional to C(N, k) exp((beta/2N) M^2 + h M)
/// with h = eta/N; N >= 1, any finite beta. (N + 1); work and memory of order N.
std::vector<double> magnetisation_law(int N, double beta, double eta);

/// Exact moments of m = M/N under that law.
struct Magnetisation {
  double mean, mean_absolute, mean_square, mean_fourth;
  double positive;  ///< P(M > 0) + P(M = 0)/2
};

Magnetisation magnetisation(int N, double beta, double eta);

}  // namespace denoiscope::theory
