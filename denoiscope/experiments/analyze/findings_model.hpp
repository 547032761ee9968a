// From a model's measured slices to findings. Pure functions from records to records, as in findings.hpp.
#pragma once

#include <span>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/observables/population.hpp"

namespace denoiscope::experiments {

struct MeasuredModel {
  const Model& model;
  const std::vector<observables::PopulationSlice>& slices;  ///< in increasing t
  std::span<const double> samples;                          ///< numbers of data n
};

/// The records of docs/result-schema.md for models.
Record model_record(const Model& model);
Record model_speciation_record(const MeasuredModel& measured);
Record information_record(const MeasuredModel& measured);
/// One entry a number of data; `information` is the record above.
Record model_collapse_record(const MeasuredModel& measured, const Record& information);
Record theory_record(const MeasuredModel& measured, const Record& speciation);
/// `result` holds the records above.
Record model_verdict(const Record& result);

}  // namespace denoiscope::experiments
