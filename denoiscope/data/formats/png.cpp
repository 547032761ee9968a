#include <fmt/format.h>
#include <spng.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/picture.hpp"
#include "denoiscope/data/formats/scalar.hpp"
#include "denoiscope/data/write.hpp"

namespace denoiscope::data {
namespace {

struct Freed {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
  void operator()(void* memory) const { std::free(memory); }
};
using Context = std::unique_ptr<spng_ctx, Freed>;

Context context_of(int flags) {
  Context context(spng_ctx_new(flags));
  if (!context) throw std::bad_alloc();
  return context;
}

void require(int status, const std::string& file, std::size_t at) {
  if (status == SPNG_EMEM) throw std::bad_alloc();
  if (status != 0)
    malformed(file, at, "PNG", spng_strerror(status), "an undamaged picture", "Replace or remove the file.");
}

constexpr std::size_t kHeaderAt = 8;  // after the magic bytes

void check_size(std::span<const std::byte> header, const std::string& file) {
  const std::uint32_t sides[] = {load<std::uint32_t, true>(header.data()),
                                 load<std::uint32_t, true>(header.data() + 4)};
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
    if (sides[i] < 1 || sides[i] > kMaxSide)
      malformed(file, kHeaderAt + 8 + 4 * i, i == 0 ? "width" : "height", fmt::format("{}", sides[i]),
                fmt::format("1 to {} pixels a side", kMaxSide), "Scale it down.");
  if (header[8] == std::byte{16})
    malformed(file, kHeaderAt + 16, "bit depth", "16 bits a channel", "8",
              "Convert it, as with ImageMagick: mogrify -depth 8.");
}

// libspng says what is wrong with a picture but not where, and is content without an end mark. So its chunks are walked
// first: lengths, checksums, the size, the end. Returns where the pixels begin.
std::size_t walk_chunks(std::span<const std::byte> content, const std::string& file) {
  Cursor cursor(content, file);
  cursor.take(kHeaderAt, "magic");
  for (std::size_t pixels = 0;;) {
    const std::size_t at = cursor.at();
    const auto head = cursor.take(8, "chunk");
    const std::size_t length = load<std::uint32_t, true>(head.data());
    const std::string type(reinterpret_cast<const char*>(head.data()) + 4, 4);
    const auto body = cursor.take(length, printable(type));
    const auto stored = load<std::uint32_t, true>(cursor.take(4, "checksum").data());
    const auto* const checked = reinterpret_cast<const Bytef*>(content.data() + at + 4);
    const auto crc = static_cast<std::uint32_t>(crc32_z(0, checked, 4 + length));
    if (crc != stored)
      malformed(file, at + 8 + length, "checksum of " + printable(type), fmt::format("{:08x}", stored),
                fmt::format("{:08x}", crc), "The file is damaged; fetch it again.");
    if (at == kHeaderAt && (type != "IHDR" || length != 13))
      malformed(file, at, "chunk", fmt::format("{} bytes of {}", length, printable(type)), "13 bytes of IHDR",
                "The file is damaged.");
    if (at == kHeaderAt) check_size(body, file);
    if (type == "IDAT" && pixels == 0) pixels = at;
    if (type == "IEND") return pixels;
  }
}

struct Opened {
  Context context;
  spng_ihdr header;
  PictureSize size;
  int format;
  std::size_t pixels;  ///< the byte of the file at which they begin
};

int format_of(const Context& context, const spng_ihdr& header) {
  spng_trns transparency{};
  switch (header.color_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
      return SPNG_FMT_G8;
    case SPNG_COLOR_TYPE_TRUECOLOR:
      return SPNG_FMT_RGB8;
    case SPNG_COLOR_TYPE_INDEXED:
      return spng_get_trns(context.get(), &transparency) == 0 ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8;
    default:
      return SPNG_FMT_RGBA8;
  }
}

Opened open_png(std::span<const std::byte> content, const std::string& file) {
  Opened png{context_of(0), {}, {}, 0, walk_chunks(content, file)};
  spng_ctx* context = png.context.get();
  constexpr std::size_t kMaxChunk = std::size_t{8} << 20;  // colour profiles and texts, inflated; pixels do not count
  require(spng_set_chunk_limits(context, kMaxChunk, kMaxChunk), file, kHeaderAt);
  require(spng_set_png_buffer(context, content.data(), content.size()), file, kHeaderAt);
  require(spng_get_ihdr(context, &png.header), file, kHeaderAt);
  png.format = format_of(png.context, png.header);
  png.size = {static_cast<Index>(png.header.height), static_cast<Index>(png.header.width),
              png.format == SPNG_FMT_G8     ? 1
              : png.format == SPNG_FMT_RGB8 ? 3
                                            : 4};
  std::size_t stored = 0;  // bytes inside the deflate stream, before palette and low bit depths are expanded
  require(spng_decoded_image_size(context, SPNG_FMT_PNG, &stored), file, kHeaderAt);
  check_plausible(file, png.size.height, png.size.width, stored, content.size());
  return png;
}

// Of the encoder, which is given nothing that it could refuse.
void expect(int status) {
  if (status == SPNG_EMEM) throw std::bad_alloc();
  if (status != 0) throw InternalError("encode_png: libspng: {}", spng_strerror(status));
}

// What Latin-1 cannot hold goes into chunks of UTF-8, whose further fields are empty.
void set_texts(spng_ctx* context, const Notes& notes) {
  std::vector<spng_text> texts;
  for (const auto& [key, value] : notes) {
    if (value.empty()) continue;  // libspng refuses them
    spng_text text{};
    key.copy(text.keyword, sizeof text.keyword - 1);
    const bool ascii = std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
    text.type = ascii ? SPNG_TEXT : SPNG_ITXT;
    text.text = const_cast<char*>(value.c_str());  // libspng keeps the pointer and writes nothing there
    text.length = value.size();
    text.language_tag = text.translated_keyword = const_cast<char*>("");
    texts.push_back(text);
  }
  if (!texts.empty()) expect(spng_set_text(context, texts.data(), static_cast<std::uint32_t>(texts.size())));
}

}  // namespace

PictureSize inspect_png(std::span<const std::byte> content, const std::string& file) {
  return open_png(content, file).size;
}

void decode_png(std::span<const std::byte> content, const std::string& file, PictureSize size,
                std::span<unsigned char> pixels) {
  const Opened png = open_png(content, file);
  if (png.size != size || pixels.size() != size.bytes()) changed(file);
  const int flags = png.format == SPNG_FMT_RGBA8 ? SPNG_DECODE_TRNS : 0;
  require(spng_decode_chunks(png.context.get()), file, kHeaderAt);  // those before the pixels
  require(spng_decode_image(png.context.get(), pixels.data(), pixels.size(), png.format, flags), file, png.pixels);
  require(spng_decode_chunks(png.context.get()), file, kHeaderAt);
}

std::string encode_png(std::span<const unsigned char> pixels, Index height, Index width, Index channels,
                       const Notes& notes) {
  const bool sized = height > 0 && width > 0 && height <= 65535 && width <= 65535 &&
                     (channels == 1 || channels == 3 || channels == 4) &&
                     pixels.size() == static_cast<std::size_t>(height * width * channels);
  if (!sized)
    throw UsageError(
        "encode_png: {} bytes for {} x {} pixels of {} channels, expected height * width * channels, "
        "sides of 1 to 65535 pixels and 1, 3 or 4 channels.",
        pixels.size(), height, width, channels);
  const Context context = context_of(SPNG_CTX_ENCODER);
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(width);
  header.height = static_cast<std::uint32_t>(height);
  header.bit_depth = 8;
  header.color_type = channels == 1   ? SPNG_COLOR_TYPE_GRAYSCALE
                      : channels == 3 ? SPNG_COLOR_TYPE_TRUECOLOR
                                      : SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
  expect(spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1));
  expect(spng_set_ihdr(context.get(), &header));
  set_texts(context.get(), notes);
  expect(spng_encode_image(context.get(), pixels.data(), pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE));
  std::size_t length = 0;
  int status = 0;
  const std::unique_ptr<void, Freed> buffer(spng_get_png_buffer(context.get(), &length, &status));
  expect(status);
  return {static_cast<const char*>(buffer.get()), length};
}

}  // namespace denoiscope::data
