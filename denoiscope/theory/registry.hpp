// Theories by name: what `denoiscope theory NAME key=value...` evaluates and `denoiscope list` shows.
// A new theory is one function and one row in the theories_*.cpp of its subject.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "denoiscope/base/parameters.hpp"

namespace denoiscope::theory {

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

/// How to write the theory on a command line.
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
