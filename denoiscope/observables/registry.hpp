// The observables by name, for people: what `denoiscope list observables` shows.
#pragma once

#include <span>

namespace denoiscope::observables {

struct ObservableEntry {
  const char* name;
  const char* description;
  const char* unit;
  const char* citation;
};

std::span<const ObservableEntry> observables();

}  // namespace denoiscope::observables
