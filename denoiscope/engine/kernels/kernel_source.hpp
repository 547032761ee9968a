// The one source of every kernel. Each instruction set includes it in a translation unit of its own after defining
//   KERNEL_NAMESPACE, KERNEL_NAME, KERNEL_WIDTH (doubles a register), KERNEL_ROWS and KERNEL_REGISTERS (the tile of
//   accumulators), KERNEL_SINGLE_ROWS (the same in single precision, with 2 registers)
// Nothing with external linkage may be instantiated here (no Eigen, no std templates): the linker would merge a copy
// built for AVX-512 into code that runs everywhere. Contraction to fused multiply-add is on in these files, and only
// here. No include guard: each translation unit includes it once.

#include "denoiscope/engine/kernels/kernel.hpp"

namespace denoiscope::kernel {
namespace KERNEL_NAMESPACE {
namespace {

constexpr std::ptrdiff_t kWidth = KERNEL_WIDTH;
typedef double Lane __attribute__((vector_size(KERNEL_WIDTH * 8)));
typedef long long Bits __attribute__((vector_size(KERNEL_WIDTH * 8)));

inline Lane load(const double* p) { return *reinterpret_cast<const Lane*>(p); }
inline void store(double* p, Lane v) { *reinterpret_cast<Lane*>(p) = v; }
inline Lane splat(double v) { return v - Lane{}; }
inline Lane larger(Lane a, Lane b) {
  const Bits chooses_a = a > b;
  return (Lane)(((Bits)a & chooses_a) | ((Bits)b & ~chooses_a));
}

// e^v for v in [-700, 700], below one ulp: v = n log 2 + r with |r| <= log(2)/2, Taylor series of degree 13 in r
// (remainder 5e-18), exponent added to the bits.
inline Lane exponential(Lane v) {
  const double shifter = 0x1.8p52;  // adding it leaves round(v / log 2) in the low bits
  const Lane shifted = v * 1.4426950408889634 + shifter;
  const Lane n = shifted - shifter;
  const Lane r = (v - n * 0x1.62e42fefa38p-1) - n * 0x1.ef35793c7673p-45;
  Lane p = splat(1.0 / 6227020800.0);
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return (Lane)((Bits)p + ((Bits)shifted << 52));
}

// The tile: R rows by Q registers of lanes, sums kept in registers over `depth`.
template <int R, int Q>
inline void tile(const double* a, std::ptrdiff_t row_stride, std::ptrdiff_t k_stride, std::ptrdiff_t depth,
                 const double* b, double* out, bool from_zero) {
  Lane sum[R][Q];
  for (int r = 0; r < R; ++r)
    for (int q = 0; q < Q; ++q) sum[r][q] = from_zero ? Lane{} : load(out + r * kLanes + q * kWidth);
  for (std::ptrdiff_t k = 0; k < depth; ++k) {
    Lane query[Q];
    for (int q = 0; q < Q; ++q) query[q] = load(b + k * kLanes + q * kWidth);
    for (int r = 0; r < R; ++r) {
      const Lane datum = splat(a[r * row_stride + k * k_stride]);
      for (int q = 0; q < Q; ++q) sum[r][q] += datum * query[q];
    }
  }
  for (int r = 0; r < R; ++r)
    for (int q = 0; q < Q; ++q) store(out + r * kLanes + q * kWidth, sum[r][q]);
}

void multiply(const double* a, std::ptrdiff_t row_stride, std::ptrdiff_t k_stride, std::ptrdiff_t rows,
              std::ptrdiff_t depth, const double* b, double* out, bool accumulate) {
  constexpr std::ptrdiff_t block = 128;  // depth at a time: 24 KiB of queries stay in the first cache
  constexpr std::ptrdiff_t step = KERNEL_REGISTERS * kWidth;
  for (std::ptrdiff_t k = 0; k < depth || (k == 0 && depth == 0); k += block) {
    const std::ptrdiff_t part = depth - k < block ? depth - k : block;
    const bool from_zero = k == 0 && !accumulate;
    for (std::ptrdiff_t lane = 0; lane < kLanes; lane += step) {
      const double* queries = b + k * kLanes + lane;
      std::ptrdiff_t r = 0;
      for (; r + KERNEL_ROWS <= rows; r += KERNEL_ROWS)
        tile<KERNEL_ROWS, KERNEL_REGISTERS>(a + r * row_stride + k * k_stride, row_stride, k_stride, part, queries,
                                            out + r * kLanes + lane, from_zero);
      for (; r < rows; ++r)
        tile<1, KERNEL_REGISTERS>(a + r * row_stride + k * k_stride, row_stride, k_stride, part, queries,
                                  out + r * kLanes + lane, from_zero);
    }
  }
}

void logits(double* dots, const double* norm, std::ptrdiff_t rows, double slope, double norm_scale,
            const double* offset) {
  for (std::ptrdiff_t r = 0; r < rows; ++r) {
    const double datum = norm_scale * norm[r];
    for (std::ptrdiff_t lane = 0; lane < kLanes; lane += kWidth) {
      double* at = dots + r * kLanes + lane;
      store(at, load(at) * slope - (load(offset + lane) + datum));
    }
  }
}

// Logits below top - 700 count as top - 700: e^{-700} vanishes beside 1, and -inf needs no special case.
inline Lane below_top(Lane s, Lane top) { return larger(s - top, splat(-700.0)); }

void accumulate(const double* s, std::ptrdiff_t rows, Sums& sums) {
  for (std::ptrdiff_t lane = 0; lane < kLanes; lane += kWidth) {
    const Lane old_top = load(sums.top + lane);
    Lane top = old_top;
    for (std::ptrdiff_t r = 0; r < rows; ++r) top = larger(load(s + r * kLanes + lane), top);
    top = larger(top, splat(-1e300));  // all logits -inf so far: any finite top keeps -inf - top well defined
    const Lane drop = below_top(old_top, top), scale = exponential(drop);
    Lane sum = load(sums.sum + lane), first = load(sums.first + lane), second = load(sums.second + lane);
    first = (first + drop * sum) * scale;
    sum = sum * scale;
    second = second * scale * scale;
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      const Lane below = below_top(load(s + r * kLanes + lane), top);
      const Lane alive = (Lane)((Bits)exponential(below) & (Bits)(below > -700.0));
      sum += alive;
      first += alive * below;
      second += alive * alive;
    }
    store(sums.top + lane, top);
    store(sums.sum + lane, sum);
    store(sums.first + lane, first);
    store(sums.second + lane, second);
  }
}

void weights(double* s, std::ptrdiff_t rows, const double* shift) {
  for (std::ptrdiff_t r = 0; r < rows; ++r)
    for (std::ptrdiff_t lane = 0; lane < kLanes; lane += kWidth) {
      double* at = s + r * kLanes + lane;
      const Lane below = below_top(load(at), load(shift + lane));
      store(at, (Lane)((Bits)exponential(below) & (Bits)(below > -700.0)));
    }
}

constexpr int kChains = 12;  // enough to hide the latency of two units

double fma_loop(std::ptrdiff_t rounds) {
  Lane chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = splat(1.0 + i);
  const Lane factor = splat(0.999999999), shift = splat(1e-9);
  for (std::ptrdiff_t k = 0; k < rounds; ++k)
    for (int i = 0; i < kChains; ++i) chain[i] = chain[i] * factor + shift;
  double total = 0;
  for (int i = 0; i < kChains; ++i)
    for (int w = 0; w < KERNEL_WIDTH; ++w) total += chain[i][w];
  return total;
}

}  // namespace

namespace {
#include "denoiscope/engine/kernels/kernel_single.hpp"
// After it, for it uses the registers declared there.
#include "denoiscope/engine/kernels/kernel_scan.hpp"
}  // namespace

extern const Functions functions;
const Functions functions{KERNEL_NAME, multiply,       logits, accumulate, weights,  distance2,
                          add_scaled,  half_distance2, scan,   scan_tubes, fma_loop, 2 * kChains* kWidth,
                          &single};

}  // namespace KERNEL_NAMESPACE
}  // namespace denoiscope::kernel
