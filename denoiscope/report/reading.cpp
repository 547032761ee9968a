#include "denoiscope/report/reading.hpp"

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope::report {
namespace {
const Record kNull;
}

Reading Reading::operator[](std::string_view field) const {
  std::string place = fmt::format("{}{}{}", place_, place_.ends_with(' ') ? "" : ".", field);
  if (null()) return {kNull, std::move(place)};
  if (!value_->is_object()) expected("an object");
  const Record* found = value_->find(field);
  return {found == nullptr ? kNull : *found, std::move(place)};
}

std::vector<Reading> Reading::list() const {
  if (null()) return {};
  if (!value_->is_list()) expected("a list");
  std::vector<Reading> elements;
  elements.reserve(value_->size());
  for (std::size_t i = 0; i < value_->size(); ++i)
    elements.emplace_back((*value_)[i], fmt::format("{}[{}]", place_, i));
  return elements;
}

std::vector<std::pair<std::string, Reading>> Reading::fields() const {
  if (null()) return {};
  if (!value_->is_object()) expected("an object");
  std::vector<std::pair<std::string, Reading>> all;
  for (const auto& [name, value] : value_->fields())
    all.emplace_back(name, Reading(value, fmt::format("{}.{}", place_, name)));
  return all;
}

std::optional<double> Reading::number() const {
  if (null()) return std::nullopt;
  if (!value_->is_number()) expected("a number");
  const double value = value_->number();
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

double Reading::number_or_nan() const { return number().value_or(kNaN); }

std::string Reading::text() const {
  if (null()) return {};
  if (value_->is_text()) return value_->text();
  if (value_->is_number() || value_->is_flag()) return json_text(*value_);
  expected("a text");
}

void Reading::expected(std::string_view what) const {
  throw DataError(
      "{}: found {} {}, expected {} or null. The record may come from another version: run the analysis again.", place_,
      value_->is_list() || value_->is_object() ? "an" : "a", value_->type_name(), what);
}

bool is_of_model(const Reading& result) { return result["schema"].text() == "denoiscope.analyze-model/1"; }
bool is_of_experiment(const Reading& result) { return result["schema"].text() == "denoiscope.experiment/1"; }

}  // namespace denoiscope::report
