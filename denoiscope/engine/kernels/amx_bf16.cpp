// bfloat16 by the matrix unit (AMX): tiles of 16 rows of 64 bytes.
#include <immintrin.h>

#include "denoiscope/engine/kernels/half.hpp"

namespace denoiscope::kernel::amx_bf16 {
namespace {

#include "denoiscope/engine/kernels/half_pairs.hpp"

// All eight tiles 16 x 64 bytes: 0 to 3 accumulate, 4 and 5 hold data, 6 and 7 queries or weights.
class Tiles {
 public:
  Tiles() {
    struct alignas(64) {
      unsigned char palette = 1, start_row = 0, reserved[14] = {};
      std::uint16_t bytes[16] = {};
      unsigned char rows[16] = {};
    } config;
    for (int i = 0; i < 8; ++i) {
      config.bytes[i] = 64;
      config.rows[i] = 16;
    }
    _tile_loadconfig(&config);
  }
  ~Tiles() { _tile_release(); }
};

constexpr std::ptrdiff_t kPairs = 4 * kSingleLanes;  // bytes from one pair of queries or weights to the next
constexpr std::ptrdiff_t kOut = 4 * kSingleLanes;    // bytes of a row of sums

inline void clear_sums() {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

inline void products(const std::uint16_t* a0, const std::uint16_t* a1, const std::uint16_t* b) {
  _tile_loadd(4, a0, 64);
  _tile_loadd(5, a1, 64);
  _tile_loadd(6, b, kPairs);
  _tile_loadd(7, b + 32, kPairs);
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  _tile_dpbf16ps(2, 5, 6);
  _tile_dpbf16ps(3, 5, 7);
}

inline void store(float* out) {
  _tile_stored(0, out, kOut);
  _tile_stored(1, out + 16, kOut);
  _tile_stored(2, out + 16 * kSingleLanes, kOut);
  _tile_stored(3, out + 16 * kSingleLanes + 16, kOut);
}

inline void add(float* out) {
  alignas(64) float sums[32 * kSingleLanes];
  store(sums);
  for (std::ptrdiff_t i = 0; i < 32 * kSingleLanes; i += 16)
    _mm512_store_ps(out + i, _mm512_add_ps(_mm512_load_ps(out + i), _mm512_load_ps(sums + i)));
}

void dot(const std::uint16_t* panels, std::ptrdiff_t rows, std::ptrdiff_t depth, const std::uint16_t* query, int pieces,
         float* out) {
  const Tiles tiles;
  const std::ptrdiff_t block = pieces > 1 ? Half::kBlock : depth;
  for (std::ptrdiff_t r = 0; r < rows; r += 32) {
    const std::uint16_t *first = panels + r * depth, *second = first + 16 * depth;
    for (std::ptrdiff_t begin = 0; begin < depth; begin += block) {
      const std::ptrdiff_t end = begin + block < depth ? begin + block : depth;
      clear_sums();
      for (int p = pieces - 1; p >= 0; --p)
        for (std::ptrdiff_t k = begin; k < end; k += 32)
          products(first + k * 16, second + k * 16, query + (p * depth + k) * kSingleLanes);
      if (begin == 0)
        store(out + r * kSingleLanes);
      else
        add(out + r * kSingleLanes);
    }
  }
}

void gather(const std::uint16_t* blocks, std::ptrdiff_t rows, std::ptrdiff_t depth, const std::uint16_t* weight,
            int pieces, float* out) {
  const Tiles tiles;
  for (std::ptrdiff_t k = 0; k < depth; k += 32) {
    float* sums = out + k * kSingleLanes;
    _tile_loadd(0, sums, kOut);
    _tile_loadd(1, sums + 16, kOut);
    _tile_loadd(2, sums + 16 * kSingleLanes, kOut);
    _tile_loadd(3, sums + 16 * kSingleLanes + 16, kOut);
    for (std::ptrdiff_t r = 0; r < rows; r += 32) {
      const std::uint16_t* a = blocks + r * depth + k * 32;
      for (int p = 0; p < pieces; ++p) products(a, a + 16 * 32, weight + (p * rows + r) * kSingleLanes);
    }
    store(sums);
  }
}

double loop(std::ptrdiff_t rounds) {
  const Tiles tiles;
  clear_sums();
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (std::ptrdiff_t i = 0; i < rounds; ++i) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  alignas(64) float sums[16 * 16];
  _tile_stored(0, sums, 64);
  return static_cast<double>(sums[0]);
}

}  // namespace

// Of a tile's 16 pairs the first and the second numbers are summed each in a chain, then together (Intel's description
// of TDPBF16PS).
extern const Half half;
const Half half{"amx_bf16", true, 17, 1, dot, gather, pair_rows, loop, 4 * 2 * 16 * 16 * 32};

}  // namespace denoiscope::kernel::amx_bf16
