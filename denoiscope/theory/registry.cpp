#include "denoiscope/theory/registry.hpp"

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope::theory {

const Theory& find_theory(std::string_view name) {
  for (const Theory& theory : theories())
    if (theory.name == name) return theory;
  const auto names = names_of(theories());
  throw UsageError("unknown theory '{}'.{} Known: {}", name, did_you_mean(name, names), fmt::join(names, ", "));
}

std::string synopsis(const Theory& theory) { return synopsis(theory.name, theory.parameters); }

Evaluation evaluate(std::string_view name, std::span<const std::string> settings) {
  const Theory& theory = find_theory(name);
  const Arguments arguments = read_arguments("theory", theory.name, theory.parameters, settings);
  Result result = theory.compute(arguments);
  result.unit = theory.unit;
  for (auto& [field, value] : result.fields)
    if (!std::isfinite(value)) value = kNaN;
  if (!std::isfinite(result.value)) {
    result.value = kNaN;
    if (result.reason.empty()) result.reason = "not a finite number at these parameters";
  }
  return {&theory, arguments.used(), std::move(result)};
}

}  // namespace denoiscope::theory
