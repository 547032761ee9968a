#include <fmt/format.h>
#include <spng.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/picture.hpp"
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

void require(int status, const std::string& file) {
  if (status == SPNG_EMEM) throw std::bad_alloc();
  if (status != 0)
    throw DataError("{}: PNG: {}, expected an undamaged picture. Replace or remove the file.", file,
                    spng_strerror(status));
}

struct Opened {
  Context context;
  spng_ihdr header;
  PictureSize size;
  int format;
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
  Opened png{context_of(0), {}, {}, 0};
  spng_ctx* context = png.context.get();
  constexpr std::size_t kMaxChunk = std::size_t{8} << 20;  // colour profiles and texts, inflated; pixels do not count
  constexpr auto kSide = static_cast<std::uint32_t>(kMaxSide);
  require(spng_set_image_limits(context, kSide, kSide), file);
  require(spng_set_chunk_limits(context, kMaxChunk, kMaxChunk), file);
  require(spng_set_png_buffer(context, content.data(), content.size()), file);
  const int status = spng_get_ihdr(context, &png.header);
  if (status == SPNG_EUSER_WIDTH || status == SPNG_EUSER_HEIGHT)
    throw DataError("{}: PNG of more than {} pixels a side, expected less. Scale it down.", file, kMaxSide);
  require(status, file);
  if (png.header.bit_depth == 16)
    throw DataError(
        "{}: PNG of 16 bits a channel, expected 8. Convert it, as with ImageMagick: "
        "mogrify -depth 8.",
        file);
  png.format = format_of(png.context, png.header);
  png.size = {static_cast<Index>(png.header.height), static_cast<Index>(png.header.width),
              png.format == SPNG_FMT_G8     ? 1
              : png.format == SPNG_FMT_RGB8 ? 3
                                            : 4};
  std::size_t stored = 0;  // bytes inside the deflate stream, before palette and low bit depths are expanded
  require(spng_decoded_image_size(context, SPNG_FMT_PNG, &stored), file);
  check_plausible(file, png.size.height, png.size.width, stored, content.size());
  return png;
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
  if (texts.empty()) return;
  const int status = spng_set_text(context, texts.data(), static_cast<std::uint32_t>(texts.size()));
  if (status == SPNG_EMEM) throw std::bad_alloc();
  if (status != 0) throw InternalError("encode_png: libspng refused a text: {}", spng_strerror(status));
}

}  // namespace

PictureSize inspect_png(std::span<const std::byte> content, const std::string& file) {
  return open_png(content, file).size;
}

void decode_png(std::span<const std::byte> content, const std::string& file, PictureSize size,
                std::span<unsigned char> pixels) {
  const Opened png = open_png(content, file);
  if (png.size != size || pixels.size() != size.bytes()) throw DataError("{}: changed while it was read.", file);
  const int flags = png.format == SPNG_FMT_RGBA8 ? SPNG_DECODE_TRNS : 0;
  require(spng_decode_image(png.context.get(), pixels.data(), pixels.size(), png.format, flags), file);
  require(spng_decode_chunks(png.context.get()), file);
  // libspng is content with an end mark whose checksum is missing or wrong.
  constexpr std::string_view kEnd("\0\0\0\0IEND\xae\x42\x60\x82", 12);
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  if (text.rfind(kEnd) == std::string_view::npos) require(SPNG_EOF, file);
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
  std::size_t length = 0;
  int status = spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1);
  if (status == 0) status = spng_set_ihdr(context.get(), &header);
  if (status == 0) set_texts(context.get(), notes);
  if (status == 0)
    status = spng_encode_image(context.get(), pixels.data(), pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  const std::unique_ptr<void, Freed> buffer(status == 0 ? spng_get_png_buffer(context.get(), &length, &status)
                                                        : nullptr);
  if (status == SPNG_EMEM) throw std::bad_alloc();
  if (!buffer) throw InternalError("encode_png: libspng: {}", spng_strerror(status));
  return {static_cast<const char*>(buffer.get()), length};
}

}  // namespace denoiscope::data
