// Parts of the record of collapse. Private to this room.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "denoiscope/denoiser/empirical.hpp"
#include "denoiscope/study/collapse.hpp"

namespace denoiscope::study {

/// {q05, q25, q50, q75, q95, reason} of at least one time; what is 0 or infinite there is null.
nlohmann::json quantiles(std::vector<double> values);

/// [{t_low, t_high, count}] in bins even in log t; what is below the first or above the last is left out.
nlohmann::json histogram(const std::vector<double>& values, double low, double high);

/// How many units of so many members there are.
int units_of(Index many, Index of_unit);

inline constexpr Index kPathsOfUnit = 128, kDataOfUnit = 240;

/// `last_switch`. same: (n) data::first_equal; from: smallest time of the grid.
nlohmann::json last_switch_record(const Dataset& data, const CollapseSettings& own, const Arithmetic& arithmetic,
                                  const std::vector<Index>& same, double from, const Noise& noise, ExperimentRun& run);

/// `data_times`, and its file and pictures where the run is kept. range: [least, largest] of the data; from, to: times
/// between which collapse is sought.
nlohmann::json data_times_record(const Dataset& data, const CollapseSettings& own, const std::vector<Index>& same,
                                 const nlohmann::json& range, double from, double to, const Noise& noise,
                                 ExperimentRun& run);

}  // namespace denoiscope::study
