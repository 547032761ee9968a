// Collapse: when, going backward from noise, a trajectory of the empirical score belongs to one datum.
// n: number of data; d: dimension; entropies in nats; times are OU times. The entropy criterion is that of
// arXiv 2402.18491; the class term, the sum over a spectrum and the finite-size forms follow from the same definitions.
//
// A spectrum is the eigenvalues of the population covariance, in any order; what it leaves out of d is zero, and an
// eigenvalue that rounding made negative counts as zero.
#pragma once

#include <optional>
#include <span>

namespace denoiscope::theory {

/// f(t) = alpha - 1/2 log(1 + variance lambda_t), alpha = log(n)/d, nats a dimension: entropy of n separate lumps minus
/// that of the population N(0, variance I). alpha at large t; collapse where it crosses 0. t > 0.
double excess_entropy(double n, double d, double variance, double t);

/// The same for N(0, C): alpha - 1/(2d) sum_i log(1 + c_i lambda_t). d may exceed the number of eigenvalues given.
double excess_entropy(double n, double d, std::span<const double> eigenvalues, double t);

/// The same for the symmetric mixture of centres +-m, |m|^2 = d mu2: subtracts the information about the class,
/// (log 2 - Hc(kappa_t))/d, which the large-d formula leaves out (7 % of alpha at n = 20000).
double mixture_excess_entropy(double n, double d, double mu2, double variance, double t);

/// t_C = 1/2 log(1 + variance / (n^{2/d} - 1)), the root of f. None for n <= 1 (alpha = 0: f < 0 at every t) and for
/// variance 0 (f = alpha at every t). With n/2 for n it is the t_C of two well separated classes.
std::optional<double> collapse_time(double n, double d, double variance);

/// The root of f for a spectrum; d cancels. None for n <= 1 and where no eigenvalue is positive.
std::optional<double> collapse_time(double n, std::span<const double> eigenvalues);

/// D = log(Z_others / Z_own), the log-odds that a noisy datum belongs to any of the other n - 1 data rather than to its
/// own, under the annealed average over the others, with this mean and variance. It is a sum over axes and is taken for
/// normal below: against its own law, a difference of chi-squares (2e6 draws), E softplus is 1 % too large over 13 axes
/// and 2 % over 4 where the mean of D is 0, and E 1/(1 + e^D) is exact there and as much too large where it is 1.
struct Competition {
  double mean;      ///< log(n-1) - 1/2 sum_i log(1 + c_i lambda_t); -infinity for n = 1
  double variance;  ///< sum_i c_i lambda_t / (1 + c_i lambda_t)
};

Competition competition(double n, double d, double variance, double t);
Competition competition(double n, std::span<const double> eigenvalues, double t);

/// E softplus(D), nats (all d dimensions together): finite-size form of d f; an upper bound, close for t above
/// about 1.2 t_C.
double softplus_entropy(const Competition& odds);

/// E 1/(1 + e^D): finite-size form of the participation ratio phi_C; a lower bound, close in the same range.
double participation(const Competition& odds);

/// The same two for two balanced classes: `own_class` is the competition within the class (n/2 data); the other class
/// adds log(1 + e^{-L}) to D, L ~ N(2 kappa^2, 4 kappa^2) the log-odds of the class.
double two_class_softplus_entropy(const Competition& own_class, double kappa);
double two_class_participation(const Competition& own_class, double kappa);

/// Width of the crossover that stands for the transition at finite n.
struct CollapseBand {
  double low;   ///< mean(D) = -deviation(D): nearly every point belongs to its own datum
  double high;  ///< mean(D) = +deviation(D): nearly none does
};

/// None for n <= 2 (mean(D) never exceeds 0) and where no eigenvalue is positive.
std::optional<CollapseBand> collapse_band(double n, double d, double variance);
std::optional<CollapseBand> collapse_band(double n, std::span<const double> eigenvalues);

}  // namespace denoiscope::theory
