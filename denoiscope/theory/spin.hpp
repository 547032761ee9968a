// Collapse of independent spins: n = e^{alpha N} configurations of N spins +-1 of mean mstar, as in a pure state of a
// ferromagnet. The entropy criterion of arXiv 2402.18491 applied to the data of arXiv 2306.03518; nats a spin.
#pragma once

#include <optional>

namespace denoiscope::theory {

/// H2((1 + mstar)/2), entropy of one spin; 0 <= mstar <= 1.
double spin_entropy(double mstar);

/// I_1(t): information about one spin in sqrt(lambda_t) s + noise. spin_entropy at t = 0, 0 at infinity. t > 0.
double spin_information(double mstar, double t);

/// t_C with I_1(t_C) = alpha, alpha > 0; none for alpha >= spin_entropy: so many data leave no room between them.
std::optional<double> spin_collapse_time(double alpha, double mstar);

}  // namespace denoiscope::theory
