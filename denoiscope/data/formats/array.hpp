// What all array formats share: reporting a fault, and turning checked extents into a data set. Private to this room.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

/// More axes than any data set has; bounds the work on a forged header.
inline constexpr std::size_t kMaxAxes = 32;

/// `text` on one line, for quoting file contents in an error: at most 40 bytes, anything but printable ASCII as \xNN.
std::string printable(std::string_view text);

/// Throws the DataError "<file>: byte <offset> (<field>): <found>, expected <expected>. <hint>".
[[noreturn]] void malformed(const std::string& file, std::size_t offset, std::string_view field, std::string_view found,
                            std::string_view expected, std::string_view hint = "");

/// An array as its header declares it; extents[0] counts the rows.
struct ArrayHeader {
  Scalar scalar = Scalar::f64;
  bool swapped = false;
  std::vector<std::size_t> extents;
};

/// Bytes that the numbers of the array take, in exact arithmetic. Throws DataError at `offset` where an axis is empty,
/// there is no axis or there are too many, or the size overflows: nothing may be allocated or read before this.
std::size_t payload_bytes(const ArrayHeader& header, const std::string& file, std::size_t offset);

/// The data set whose numbers are exactly the bytes from `offset` to the end. Throws DataError when the lengths differ.
Dataset array_dataset(Bytes bytes, std::size_t offset, const ArrayHeader& header, const std::string& file);

/// Reads big- or little-endian numbers one after another; refuses to pass the end.
class Cursor {
 public:
  /// `bytes` begin at byte `origin` of the file, which errors name.
  Cursor(std::span<const std::byte> bytes, const std::string& file, std::size_t origin = 0)
      : bytes_(bytes), file_(file), origin_(origin) {}
  std::size_t at() const { return at_; }
  std::span<const std::byte> take(std::size_t count, std::string_view field);

 private:
  std::span<const std::byte> bytes_;
  const std::string& file_;
  std::size_t origin_;
  std::size_t at_ = 0;
};

}  // namespace denoiscope::data
