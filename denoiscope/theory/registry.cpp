#include "denoiscope/theory/registry.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope::theory {
namespace {

template <class Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& row : table) names.emplace_back(row.name);
  return names;
}

std::string kind_words(Kind kind) {
  if (kind == Kind::whole) return "a whole number";
  return kind == Kind::list ? "finite numbers separated by commas" : "a finite number";
}

// "a whole number, at least 1"
std::string expected(const Parameter& p) {
  std::string words = kind_words(p.kind);
  if (std::isfinite(p.low)) words += fmt::format(", {} {}", p.open ? "above" : "at least", p.low);
  if (std::isfinite(p.high)) words += fmt::format(", {} {}", p.open ? "below" : "at most", p.high);
  return words;
}

bool allowed(const Parameter& p, double value) {
  if (!std::isfinite(value) || (p.kind == Kind::whole && value != std::floor(value))) return false;
  return p.open ? value > p.low && value < p.high : value >= p.low && value <= p.high;
}

Argument parse(const Theory& theory, const Parameter& p, std::string_view text) {
  Argument argument{p.name, p.kind, {}};
  const std::string what =
      fmt::format("theory {}: {} ({}; expected {})", theory.name, p.name, p.description, expected(p));
  const auto parts = p.kind == Kind::list ? split(text, ',') : std::vector<std::string>{std::string(text)};
  if (parts.empty()) throw UsageError("{}: no value given", what);
  for (const std::string& part : parts) {
    const double value = parse_number(part, what);
    if (!allowed(p, value))
      throw UsageError("theory {}: {} = {} ({}) is out of range; expected {}", theory.name, p.name, part, p.description,
                       expected(p));
    argument.values.push_back(value);
  }
  return argument;
}

const Parameter& find_parameter(const Theory& theory, std::string_view name) {
  for (const Parameter& p : theory.parameters)
    if (p.name == name) return p;
  throw UsageError("theory {}: unknown parameter '{}'.{} Write: {}", theory.name, name,
                   did_you_mean(name, names_of(theory.parameters)), synopsis(theory));
}

std::vector<Argument> parse_given(const Theory& theory, std::span<const std::string> settings) {
  std::vector<Argument> given;
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos)
      throw UsageError("theory {}: '{}' is not key=value. Write: {}", theory.name, setting, synopsis(theory));
    const Parameter& p = find_parameter(theory, std::string_view(setting).substr(0, equals));
    const bool twice = std::any_of(given.begin(), given.end(), [&](const Argument& a) { return a.name == p.name; });
    if (twice) throw UsageError("theory {}: {} is given twice; give it once", theory.name, p.name);
    given.push_back(parse(theory, p, std::string_view(setting).substr(equals + 1)));
  }
  return given;
}

// Given values and defaults, in the order the theory declares.
Arguments complete(const Theory& theory, std::vector<Argument> given) {
  std::vector<Argument> used;
  for (const Parameter& p : theory.parameters) {
    const auto at = std::find_if(given.begin(), given.end(), [&](const Argument& a) { return a.name == p.name; });
    if (at != given.end()) {
      used.push_back(std::move(*at));
    } else if (p.required) {
      throw UsageError("theory {}: {} ({}; {}) is missing. Write: {}", theory.name, p.name, p.description, expected(p),
                       synopsis(theory));
    } else if (!std::isnan(p.fallback)) {
      used.push_back({p.name, p.kind, {p.fallback}});
    }
  }
  return Arguments(std::move(used));
}

}  // namespace

const Argument* Arguments::find(std::string_view name) const {
  const auto at = std::find_if(used_.begin(), used_.end(), [&](const Argument& a) { return a.name == name; });
  return at == used_.end() ? nullptr : &*at;
}

bool Arguments::has(std::string_view name) const { return find(name) != nullptr; }

std::span<const double> Arguments::list(std::string_view name) const {
  const Argument* argument = find(name);
  if (!argument) throw InternalError("a theory asked for the parameter '{}', which it does not have", name);
  return argument->values;
}

double Arguments::operator[](std::string_view name) const { return list(name).front(); }

const Theory& find_theory(std::string_view name) {
  for (const Theory& theory : theories())
    if (theory.name == name) return theory;
  const auto names = names_of(theories());
  throw UsageError("unknown theory '{}'.{} Known: {}", name, did_you_mean(name, names), fmt::join(names, ", "));
}

std::string synopsis(const Theory& theory) {
  std::string text(theory.name);
  for (const Parameter& p : theory.parameters) {
    if (p.required)
      text += fmt::format(" {}=...", p.name);
    else if (std::isnan(p.fallback))
      text += fmt::format(" [{}=...]", p.name);
    else
      text += fmt::format(" [{}={}]", p.name, p.fallback);
  }
  return text;
}

Evaluation evaluate(std::string_view name, std::span<const std::string> settings) {
  const Theory& theory = find_theory(name);
  const Arguments arguments = complete(theory, parse_given(theory, settings));
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
