#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/array.hpp"
#include "denoiscope/data/formats.hpp"
#include "denoiscope/data/scalar.hpp"

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

// A gzip member, inflated piece by piece into places whose size the caller chose.
class Inflater {
 public:
  Inflater(std::span<const std::byte> packed, const std::string& file) : packed_(packed), file_(file) {
    constexpr int kGzip = 15 + 16;
    if (inflateInit2(&stream_, kGzip) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Fills `out`. Throws DataError when the data end before.
  void read(std::span<std::byte> out, std::string_view field) {
    const std::size_t wanted = out.size();
    while (!out.empty() && !ended_) out = out.subspan(step(out));
    if (!out.empty())
      malformed(file_, used(), field, fmt::format("{} bytes inflated", wanted - out.size()), fmt::format("{}", wanted),
                "The file is cut short or its header is damaged.");
  }

  /// Throws DataError unless the data end here, with the right checksum, and the file with them.
  void expect_end() {
    std::byte spare[1];
    while (!ended_)
      if (step(spare) > 0)
        malformed(file_, used(), "numbers", "more inflated bytes", "the end of the data",
                  "The header does not fit the data.");
    if (used() != packed_.size())
      malformed(file_, used(), "tail", fmt::format("{} bytes after the compressed data", packed_.size() - used()),
                "the end of the file");
  }

 private:
  std::size_t used() const { return stream_.total_in; }

  // Bytes written to `out`: at least one, unless the data have ended.
  std::size_t step(std::span<std::byte> out) {
    constexpr std::size_t kMost = std::size_t{1} << 30;  // zlib counts in 32 bits
    const std::size_t room = std::min(out.size(), kMost), supply = std::min(packed_.size() - used(), kMost);
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed_.data() + used()));
    stream_.avail_in = static_cast<uInt>(supply);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    ended_ = status == Z_STREAM_END;
    if (status == Z_BUF_ERROR || (status == Z_OK && used() == packed_.size() && stream_.avail_out != 0))
      malformed(file_, used(), "deflate", "the end of the file", "more compressed data", "The file is cut short.");
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END)
      malformed(file_, used(), "deflate", stream_.msg != nullptr ? stream_.msg : "damaged data", "a gzip stream",
                "The file is damaged; fetch it again.");
    return room - stream_.avail_out;
  }

  std::span<const std::byte> packed_;
  const std::string& file_;
  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace

Dataset open_idx(Bytes bytes, const std::string& file) {
  Cursor cursor(bytes.span(), file);
  const ArrayHeader header =
      read_header([&](std::size_t n, std::string_view field) { return cursor.take(n, field); }, file);
  return array_dataset(std::move(bytes), cursor.at(), header, file);
}

Dataset open_idx_gz(const Bytes& packed, const std::string& file) {
  Inflater inflater(packed.span(), file);
  std::array<std::byte, 4 * kMaxAxes> buffer{};
  const ArrayHeader header = read_header(
      [&](std::size_t n, std::string_view field) {
        inflater.read({buffer.data(), n}, field);
        return std::span<const std::byte>(buffer.data(), n);
      },
      file);
  const std::size_t payload = payload_bytes(header, file, 4);
  constexpr std::size_t kMaxExpansion = 1032;  // of deflate: 258 bytes from 2 bits
  if (payload / kMaxExpansion > packed.size)
    malformed(file, 4, "extents", fmt::format("{} bytes declared", payload),
              fmt::format("at most {} from {} compressed ones", packed.size * kMaxExpansion, packed.size),
              "The header is damaged.");
  auto [numbers, at] = allocate_bytes(payload);
  inflater.read({at, payload}, "numbers");
  inflater.expect_end();
  return array_dataset(std::move(numbers), 0, header, file);
}

}  // namespace denoiscope::data
