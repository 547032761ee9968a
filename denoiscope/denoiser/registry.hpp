// The denoisers by name, for people: what `denoiscope list denoisers` shows.
#pragma once

#include <span>

namespace denoiscope {

struct DenoiserEntry {
  const char* name;
  const char* description;
  const char* citation;
};

std::span<const DenoiserEntry> denoisers();

}  // namespace denoiscope
