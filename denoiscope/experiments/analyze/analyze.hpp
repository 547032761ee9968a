// The main job: from a data set, or an exactly solvable model itself, to its phase diagram.
#pragma once

#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

/// Returns the result as docs/result-schema.md has it: "denoiscope.analyze/1" of data, "denoiscope.analyze-model/1" of
/// a model. Writes CSV tables and pictures beside it.
Record analyze(const Request& request, Run& run);

Experiment analyze_experiment();

}  // namespace denoiscope::experiments
