#include "denoiscope/data/duplicates.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace denoiscope::data {
namespace {

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

}  // namespace

HashedRow hashed(const Dataset& data, Index row) { return {hash_of(data.raw(row)), row}; }

void for_equal_rows(const Dataset& data, std::vector<HashedRow>& hashes,
                    const std::function<void(std::span<const HashedRow>)>& visit) {
  const auto compare = [&](const HashedRow& a, const HashedRow& b) {
    const auto x = data.raw(a.row);
    return std::memcmp(x.data(), data.raw(b.row).data(), x.size());
  };
  const auto visit_group = [&](std::span<const HashedRow> group) {
    if (group.size() > 1) visit(group);
  };
  std::sort(hashes.begin(), hashes.end(),
            [](const HashedRow& a, const HashedRow& b) { return a.hash != b.hash ? a.hash < b.hash : a.row < b.row; });
  for (std::size_t begin = 0, end = 0; begin < hashes.size(); begin = end) {
    for (end = begin + 1; end < hashes.size() && hashes[end].hash == hashes[begin].hash;) ++end;
    if (end - begin < 2) continue;
    const std::span<HashedRow> bucket(hashes.data() + begin, end - begin);
    // Nearly always: one pass in the order of the file, where sorting would read every row log n times.
    if (std::all_of(bucket.begin() + 1, bucket.end(), [&](const HashedRow& h) { return compare(bucket[0], h) == 0; })) {
      visit_group(bucket);
      continue;
    }
    std::sort(bucket.begin(), bucket.end(), [&](const HashedRow& a, const HashedRow& b) {
      const int order = compare(a, b);
      return order != 0 ? order < 0 : a.row < b.row;
    });
    for (std::size_t first = 0, last = 0; first < bucket.size(); first = last) {
      for (last = first + 1; last < bucket.size() && compare(bucket[first], bucket[last]) == 0;) ++last;
      visit_group(bucket.subspan(first, last - first));
    }
  }
}

std::vector<Index> first_equal(const Dataset& data) {
  std::vector<HashedRow> hashes;
  hashes.reserve(data.rows());
  for (Index row = 0; row < data.rows(); ++row) hashes.push_back(hashed(data, row));
  std::vector<Index> first(data.rows());
  std::iota(first.begin(), first.end(), Index{0});
  for_equal_rows(data, hashes, [&](std::span<const HashedRow> group) {
    for (const HashedRow& h : group) first[h.row] = group.front().row;
  });
  return first;
}

}  // namespace denoiscope::data
