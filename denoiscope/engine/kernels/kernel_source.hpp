// The one source of every kernel, in double and in single precision: a register holds twice as many floats. Each
// instruction set includes it in a translation unit of its own after defining
//   KERNEL_NAMESPACE, KERNEL_NAME, KERNEL_WIDTH (doubles a register), KERNEL_ROWS and KERNEL_REGISTERS (the tile of
//   accumulators), KERNEL_SINGLE_ROWS (the same in single precision, with 2 registers)
// Nothing with external linkage may be instantiated here (no Eigen, no std templates): the linker would merge a copy
// built for AVX-512 into code that runs everywhere. Contraction to fused multiply-add is on in these files, and only
// here. No include guard: each translation unit includes it once.

#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/engine/kernels/scan_lanes.hpp"
#include "denoiscope/engine/kernels/single.hpp"

namespace denoiscope::kernel {
namespace KERNEL_NAMESPACE {
namespace {

typedef double Doubles __attribute__((vector_size(KERNEL_WIDTH * 8)));
typedef float Floats __attribute__((vector_size(KERNEL_WIDTH * 8)));
typedef long long DoubleBits __attribute__((vector_size(KERNEL_WIDTH * 8)));
typedef int FloatBits __attribute__((vector_size(KERNEL_WIDTH * 8)));
constexpr std::ptrdiff_t kWidth = KERNEL_WIDTH, kWide = 2 * KERNEL_WIDTH;  // numbers of a register
constexpr int kChains = 12;  // of fma_loop: enough to hide the latency of two units

// What differs between the two precisions. e^v = 2^n e^r for v = n log 2 + r with |r| <= log(2)/2; adding the shifter
// to v / log 2 leaves n in the low bits; log 2 is subtracted in two parts, the upper of few digits, so that n times it
// is exact; e^r by its Taylor series.
template <class T>
struct Of;
template <>
struct Of<double> {  // below one ulp in [-700, 700]: degree 13, remainder 5e-18
  using Register = Doubles;
  using Bits = DoubleBits;
  static constexpr double per_log2 = 1.4426950408889634, shifter = 0x1.8p52, log2_upper = 0x1.62e42fefa38p-1,
                          log2_lower = 0x1.ef35793c7673p-45, least = -700.0;
  static constexpr int mantissa = 52, degree = 13;
  static constexpr double series[] = {1.0 / 6227020800.0,
                                      1.0 / 479001600.0,
                                      1.0 / 39916800.0,
                                      1.0 / 3628800.0,
                                      1.0 / 362880.0,
                                      1.0 / 40320.0,
                                      1.0 / 5040.0,
                                      1.0 / 720.0,
                                      1.0 / 120.0,
                                      1.0 / 24.0,
                                      1.0 / 6.0,
                                      0.5,
                                      1.0,
                                      1.0};
  static constexpr double loop_factor = 0.999999999, loop_shift = 1e-9;
};
template <>
struct Of<float> {  // within two ulp in [-87, 87]: degree 7, remainder 5e-9
  using Register = Floats;
  using Bits = FloatBits;
  static constexpr float per_log2 = 1.44269504F, shifter = 0x1.8p23F, log2_upper = 0x1.62e4p-1F,
                         log2_lower = 0x1.7f7d1cp-20F, least = -87.0F;
  static constexpr int mantissa = 23, degree = 7;
  static constexpr float series[] = {1.0F / 5040.0F, 1.0F / 720.0F, 1.0F / 120.0F, 1.0F / 24.0F,
                                     1.0F / 6.0F,    0.5F,          1.0F,          1.0F};
  static constexpr float loop_factor = 0.9999999F, loop_shift = 1e-7F;
};
template <class T>
using Register = typename Of<T>::Register;
template <class T>
using Bits = typename Of<T>::Bits;

template <class T>
inline Register<T> load(const T* p) {
  return *reinterpret_cast<const Register<T>*>(p);
}
template <class T>
inline void store(T* p, Register<T> v) {
  *reinterpret_cast<Register<T>*>(p) = v;
}
template <class T>
inline Register<T> splat(T v) {
  return v - Register<T>{};
}
template <class T>
inline Register<T> larger(Register<T> a, Register<T> b) {
  const Bits<T> chooses_a = a > b;
  return (Register<T>)(((Bits<T>)a & chooses_a) | ((Bits<T>)b & ~chooses_a));
}

template <class T>
inline Register<T> exponential(Register<T> v) {
  using This = Of<T>;
  const Register<T> shifted = v * This::per_log2 + This::shifter;
  const Register<T> n = shifted - This::shifter;
  const Register<T> r = (v - n * This::log2_upper) - n * This::log2_lower;
  Register<T> p = splat(This::series[0]);
#pragma GCC unroll 16
  for (int i = 1; i <= This::degree; ++i) p = p * r + This::series[i];
  return (Register<T>)((Bits<T>)p + ((Bits<T>)shifted << This::mantissa));
}

// Logits below top + least count as that: e to the power of least vanishes beside 1, and -inf needs no special case.
template <class T>
inline Register<T> below_top(Register<T> s, Register<T> top) {
  return larger<T>(s - top, splat(Of<T>::least));
}
template <class T>
inline Register<T> weight(Register<T> below) {
  return (Register<T>)((Bits<T>)exponential<T>(below) & (Bits<T>)(below > Of<T>::least));
}

template <class T>
inline bool any(Bits<T> flags) {
  for (unsigned i = 0; i < sizeof(flags) / sizeof(T); ++i)
    if (flags[i] != 0) return true;
  return false;
}

template <class T>
double fma_loop(std::ptrdiff_t rounds) {
  Register<T> chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = splat(T{1} + static_cast<T>(i));
  const Register<T> factor = splat(Of<T>::loop_factor), shift = splat(Of<T>::loop_shift);
  for (std::ptrdiff_t k = 0; k < rounds; ++k)
    for (int i = 0; i < kChains; ++i) chain[i] = chain[i] * factor + shift;
  double total = 0;
  for (int i = 0; i < kChains; ++i)
    for (unsigned w = 0; w < sizeof(factor) / sizeof(T); ++w) total += static_cast<double>(chain[i][w]);
  return total;
}

// The tile: R rows by Q registers of lanes, sums kept in registers over `depth`.
template <int R, int Q>
inline void tile(const double* a, std::ptrdiff_t row_stride, std::ptrdiff_t k_stride, std::ptrdiff_t depth,
                 const double* b, double* out, bool from_zero) {
  Doubles sum[R][Q];
  for (int r = 0; r < R; ++r)
    for (int q = 0; q < Q; ++q) sum[r][q] = from_zero ? Doubles{} : load(out + r * kLanes + q * kWidth);
  for (std::ptrdiff_t k = 0; k < depth; ++k) {
    Doubles query[Q];
    for (int q = 0; q < Q; ++q) query[q] = load(b + k * kLanes + q * kWidth);
    for (int r = 0; r < R; ++r) {
      const Doubles datum = splat(a[r * row_stride + k * k_stride]);
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

void accumulate(const double* s, std::ptrdiff_t rows, Sums& sums) {
  for (std::ptrdiff_t lane = 0; lane < kLanes; lane += kWidth) {
    const Doubles old_top = load(sums.top + lane);
    Doubles top = old_top;
    for (std::ptrdiff_t r = 0; r < rows; ++r) top = larger<double>(load(s + r * kLanes + lane), top);
    top = larger<double>(top, splat(-1e300));  // all logits -inf so far: any finite top keeps -inf - top well defined
    const Doubles drop = below_top<double>(old_top, top), scale = exponential<double>(drop);
    Doubles sum = load(sums.sum + lane), first = load(sums.first + lane), second = load(sums.second + lane);
    first = (first + drop * sum) * scale;
    sum = sum * scale;
    second = second * scale * scale;
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      const Doubles below = below_top<double>(load(s + r * kLanes + lane), top);
      const Doubles alive = weight<double>(below);
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
      store(at, weight<double>(below_top<double>(load(at), load(shift + lane))));
    }
}

// Single precision: data in panels of kTall rows.
constexpr int kTall = KERNEL_SINGLE_ROWS;
constexpr std::ptrdiff_t kStep = 2 * kWide;  // lanes that a tile of accumulators holds

void single_dot(const float* panel, std::ptrdiff_t depth, const float* query, float* out, bool add, const float* soon,
                const float* later) {
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kStep) {
    Floats sum[kTall][2];
    for (int r = 0; r < kTall; ++r) sum[r][0] = sum[r][1] = Floats{};
    const float* q = query + lane;
    for (std::ptrdiff_t k = 0; k < depth; ++k) {
      const Floats x0 = load(q + k * kSingleLanes), x1 = load(q + k * kSingleLanes + kWide);
      if (lane == 0) {
        __builtin_prefetch(soon + k * kTall);
        __builtin_prefetch(later + k * 4, 0, 2);
      }
      for (int r = 0; r < kTall; ++r) {
        const Floats datum = splat(panel[k * kTall + r]);
        sum[r][0] += datum * x0;
        sum[r][1] += datum * x1;
      }
    }
#pragma GCC unroll 16
    for (int r = 0; r < kTall; ++r)
#pragma GCC unroll 2
      for (int i = 0; i < 2; ++i) {
        float* at = out + r * kSingleLanes + lane + i * kWide;
        store(at, add ? load(at) + sum[r][i] : sum[r][i]);
      }
  }
}

void single_gather(const float* panel, std::ptrdiff_t panels, std::ptrdiff_t stride, std::ptrdiff_t depth,
                   const float* weight, float* out) {
  for (std::ptrdiff_t k = 0; k < depth; k += kTall)
    for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kStep) {
      Floats sum[kTall][2];
#pragma GCC unroll 16
      for (int j = 0; j < kTall; ++j)
#pragma GCC unroll 2
        for (int i = 0; i < 2; ++i) sum[j][i] = load(out + (k + j) * kSingleLanes + lane + i * kWide);
      for (std::ptrdiff_t p = 0; p < panels; ++p) {
        const float* a = panel + p * stride + k * kTall;
        const float* w = weight + p * kTall * kSingleLanes + lane;
        for (int r = 0; r < kTall; ++r) {
          const Floats w0 = load(w + r * kSingleLanes), w1 = load(w + r * kSingleLanes + kWide);
          if (lane == 0) __builtin_prefetch(a + kTall * kTall + r * kTall);
          for (int j = 0; j < kTall; ++j) {
            const Floats datum = splat(a[j * kTall + r]);
            sum[j][0] += datum * w0;
            sum[j][1] += datum * w1;
          }
        }
      }
#pragma GCC unroll 16
      for (int j = 0; j < kTall; ++j)
#pragma GCC unroll 2
        for (int i = 0; i < 2; ++i) store(out + (k + j) * kSingleLanes + lane + i * kWide, sum[j][i]);
    }
}

void single_logits(float* dots, const float* term, std::ptrdiff_t rows, float slope, float* top) {
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWide) {
    Floats highest = load(top + lane);
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      float* at = dots + r * kSingleLanes + lane;
      const Floats s = load(at) * slope - term[r];
      store(at, s);
      highest = larger<float>(s, highest);
    }
    store(top + lane, highest);
  }
}

void single_weigh(float* s, std::ptrdiff_t rows, const float* reference, SingleSums& sums) {
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWide) {
    const Floats from = load(reference + lane);
    Floats sum{}, first{}, second{};
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      float* at = s + r * kSingleLanes + lane;
      const Floats below = below_top<float>(load(at), from);
      const Floats w = weight<float>(below);
      store(at, w);
      sum += w;
      first += w * below;
      second += w * w;
    }
    store(sums.sum + lane, sum);
    store(sums.first + lane, first);
    store(sums.second + lane, second);
  }
}

bool single_scale(float* weights, std::ptrdiff_t rows, const float* factor, float floor) {
  FloatBits left{};
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWide) {
    const Floats f = load(factor + lane);
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      float* at = weights + r * kSingleLanes + lane;
      const Floats w = load(at) * f;
      const FloatBits kept = w >= floor;
      left |= kept;
      store(at, (Floats)((FloatBits)w & kept));
    }
  }
  return any<float>(left);
}

std::ptrdiff_t single_reaching(const float* s, std::ptrdiff_t begin, std::ptrdiff_t rows, const float* level) {
  for (std::ptrdiff_t r = begin; r < rows; ++r) {
    FloatBits reached{};
    for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWide)
      reached |= load(s + r * kSingleLanes + lane) >= load(level + lane);
    if (any<float>(reached)) return r;
  }
  return rows;
}

#include "denoiscope/engine/kernels/kernel_scan.hpp"

constexpr Single single{kTall,        single_dot,      single_gather,   single_logits,     single_weigh,
                        single_scale, single_reaching, fma_loop<float>, 2 * kChains* kWide};

}  // namespace

extern const Functions functions;
const Functions functions{KERNEL_NAME, multiply,       logits, accumulate, weights,          distance2,
                          add_scaled,  half_distance2, scan,   scan_tubes, fma_loop<double>, 2 * kChains* kWidth,
                          &single};

}  // namespace KERNEL_NAMESPACE
}  // namespace denoiscope::kernel
