// Points as the pictures that they are noisy versions, means or samples of.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

/// Black and white of pictures of these data: 0 and 255 as stored in 8 bits, else the range of the numbers after
/// preprocessing.
struct Contrast {
  double black = 0, white = 255;
};

/// 8-bit pixels of a point, (d), in the scale of the preprocessed data: preprocessing undone for 8-bit data, else
/// contrast spread over 0..255. What is beyond is cut off, what is no number is black.
std::vector<unsigned char> pixels_of(const Dataset& data, const Contrast& contrast, std::span<const double> point);

/// The PNG file of a point; range: [least, largest] of the data. data.is_image() must hold.
std::string picture(const Dataset& data, const Record& range, const Eigen::Ref<const Eigen::RowVectorXd>& point);

/// Number k of a point as it would be stored: preprocessing undone.
double stored_value(const Preprocess& preprocess, Index k, double value);

}  // namespace denoiscope::data
