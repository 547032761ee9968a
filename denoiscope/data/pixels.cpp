#include "denoiscope/data/pixels.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/data/write.hpp"

namespace denoiscope::data {

double stored_value(const Preprocess& preprocess, Index k, double value) {
  const auto at = [k](const std::vector<double>& v) { return v[v.size() > 1 ? static_cast<std::size_t>(k) : 0]; };
  const double factor = at(preprocess.factor);
  return factor == 0 ? at(preprocess.shift) : value / factor + at(preprocess.shift);  // 0: of constant features
}

std::vector<unsigned char> pixels_of(const Dataset& data, const Contrast& contrast, std::span<const double> point) {
  std::vector<unsigned char> pixels;
  pixels.reserve(point.size());
  for (std::size_t k = 0; k < point.size(); ++k) {
    const double value = data.scalar() == Scalar::u8
                             ? stored_value(data.preprocess(), static_cast<Index>(k), point[k])
                             : 255 * (point[k] - contrast.black) / (contrast.white - contrast.black);
    pixels.push_back(
        static_cast<unsigned char>(std::lround(std::clamp(std::isfinite(value) ? value : 0.0, 0.0, 255.0))));
  }
  return pixels;
}

std::string picture(const Dataset& data, const Record& range, const Eigen::Ref<const Eigen::RowVectorXd>& point) {
  const Contrast contrast{range.at(0).number(), range.at(1).number()};
  const auto pixels = pixels_of(data, contrast, {point.data(), static_cast<std::size_t>(point.size())});
  const std::vector<Index>& shape = data.shape();
  return data::encode_png(pixels, shape[0], shape[1], shape.size() > 2 ? shape[2] : 1);
}

}  // namespace denoiscope::data
