// Theories by name: what `denoiscope theory NAME key=value...` evaluates and `denoiscope list` shows.
// A new theory is one function and one row in theories.cpp.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace denoiscope::theory {

enum class Kind { number, whole, list };  ///< list: numbers separated by commas

/// One parameter of a theory and the values it may take.
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
};

/// A parameter as it was used: given or by default.
struct Argument {
  std::string_view name;
  Kind kind;
  std::vector<double> values;  ///< one, unless kind is list
};

/// The parameters of one evaluation, checked against the theory's list.
class Arguments {
 public:
  explicit Arguments(std::vector<Argument> used) : used_(std::move(used)) {}
  bool has(std::string_view name) const;
  /// Throws InternalError for a name that is absent: the theory asked for what it did not declare.
  double operator[](std::string_view name) const;
  std::span<const double> list(std::string_view name) const;
  const std::vector<Argument>& used() const { return used_; }

 private:
  const Argument* find(std::string_view name) const;
  std::vector<Argument> used_;
};

/// A predicted number. What is undefined is NaN, in `value` with the reason; never infinite.
struct Result {
  double value;
  std::string unit;
  std::vector<std::pair<std::string, double>> fields;  ///< further numbers of the same theory, in order
  std::string reason;                                  ///< why value is NaN; empty otherwise
};

struct Theory {
  std::string_view name;
  std::string_view description;  ///< one line
  std::string_view citation;     ///< arXiv id and place
  std::string_view unit;         ///< of the value
  std::span<const Parameter> parameters;
  Result (*compute)(const Arguments&);
  std::span<const std::string_view> times = {};  ///< which of "value" and the fields are OU times
};

/// The table, in the order it is shown.
std::span<const Theory> theories();

/// Throws UsageError with the known names when there is none of that name.
const Theory& find_theory(std::string_view name);

/// "NAME key=... [optional=default]": how to write the theory on a command line.
std::string synopsis(const Theory& theory);

struct Evaluation {
  const Theory* theory;
  std::vector<Argument> arguments;
  Result result;
};

/// Evaluates the theory `name` at settings written "key=value". Throws UsageError, one line that names theory and
/// parameter, for an unknown or missing parameter, one given twice, a value that is no number or is out of range.
Evaluation evaluate(std::string_view name, std::span<const std::string> settings);

}  // namespace denoiscope::theory
