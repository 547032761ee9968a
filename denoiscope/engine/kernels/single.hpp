// What every kernel does in single precision. Private to this room.
#pragma once

#include <cstddef>

namespace denoiscope::kernel {

inline constexpr std::ptrdiff_t kSingleLanes = 32;  ///< queries of a group in single precision
/// Logits and weights of data that do not exist: so low that e to their power vanishes beside anything.
inline constexpr float kNever = -1e30F;

/// Sums of rows in single precision for the 32 queries of a group, relative to a reference logit of each.
struct alignas(64) SingleSums {
  float sum[kSingleLanes], first[kSingleLanes], second[kSingleLanes];
};

/// Arithmetic in single precision. Data lie in panels of `height` rows, panel[k][row]; queries in lanes,
/// query[k][lane].
struct Single {
  std::ptrdiff_t height;  ///< rows of a panel
  /// out[row][lane] = sum_k panel[k][row] * query[k][lane], added to what is there where `add`. The sum starts from
  /// zero all the same: blocks of the depth lose less than one long sum. `soon` and `later`: panels to
  /// fetch meanwhile into the first and the second cache.
  void (*dot)(const float* panel, std::ptrdiff_t depth, const float* query, float* out, bool add, const float* soon,
              const float* later);
  /// out[k][lane] += sum over panels and their rows of panel[k][row] * weight[row][lane] for k = 0 .. depth - 1 (a
  /// multiple of height); panels lie `stride` numbers apart.
  void (*gather)(const float* panel, std::ptrdiff_t panels, std::ptrdiff_t stride, std::ptrdiff_t depth,
                 const float* weight, float* out);
  /// dots -> logits in place: s = slope * dot - term[row]; raises top[lane].
  void (*logits)(float* dots, const float* term, std::ptrdiff_t rows, float slope, float* top);
  /// logits -> weights e^{s - reference[lane]} in place, and their sums.
  void (*weigh)(float* logits, std::ptrdiff_t rows, const float* reference, SingleSums& sums);
  /// weights *= factor[lane], those below `floor` becoming 0; whether any is left.
  bool (*scale)(float* weights, std::ptrdiff_t rows, const float* factor, float floor);
  /// The first of the rows begin .. rows - 1 in which some lane reaches its level; `rows` where none does.
  std::ptrdiff_t (*reaching)(const float* logits, std::ptrdiff_t begin, std::ptrdiff_t rows, const float* level);
  /// As Functions::fma_loop.
  double (*fma_loop)(std::ptrdiff_t rounds);
  std::ptrdiff_t fma_round;
};

}  // namespace denoiscope::kernel
