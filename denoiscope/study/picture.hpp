// Points as pictures, on the scale of their data.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::study {

/// The PNG file of one point: the preprocessing undone for 8-bit data, else `range`, [least, largest] of the data,
/// spread over 0..255. data.is_image() must hold.
std::string picture(const Dataset& data, const nlohmann::json& range,
                    const Eigen::Ref<const Eigen::RowVectorXd>& point);

}  // namespace denoiscope::study
