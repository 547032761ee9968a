// .npz as Python's zipfile lays it out, dated 1980: equal data give equal bytes.
#include <fmt/format.h>
#include <zlib.h>

#include <cstring>
#include <limits>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/encode.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {
namespace {

constexpr std::string_view kCentral{"PK\x01\x02", 4}, kEnd{"PK\x05\x06", 4};
constexpr std::size_t kDate = 0x00210000;  // 1 January 1980, midnight: the earliest there is
constexpr std::size_t kVersion = 20, kStored = 0, kDeflated = 8;
constexpr std::size_t kHeaders = 1024;  // more than those of all members take

std::string little(std::size_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

std::string deflated(const std::string& content) {
  z_stream stream{};
  constexpr int kRaw = -15, kMemory = 8;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw InternalError("deflate of {} bytes: zlib says {}", content.size(), status);
  return packed;
}

// Without zip64 fields, an archive and its members are shorter than 4 GiB.
void require_short(std::size_t bytes, const std::string& file) {
  if (bytes >= std::numeric_limits<std::uint32_t>::max())
    throw DataError("{}: {} bytes, expected less than 4 GiB in a .npz. Write .npy or .safetensors.", file, bytes);
}

}  // namespace

std::string encode_npz(std::span<const Array> arrays, bool compressed, const std::string& file) {
  std::string out, directory;
  for (const Array& array : arrays) {
    const std::size_t numbers = static_cast<std::size_t>(array.data.rows()) *
                                static_cast<std::size_t>(array.data.dimension()) * scalar_bytes(array.data.scalar());
    require_short(numbers + numbers / 1000 + kHeaders, file);  // deflate may add five bytes a block
    std::string content = encode_npy(array);
    const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
    const std::size_t size = content.size();
    if (compressed) content = deflated(content);
    require_short(out.size() + content.size() + kHeaders, file);
    const std::string name = array.name + ".npy";
    const std::string common = little(kVersion, 2) + little(0, 2) + little(compressed ? kDeflated : kStored, 2) +
                               little(kDate, 4) + little(crc, 4) + little(content.size(), 4) + little(size, 4) +
                               little(name.size(), 2) + little(0, 2);
    constexpr std::size_t kNoCommentFirstDiskNoAttributes = 2 + 2 + 2 + 4;
    directory.append(kCentral).append(little(kVersion, 2)).append(common);
    directory.append(kNoCommentFirstDiskNoAttributes, '\0').append(little(out.size(), 4)).append(name);
    out.append(kZipMagic).append(common).append(name).append(content);
  }
  const std::size_t at = out.size();
  out.append(directory).append(kEnd).append(little(0, 4));
  out.append(little(arrays.size(), 2)).append(little(arrays.size(), 2));
  out.append(little(directory.size(), 4)).append(little(at, 4)).append(little(0, 2));
  return out;
}

}  // namespace denoiscope::data
