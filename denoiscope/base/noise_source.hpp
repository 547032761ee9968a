// The one source of every noise kernel. Each instruction set includes it in a translation unit of its own after
// defining NOISE_NAMESPACE and NOISE_NAME; the width follows from what the compiler may use there. Nothing with
// external linkage may be instantiated here (no std templates): the linker would merge a copy built for AVX-512 into
// code that runs everywhere. Contraction is off: a fused multiply-add would change bits. No include guard: each
// translation unit includes it once.

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "denoiscope/base/noise_kernel.hpp"

namespace denoiscope::noise_kernel {
namespace NOISE_NAMESPACE {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t kWidth = 8;
#elif defined(__AVX2__)
constexpr std::size_t kWidth = 4;
#else
constexpr std::size_t kWidth = 2;
#endif
constexpr std::size_t kTogether = 4;  // registers side by side: a single chain of operations would wait for itself
constexpr std::size_t kLanes = kWidth * kTogether;
typedef double Doubles __attribute__((vector_size(kWidth * 8)));
typedef std::uint64_t Words __attribute__((vector_size(kWidth * 8)));
typedef double Anywhere __attribute__((vector_size(kWidth * 8), aligned(8), may_alias));

// The low halves of 64-bit words multiplied to 64 bits; high halves are ignored. (gcc 12 warns of the AVX-512
// intrinsics without a mask: it takes their undefined source for an uninitialised one.)
inline Words product(Words a, Words b) {
#if defined(__AVX512F__)
  return (Words)_mm512_maskz_mul_epu32(0xff, (__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Words)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Words)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
  return (a & 0xffffffffU) * (b & 0xffffffffU);
#endif
}

inline Doubles root(Doubles x) {
#if defined(__AVX512F__)
  return (Doubles)_mm512_maskz_sqrt_pd(0xff, (__m512d)x);
#elif defined(__AVX2__)
  return (Doubles)_mm256_sqrt_pd((__m256d)x);
#elif defined(__SSE2__)
  return (Doubles)_mm_sqrt_pd((__m128d)x);
#else
  for (std::size_t w = 0; w < kWidth; ++w) x[w] = __builtin_sqrt(x[w]);
  return x;
#endif
}

// kLanes numbers, and arithmetic on them one by one.
template <class Register, class Scalar>
struct Side {
  Register part[kTogether];

  Side() = default;
  Side(Scalar v) {
    for (Register& p : part) p = v - Register{};
  }
  template <class Operation>
  static Side each(Operation&& operation) {
    Side out;
    for (std::size_t j = 0; j < kTogether; ++j) out.part[j] = operation(j);
    return out;
  }
  friend Side operator+(const Side& a, const Side& b) {
    return each([&](std::size_t j) { return a.part[j] + b.part[j]; });
  }
  friend Side operator-(const Side& a, const Side& b) {
    return each([&](std::size_t j) { return a.part[j] - b.part[j]; });
  }
  friend Side operator*(const Side& a, const Side& b) {
    return each([&](std::size_t j) { return a.part[j] * b.part[j]; });
  }
  friend Side operator/(const Side& a, const Side& b) {
    return each([&](std::size_t j) { return a.part[j] / b.part[j]; });
  }
  friend Side operator&(const Side& a, const Side& b) {
    return each([&](std::size_t j) { return a.part[j] & b.part[j]; });
  }
  friend Side operator|(const Side& a, const Side& b) {
    return each([&](std::size_t j) { return a.part[j] | b.part[j]; });
  }
  friend Side operator^(const Side& a, const Side& b) {
    return each([&](std::size_t j) { return a.part[j] ^ b.part[j]; });
  }
  friend Side operator<<(const Side& a, int n) {
    return each([&](std::size_t j) { return a.part[j] << n; });
  }
  friend Side operator>>(const Side& a, int n) {
    return each([&](std::size_t j) { return a.part[j] >> n; });
  }
};
using Lane = Side<Doubles, double>;
using Bits = Side<Words, std::uint64_t>;

inline Lane as_lane(const Bits& a) {
  return Lane::each([&](std::size_t j) { return (Doubles)a.part[j]; });
}
inline Bits as_bits(const Lane& a) {
  return Bits::each([&](std::size_t j) { return (Words)a.part[j]; });
}
inline Bits product(const Bits& a, const Bits& b) {
  return Bits::each([&](std::size_t j) { return product(a.part[j], b.part[j]); });
}
inline Lane root(const Lane& a) {
  return Lane::each([&](std::size_t j) { return root(a.part[j]); });
}

// Four 32-bit words, each in the low half of 64 bits; what the high halves hold never matters.
struct Counter {
  Bits at[4];
};

inline Counter philox(Counter c, std::uint32_t key0, std::uint32_t key1) {
  for (std::uint32_t round = 0; round < 10; ++round) {
    const Bits first = product(c.at[0], 0xD2511F53U), second = product(c.at[2], 0xCD9E8D57U);
    c.at[0] = (second >> 32) ^ c.at[1] ^ Bits(key0 + round * 0x9E3779B9U);
    c.at[2] = (first >> 32) ^ c.at[3] ^ Bits(key1 + round * 0xBB67AE85U);
    c.at[1] = second;
    c.at[3] = first;
  }
  return c;
}

// The leading 52 of 64 bits: which of 2^52 equal cells of (0, 1) is meant.
inline Bits cell(const Bits& high, const Bits& low) { return ((high << 32) | (low & 0xffffffffU)) >> 12; }

// Its centre, (cell + 1/2) 2^-52: the fraction of a number in [1, 2), and an exact difference.
inline Lane centre(const Bits& of) { return as_lane(of | 0x3ff0000000000000U) - (1.0 - 0x1p-53); }

// u in (0, 1) as 2^k m with m in [sqrt(1/2), sqrt(2)), kept as k and s = (m - 1) / (m + 1).
struct Logarithm {
  Lane k, s;
};
inline Logarithm split(const Lane& u) {
  constexpr std::uint64_t half_root = 0x3fe6a09e667f3bcdU;  // sqrt(1/2), rounded
  const Bits shifted = as_bits(u) - half_root + 0x3ff0000000000000U;
  const Lane k = as_lane((shifted >> 52) | 0x4330000000000000U) - (0x1p52 + 1023);
  const Lane m = as_lane((shifted & 0x000fffffffffffffU) + half_root);
  return {k, (m - 1.0) / (m + 1.0)};
}

// -2 log m = -4 atanh s = -s (4 + s^2 Q(s^2)), Q the minimax polynomial that leaves a relative error of 2^-59. No sum
// cancels more than half: k = -1 makes the largest, near m = sqrt(2).
inline Lane minus_two_log(const Logarithm& u) {
  const Lane z = u.s * u.s;
  Lane q = z * 0x1.2f05682c5e419p-2 + 0x1.39a1ba4019940p-2;
  q = q * z + 0x1.74663eed0f545p-2;
  q = q * z + 0x1.c71c520946dd0p-2;
  q = q * z + 0x1.24924941f13edp-1;
  q = q * z + 0x1.999999997fdb6p-1;
  q = q * z + 0x1.5555555555592p+0;
  return u.k * -0x1.62e42fefa39efp+0 - u.s * (q * z + 4.0);
}

struct Pair {
  Lane first, second;
};

// A unit vector (x, y), both with the wrong sign where the bits of `sign` say so.
struct Direction {
  Lane x, y;
  Bits sign;
};

// (cos, sin)(2 pi v) for the centre v of a cell: 4 v = q + r with q whole and |r| <= 1/2, exactly, then minimax
// polynomials of sin and cos of pi r / 2 (relative errors 2^-58 and 2^-54), turned by q quarters.
inline Direction direction(const Bits& of) {
  const Lane near = as_lane(of | 0x4010000000000000U);  // 4 v + 4, less half a cell
  const Lane whole = near + 0x1.8p52;                   // q + 4 in the low bits
  const Lane r = near - (whole - 0x1.8p52) + 0x1p-51, z = r * r;
  Lane sine = z * 0x1.e403d11f5611dp-25 - 0x1.e300a65bf6334p-19;
  sine = sine * z + 0x1.5078301b64459p-13;
  sine = sine * z - 0x1.32d2cce3332fbp-8;
  sine = sine * z + 0x1.466bc67758d85p-4;
  sine = sine * z - 0x1.4abbce625be47p-1;
  sine = (sine * z + 0x1.921fb54442d18p+0) * r;
  Lane cosine = z * 0x1.f3ef42eb893b9p-22 - 0x1.a6ca009844255p-16;
  cosine = cosine * z + 0x1.e1f4fbfc05b29p-11;
  cosine = cosine * z - 0x1.55d3c7dcb5f9cp-6;
  cosine = cosine * z + 0x1.03c1f081b14bep-2;
  cosine = cosine * z - 0x1.3bd3cc9be45a5p+0;
  cosine = cosine * z + 1.0;
  const Bits quarters = as_bits(whole), odd = quarters << 63;
  const Bits exchange = (as_bits(cosine) ^ as_bits(sine)) & (Bits(0) - (quarters & 1));
  return {as_lane(as_bits(cosine) ^ exchange ^ odd), as_lane(as_bits(sine) ^ exchange),
          (quarters << 62) & (std::uint64_t{1} << 63)};
}

inline Pair uniform_pair(const Counter& r) { return {centre(cell(r.at[0], r.at[1])), centre(cell(r.at[2], r.at[3]))}; }

// In this order: the polynomials of the direction fill the time that the division takes.
inline Pair normal_pair(const Counter& r) {
  const Logarithm u = split(centre(cell(r.at[0], r.at[1])));
  const Direction unit = direction(cell(r.at[2], r.at[3]));
  const Lane radius = as_lane(as_bits(root(minus_two_log(u))) ^ unit.sign);
  return {radius * unit.x, radius * unit.y};
}

// first[0], second[0], first[1], second[1], ...
inline void store_pairs(const Pair& p, double* out) {
  for (std::size_t j = 0; j < kTogether; ++j) {
    const Doubles a = p.first.part[j], b = p.second.part[j];
    Anywhere* to = reinterpret_cast<Anywhere*>(out) + 2 * j;
#if defined(__AVX512F__)
    to[0] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    to[1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif defined(__AVX2__)
    to[0] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    to[1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
    to[0] = __builtin_shufflevector(a, b, 0, 2);
    to[1] = __builtin_shufflevector(a, b, 1, 3);
#endif
  }
}

// Pairs that fill no whole set of lanes in their row wait here for those of the next rows, so that short rows cost
// little more than long ones.
struct Waiting {
  std::uint64_t pair[kLanes] = {}, low[kLanes] = {}, high[kLanes] = {};
  double *first[kLanes], *second[kLanes];
  std::size_t count = 0;
};

inline Bits gathered(const std::uint64_t* from) {
  Bits out;
  __builtin_memcpy(&out, from, sizeof out);
  return out;
}

template <Pair (*kPair)(const Counter&)>
void write_waiting(const Block& block, Waiting& waiting) {
  const Counter counter{{gathered(waiting.pair), block.step, gathered(waiting.low), gathered(waiting.high)}};
  double pairs[2 * kLanes];
  store_pairs(kPair(philox(counter, block.key[0], block.key[1])), pairs);
  for (std::size_t w = 0; w < waiting.count; ++w) {
    *waiting.first[w] = pairs[2 * w];
    *waiting.second[w] = pairs[2 * w + 1];
  }
  waiting.count = 0;
}

template <Pair (*kPair)(const Counter&)>
void fill(const Block& block, double* out, std::ptrdiff_t stride) {
  Waiting waiting;
  for (std::size_t w = 0; w < kLanes; ++w) waiting.pair[w] = w;
  const Bits ramp = gathered(waiting.pair);
  double unwanted;  // takes the second number of the last pair of an odd row
  for (std::size_t row = 0; row < block.rows; ++row, out += stride) {
    const std::uint64_t low = block.trajectory[row] & 0xffffffffU, high = block.trajectory[row] >> 32;
    std::size_t i = 0;
    for (; i + kLanes <= block.columns / 2; i += kLanes)
      store_pairs(kPair(philox({{ramp + i, block.step, low, high}}, block.key[0], block.key[1])), out + 2 * i);
    for (; 2 * i < block.columns; ++i) {
      const std::size_t w = waiting.count++;
      waiting.pair[w] = i;
      waiting.low[w] = low;
      waiting.high[w] = high;
      waiting.first[w] = out + 2 * i;
      waiting.second[w] = 2 * i + 1 < block.columns ? out + 2 * i + 1 : &unwanted;
      if (waiting.count == kLanes) write_waiting<kPair>(block, waiting);
    }
  }
  if (waiting.count > 0) write_waiting<kPair>(block, waiting);
}

void philox_block(const std::uint32_t counter[4], const std::uint32_t key[2], std::uint32_t out[4]) {
  const Counter words = philox({{counter[0], counter[1], counter[2], counter[3]}}, key[0], key[1]);
  for (int i = 0; i < 4; ++i) out[i] = static_cast<std::uint32_t>(words.at[i].part[0][0]);
}

}  // namespace

extern const Functions functions;
const Functions functions{NOISE_NAME, philox_block, fill<uniform_pair>, fill<normal_pair>};

}  // namespace NOISE_NAMESPACE
}  // namespace denoiscope::noise_kernel
