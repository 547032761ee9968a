// What rounding may do to sums. Private to this room.
#pragma once

#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// Unit roundoffs of double precision, of single precision and of bfloat16 numbers.
inline constexpr double kUnitRoundoff = 0x1.0p-53, kSingleRoundoff = 0x1.0p-24, kHalfRoundoff = 0x1.0p-8;

/// Relative rounding bound of a sum of `terms` products (Higham's gamma_n).
inline double sum_rounding(Index terms, double unit = kUnitRoundoff) {
  const double u = static_cast<double>(terms) * unit;
  return u / (1 - u);
}

}  // namespace denoiscope
