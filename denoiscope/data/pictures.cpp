#include "denoiscope/data/pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/formats/picture.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {
namespace {

constexpr double kRed = 299, kGreen = 587, kBlue = 114, kLuma = 1000;  // BT.601 in thousandths: integers stay exact
constexpr double kOpaque = 255;

// One pixel in other colours, times `unit`: all sums below are of integers under 2^53 where the pixel is 8-bit.
struct Repaint {
  Index channels;
  double unit;
  void (*paint)(const double* from, double* to);
};

double luma(const double* rgb) { return kRed * rgb[0] + kGreen * rgb[1] + kBlue * rgb[2]; }

Repaint repaint(Index channels, Colours colours) {
  if (colours == Colours::gray && channels == 3) return {1, kLuma, [](const double* p, double* q) { q[0] = luma(p); }};
  if (colours == Colours::gray && channels == 4)
    return {1, kLuma * kOpaque,
            [](const double* p, double* q) { q[0] = luma(p) * p[3] + kLuma * kOpaque * (kOpaque - p[3]); }};
  if (colours == Colours::rgb && channels == 1)
    return {3, 1, [](const double* p, double* q) { q[0] = q[1] = q[2] = p[0]; }};
  if (colours == Colours::rgb && channels == 4)
    return {3, kOpaque, [](const double* p, double* q) {
              for (int c = 0; c < 3; ++c) q[c] = p[c] * p[3] + kOpaque * (kOpaque - p[3]);
            }};
  if (channels == 4)  // colours times opacity: what is transparent has no colour to give to its neighbours
    return {4, 1, [](const double* p, double* q) {
              for (int c = 0; c < 3; ++c) q[c] = p[c] * p[3];
              q[3] = p[3];
            }};
  if (channels == 3) return {3, 1, [](const double* p, double* q) { std::copy_n(p, 3, q); }};
  return {1, 1, [](const double* p, double* q) { q[0] = p[0]; }};
}

// Sums along one axis: `to` pixels from `from`, in units of 1/to of a pixel, so that overlaps are integers that add up
// to `from`. Lines of `width` numbers lie one after another in both.
void add_areas(const double* in, Index from, double* out, Index to, Index width) {
  for (Index j = 0; j < to; ++j) {
    double* sum = out + j * width;
    std::fill_n(sum, width, 0.0);
    for (Index i = j * from / to; i < from && i * to < (j + 1) * from; ++i) {
      const auto overlap = static_cast<double>(std::min((i + 1) * to, (j + 1) * from) - std::max(i * to, j * from));
      for (Index k = 0; k < width; ++k) sum[k] += overlap * in[i * width + k];
    }
  }
}

// (height, width, channels) -> size_after(from, form).
std::vector<double> reform(const std::vector<double>& picture, PictureSize from, const PictureForm& form) {
  const Repaint colours = repaint(from.channels, form.colours);
  const PictureSize to = size_after(from, form);
  const Index c = colours.channels;
  std::vector<double> painted(from.height * from.width * c);
  for (Index i = 0; i < from.height * from.width; ++i)
    colours.paint(picture.data() + i * from.channels, painted.data() + i * c);
  std::vector<double> lower(to.height * from.width * c), sums(to.bytes());
  add_areas(painted.data(), from.height, lower.data(), to.height, from.width * c);
  for (Index y = 0; y < to.height; ++y)
    add_areas(lower.data() + y * from.width * c, from.width, sums.data() + y * to.width * c, to.width, c);
  const double area = static_cast<double>(from.height) * static_cast<double>(from.width) * colours.unit;
  if (from.channels < 4 || form.colours != Colours::kept) {
    for (double& sum : sums) sum /= area;
    return sums;
  }
  for (std::size_t pixel = 0; pixel < sums.size(); pixel += 4) {
    const double opacity = sums[pixel + 3];
    for (std::size_t colour = pixel; colour < pixel + 3; ++colour)
      sums[colour] = opacity > 0 ? sums[colour] / opacity : 0.0;
    sums[pixel + 3] = opacity / area;
  }
  return sums;
}

template <class T>
void store_as(const std::vector<double>& numbers, std::byte* to) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    T value;
    if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(std::floor(numbers[i] + 0.5));
    } else {
      value = static_cast<T>(numbers[i]);
    }
    std::memcpy(to + i * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

PictureSize picture_size(const Dataset& data) {
  const std::vector<Index>& shape = data.shape();
  if (!data.is_image())
    throw DataError("{}: rows of shape ({}), expected pictures: (height, width), or with 1, 3 or 4 channels last.",
                    data.name(), fmt::join(shape, ", "));
  return {shape[0], shape[1], shape.size() > 2 ? shape[2] : 1};
}

PictureSize size_after(PictureSize size, const PictureForm& form) {
  if (form.side < 0 || form.side > kMaxSide)
    throw UsageError("resize: {} pixels a side, expected 1 to {}, or 0 for the stored size.", form.side, kMaxSide);
  if (form.side > 0) size.height = size.width = form.side;
  if (form.colours != Colours::kept) size.channels = form.colours == Colours::gray ? 1 : 3;
  return size;
}

void reform(std::span<const unsigned char> pixels, PictureSize size, const PictureForm& form,
            std::span<unsigned char> out) {
  store_as<unsigned char>(reform(std::vector<double>(pixels.begin(), pixels.end()), size, form),
                          reinterpret_cast<std::byte*>(out.data()));
}

Dataset reformed(const Dataset& data, const PictureForm& form) {
  if (form == PictureForm{}) return data;
  const PictureSize from = picture_size(data), to = size_after(from, form);
  if (from == to) return data;
  if (from.channels == 4 && data.scalar() != Scalar::u8)
    throw DataError(
        "{}: transparent pictures of type {}, expected 8-bit ones: only there it is known what opaque is. Remove the "
        "fourth channel.",
        data.name(), scalar_name(data.scalar()));
  Dataset stored = data;
  stored.set_preprocess({{0.0}, {1.0}, "none"});
  const Scalar scalar = data.scalar() == Scalar::u8 || data.scalar() == Scalar::f32 ? data.scalar() : Scalar::f64;
  const std::size_t row_bytes = to.bytes() * scalar_bytes(scalar);
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(row_bytes, static_cast<std::size_t>(data.rows()), &bytes)) throw std::bad_alloc();
  auto [numbers, memory] = allocate_bytes(bytes);
  std::byte* const at = memory;  // clang 14 captures no structured binding
  parallel_for(data.rows(), [&](Index row) {
    std::vector<double> picture(data.dimension());
    stored.read(row, MutRows(Eigen::Map<RowMatrix>(picture.data(), 1, data.dimension())));
    std::byte* const out = at + static_cast<std::size_t>(row) * row_bytes;
    const std::vector<double> changed = reform(picture, from, form);
    if (scalar == Scalar::u8) {
      store_as<unsigned char>(changed, out);
    } else if (scalar == Scalar::f32) {
      store_as<float>(changed, out);
    } else {
      store_as<double>(changed, out);
    }
  });
  std::vector<Index> shape{to.height, to.width};
  if (to.channels > 1 || (form.colours == Colours::kept && data.shape().size() > 2)) shape.push_back(to.channels);
  Dataset out = Dataset::from_bytes(std::move(numbers), 0, data.rows(), shape, scalar, false, data.name());
  if (!data.labelled()) return out;
  out.set_labels(data.label_values(), data.name());
  std::vector<std::string> names;
  for (const ClassInfo& info : data.classes()) names.push_back(info.name);
  out.name_classes(names);
  return out;
}

}  // namespace denoiscope::data
