// Passes over all rows in blocks of bounded memory. Private to this room.
#pragma once

#include <algorithm>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

/// Calls visit(first row, rows as (m, d)) for all rows in order, about 4 MiB at a time.
template <class Visit>
void for_blocks(const Dataset& data, Visit&& visit) {
  const Index height = std::min(data.rows(), std::max<Index>(1, (Index{1} << 19) / data.dimension()));
  RowMatrix block(height, data.dimension());
  for (Index begin = 0; begin < data.rows(); begin += height) {
    const Index m = std::min(height, data.rows() - begin);
    data.read(begin, block.topRows(m));
    visit(begin, block.topRows(m));
  }
}

/// Smallest and largest value of every feature, (d) each.
struct Ranges {
  Vector low, high;
  explicit Ranges(Index d);
  void add(Rows block);
};

/// Ranges over all rows. Throws DataError (see refuse_nonfinite) for values that are not finite.
Ranges ranges_of(const Dataset& data);

/// Where NaN or infinite values stand, in a pass over blocks.
struct Nonfinite {
  Index count = 0, row = -1, feature = -1;  // row and feature of the first, in this view
  void add(Index begin, Rows block);
};

/// Throws DataError naming count, first row and first feature when any were found.
void refuse_nonfinite(const Dataset& data, const Nonfinite& found);

}  // namespace denoiscope::data
