#include "denoiscope/base/parameters.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope {
namespace {

// What messages are about: "theory clock".
struct Subject {
  std::string_view kind, name;
  std::span<const Parameter> parameters;
  std::string words() const { return fmt::format("{} {}", kind, name); }
};

std::string kind_words(Kind kind) {
  if (kind == Kind::whole) return "a whole number";
  return kind == Kind::list ? "finite numbers separated by commas" : "a finite number";
}

std::string one_of(const Parameter& p) { return fmt::format("{}", fmt::join(split(p.words, '|'), " or ")); }

// "a whole number, at least 1"
std::string expected(const Parameter& p) {
  if (p.kind == Kind::word) return one_of(p);
  std::string words = kind_words(p.kind);
  if (std::isfinite(p.low)) words += fmt::format(", {} {}", p.open ? "above" : "at least", p.low);
  if (std::isfinite(p.high)) words += fmt::format(", {} {}", p.open ? "below" : "at most", p.high);
  return words;
}

bool allowed(const Parameter& p, double value) {
  if (!std::isfinite(value) || (p.kind == Kind::whole && value != std::floor(value))) return false;
  return p.open ? value > p.low && value < p.high : value >= p.low && value <= p.high;
}

Argument parse_word(const Subject& subject, const Parameter& p, std::string_view text) {
  const auto words = split(p.words, '|');
  const auto at = std::find(words.begin(), words.end(), text);
  if (at == words.end())
    throw UsageError("{}: {} = {} ({}); expected {}.{}", subject.words(), p.name, one_line(text), p.description,
                     one_of(p), did_you_mean(text, words));
  return {p.name, p.kind, {static_cast<double>(at - words.begin())}, p.words};
}

Argument parse(const Subject& subject, const Parameter& p, std::string_view text) {
  if (p.kind == Kind::word) return parse_word(subject, p, text);
  Argument argument{p.name, p.kind, {}, {}};
  const std::string what = fmt::format("{}: {} ({}; expected {})", subject.words(), p.name, p.description, expected(p));
  const auto parts = p.kind == Kind::list ? split(text, ',') : std::vector<std::string>{std::string(text)};
  if (parts.empty()) throw UsageError("{}: no value given", what);
  for (const std::string& part : parts) {
    const double value = parse_number(part, what);
    if (!allowed(p, value))
      throw UsageError("{}: {} = {} ({}) is out of range; expected {}", subject.words(), p.name, part, p.description,
                       expected(p));
    argument.values.push_back(value);
  }
  return argument;
}

const Parameter& find_parameter(const Subject& subject, std::string_view name) {
  for (const Parameter& p : subject.parameters)
    if (p.name == name) return p;
  throw UsageError("{}: unknown parameter '{}'.{} Write: {}", subject.words(), name,
                   did_you_mean(name, names_of(subject.parameters)), synopsis(subject.name, subject.parameters));
}

std::vector<Argument> parse_given(const Subject& subject, std::span<const std::string> settings) {
  std::vector<Argument> given;
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos)
      throw UsageError("{}: '{}' is not key=value. Write: {}", subject.words(), setting,
                       synopsis(subject.name, subject.parameters));
    const Parameter& p = find_parameter(subject, std::string_view(setting).substr(0, equals));
    const bool twice = std::any_of(given.begin(), given.end(), [&](const Argument& a) { return a.name == p.name; });
    if (twice) throw UsageError("{}: {} is given twice; give it once", subject.words(), p.name);
    given.push_back(parse(subject, p, std::string_view(setting).substr(equals + 1)));
  }
  return given;
}

// Given values and defaults, in the order declared.
Arguments complete(const Subject& subject, std::vector<Argument> given) {
  std::vector<Argument> used;
  for (const Parameter& p : subject.parameters) {
    const auto at = std::find_if(given.begin(), given.end(), [&](const Argument& a) { return a.name == p.name; });
    if (at != given.end()) {
      used.push_back(std::move(*at));
    } else if (p.required) {
      throw UsageError("{}: {} ({}; {}) is missing. Write: {}", subject.words(), p.name, p.description, expected(p),
                       synopsis(subject.name, subject.parameters));
    } else if (!std::isnan(p.fallback)) {
      used.push_back({p.name, p.kind, {p.fallback}, p.words});
    }
  }
  return Arguments(std::move(used));
}

}  // namespace

std::string Argument::text() const {
  if (kind == Kind::word) return split(words, '|').at(static_cast<std::size_t>(values.front()));
  return fmt::format("{}", fmt::join(values, ","));
}

const Argument* Arguments::find(std::string_view name) const {
  const auto at = std::find_if(used_.begin(), used_.end(), [&](const Argument& a) { return a.name == name; });
  return at == used_.end() ? nullptr : &*at;
}

bool Arguments::has(std::string_view name) const { return find(name) != nullptr; }

std::span<const double> Arguments::list(std::string_view name) const {
  const Argument* argument = find(name);
  if (!argument) throw InternalError("the parameter '{}' was asked for, which was not declared", name);
  return argument->values;
}

double Arguments::operator[](std::string_view name) const { return list(name).front(); }

std::string synopsis(std::string_view name, std::span<const Parameter> parameters) {
  std::string text(name);
  for (const Parameter& p : parameters) {
    if (p.required)
      text += fmt::format(" {}=...", p.name);
    else if (std::isnan(p.fallback))
      text += fmt::format(" [{}=...]", p.name);
    else
      text += fmt::format(" [{}={}]", p.name, Argument{p.name, p.kind, {p.fallback}, p.words}.text());
  }
  return text;
}

Arguments read_arguments(std::string_view kind, std::string_view name, std::span<const Parameter> parameters,
                         std::span<const std::string> settings) {
  const Subject subject{kind, name, parameters};
  return complete(subject, parse_given(subject, settings));
}

}  // namespace denoiscope
