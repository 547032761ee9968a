// The arithmetic of the empirical posterior, compiled once an instruction set and chosen at run time by CPU feature.
// Queries lie in the SIMD lanes, 24 to a group; every lane is a chain of operations of its own, in an order that
// depends on nothing but the data, so a query's bits do not depend on its companions. Kernels with fused multiply-add
// (AVX2, AVX-512) agree bit for bit; the portable one rounds products.
#pragma once

#include <cstddef>
#include <cstdint>

namespace denoiscope::kernel {

inline constexpr std::ptrdiff_t kLanes = 24;

/// Running sums of one cell (class) of data for the 24 queries of a group, relative to the largest logit `top`:
/// sum = S e^{s - top}, first = S e^{s - top} (s - top), second = S e^{2 (s - top)}.
struct alignas(64) Sums {
  double top[kLanes], sum[kLanes], first[kLanes], second[kLanes];
};

struct ScanLanes;  // kernels/scan_lanes.hpp
struct Single;     // kernels/single.hpp

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
  /// |x - shrink a|^2 of two rows of d numbers.
  double (*distance2)(const double* x, const double* a, double shrink, std::ptrdiff_t d);
  /// out[k] += weight * a[k] for d numbers.
  void (*add_scaled)(const double* a, double weight, std::ptrdiff_t d, double* out);
  /// |y - a|^2 in single precision of a query and one row of a panel of bfloat16 numbers (Half). panel: its first
  /// number; depth: a multiple of 32; soon: a row to fetch meanwhile.
  float (*half_distance2)(const std::uint16_t* panel, std::ptrdiff_t depth, const float* y, const std::uint16_t* soon);
  /// flag[row][lane]: 0 where the power of a datum, dot[row][lane] being its product, is above the cut. Counts those in
  /// sight.
  void (*scan)(const float* dot, std::ptrdiff_t rows, const float* norm, const float* residual, ScanLanes& lanes,
               std::uint8_t* flag);
  /// Likewise 0 where besides neither a tube's list nor its walls can change.
  void (*scan_tubes)(const float* dot, const float* anchor_dot, std::ptrdiff_t rows, const double* norm,
                     const double* residual, const ScanLanes& lanes, std::uint8_t* flag);
  /// Multiply-adds at full rate, for the machine's ceiling: returns a number that depends on all of them.
  double (*fma_loop)(std::ptrdiff_t rounds);
  /// Floating-point operations of one round of fma_loop.
  std::ptrdiff_t fma_round;
  const Single* single;
};

/// The fastest kernel this CPU can run.
const Functions& best();
/// The kernel called `name` ("portable", "avx2", "avx512"), or null where this build or CPU lacks it.
const Functions* named(const char* name);
/// Of all that it can run, the fastest first, the one at that place; null after the last.
const Functions* offered(std::size_t place);

/// An empty set of sums.
void clear(Sums& sums);
/// Adds `part` to `sums`.
void merge(const Sums& part, Sums& sums);

}  // namespace denoiscope::kernel
