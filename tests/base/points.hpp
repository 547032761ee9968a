// Names and points of tests, and whether two computations agree to the bit.
#pragma once

#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "denoiscope/base/noise.hpp"

namespace denoiscope::points {

/// Trajectories 0 .. m - 1.
inline std::vector<std::uint64_t> names(Index m) {
  std::vector<std::uint64_t> out(m);
  std::iota(out.begin(), out.end(), std::uint64_t{0});
  return out;
}

/// Standard normals, (n, d).
inline RowMatrix normals(Index n, Index d, std::uint64_t seed) {
  RowMatrix out(n, d);
  Noise(seed).normal({Stream::test, names(n), 0}, out);
  return out;
}

inline bool same_bits(const RowMatrix& a, const RowMatrix& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}

}  // namespace denoiscope::points
