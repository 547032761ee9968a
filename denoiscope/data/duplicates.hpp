// Rows that repeat others byte for byte.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

/// A row and a hash of its raw bytes.
struct HashedRow {
  std::uint64_t hash;
  Index row;
};
HashedRow hashed(const Dataset& data, Index row);

/// Calls visit(rows) for every group of two or more rows with the same bytes (-0.0 is not 0.0), in increasing row.
/// hashes: of the rows to compare, in any order; they are sorted.
void for_equal_rows(const Dataset& data, std::vector<HashedRow>& hashes,
                    const std::function<void(std::span<const HashedRow>)>& visit);

/// For every row the first one with the same bytes, (n): itself where there is no earlier.
std::vector<Index> first_equal(const Dataset& data);

}  // namespace denoiscope::data
