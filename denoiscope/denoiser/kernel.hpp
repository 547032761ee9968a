// The arithmetic of the empirical posterior, compiled once an instruction set and chosen at run time by CPU feature.
// Queries lie in the SIMD lanes, 24 to a group; every lane is a chain of operations of its own, in an order that
// depends on nothing but the data, so a query's bits do not depend on its companions. Kernels with fused multiply-add
// (AVX2, AVX-512) agree bit for bit; the portable one rounds products.
#pragma once

#include <cstddef>

namespace denoiscope::kernel {

inline constexpr std::ptrdiff_t kLanes = 24;

/// Running sums of one cell (class) of data for the 24 queries of a group, relative to the largest logit `top`:
/// sum = S e^{s - top}, first = S e^{s - top} (s - top), second = S e^{2 (s - top)}.
struct alignas(64) Sums {
  double top[kLanes], sum[kLanes], first[kLanes], second[kLanes];
};

struct Functions {
  const char* name;
  /// out[r][lane] (+)= sum_k a[r * row_stride + k * k_stride] * b[k][lane]; a: (rows, depth) with strides, b: (depth,
  /// 24), out: (rows, 24), 64-byte aligned; starts from zero unless accumulate.
  void (*multiply)(const double* a, std::ptrdiff_t row_stride, std::ptrdiff_t k_stride, std::ptrdiff_t rows,
                   std::ptrdiff_t depth, const double* b, double* out, bool accumulate);
  /// dots -> logits in place: s = slope * dot - (norm_scale * norm[r] + offset[lane]). dots: (rows, 24).
  void (*logits)(double* dots, const double* norm, std::ptrdiff_t rows, double slope, double norm_scale,
                 const double* offset);
  /// Adds rows of logits (rows, 24) to the sums; logits of -inf add nothing.
  void (*accumulate)(const double* logits, std::ptrdiff_t rows, Sums& sums);
  /// logits -> weights e^{s - shift[lane]} in place.
  void (*weights)(double* logits, std::ptrdiff_t rows, const double* shift);
  /// Multiply-adds at full rate, for the machine's ceiling: returns a number that depends on all of them.
  double (*fma_loop)(std::ptrdiff_t rounds);
  /// Floating-point operations of one round of fma_loop.
  std::ptrdiff_t fma_round;
};

/// The fastest kernel this CPU can run.
const Functions& best();
/// The kernel called `name` ("portable", "avx2", "avx512"), or null where this build or CPU lacks it.
const Functions* named(const char* name);

/// An empty set of sums.
void clear(Sums& sums);
/// Adds `part` to `sums`.
void merge(const Sums& part, Sums& sums);

}  // namespace denoiscope::kernel
