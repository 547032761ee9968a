// With what a result was made.
#pragma once

#include <string>

#include "denoiscope/base/record.hpp"

namespace denoiscope {

/// The version of this library, "0.1.0".
const char* version();

/// Versions, commit, compiler, CPU, threads, command line.
Record provenance(const std::string& argv);

}  // namespace denoiscope
