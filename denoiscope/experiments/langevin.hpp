// langevin: walkers in a landscape, their law beside the exact one, and the work of a drive.
#pragma once

#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

Experiment langevin_experiment();

}  // namespace denoiscope::experiments
