// uturn: noise a clean point, denoise it again, and see what is left of it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/dynamics/uturn.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

/// How U-turns are made.
struct UTurnPlan {
  Index starts = 512;  ///< of each grammar, where there are grammars
  Index grammars = 8;  ///< random-hierarchy only: of seeds rules_seed, rules_seed + 1, ...
  TreeNoise noise = TreeNoise::ornstein_uhlenbeck;
  std::uint64_t seed = 0;
};

/// What is noised and denoised, ready to be asked at any strength (OU time t, or epsilon).
struct UTurnJob {
  std::string source;  ///< as one would type it
  bool of_trees = false;
  std::function<UTurn(double strength)> at;
};

/// Where classes have coarser ones, and of trees, there are levels too. Throws UsageError
/// for a model without a posterior, and for the epsilon process of another model than random-hierarchy.
UTurnJob uturn_job(const Model& model, const UTurnPlan& plan);
UTurnJob uturn_job(const Dataset& data, const Arithmetic& arithmetic, const UTurnPlan& plan);

/// One row of the record "uturns".
Record to_record(const UTurn& turn, TreeNoise noise);

Experiment uturn_experiment();

}  // namespace denoiscope::experiments
