// Collapse of a data set: when backward trajectories belong to one datum, which data first, and what repeats do to it.
#pragma once

#include <optional>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/experiments/collapse/generalization.hpp"
#include "denoiscope/experiments/measurement.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

struct CollapseSettings {
  MeasurementSettings measurement = {};
  double collapse_below = 0.1;  ///< OU time for which the number of data needed is extrapolated
  long long seed = 0;
  Index trajectories = 256;  ///< whose last switch is found; 0: none
  Index data_times = 512;    ///< random data (all where there are fewer) whose own collapse time is found; 0: none
  Index noises = 8;          ///< of each of these, 1 to 24
  std::optional<GeneralizationPlan> generalization = {};  ///< measured besides
};

/// Of a request to the experiment. Throws UsageError for what cannot be.
CollapseSettings collapse_settings(const Request& request);

/// The record of docs/schema/collapse.schema.json, without seconds and run. description: describe()'s record. held_out:
/// of generalization; null: none is given. Writes data_times.csv and pictures where the run is kept.
Record collapse(const CollapseSettings& settings, const Record& description, const Dataset& data,
                const Dataset* held_out, Run& run);

/// The figures of the record, beside those that every record `collapse` has.
std::vector<CurveFigure> collapse_figures(const Record& record);

Experiment collapse_experiment();

}  // namespace denoiscope::experiments
