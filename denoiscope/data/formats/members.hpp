// Files that hold several named arrays: which of them is the data, which the labels. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

/// What is asked of a file: points, or one integer a row.
enum class Role { data, labels };

/// A named array in a file, or why it cannot be one of ours.
struct Member {
  std::string name;
  std::vector<Dataset> array;  ///< one, or none where unusable
  std::string unusable;        ///< the reason
  bool flat = false;           ///< one axis only: a row is a single number
};

/// Role::data: the only array of two or more axes, or the one of these named x, data, images or arr_0, or the only
/// array; integers of one axis and as many rows named y, labels or label become its labels. Role::labels: the array so
/// named, or the only integer array of one axis. Throws DataError listing the members where this names none or several.
Dataset choose(const std::vector<Member>& members, Role role, const std::string& file);

/// The rows of a data set of one integer a row. Throws DataError for other shapes and types.
std::vector<long long> integers_of(const Dataset& data);

/// `size` bytes from `offset` of `bytes`, kept alive by the same owner. The caller has checked that they are there.
Bytes part_of(const Bytes& bytes, std::size_t offset, std::size_t size);

}  // namespace denoiscope::data
