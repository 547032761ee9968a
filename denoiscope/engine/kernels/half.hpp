// What kernels do with bfloat16 numbers. Private to this room.
#pragma once

#include <cstddef>
#include <cstdint>

#include "denoiscope/engine/kernels/single.hpp"

namespace denoiscope::kernel {

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

}  // namespace denoiscope::kernel
