// How many random trials a test makes. The only place that knows of the sanitizers.
#pragma once

#include <cstdlib>

namespace denoiscope::testing {

/// What the environment variable says, where it is set: `./dev nightly` asks for more.
inline int asked_for(const char* variable, int otherwise) {
  const char* asked = std::getenv(variable);
  return asked != nullptr ? static_cast<int>(std::strtol(asked, nullptr, 10)) : otherwise;
}

/// The same; by itself `usual`, and a fifth under sanitizers, where a trial takes ten times as long and what they look
/// for, undefined behaviour, does not depend on the luck of so many.
inline int trials(const char* variable, int usual) {
#ifdef DENOISCOPE_SANITIZED
  usual = (usual + 4) / 5;
#endif
  return asked_for(variable, usual);
}

}  // namespace denoiscope::testing
