// Golden values on the user's machine: does this build, on this processor, compute what was computed independently?
#pragma once

#include <string>
#include <vector>

namespace denoiscope::gallery {

/// One number against its golden value. Holds where |computed - expected| <= tolerance; NaN never holds.
struct Check {
  std::string name;
  double computed = 0, expected = 0, tolerance = 0;
  bool ok() const;
};

/// Noise, theories, the empirical posterior, and every kernel this processor can run against the portable one. Takes
/// well under a second; needs no files.
std::vector<Check> selftest();

}  // namespace denoiscope::gallery
