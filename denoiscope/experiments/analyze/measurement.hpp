// Slices of a data set along t: where to look, and the units that look.
#pragma once

#include <optional>
#include <vector>

#include "denoiscope/observables/slice.hpp"
#include "denoiscope/study/plan.hpp"
#include "denoiscope/study/settings.hpp"

namespace denoiscope::experiments {

class Measurement {
 public:
  /// test: held-out data, or none. Throws UsageError for settings that cannot be. Keeps references.
  Measurement(const Dataset& data, const std::optional<Dataset>& test, const Settings& settings, const Noise& noise);
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;

  int units() const;  ///< that measure() takes from the plan
  /// In increasing t: at the times that the settings name, else at those that a pilot of few queries finds.
  std::vector<observables::Slice> measure(Plan& plan) const;
  const observables::Probe& probe() const { return probe_; }

 private:
  const Dataset& data_;
  Index m_;
  std::vector<double> fixed_;
  observables::Shells shells_;
  Empirical model_;
  observables::Queries queries_, test_queries_;
  observables::Probe probe_;
};

}  // namespace denoiscope::experiments
