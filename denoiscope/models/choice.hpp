// One of several by its weight. Private to this room.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace denoiscope {

/// The first c whose weights up to and with it, e^{log_weights - log_total}, exceed u in (0, 1); the last where
/// rounding leaves none.
inline std::size_t choose(double u, std::span<const double> log_weights, double log_total) {
  double below = 0;
  for (std::size_t c = 0; c + 1 < log_weights.size(); ++c) {
    below += std::exp(log_weights[c] - log_total);
    if (u < below) return c;
  }
  return log_weights.size() - 1;
}

}  // namespace denoiscope
