// All pictures of a data set in one, as square as their number allows.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/picture.hpp"
#include "denoiscope/data/scan.hpp"

namespace denoiscope::data {
namespace {

// Stored numbers -> 0..255; 8-bit ones are taken as they are.
struct Levels {
  double low = 0, high = 255;
  unsigned char operator()(double value) const {
    const double part = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0;  // halves: no overflow
    return static_cast<unsigned char>(std::floor(part * 255 + 0.5));
  }
};

Levels levels_of(const Dataset& data) {
  if (data.scalar() == Scalar::u8) return {};
  const Ranges ranges = ranges_of(data);
  return {ranges.low.minCoeff(), ranges.high.maxCoeff()};
}

}  // namespace

std::string encode_grid(const Dataset& data, const Notes& notes, const std::string& file) {
  Dataset stored = data;
  stored.set_preprocess({{0.0}, {1.0}, "none"});
  const PictureSize size = picture_size(data);
  const auto columns = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(data.rows()))));
  const Index rows = (data.rows() + columns - 1) / columns;
  const Index height = rows * size.height, width = columns * size.width, line = size.width * size.channels;
  if (height > kMaxSide || width > kMaxSide)
    throw DataError(
        "{}: {} pictures of {} x {} take {} x {} pixels, expected at most {} a side. Take fewer with --rows.", file,
        data.rows(), size.width, size.height, width, height, kMaxSide);
  const Levels levels = levels_of(stored);
  std::vector<unsigned char> pixels(height * width * size.channels, 0);
  for_blocks(stored, [&](Index begin, Rows block) {
    for (Index i = 0; i < block.rows(); ++i) {
      const Index top = (begin + i) / columns * size.height, left = (begin + i) % columns * line;
      for (Index y = 0; y < size.height; ++y)
        for (Index x = 0; x < line; ++x) pixels[(top + y) * columns * line + left + x] = levels(block(i, y * line + x));
    }
  });
  Notes all = notes;
  all.emplace_back("rows", fmt::format("{}", rows));
  all.emplace_back("columns", fmt::format("{}", columns));
  all.emplace_back("pictures", fmt::format("{}", data.rows()));
  all.emplace_back("black", fmt::format("{}", levels.low));
  all.emplace_back("white", fmt::format("{}", levels.high));
  return encode_png(pixels, height, width, size.channels, all);
}

}  // namespace denoiscope::data
