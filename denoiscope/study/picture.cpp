#include "denoiscope/study/picture.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/data/write.hpp"

namespace denoiscope::study {

using nlohmann::json;

std::string picture(const Dataset& data, const json& range, const Eigen::Ref<const Eigen::RowVectorXd>& point) {
  const Preprocess& p = data.preprocess();
  const double low = range.at(0).get<double>(), high = range.at(1).get<double>();
  std::vector<unsigned char> pixels;
  for (Index k = 0; k < point.size(); ++k) {
    const auto at = [k](const std::vector<double>& v) { return v[v.size() > 1 ? static_cast<std::size_t>(k) : 0]; };
    const double value =
        data.scalar() == Scalar::u8 ? point[k] / at(p.factor) + at(p.shift) : 255 * (point[k] - low) / (high - low);
    pixels.push_back(
        static_cast<unsigned char>(std::lround(std::clamp(std::isfinite(value) ? value : 0.0, 0.0, 255.0))));
  }
  const std::vector<Index>& shape = data.shape();
  return data::encode_png(pixels, shape[0], shape[1], shape.size() > 2 ? shape[2] : 1);
}

}  // namespace denoiscope::study
