#include "denoiscope/data/quality.hpp"

#include <algorithm>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/duplicates.hpp"
#include "denoiscope/data/scan.hpp"

namespace denoiscope::data {
namespace {

// One group of two or more equal rows, in row order.
void count_group(const Dataset& data, std::span<const HashedRow> group, Quality& quality) {
  const auto size = static_cast<Index>(group.size());
  ++quality.duplicate_groups;
  quality.exact_duplicates += size - 1;
  quality.largest_group = std::max(quality.largest_group, size);
  if (!data.labelled()) return;
  const auto label = [&](const HashedRow& h) { return data.labels()[h.row]; };
  quality.cross_class_duplicates += std::count_if(group.begin() + 1, group.end(),
                                                  [&](const HashedRow& h) { return label(h) != label(group.front()); });
}

}  // namespace

Quality examine(const Dataset& data) {
  Ranges ranges(data.dimension());
  Nonfinite nonfinite;
  std::vector<HashedRow> hashes;
  hashes.reserve(data.rows());
  for_blocks(data, [&](Index begin, Rows block) {
    nonfinite.add(begin, block);
    ranges.add(block);
    for (Index row = begin; row < begin + block.rows(); ++row) hashes.push_back(hashed(data, row));
  });
  refuse_nonfinite(data, nonfinite);
  Quality quality;
  quality.minimum = ranges.low.minCoeff();
  quality.maximum = ranges.high.maxCoeff();
  quality.constant_features = (ranges.low.array() == ranges.high.array()).count();
  for_equal_rows(data, hashes, [&](std::span<const HashedRow> group) { count_group(data, group, quality); });
  return quality;
}

Range finite_range(const Dataset& data) {
  const Ranges ranges = ranges_of(data);
  return {ranges.low.minCoeff(), ranges.high.maxCoeff()};
}

Dropped drop_nonfinite(Dataset& data) {
  Dropped dropped;
  std::vector<Index> kept;
  for_blocks(data, [&](Index begin, Rows block) {
    for (Index i = 0; i < block.rows(); ++i) {
      const Index bad = block.cols() - block.row(i).array().isFinite().cast<Index>().sum();
      dropped.values += bad;
      if (bad == 0) kept.push_back(begin + i);
    }
  });
  dropped.rows = data.rows() - static_cast<Index>(kept.size());
  if (kept.empty())
    throw DataError("{}: all {} rows hold NaN or infinite values, expected finite numbers. Mend the file.", data.name(),
                    data.rows());
  if (dropped.rows > 0) data = data.select(kept);
  return dropped;
}

}  // namespace denoiscope::data
