// Rows that are nearly, but not exactly, another row.
#pragma once

#include "denoiscope/base/noise.hpp"
#include "denoiscope/data/quality.hpp"

namespace denoiscope::observables {

/// Nearest other row of `sample` random rows (all rows where sample >= n), exact. A row counts where that distance is
/// above zero and below data::kNearRatio times the median of the sample (less in up to four dimensions, where plain
/// data come that close by chance).
data::NearDuplicates near_duplicates(const Dataset& data, Index sample, const Noise& noise);

}  // namespace denoiscope::observables
