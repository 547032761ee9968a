// Many numbers of the noise at once, compiled once an instruction set and chosen at run time by CPU feature. Only
// integer operations and + - * / sqrt as IEEE 754 rounds them, none fused: every kernel gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace denoiscope::noise_kernel {

/// What the numbers of a block are named by. Components 2i and 2i + 1 of row r come from one Philox4x32-10 block with
/// counter (i, step, low half of trajectory[r], high half) and this key.
struct Block {
  std::uint32_t key[2];
  std::uint32_t step;
  const std::uint64_t* trajectory;  // (rows)
  std::size_t rows, columns;
};

struct Functions {
  const char* name;
  /// One block of Philox4x32-10 (Salmon et al., SC 2011).
  void (*philox)(const std::uint32_t counter[4], const std::uint32_t key[2], std::uint32_t out[4]);
  /// Centres of the 2^52 equal cells of (0, 1). out: (rows, columns), rows `stride` apart.
  void (*uniforms)(const Block& block, double* out, std::ptrdiff_t stride);
  /// Standard normals: Box-Muller on a pair (u, v) of those uniforms, sqrt(-2 log u) (cos, sin)(2 pi v), with a
  /// relative error below 1e-15 and |z| <= sqrt(106 log 2) = 8.572. out as above.
  void (*normals)(const Block& block, double* out, std::ptrdiff_t stride);
};

/// The fastest kernel this CPU can run.
const Functions& best();
/// The kernel called `name` ("portable", "avx2", "avx512"), or null where this build or CPU lacks it.
const Functions* named(const char* name);

}  // namespace denoiscope::noise_kernel
