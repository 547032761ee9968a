// Work done on a system that is driven from one equilibrium towards another, and the weights that undo the driving:
// Jarzynski's equality (Phys. Rev. Lett. 78, 2690, 1997), annealed importance sampling (Neal, arXiv physics/9803008),
// and both with a drift that carries the walkers along (Vaikuntanathan, Jarzynski, arXiv 0804.3055).
#pragma once

#include <functional>

#include "denoiscope/dynamics/langevin.hpp"

namespace denoiscope {

/// A landscape that changes from time 0 to `duration`.
struct Protocol {
  std::function<Potential(double t)> at;
  double duration;
};

/// E = (k/2) (x - v t)^2: the free energy does not change.
Protocol dragged_well(double k, double v, double duration);
/// E = k(t) x^2 / 2, k(t) linear from k0 to k1: the free energy grows by (T/2) log(k1/k0).
Protocol stiffness_ramp(double k0, double k1, double duration);

/// A drift b(x, t) of each coordinate that is added to Langevin motion, and its slope d b / d x.
struct Transport {
  std::function<double(double x, double t)> drift, slope;
};

/// The drift under which the law stays in equilibrium without any relaxation, so that every walker has one work, the
/// free energy: b = v of the dragged well, b = -x k'(t) / (2 k(t)) of the ramp.
Transport dragged_transport(double v);
Transport ramp_transport(double k0, double k1, double duration);

/// What a drive leaves of every walker.
struct Driven {
  /// (m) sum over steps of U_{k+1}(y) - U_k(x) - T log(dy/dx), y = x + b dt, before the move under U_{k+1}. In
  /// continuous time dW = (d_t U + b dU/dx - T db/dx) dt, summed over coordinates.
  std::vector<double> work;
  RowMatrix points;  ///< (m, d) at the end
  Estimate acceptance;
};

/// Drives walkers that start in equilibrium (equilibrium_draws) through `steps` steps of duration/steps. With mala the
/// weights e^{-W/T} are exact at any step (each move leaves its own law invariant); ula biases them by O(dt).
/// settings.dt is not read. Throws UsageError for fewer than one step, for baoab, whose moves leave no law of x alone
/// invariant, and for a transport that folds the line (b' dt <= -1).
Driven drive(const Protocol& protocol, LangevinSettings settings, Index d, Index steps, const Noise& noise,
             std::span<const std::uint64_t> trajectory, const Transport* transport = nullptr);

/// Averages under weights e^{l}, l: (n) log weights.
struct WeightedMean {
  double log_mean_weight;  ///< log (1/n) sum e^l; of -W/T: -(free energy difference)/T
  double effective_size;   ///< (sum w)^2 / sum w^2, between 1 and n
  double value;            ///< sum w f / sum w
  double standard_error;   ///< of log_mean_weight, to leading order in 1/n: sqrt(1/ess - 1/n)
};
/// values: (n) f, or empty (value is then NaN). Throws UsageError for lists of different lengths and for no weights.
WeightedMean weighted(std::span<const double> log_weights, std::span<const double> values = {});

/// Moments of work in a harmonic well that starts in equilibrium, one coordinate, in continuous time.
struct HarmonicWork {
  double mean_work;
  double free_energy;     ///< difference, end less start
  double mean, variance;  ///< of x at the end
};
/// d mean/dt = -E'(mean), d variance/dt = -2 k variance + 2 T, d W/dt = <d_t E>, integrated to 1e-11. Throws UsageError
/// where the protocol is not harmonic at its ends.
HarmonicWork harmonic_work(const Protocol& protocol, double temperature);

}  // namespace denoiscope
