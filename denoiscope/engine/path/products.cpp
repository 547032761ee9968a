#include "denoiscope/engine/path/products.hpp"

#include <algorithm>
#include <cmath>

namespace denoiscope {
namespace {

constexpr double kRaised = 1 + 1e-9;  // covers the rounding of a residual's norm

}  // namespace

ScanProducts::ScanProducts(const ScanData& data, Index groups, bool two)
    : data_(data),
      depth_(data.rounded->depth()),
      height_(data.kernel.single->height),
      two_(two),
      halves_(aligned<std::uint16_t>(data.half != nullptr ? 2 * groups * depth_ * kWide : 0)),
      singles_(aligned<float>(data.half != nullptr ? 0 : groups * depth_ * kWide)) {}

double ScanProducts::set(Index group, Index lane, const Vector& y) {
  double square = 0;
  for (Index k = 0; k < y.size(); ++k) {
    double off;
    if (data_.half != nullptr) {
      const std::uint16_t high = rounded_half(y[k]);
      const double rest = y[k] - static_cast<double>(widened_half(high));
      const std::uint16_t low = two_ ? rounded_half(rest) : std::uint16_t{0};
      std::uint16_t* at = halves_.get() + 2 * group * depth_ * kWide + k / 2 * 2 * kWide + 2 * lane + k % 2;
      at[0] = high;
      at[depth_ * kWide] = low;
      off = rest - static_cast<double>(widened_half(low));
    } else {
      const auto single = static_cast<float>(y[k]);
      singles_[(group * depth_ + k) * kWide + lane] = single;
      off = y[k] - static_cast<double>(single);
    }
    square += off * off;
  }
  return std::sqrt(square) * kRaised;
}

ScanProducts::Buffer::Buffer(const ScanProducts& products)
    : dots(aligned<float>(products.panels() * products.height_ * kWide)),
      panels(aligned<float>(products.data_.half != nullptr ? 0
                                                           : products.panels() * products.height_ * products.depth_)) {}

void ScanProducts::load(Index begin, Buffer& buffer) const {
  if (data_.half != nullptr) return;
  const Index rows = std::min(kTileRows, data_.data.rows() - begin);
  for (Index r = 0; r < rows; ++r) {
    const std::uint16_t* row = data_.rounded->row(begin + r);
    float* to = buffer.panels.get() + r / height_ * height_ * depth_ + r % height_;
    for (Index k = 0; k < depth_; ++k) to[k * height_] = widened_half(row[k / 32 * 512 + k % 32]);
  }
}

void ScanProducts::dot(Index begin, Index group, Buffer& buffer) const {
  const Index rows = std::min(kTileRows, data_.rounded->count() * HalfPanels::kHeight - begin);
  float* dots = buffer.dots.get();
  if (data_.half == nullptr) {
    const float* queries = singles_.get() + group * depth_ * kWide;
    for (Index p = 0; p * height_ < rows; ++p) {
      const float* panel = buffer.panels.get() + p * height_ * depth_;
      data_.kernel.single->dot(panel, depth_, queries, dots + p * height_ * kWide, false, panel, panel);
    }
    return;
  }
  const std::uint16_t *panels = data_.rounded->panels(begin), *queries = halves_.get() + 2 * group * depth_ * kWide;
  data_.half->dot(panels, rows, depth_, queries, two_ ? 2 : 1, dots);
}

}  // namespace denoiscope
