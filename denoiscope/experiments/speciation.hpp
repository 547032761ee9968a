// Speciation of a data set: which classes part when, the tree they form, and classes found where there are none.
#pragma once

#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

/// Its record: data, times, speciation, guidance (docs/result-schema.md), `found` and `nodes`.
Experiment speciation_experiment();

}  // namespace denoiscope::experiments
