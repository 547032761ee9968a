// The curves and pairs of a result as CSV, for people who plot elsewhere.
#pragma once

#include "denoiscope/base/record.hpp"
#include "denoiscope/study/run_directory.hpp"

namespace denoiscope::experiments {

/// Writes curves.csv (one row a time), and pairs.csv where there are pairs. Undefined numbers are empty fields.
void write_tables(const RunDirectory& run, const Record& result);

/// The same for a model, and collapse.csv (one row a number of data).
void write_model_tables(const RunDirectory& run, const Record& result);

}  // namespace denoiscope::experiments
