// The arithmetic that a request asks for.
#pragma once

#include "denoiscope/base/parameters.hpp"
#include "denoiscope/engine/arithmetic.hpp"

namespace denoiscope {

/// What `precision` and `kernel` name. Throws UsageError for a precision that there is not, or an instruction set that
/// this CPU has not.
inline Arithmetic arithmetic_of(const Request& request) {
  return arithmetic_named(request.text("precision"), request.text("kernel"));
}

}  // namespace denoiscope
