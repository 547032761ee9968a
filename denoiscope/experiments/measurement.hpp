// Slices of a data set along t: where to look, and the units that look.
#pragma once

#include <optional>
#include <vector>

#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/slice.hpp"
#include "denoiscope/study/run.hpp"

namespace denoiscope::experiments {

struct MeasurementSettings {
  Index queries = 0;
  std::vector<double> times = {};  ///< in increasing order; none: those that a pilot of few queries finds
  Arithmetic arithmetic = {};
  bool look_again = false;  ///< where curves cross levels, also of given times

  /// That measure() takes.
  int units() const { return times.empty() ? 2 * kTimes : static_cast<int>(times.size()); }
};

/// Of a request that holds kGridParameters and kArithmeticParameters. Throws UsageError for what cannot be.
MeasurementSettings measurement_settings(const Request& request);

class Measurement {
 public:
  /// test: held-out data, or none. Keeps references.
  Measurement(const Dataset& data, const std::optional<Dataset>& test, const MeasurementSettings& settings,
              const Noise& noise);
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;

  /// In increasing t: at the times given, or on an adapted grid and then where its curves cross the levels that times of
  /// collapse and of guidance are read off at.
  std::vector<observables::Slice> measure(Run& run) const;
  const observables::Probe& probe() const { return probe_; }

 private:
  const Dataset& data_;
  MeasurementSettings settings_;
  observables::Shells shells_;
  Empirical model_;
  observables::Queries queries_, test_queries_;
  observables::Probe probe_;
};

}  // namespace denoiscope::experiments
