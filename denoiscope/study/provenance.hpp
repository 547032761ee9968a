// With what a result was made.
#pragma once

#include <string>

#include "denoiscope/base/record.hpp"
#include "denoiscope/study/settings.hpp"

namespace denoiscope {

/// The version of this library, "0.1.0".
const char* version();

/// Versions, commit, compiler, CPU, threads, command line.
Record provenance(const std::string& argv);

/// The same of a job on `use`, with the kernel that computed, precision, seed and the hash of the configuration.
Record provenance(const Settings& settings, Use use, const std::string& kernel, const std::string& argv);

}  // namespace denoiscope
