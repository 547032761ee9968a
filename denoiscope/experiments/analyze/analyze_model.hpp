// The main job on an exactly solvable model itself: population curves, no data.
#pragma once

#include <filesystem>
#include <string>

#include "denoiscope/base/progress.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/study/run_directory.hpp"
#include "denoiscope/study/settings.hpp"

namespace denoiscope::experiments {

/// The model that the settings `model` and `parameters` name. Throws UsageError, also for settings that are given and
/// are for data only.
Model model_of(const Settings& settings);

/// Runs the job in `folder` and writes result.json (docs/result-schema.md, "denoiscope.analyze-model/1"), CSV tables
/// and provenance.json there; returns the result. `settings` are of analyze_settings() and name a model. `argv` is
/// recorded. Throws Stopped between units once a stop was asked for.
Record analyze_model(const Settings& settings, const std::filesystem::path& folder, IfExists if_exists,
                     const std::string& argv, Progress& progress);

}  // namespace denoiscope::experiments
