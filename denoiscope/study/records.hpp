// Records as JSON, both ways. NaN and infinities become null.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "denoiscope/observables/curve.hpp"
#include "denoiscope/observables/population.hpp"
#include "denoiscope/observables/slice.hpp"

namespace denoiscope::study {

nlohmann::json to_json(const observables::Slice& slice);
observables::Slice slice_from(const nlohmann::json& record);

nlohmann::json to_json(const Estimate& estimate);
Estimate estimate_from(const nlohmann::json& record);
nlohmann::json to_json(const observables::ClassCurves& curves);
observables::ClassCurves curves_from(const nlohmann::json& record);

nlohmann::json to_json(const observables::PopulationSlice& slice);
observables::PopulationSlice population_from(const nlohmann::json& record);

/// Rows of numbers, null where not finite.
nlohmann::json matrix_to_json(const RowMatrix& matrix);

/// The number, or null where it is not finite.
nlohmann::json finite(double value);
nlohmann::json finite(const std::optional<double>& value);
/// The number, NaN for null.
double number_from(const nlohmann::json& value);

}  // namespace denoiscope::study
