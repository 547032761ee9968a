#include "denoiscope/report/record.hpp"

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope::report {
namespace {
const nlohmann::json kNull;
}

Record Record::operator[](std::string_view field) const {
  std::string place = fmt::format("{}{}{}", place_, place_.ends_with(' ') ? "" : ".", field);
  if (null()) return {kNull, std::move(place)};
  if (!value_->is_object()) expected("an object");
  const auto found = value_->find(field);
  return {found == value_->end() ? kNull : *found, std::move(place)};
}

std::vector<Record> Record::list() const {
  if (null()) return {};
  if (!value_->is_array()) expected("a list");
  std::vector<Record> elements;
  elements.reserve(value_->size());
  for (std::size_t i = 0; i < value_->size(); ++i)
    elements.emplace_back((*value_)[i], fmt::format("{}[{}]", place_, i));
  return elements;
}

std::vector<std::pair<std::string, Record>> Record::fields() const {
  if (null()) return {};
  if (!value_->is_object()) expected("an object");
  std::vector<std::pair<std::string, Record>> all;
  for (auto field = value_->begin(); field != value_->end(); ++field)
    all.emplace_back(field.key(), Record(field.value(), fmt::format("{}.{}", place_, field.key())));
  return all;
}

std::optional<double> Record::number() const {
  if (null()) return std::nullopt;
  if (!value_->is_number()) expected("a number");
  const double value = value_->get<double>();
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

double Record::number_or_nan() const { return number().value_or(kNaN); }

std::string Record::text() const {
  if (null()) return {};
  if (value_->is_string()) return value_->get<std::string>();
  if (value_->is_number() || value_->is_boolean()) return value_->dump();
  expected("a text");
}

void Record::expected(std::string_view what) const {
  throw DataError(
      "{}: found {} {}, expected {} or null. The record may come from another version: run the analysis again.", place_,
      value_->is_array() || value_->is_object() ? "an" : "a", value_->type_name(), what);
}

bool is_of_model(const Record& result) { return result["schema"].text() == "denoiscope.analyze-model/1"; }
bool is_of_experiment(const Record& result) { return result["schema"].text() == "denoiscope.experiment/1"; }

}  // namespace denoiscope::report
