// What `sample` is told about the way from noise to a sample.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "denoiscope/dynamics/sampler.hpp"

namespace denoiscope::app {

/// As typed; empty: not given.
struct SamplingOptions {
  std::string seeds = "0-15", stepper = "bridge", steps, grid, times, t_max, t_min, churn, tolerance, keep, frames;

  /// Adds the flags.
  void add(CLI::App& verb);
};

/// What they come to.
struct Sampling {
  bool exact = true;
  std::string grid;  ///< "explicit" for times typed; empty where times have no grid
  SampleSettings settings;
  std::vector<std::uint64_t> seeds;
  std::vector<double> kept() const;  ///< the times of settings.keep
};

/// Throws UsageError, one line that names the flag, for what is malformed, out of range, contradictory or, with bridge,
/// about a stepper that is not there.
Sampling parse(const SamplingOptions& options);

/// Puts the times of the grid `critical` in their place, where it is asked for. source, rows: as critical_times. Throws
/// as that.
void know_model(const SamplingOptions& options, const Posterior& model, const std::string& source, Index rows,
                const Noise& noise, Sampling& sampling);

}  // namespace denoiscope::app
