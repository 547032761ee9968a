// With what a result was made.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "denoiscope/study/settings.hpp"

namespace denoiscope::study {

/// The version of this library, "0.1.0".
const char* version();

/// Versions, commit, compiler, CPU, threads, command line.
nlohmann::json provenance(const std::string& argv);

/// The same of a job on `use`, with the kernel that computed, precision, seed and the hash of the configuration.
nlohmann::json provenance(const Settings& settings, Use use, const std::string& kernel, const std::string& argv);

}  // namespace denoiscope::study
