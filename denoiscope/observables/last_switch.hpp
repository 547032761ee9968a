// When a backward trajectory changes its nearest datum for the last time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "denoiscope/engine/empirical.hpp"

namespace denoiscope::observables {

/// Times at which trajectories of the exact empirical score settle on a datum.
struct LastSwitches {
  std::vector<double> t;  ///< (m) OU time of each trajectory
  Index never = 0;        ///< trajectories whose nearest datum is the same at every time of the grid
  Index below = 0;        ///< trajectories that at the smallest time are not yet nearest to the datum they end on
};

/// The last-switch time of arXiv 2402.18491 (experiment on collapse): of the saved times of a backward trajectory, the
/// first after its nearest datum among e^{-t} a_mu changed for the last time; the largest one where it never changes.
/// An exact backward trajectory has the law of the forward process read backwards (dynamics/bridge.hpp), so each is
/// followed upward from a random datum, x_t in steps of the exact kernel, and left at its first change: no time above
/// that is asked for.
/// model: of unlabelled data (one class). same: (n) the datum that each row counts as (data::first_equal), so that
/// repeated rows are one; times: OU times > 0, ascending; trajectory: names of the noise.
LastSwitches last_switches(const Dataset& data, const Empirical& model, std::span<const Index> same,
                           std::span<const double> times, std::span<const std::uint64_t> trajectory,
                           const Noise& noise);

}  // namespace denoiscope::observables
