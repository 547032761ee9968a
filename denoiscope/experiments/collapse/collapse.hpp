// Collapse of a data set: when backward trajectories belong to one datum, which data first, and what repeats do to it.
#pragma once

#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

struct CollapseSettings {
  Index trajectories = 256;     ///< whose last switch is found; 0: none
  Index data_times = 512;       ///< random data (all where there are fewer) whose own collapse time is found; 0: none
  Index noises = 8;             ///< of each of these, 1 to 24
  bool generalization = false;  ///< measured besides, with held-out data or a random tenth of the data
};

/// Runs the job and returns its record (docs/schema/collapse.schema.json, without seconds and run). settings: of
/// analyze. held_out: of generalization; null: none is given. Writes data_times.csv and pictures where the run is kept.
Record collapse(const Settings& settings, const CollapseSettings& own, ExperimentRun& run, const Loaded& loaded,
                const Dataset* held_out = nullptr);

/// Units that the job takes. Throws UsageError for settings that cannot be.
int collapse_units(const Settings& settings, const CollapseSettings& own, const Dataset& data);

/// The figures of the record, beside those that every record `collapse` has.
std::vector<CurveFigure> collapse_figures(const Record& record);

/// `finite_size`: what closed forms at this n say of phi_C, and of both curves for two balanced classes. description:
/// describe()'s record; times: of the curves.
Record finite_size_record(const Dataset& data, const Record& description, const std::vector<double>& times);

}  // namespace denoiscope::experiments
