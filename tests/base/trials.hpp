// How many random trials a test makes. The only place that knows of the sanitizers.
#pragma once

#include <cstdlib>

namespace denoiscope::testing {

/// What the environment variable says, where it is set: `./dev nightly` asks for more.
inline int asked_for(const char* variable, int otherwise) {
  const char* asked = std::getenv(variable);
  return asked != nullptr ? static_cast<int>(std::strtol(asked, nullptr, 10)) : otherwise;
}

/// The same; by itself `usual`, and a tenth under sanitizers, where a trial takes ten times as long and what they look
/// for, undefined behaviour, does not depend on the luck of so many.
inline int trials(const char* variable, int usual) {
#ifdef DENOISCOPE_SANITIZED
  usual = (usual + 9) / 10;
#endif
  return asked_for(variable, usual);
}

/// The step of a loop over settings, or what a number of steps is divided by: 1, and `otherwise` under sanitizers.
constexpr int sparse([[maybe_unused]] int otherwise) {
#ifdef DENOISCOPE_SANITIZED
  return otherwise;
#else
  return 1;
#endif
}

}  // namespace denoiscope::testing
