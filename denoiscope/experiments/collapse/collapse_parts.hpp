// Parts of the record of collapse. Private to this room.
#pragma once

#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/experiments/collapse/collapse.hpp"

namespace denoiscope::experiments {

/// {q05, q25, q50, q75, q95, reason} of at least one time; what is 0 or infinite there is null.
Record quantiles(std::vector<double> values);

/// [{t_low, t_high, count}] in bins even in log t; what is below the first or above the last is left out.
Record histogram(const std::vector<double>& values, double low, double high);

/// How many units of so many members there are.
inline Index units_of(Index many, Index of_unit) { return (many + of_unit - 1) / of_unit; }

/// `finite_size`: what closed forms at this n say of phi_C, and of both curves for two balanced classes. description:
/// describe()'s record; times: of the curves.
Record finite_size_record(const Dataset& data, const Record& description, const std::vector<double>& times);

/// `last_switch`. same: (n) data::first_equal; from: smallest time of the grid.
Record last_switch_record(const Dataset& data, const CollapseSettings& settings, const std::vector<Index>& same,
                          double from, const Noise& noise, Run& run);

/// `data_times`, and its file and pictures where the run is kept. range: [least, largest] of the data; from, to: times
/// between which collapse is sought.
Record data_times_record(const Dataset& data, const CollapseSettings& settings, const std::vector<Index>& same,
                         const Record& range, double from, double to, const Noise& noise, Run& run);

/// Fills the frame from the record.
void show_collapse(const Record& record, Frame& frame);

}  // namespace denoiscope::experiments
