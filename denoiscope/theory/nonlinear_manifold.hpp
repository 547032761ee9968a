// Data on a random non-linear manifold, x_0 = g(F xi / sqrt(D)) componentwise, F (N x D) and xi (D) standard normal,
// c = D/N: information and collapse by the replica-symmetric formula of generalised linear models (arXiv 1708.03395;
// the manifold: 2502.09578). tau = e^{2t} - 1. No Gaussian of the same covariance stands in for it at small tau: that
// overestimates the information by up to 84 % at tau = 0.05, c = 0.1.
#pragma once

namespace denoiscope::theory {

/// Increasing and odd, as the solution that is taken is found from above.
struct Link {
  enum class Shape { identity, tanh } shape = Shape::identity;
  double slope = 1;  ///< g(h) = slope h or tanh(slope h); > 0
};

struct ManifoldChannel {
  double information;  ///< I(x_0; x_t)/N, nats, F known
  double overlap;      ///< q*, squared overlap of the latent point with its posterior mean
};

/// c > 0, tau > e^-25. About 1e-10 of quadrature error.
ManifoldChannel manifold_channel(const Link& link, double c, double tau);

/// c/2 (q + log(1 - q)) + Psi(q), 0 <= q < 1, whose largest value is -I/N - 1/2 log(2 pi e tau).
double manifold_potential(const Link& link, double c, double tau, double q);

/// t_c of n = e^{alpha N} data: I = alpha N. alpha > 0; NaN where tau would be below e^-25.
double manifold_collapse_time(const Link& link, double c, double alpha);

}  // namespace denoiscope::theory
