// How stored numbers become the numbers that are noised.
#pragma once

#include <string_view>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

/// The preprocessing called `scale` for this data:
///   pm1          8-bit: 0..255 -> -1..1; other types: the data's own range -> -1..1
///   unit         8-bit: 0..255 -> 0..1;  other types: the data's own range -> 0..1
///   none         as stored
///   standardize  every feature to mean 0, variance 1 (dividing by n); constant features to 0
///   ""           the default: pm1 for 8-bit images, none otherwise
/// A range of a single number becomes 0. Throws UsageError for another name; DataError for values that are not finite
/// and for spreads too small or too large to divide by.
Preprocess preprocess_for(const Dataset& data, std::string_view scale);

}  // namespace denoiscope::data
