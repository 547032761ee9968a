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

/// Products of bfloat16 numbers (8 significant bits) summed in single precision. Queries and weights may be given in
/// `pieces`, numbers of which each holds the next 8 bits of what the former left: three make up single precision, so
/// that products with data of 8 bits keep all of it. Piece p of a query lies p * depth * 32 numbers after the first,
/// that of weights p * rows * 32. Data lie twice: in panels of 16 rows, panel[k / 32][row][k % 32], and in blocks of 32
/// rows, block[k / 16][k % 16][row % 32]; queries in pairs, query[k / 2][lane][k % 2], weights likewise, weight[row /
/// 2][lane][row % 2]. Depths are multiples of 32, rows too.
struct Half {
  const char* name;
  /// Whether three products take less time than one in single precision.
  bool triples_pay;
  /// How often what a product adds is rounded while 32 products are summed, and again as each further 32 are added.
  int roundings_within, roundings_after;
  /// Products that dot sums from zero, smallest pieces first, before the sum is added to those before: short sums keep
  /// what single precision has. A multiple of 32.
  static constexpr std::ptrdiff_t kBlock = 256;
  /// out[row][lane] = sum_k panel[k][row] * query[k][lane] for `rows` rows.
  void (*dot)(const std::uint16_t* panels, std::ptrdiff_t rows, std::ptrdiff_t depth, const std::uint16_t* query,
              int pieces, float* out);
  /// out[k][lane] += sum over rows of block[k][row] * weight[row][lane].
  void (*gather)(const std::uint16_t* blocks, std::ptrdiff_t rows, std::ptrdiff_t depth, const std::uint16_t* weight,
                 int pieces, float* out);
  /// weights (rows, 32) as bfloat16 pieces in pairs of rows.
  void (*pair)(const float* weights, std::ptrdiff_t rows, int pieces, std::uint16_t* out);
  /// Products at full rate, for the machine's ceiling.
  double (*loop)(std::ptrdiff_t rounds);
  std::ptrdiff_t round;  ///< floating-point operations of one round of loop
};

/// The fastest that this CPU runs, or null where it has none.
const Half* best_half();

inline constexpr std::ptrdiff_t kTubeNodeCount = 10;

/// What a scan compares data with, for 32 queries. Powers are |a|^2 - 2 y.a; one from a product may be less by slope
/// times the residual of its datum. The first three are rounded so that single precision errs to the safe side.
struct alignas(64) ScanLanes {
  float single_cut[kSingleLanes], single_slope[kSingleLanes], sight[kSingleLanes], in_sight[kSingleLanes];
  double cut[kSingleLanes], slope[kSingleLanes];
  /// Of tubes: gap = power - from; |a - anchor|^2 = norm + anchor_norm - 2 product, +- anchor_base + anchor_slope *
  /// residual; and of every node what ratios count and which need not be looked at.
  double from[kSingleLanes], anchor_norm[kSingleLanes], anchor_base[kSingleLanes], anchor_slope[kSingleLanes],
      keep_within[kSingleLanes];
  double on_gap[kTubeNodeCount][kSingleLanes], on_square[kTubeNodeCount][kSingleLanes],
      bar[kTubeNodeCount][kSingleLanes];
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

/// An empty set of sums.
void clear(Sums& sums);
/// Adds `part` to `sums`.
void merge(const Sums& part, Sums& sums);

}  // namespace denoiscope::kernel
