// Data on a random linear manifold, x_0 = F S^{1/2} xi / sqrt(N), F (N x D) standard normal, c = D/N: the spectrum of
// the score's Jacobian and its gaps (arXiv 2410.05898), and collapse (arXiv 2502.09578, 2505.23869; edges and closed
// forms by random-matrix theory). tau = e^{2t} - 1, and an eigenvalue lambda of the covariance is q = tau/(tau +
// lambda) in -Delta_t J: 1 across the manifold, small along it.
#pragma once

#include <array>
#include <optional>

namespace denoiscope::theory {

/// Ends of the non-zero eigenvalues, variance (1 -+ sqrt c)^2; c > 0.
struct Bulk {
  double low, high;
};

Bulk manifold_bulk(double c, double variance);

/// q for an eigenvalue of the covariance, t > 0.
double jacobian_eigenvalue(double eigenvalue, double t);

/// tr(I + Delta J)/N: dimension a noisy point still sees, a share of N.
double trace_dimension(double c, double variance, double t);

/// Latent variances v1 > v2 > 0 in shares c1, c2 of N, c1 + c2 <= 1.
struct TwoVariances {
  double c1, v1, c2, v2;
};

/// The four ends {low bulk, high bulk} of the non-zero eigenvalues; none where the bulks are one. From the zeros of the
/// derivative of Silverstein's map: two separate Marchenko-Pastur laws would be wrong by tens of per cent.
std::optional<std::array<double, 4>> two_variance_edges(const TwoVariances& model);

/// Lowest and highest end, detached or not.
Bulk two_variance_bulk(const TwoVariances& model);

// Collapse with n = e^{alpha N} data in the convention x_0 = F xi / sqrt(D) (coordinate variance 1).

/// I(x_0; x_t)/N, nats; t > 0.
double manifold_information(double c, double t);

struct ManifoldCollapse {
  double collapse;   ///< t_c: I = alpha; most points belong to one datum
  double onset;      ///< t_o: I + R = alpha, R = trace dimension / 2; a trap exists at a datum
  double isometric;  ///< t_c of c N orthonormal directions of variance 1: 1/2 log(1 + 1/(e^{2 alpha/c} - 1))
};

/// alpha > 0, 0 < c <= 1.
ManifoldCollapse manifold_collapse(double c, double alpha);

/// rho*^2, squared radius of a datum's basin in units of its noise: 0 at the onset, 1 at collapse. NaN outside
/// of t_c <= t <= t_o.
double basin_radius2(double c, double alpha, double t);

}  // namespace denoiscope::theory
