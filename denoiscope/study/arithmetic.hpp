// The arithmetic that settings ask for.
#pragma once

#include <string>

#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/study/settings.hpp"

namespace denoiscope {

/// What `precision` and `kernel` name. Throws UsageError for a precision that there is not, or an instruction set that
/// this CPU has not.
Arithmetic arithmetic_of(const Settings& settings);

/// Name of the kernel that computes in it with these data, here.
std::string kernel_of(const Arithmetic& arithmetic, const Dataset& data);

}  // namespace denoiscope
