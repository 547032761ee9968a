// fokker-planck: relaxation rates, passage times and densities in a landscape, without sampling.
#pragma once

#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

Experiment fokker_planck_experiment();

}  // namespace denoiscope::experiments
