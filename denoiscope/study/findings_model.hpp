// From a model's measured slices to findings. Pure functions from records to records, as in findings.hpp.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "denoiscope/denoiser/registry.hpp"
#include "denoiscope/observables/population.hpp"

namespace denoiscope::study {

struct MeasuredModel {
  const Model& model;
  const std::vector<observables::PopulationSlice>& slices;  ///< in increasing t
  std::span<const double> samples;                          ///< numbers of data n
};

/// The records of docs/result-schema.md for models.
nlohmann::json model_record(const Model& model);
nlohmann::json model_speciation_record(const MeasuredModel& measured);
nlohmann::json information_record(const MeasuredModel& measured);
/// One entry a number of data; `information` is the record above.
nlohmann::json model_collapse_record(const MeasuredModel& measured, const nlohmann::json& information);
nlohmann::json theory_record(const MeasuredModel& measured, const nlohmann::json& speciation);
/// `result` holds the records above.
nlohmann::json model_verdict(const nlohmann::json& result);

}  // namespace denoiscope::study
