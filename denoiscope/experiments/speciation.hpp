// Speciation of a data set: which classes part when, the tree they form, and classes found where there are none.
#pragma once

#include <filesystem>
#include <string>

#include "denoiscope/base/progress.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

struct SpeciationSettings {
  bool find = false;  ///< find classes also where there are labels; they are found anyway where there are none
  Index most = 10;    ///< classes found
  Index landmarks = 1024;
  Index resamples = 3;  ///< of the landmarks: how stable the classes are
};

/// Runs the job and returns its record: data, times, speciation, guidance (docs/result-schema.md), `found` and `nodes`.
/// settings: of analyze. Throws DataError for data of one class and for fewer rows than 64 to find classes in.
Record speciation(const Settings& settings, const SpeciationSettings& own, ExperimentRun& run, const Dataset& data);

/// Units that the job takes.
int speciation_units(const Settings& settings, const SpeciationSettings& own, const Dataset& data);

}  // namespace denoiscope::experiments
