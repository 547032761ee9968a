// Parts of the record of collapse. Private to this room.
#pragma once

#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/experiments/collapse/collapse.hpp"

namespace denoiscope::experiments {

/// {q05, q25, q50, q75, q95, reason} of at least one time; what is 0 or infinite there is null.
Record quantiles(std::vector<double> values);

/// [{t_low, t_high, count}] in bins even in log t; what is below the first or above the last is left out.
Record histogram(const std::vector<double>& values, double low, double high);

/// How many units of so many members there are.
int units_of(Index many, Index of_unit);

inline constexpr Index kPathsOfUnit = 128, kDataOfUnit = 240;

/// `last_switch`. same: (n) data::first_equal; from: smallest time of the grid.
Record last_switch_record(const Dataset& data, const CollapseSettings& own, const Arithmetic& arithmetic,
                          const std::vector<Index>& same, double from, const Noise& noise, ExperimentRun& run);

/// `data_times`, and its file and pictures where the run is kept. range: [least, largest] of the data; from, to: times
/// between which collapse is sought.
Record data_times_record(const Dataset& data, const CollapseSettings& own, const std::vector<Index>& same,
                         const Record& range, double from, double to, const Noise& noise, ExperimentRun& run);

}  // namespace denoiscope::experiments
