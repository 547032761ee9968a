// Parameters typed as key=value: what a theory or a model declares, and what it was given.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace denoiscope {

enum class Kind { number, whole, list, word };  ///< list: numbers separated by commas; word: one of `words`

/// One parameter and the values it may take.
struct Parameter {
  std::string_view name;
  std::string_view description;
  Kind kind = Kind::number;
  double low = -std::numeric_limits<double>::infinity();  ///< of every element of a list
  double high = std::numeric_limits<double>::infinity();
  bool open = false;  ///< low and high are themselves excluded
  bool required = true;
  /// Used when an optional one is not given; NaN: it stays absent.
  double fallback = std::numeric_limits<double>::quiet_NaN();
  std::string_view words = {};  ///< for Kind::word, separated by '|'; the value is the place of the word, from 0
};

/// A parameter as it was used: given or by default.
struct Argument {
  std::string_view name;
  Kind kind;
  std::vector<double> values;  ///< one, unless kind is list
  std::string_view words = {};
  std::string text() const;  ///< as one would type it
};

/// The parameters of one evaluation, checked against the list that declares them.
class Arguments {
 public:
  explicit Arguments(std::vector<Argument> used) : used_(std::move(used)) {}
  bool has(std::string_view name) const;
  /// Throws InternalError for a name that is absent: somebody asked for what was not declared.
  double operator[](std::string_view name) const;
  std::span<const double> list(std::string_view name) const;
  const std::vector<Argument>& used() const { return used_; }

 private:
  const Argument* find(std::string_view name) const;
  std::vector<Argument> used_;
};

/// "NAME key=... [optional=default]": how to write it on a command line.
std::string synopsis(std::string_view name, std::span<const Parameter> parameters);

/// Settings written "key=value" for what `kind` ("theory", "model") calls `name`, with defaults, in the order declared.
/// Throws UsageError, one line that names kind, name and parameter, for an unknown or missing parameter, one given
/// twice, a value that is no number or is out of range.
Arguments read_arguments(std::string_view kind, std::string_view name, std::span<const Parameter> parameters,
                         std::span<const std::string> settings);

}  // namespace denoiscope
