// A value of a record together with its place in it, so that whoever reads a wrong field can say where it stands.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/base/record.hpp"

namespace denoiscope::report {

/// A view: the JSON value must outlive it. Everything absent reads as null, because in the schema null and its `reason`
/// are a finding, not an error; a value of the wrong type is a DataError naming the place, what was found and what was
/// expected.
class Reading {
 public:
  Reading(const Record& value, std::string place) : value_(&value), place_(std::move(place)) {}

  bool null() const { return value_->is_null(); }
  bool is_object() const { return value_->is_object(); }
  bool is_number() const { return value_->is_number(); }
  const std::string& place() const { return place_; }

  /// A field of an object; null of null is null.
  Reading operator[](std::string_view field) const;
  /// The elements of a list; none where null.
  std::vector<Reading> list() const;
  /// Names and values of an object, in the order of the names; none where null.
  std::vector<std::pair<std::string, Reading>> fields() const;
  /// No value where null or not finite.
  std::optional<double> number() const;
  /// The number, or NaN where there is none.
  double number_or_nan() const;
  /// Empty where null. A number is spelt out, since class labels may be either.
  std::string text() const;

 private:
  [[noreturn]] void expected(std::string_view what) const;

  const Record* value_;
  std::string place_;
};

/// Whether a result is that of a model and not of data.
bool is_of_model(const Reading& result);
/// Whether it is that of an experiment (clone, uturn, sample, ...), which brings its own page.
bool is_of_experiment(const Reading& result);

}  // namespace denoiscope::report
