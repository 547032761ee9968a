// denoise: the exact posterior of a data set, or of a model, at noisy points from a file.
#pragma once

#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

Experiment denoise_experiment();

}  // namespace denoiscope::experiments
