// One picture: its size without decoding it, and its pixels. Private to this room.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "denoiscope/base/rows.hpp"
#include "denoiscope/data/pictures.hpp"

namespace denoiscope::data {

/// Pixels a side at most: keeps what a forged header can ask for below 64 MiB a picture.
inline constexpr Index kMaxSide = 4096;

struct PictureSize {
  Index height = 0, width = 0;
  Index channels = 0;  ///< 1 grey, 3 RGB, 4 RGBA
  std::size_t bytes() const { return static_cast<std::size_t>(height * width * channels); }
  bool operator==(const PictureSize&) const = default;
};

enum class PictureFormat { none, png, jpeg };

/// By the first bytes.
PictureFormat picture_format(std::string_view content);

/// Size after decoding to 8 bits a channel. Palettes become RGB, or RGBA where the palette has transparency; grey with
/// alpha becomes RGBA. Throws DataError for damaged files, 16-bit PNG, CMYK JPEG, and sizes that the file cannot hold.
PictureSize inspect_png(std::span<const std::byte> content, const std::string& file);
PictureSize inspect_jpeg(std::span<const std::byte> content, const std::string& file);

/// Decodes a picture of `size` into pixels: (height, width, channels), size.bytes() numbers. Throws DataError for
/// damaged or truncated files and for another size.
void decode_png(std::span<const std::byte> content, const std::string& file, PictureSize size,
                std::span<unsigned char> pixels);
void decode_jpeg(std::span<const std::byte> content, const std::string& file, PictureSize size,
                 std::span<unsigned char> pixels);

/// Throws the DataError of a file that is not what it was when its size was asked.
[[noreturn]] void changed(const std::string& file);

/// Size of a row that is a picture. Throws DataError where rows are none.
PictureSize picture_size(const Dataset& data);

/// Size of a picture that is brought to the form. Throws UsageError for a side that is none.
PictureSize size_after(PictureSize size, const PictureForm& form);
/// What `reformed` does, for the pixels of one picture. out: size_after(size, form).bytes() numbers.
void reform(std::span<const unsigned char> pixels, PictureSize size, const PictureForm& form,
            std::span<unsigned char> out);

/// Throws DataError where `bytes` numbers cannot come out of `file_bytes` compressed ones, or a side is too long.
void check_plausible(const std::string& file, Index height, Index width, std::size_t bytes, std::size_t file_bytes);

}  // namespace denoiscope::data
