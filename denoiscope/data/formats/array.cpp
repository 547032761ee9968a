#include "denoiscope/data/formats/array.hpp"

#include <fmt/format.h>

#include <limits>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {

std::string printable(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string out;
  for (const char c : text.substr(0, kMost)) {
    if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text.size() > kMost ? out + "..." : out;
}

void malformed(const std::string& file, std::size_t offset, std::string_view field, std::string_view found,
               std::string_view expected, std::string_view hint) {
  throw DataError("{}: byte {} ({}): {}, expected {}.{}{}", file, offset, field, found, expected,
                  hint.empty() ? "" : " ", hint);
}

std::size_t payload_bytes(const ArrayHeader& header, const std::string& file, std::size_t offset) {
  const std::vector<std::size_t>& extents = header.extents;
  if (extents.empty())
    malformed(file, offset, "shape", "a single number without axes", "rows along the first axis",
              "Save it as an array of shape (n, d).");
  if (extents.size() > kMaxAxes)
    malformed(file, offset, "shape", fmt::format("{} axes", extents.size()), fmt::format("at most {}", kMaxAxes));
  std::size_t bytes = scalar_bytes(header.scalar);
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    if (extents[axis] == 0)
      malformed(file, offset, "shape", fmt::format("axis {} of length 0", axis), "at least one row of one number");
    if (__builtin_mul_overflow(bytes, extents[axis], &bytes) ||
        bytes > static_cast<std::size_t>(std::numeric_limits<Index>::max()))
      malformed(file, offset, "shape", "a size of 2^63 bytes or more", "one that the file can hold",
                "The header is damaged.");
  }
  return bytes;
}

Dataset array_dataset(Bytes bytes, std::size_t offset, const ArrayHeader& header, const std::string& file) {
  const std::size_t payload = payload_bytes(header, file, offset), found = bytes.size - offset;
  if (payload != found)
    malformed(file, offset, "numbers", fmt::format("{} bytes", found), fmt::format("the {} of its shape", payload),
              found < payload ? "The file is cut short or its header is damaged."
                              : "The file has a tail or its header is damaged.");
  std::vector<Index> shape;
  for (std::size_t axis = 1; axis < header.extents.size(); ++axis)
    shape.push_back(static_cast<Index>(header.extents[axis]));
  if (shape.empty()) shape.push_back(1);
  return Dataset::from_bytes(std::move(bytes), offset, static_cast<Index>(header.extents[0]), std::move(shape),
                             header.scalar, header.swapped, file);
}

std::span<const std::byte> Cursor::take(std::size_t count, std::string_view field) {
  const std::size_t left = bytes_.size() - at_;
  if (count > left)
    malformed(file_, origin_ + at_, field, fmt::format("{} bytes left", left), fmt::format("{}", count),
              "The file is cut short.");
  const auto taken = bytes_.subspan(at_, count);
  at_ += count;
  return taken;
}

}  // namespace denoiscope::data
