// The arithmetic that settings ask for.
#pragma once

#include <string>

#include "denoiscope/base/parameters.hpp"
#include "denoiscope/engine/empirical.hpp"

namespace denoiscope {

/// What `precision` and `kernel` name. Throws UsageError for a precision that there is not, or an instruction set that
/// this CPU has not.
Arithmetic arithmetic_of(const Request& request);

/// Name of the kernel that computes in it with these data, here.
std::string kernel_of(const Arithmetic& arithmetic, const Dataset& data);
/// The same of a model.
std::string kernel_of(const Arithmetic& arithmetic);

}  // namespace denoiscope
