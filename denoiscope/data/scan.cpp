#include "denoiscope/data/scan.hpp"

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope::data {

Ranges::Ranges(Index d) : low(Vector::Constant(d, kInfinity)), high(Vector::Constant(d, -kInfinity)) {}

void Ranges::add(Rows block) {
  for (Index i = 0; i < block.rows(); ++i) {
    low = low.cwiseMin(block.row(i).transpose());
    high = high.cwiseMax(block.row(i).transpose());
  }
}

void Nonfinite::add(Index begin, Rows block) {
  if (block.allFinite()) return;
  for (Index i = 0; i < block.rows(); ++i) {
    for (Index j = 0; j < block.cols(); ++j) {
      if (std::isfinite(block(i, j))) continue;
      if (count++ > 0) continue;
      row = begin + i;
      feature = j;
    }
  }
}

void refuse_nonfinite(const Dataset& data, const Nonfinite& found) {
  if (found.count == 0) return;
  throw DataError(
      "{}: {} values are NaN or infinite, the first in row {}, column {}, expected finite numbers. Remove "
      "these rows, or give --drop-nonfinite.",
      data.name(), found.count, data.original_row(found.row), found.feature);
}

Ranges ranges_of(const Dataset& data) {
  Ranges ranges(data.dimension());
  Nonfinite nonfinite;
  for_blocks(data, [&](Index begin, Rows block) {
    nonfinite.add(begin, block);
    ranges.add(block);
  });
  refuse_nonfinite(data, nonfinite);
  return ranges;
}

}  // namespace denoiscope::data
