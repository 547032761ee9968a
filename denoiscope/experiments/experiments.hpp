// All experiments, by name: what the program, the gallery and bindings read.
#pragma once

#include <span>
#include <string_view>

#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

/// In the order in which help shows them.
std::span<const Experiment> all();

/// Throws UsageError for a name that there is not, with a suggestion.
const Experiment& find(std::string_view name);

}  // namespace denoiscope::experiments
