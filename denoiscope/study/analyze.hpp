// The main job: from a data set to its phase diagram.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "denoiscope/base/progress.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/pictures.hpp"
#include "denoiscope/study/run_directory.hpp"
#include "denoiscope/study/settings.hpp"

namespace denoiscope::study {

/// Settings of analyze; info uses those that say which data.
std::span<const Setting> analyze_settings();

/// The form that --resize, --gray and --rgb ask for. Throws UsageError where they contradict each other.
data::PictureForm picture_form(const Settings& settings);

/// The data that the settings name: opened, brought to the picture form, labelled, restricted to --classes and --rows.
/// Throws DataError or UsageError.
Dataset load_stored(const Settings& settings);

/// The same, preprocessed and found fit to compute with.
Dataset load(const Settings& settings);

/// What the data are (the record `data` of docs/result-schema.md, without the spectrum of held-out data).
nlohmann::json describe(const Dataset& data, const Settings& settings);

/// Runs the job in `folder` and writes result.json, CSV tables, samples and provenance.json there; returns the result.
/// `argv` is recorded. The report is written by the caller, who may do without. Throws Stopped between units once a
/// stop was asked for.
nlohmann::json analyze(const Settings& settings, const std::filesystem::path& folder, IfExists if_exists,
                       const std::string& argv, Progress& progress);

}  // namespace denoiscope::study
