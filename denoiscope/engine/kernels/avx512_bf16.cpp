// bfloat16 by the dot-product instruction of AVX-512.
#include <immintrin.h>

#include "denoiscope/engine/kernels/half.hpp"

namespace denoiscope::kernel::avx512_bf16 {
namespace {

#include "denoiscope/engine/kernels/half_pairs.hpp"

constexpr int kRows = 8;  // rows (or dimensions) of a tile of accumulators, two registers each

inline __m512bh pairs(const std::uint16_t* p) { return (__m512bh)_mm512_loadu_si512(p); }
inline __m512bh both(const std::uint16_t* p) {
  int pair;
  __builtin_memcpy(&pair, p, sizeof pair);
  return (__m512bh)_mm512_set1_epi32(pair);
}

// sum[j][i] += pairs of a (row j, stride `stride`) with pairs of b, over 16 pairs.
inline void products(const std::uint16_t* a, std::ptrdiff_t stride, const std::uint16_t* b, __m512 sum[kRows][2]) {
  for (std::ptrdiff_t p = 0; p < 16; ++p) {
    const __m512bh b0 = pairs(b + p * 2 * kSingleLanes), b1 = pairs(b + p * 2 * kSingleLanes + 32);
#pragma GCC unroll 8
    for (int j = 0; j < kRows; ++j) {
      const __m512bh datum = both(a + j * stride + 2 * p);
      sum[j][0] = _mm512_dpbf16_ps(sum[j][0], datum, b0);
      sum[j][1] = _mm512_dpbf16_ps(sum[j][1], datum, b1);
    }
  }
}

void dot(const std::uint16_t* panels, std::ptrdiff_t rows, std::ptrdiff_t depth, const std::uint16_t* query, int pieces,
         float* out) {
  const std::ptrdiff_t block = pieces > 1 ? Half::kBlock : depth;
  for (std::ptrdiff_t r = 0; r < rows; r += kRows) {
    const std::uint16_t* panel = panels + r / 16 * 16 * depth + r % 16 * 32;
    for (std::ptrdiff_t begin = 0; begin < depth; begin += block) {
      const std::ptrdiff_t end = begin + block < depth ? begin + block : depth;
      __m512 sum[kRows][2] = {};
      for (int p = pieces - 1; p >= 0; --p)
        for (std::ptrdiff_t k = begin; k < end; k += 32)
          products(panel + k * 16, 32, query + (p * depth + k) * kSingleLanes, sum);
#pragma GCC unroll 8
      for (int j = 0; j < kRows; ++j)
#pragma GCC unroll 2
        for (int i = 0; i < 2; ++i) {
          float* at = out + (r + j) * kSingleLanes + 16 * i;
          _mm512_store_ps(at, begin == 0 ? sum[j][i] : _mm512_add_ps(_mm512_load_ps(at), sum[j][i]));
        }
    }
  }
}

void gather(const std::uint16_t* blocks, std::ptrdiff_t rows, std::ptrdiff_t depth, const std::uint16_t* weight,
            int pieces, float* out) {
  for (std::ptrdiff_t k = 0; k < depth; k += kRows) {
    __m512 sum[kRows][2];
#pragma GCC unroll 8
    for (int j = 0; j < kRows; ++j) {
      sum[j][0] = _mm512_load_ps(out + (k + j) * kSingleLanes);
      sum[j][1] = _mm512_load_ps(out + (k + j) * kSingleLanes + 16);
    }
    for (std::ptrdiff_t r = 0; r < rows; r += 32)
      for (int p = 0; p < pieces; ++p)
        products(blocks + r * depth + k * 32, 32, weight + (p * rows + r) * kSingleLanes, sum);
#pragma GCC unroll 8
    for (int j = 0; j < kRows; ++j) {
      _mm512_store_ps(out + (k + j) * kSingleLanes, sum[j][0]);
      _mm512_store_ps(out + (k + j) * kSingleLanes + 16, sum[j][1]);
    }
  }
}

double loop(std::ptrdiff_t rounds) {
  __m512 chain[12];
  for (__m512& c : chain) c = _mm512_setzero_ps();
  const auto factor = (__m512bh)_mm512_set1_epi32(0x3f803f80);
  for (std::ptrdiff_t i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (__m512& c : chain) c = _mm512_dpbf16_ps(c, factor, factor);
  double total = 0;
  for (const __m512& c : chain) total += static_cast<double>(c[0]);
  return total;
}

}  // namespace

extern const Half half;
const Half half{"avx512_bf16", false, 32, 32, dot, gather, pair_rows, loop, 12 * 64};

}  // namespace denoiscope::kernel::avx512_bf16
