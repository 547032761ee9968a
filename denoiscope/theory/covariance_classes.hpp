// Two equal-weight Gaussian classes of one mean and commuting covariances: what tells them apart is second moments only
// (arXiv 2602.04404, criterion; the sums over axes and the same-class probability follow from the same definitions).
// Times are OU times, log-odds in nats.
#pragma once

#include <optional>
#include <span>

namespace denoiscope::theory {

/// Variances of both classes along common axes, all >= 0 and the two lists of one length; `count` axes share each entry
/// (count = 1: the lists are the spectra; d/2 and two entries: two blocks).
struct CovarianceClasses {
  std::span<const double> first, second;
  double count = 1;

  CovarianceClasses swapped() const { return {second, first, count}; }
};

/// Log-odds L = log P_t(x|1)/P_t(x|2) of points of class 1.
struct LogOdds {
  double mean;       ///< A = KL(P^1_t || P^2_t)
  double deviation;  ///< B, the standard deviation
};

/// t > 0.
LogOdds log_odds(const CovarianceClasses& classes, double t);

/// Probability that a U-turn of length t > 0 returns to the class it started in, E p(c|x_t). Exact for every number of
/// axes; one number for both classes, since the mass exchanged, Int P1 P2 / (P1 + P2), is the same. Absolute error of
/// about 1e-13.
double same_class(const CovarianceClasses& classes, double t);

/// t_rs, the largest t at which A = B for points of class 1 (arXiv 2602.04404); none where A < B at every t.
std::optional<double> resolution_time(const CovarianceClasses& classes);

/// Dsq = ||C1 - C2||_F^2.
double separation(const CovarianceClasses& classes);

/// What resolution_time tends to for many axes: 1/4 log(Dsq / 8). NaN where that is negative.
double resolution_asymptote(double separation);

}  // namespace denoiscope::theory
