// The main job: from a data set to its phase diagram.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "denoiscope/base/progress.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/pictures.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/study/run_directory.hpp"
#include "denoiscope/study/settings.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope::experiments {

/// What the data are (the record `data` of docs/result-schema.md, without the spectrum of held-out data).
Record describe(const Loaded& loaded, const Settings& settings);

/// Runs the job in `folder` and writes result.json, CSV tables, samples and provenance.json there; returns the result.
/// `argv` is recorded. The report is written by the caller, who may do without. Throws Stopped between units once a
/// stop was asked for.
Record analyze(const Settings& settings, const std::filesystem::path& folder, IfExists if_exists,
               const std::string& argv, Progress& progress);

}  // namespace denoiscope::experiments
