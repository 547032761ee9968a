#include "denoiscope/data/quality.hpp"

#include <algorithm>
#include <cstring>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/scan.hpp"

namespace denoiscope::data {
namespace {

struct Hashed {
  std::uint64_t hash;
  Index row;
};

// A multiply-and-fold hash of eight bytes a step. Collisions cost a comparison, never a wrong answer.
std::uint64_t hash_of(std::span<const std::byte> bytes) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15u;
  std::uint64_t hash = bytes.size() * kOdd;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 29;
  }
  return hash;
}

// One group of two or more equal rows, in row order.
void count_group(const Dataset& data, std::span<const Hashed> group, Quality& quality) {
  const auto size = static_cast<Index>(group.size());
  if (size < 2) return;
  ++quality.duplicate_groups;
  quality.exact_duplicates += size - 1;
  quality.largest_group = std::max(quality.largest_group, size);
  if (!data.labelled()) return;
  const auto label = [&](const Hashed& h) { return data.labels()[static_cast<std::size_t>(h.row)]; };
  quality.cross_class_duplicates +=
      std::count_if(group.begin() + 1, group.end(), [&](const Hashed& h) { return label(h) != label(group.front()); });
}

void count_duplicates(const Dataset& data, std::vector<Hashed>& hashes, Quality& quality) {
  const auto compare = [&](const Hashed& a, const Hashed& b) {
    const auto x = data.raw(a.row);
    return std::memcmp(x.data(), data.raw(b.row).data(), x.size());
  };
  std::sort(hashes.begin(), hashes.end(),
            [](const Hashed& a, const Hashed& b) { return a.hash != b.hash ? a.hash < b.hash : a.row < b.row; });
  for (std::size_t begin = 0, end = 0; begin < hashes.size(); begin = end) {
    for (end = begin + 1; end < hashes.size() && hashes[end].hash == hashes[begin].hash;) ++end;
    if (end - begin < 2) continue;
    const std::span<Hashed> bucket(hashes.data() + begin, end - begin);
    // Nearly always: one pass in the order of the file, where sorting would read every row log n times.
    if (std::all_of(bucket.begin() + 1, bucket.end(), [&](const Hashed& h) { return compare(bucket[0], h) == 0; })) {
      count_group(data, bucket, quality);
      continue;
    }
    std::sort(bucket.begin(), bucket.end(), [&](const Hashed& a, const Hashed& b) {
      const int order = compare(a, b);
      return order != 0 ? order < 0 : a.row < b.row;
    });
    for (std::size_t first = 0, last = 0; first < bucket.size(); first = last) {
      for (last = first + 1; last < bucket.size() && compare(bucket[first], bucket[last]) == 0;) ++last;
      count_group(data, bucket.subspan(first, last - first), quality);
    }
  }
}

}  // namespace

Quality examine(const Dataset& data) {
  Ranges ranges(data.dimension());
  Nonfinite nonfinite;
  std::vector<Hashed> hashes;
  hashes.reserve(static_cast<std::size_t>(data.rows()));
  for_blocks(data, [&](Index begin, Rows block) {
    nonfinite.add(begin, block);
    ranges.add(block);
    for (Index row = begin; row < begin + block.rows(); ++row) hashes.push_back({hash_of(data.raw(row)), row});
  });
  refuse_nonfinite(data, nonfinite);
  Quality quality;
  quality.minimum = ranges.low.minCoeff();
  quality.maximum = ranges.high.maxCoeff();
  quality.constant_features = (ranges.low.array() == ranges.high.array()).count();
  count_duplicates(data, hashes, quality);
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
