#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/inflate.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {
namespace {

Scalar scalar_of(int code, const std::string& file) {
  switch (code) {
    case 0x08:
      return Scalar::u8;
    case 0x0C:
      return Scalar::i32;
    case 0x0D:
      return Scalar::f32;
    case 0x0E:
      return Scalar::f64;
    default:
      break;
  }
  const char* what = code == 0x09 ? " (signed 8-bit)" : code == 0x0B ? " (signed 16-bit)" : "";
  malformed(file, 2, "type", fmt::format("0x{:02x}{}", code, what), "0x08 (u8), 0x0c (i32), 0x0d (f32) or 0x0e (f64)",
            *what ? "Save the data as .npy instead." : "This is no IDX file, or it is damaged.");
}

// take(count, field): the next bytes of the file, or DataError.
template <class Take>
ArrayHeader read_header(Take&& take, const std::string& file) {
  std::array<int, 4> magic{};
  const std::span<const std::byte> bytes = take(4, "magic");
  std::transform(bytes.begin(), bytes.end(), magic.begin(), [](std::byte b) { return std::to_integer<int>(b); });
  if (magic[0] != 0 || magic[1] != 0)
    malformed(file, 0, "magic", fmt::format("{:02x} {:02x}", magic[0], magic[1]), "00 00 of an IDX file",
              "Other gzipped formats are not read; unpack the file.");
  ArrayHeader header;
  header.scalar = scalar_of(magic[2], file);
  header.swapped = header.scalar != Scalar::u8;
  const auto axes = static_cast<std::size_t>(magic[3]);
  if (axes < 1 || axes > kMaxAxes)
    malformed(file, 3, "axes", fmt::format("{}", axes), fmt::format("1 to {}", kMaxAxes), "The header is damaged.");
  const std::span<const std::byte> extents = take(4 * axes, "extents");
  for (std::size_t axis = 0; axis < axes; ++axis)
    header.extents.push_back(load<std::uint32_t, true>(extents.data() + 4 * axis));
  return header;
}

}  // namespace

Dataset open_idx(Bytes bytes, const std::string& file) {
  Cursor cursor(bytes.span(), file);
  const ArrayHeader header =
      read_header([&](std::size_t n, std::string_view field) { return cursor.take(n, field); }, file);
  return array_dataset(std::move(bytes), cursor.at(), header, file);
}

bool idx_fits(const Bytes& bytes) {
  const std::string file;
  try {
    Cursor cursor(bytes.span(), file);
    const ArrayHeader header =
        read_header([&](std::size_t n, std::string_view field) { return cursor.take(n, field); }, file);
    return payload_bytes(header, file, 0) == bytes.size - cursor.at();
  } catch (const DataError&) {
    return false;
  }
}

Dataset open_idx_gz(const Bytes& packed, const std::string& file) {
  Inflater inflater(packed.span(), Wrapping::gzip, 0, file);
  std::array<std::byte, 4 * kMaxAxes> buffer{};
  const ArrayHeader header = read_header(
      [&](std::size_t n, std::string_view field) {
        inflater.read({buffer.data(), n}, field);
        return std::span<const std::byte>(buffer.data(), n);
      },
      file);
  const std::size_t payload = payload_bytes(header, file, 4);
  if (payload / kMaxExpansion > packed.size)
    malformed(file, 4, "extents", fmt::format("{} bytes declared", payload),
              fmt::format("at most {} from {} compressed ones", packed.size * kMaxExpansion, packed.size),
              "The header is damaged.");
  require_memory(payload, file);
  Bytes numbers = inflater.read_all(payload, "numbers");
  inflater.expect_end();
  return array_dataset(std::move(numbers), 0, header, file);
}

}  // namespace denoiscope::data
