#include "denoiscope/base/parameters.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/base/toml.hpp"

namespace denoiscope {
namespace {

constexpr double kMostWhole = 9.2e18;  // of 64 bits

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
  if (!std::isfinite(value)) return false;
  if (p.kind == Kind::whole && (value != std::floor(value) || std::abs(value) > kMostWhole)) return false;
  return p.open ? value > p.low && value < p.high : value >= p.low && value <= p.high;
}

// What messages are about: "--pairs", "run.toml: byte 0 (line 1): pairs", "theory clock: t".
std::string subject(const Parameter& p, const std::string& where) {
  const bool flag = where == flag_of(p.name) || where == p.metavar;
  return flag ? where : fmt::format("{}{}{}", where, where.empty() ? "" : ": ", p.name);
}

std::vector<double> parse_word(const Parameter& p, const std::string& typed, const std::string& where) {
  const auto words = split(p.words, '|');
  const auto at = std::find(words.begin(), words.end(), typed);
  if (at == words.end())
    throw UsageError("{} = {} ({}); expected {}.{}", subject(p, where), one_line(typed), p.description, one_of(p),
                     did_you_mean(typed, words));
  return {static_cast<double>(at - words.begin())};
}

std::vector<double> parse_numbers(const Parameter& p, const std::string& typed, const std::string& where) {
  std::vector<double> values;
  const std::string what = fmt::format("{} ({}; expected {})", subject(p, where), p.description, expected(p));
  const auto parts = p.kind == Kind::list ? split(typed, ',') : std::vector<std::string>{typed};
  for (const std::string& part : parts) {
    const double value = parse_number(part, what);
    if (!allowed(p, value))
      throw UsageError("{} = {} ({}) is out of range; expected {}", subject(p, where), part, p.description,
                       expected(p));
    values.push_back(value);
  }
  return values;
}

std::vector<double> parse(const Parameter& p, const std::string& typed, const std::string& where) {
  switch (p.kind) {
    case Kind::text:
    case Kind::names:
      return {};
    case Kind::flag:
      if (typed != "true" && typed != "false")
        throw UsageError("{}: '{}' is neither true nor false", subject(p, where), one_line(typed));
      return {typed == "true" ? 1.0 : 0.0};
    case Kind::word:
      return parse_word(p, typed, where);
    default:
      return parse_numbers(p, typed, where);
  }
}

Argument by_default(const Parameter& p) {
  Argument out{p.name, p.kind};
  if (!std::isnan(p.fallback)) {
    out.values = {p.fallback};
    out.typed = p.kind == Kind::word ? split(p.words, '|').at(static_cast<std::size_t>(p.fallback))
                                     : fmt::format("{}", p.fallback);
  } else if (!p.typed.empty()) {
    out.typed = p.typed;
    out.values = parse(p, out.typed, {});
  }
  return out;
}

void read_pair(const std::string& setting, const std::string& where, const std::string& how, Arguments& out) {
  const auto equals = setting.find('=');
  if (equals == std::string::npos) throw UsageError("{}: '{}' is not key=value. Write: {}", where, setting, how);
  const std::string name = setting.substr(0, equals), typed = setting.substr(equals + 1);
  const auto table = out.table();
  if (std::none_of(table.begin(), table.end(), [&](const Parameter& p) { return p.name == name; }))
    throw UsageError("{}: unknown parameter '{}'.{} Write: {}", where, name, did_you_mean(name, names_of(table)), how);
  if (out.given(name)) throw UsageError("{}: {} is given twice; give it once", where, name);
  if (typed.empty()) {
    for (const Parameter& p : table)
      if (p.name == name) parse(p, typed, where);  // what is wrong with it as a number or a word
    throw UsageError("{}: {}: no value given", where, name);
  }
  out.set(name, typed, where);
}

}  // namespace

std::vector<Parameter> joined(std::initializer_list<std::span<const Parameter>> tables) {
  std::vector<Parameter> out;
  for (const auto table : tables) out.insert(out.end(), table.begin(), table.end());
  return out;
}

std::vector<Parameter> only(std::span<const Parameter> table, std::initializer_list<std::string_view> names) {
  std::vector<Parameter> out;
  std::copy_if(table.begin(), table.end(), std::back_inserter(out),
               [&](const Parameter& p) { return std::find(names.begin(), names.end(), p.name) != names.end(); });
  return out;
}

std::string flag_of(std::string_view name) {
  std::string flag = "--" + std::string(name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string Argument::text() const {
  const bool numbers = kind == Kind::number || kind == Kind::whole || kind == Kind::list;
  return numbers ? fmt::format("{}", fmt::join(values, ",")) : typed;
}

Arguments::Arguments(std::span<const Parameter> table) : table_(table) {
  for (const Parameter& p : table) arguments_.push_back(by_default(p));
}

std::size_t Arguments::place_of(std::string_view name, const std::string& where) const {
  for (std::size_t i = 0; i < table_.size(); ++i)
    if (table_[i].name == name) return i;
  throw UsageError("{}: unknown setting '{}'.{}", where, one_line(name), did_you_mean(name, names_of(table_)));
}

void Arguments::set(std::string_view name, const std::string& typed, const std::string& where) {
  const std::size_t place = place_of(name, where);
  const bool absent = typed.empty() && table_[place].kind != Kind::flag;
  arguments_[place].values = absent ? std::vector<double>() : parse(table_[place], typed, where);
  arguments_[place].typed = typed;
  arguments_[place].source = where;
}

void Arguments::clear(std::string_view name) {
  const std::size_t place = place_of(name, "");
  arguments_[place] = by_default(table_[place]);
}

void Arguments::read_toml(const std::filesystem::path& file) {
  Bytes bytes;
  try {
    bytes = map_file(file);
  } catch (const DataError& error) {  // a configuration is no input data
    throw UsageError("{}", error.what());
  }
  parse_toml(bytes.text(), file.string());
}

void Arguments::parse_toml(std::string_view text, const std::string& file) {
  for (const TomlEntry& entry : toml_entries(text, file)) set(entry.key, entry.typed, entry.where);
}

void Arguments::require_all(const std::string& where, const std::string& synopsis) const {
  for (std::size_t i = 0; i < table_.size(); ++i)
    if (table_[i].required && arguments_[i].typed.empty())
      throw UsageError("{}: {} ({}; {}) is missing. Write: {}", where, table_[i].name, table_[i].description,
                       expected(table_[i]), synopsis);
}

void Arguments::require_only(About what, const std::string& instead) const {
  for (std::size_t i = 0; i < table_.size(); ++i)
    if (table_[i].about != About::any && table_[i].about != what && !arguments_[i].source.empty())
      throw UsageError("{}: '{}' is for {} only, and this job is on {}; leave it out.", arguments_[i].source,
                       table_[i].name, table_[i].about == About::data ? "data" : "models", instead);
}

const Argument& Arguments::at(std::string_view name) const {
  const auto found =
      std::find_if(arguments_.begin(), arguments_.end(), [&](const Argument& a) { return a.name == name; });
  if (found == arguments_.end()) throw InternalError("the parameter '{}' was asked for, which was not declared", name);
  return *found;
}

bool Arguments::has(std::string_view name) const {
  const auto found =
      std::find_if(arguments_.begin(), arguments_.end(), [&](const Argument& a) { return a.name == name; });
  return found != arguments_.end() && !found->typed.empty();
}

bool Arguments::given(std::string_view name) const { return !at(name).source.empty() && !at(name).typed.empty(); }
const std::string& Arguments::source(std::string_view name) const { return at(name).source; }

double Arguments::operator[](std::string_view name) const {
  const Argument& argument = at(name);
  if (argument.values.empty()) throw InternalError("the parameter '{}' was asked for, which has no value", name);
  return argument.values.front();
}

long long Arguments::whole(std::string_view name) const {
  const Argument& argument = at(name);
  const bool digits = argument.typed.find_first_not_of("+-0123456789") == std::string::npos;
  return digits ? parse_integer(argument.typed, name) : static_cast<long long>((*this)[name]);
}

std::span<const double> Arguments::list(std::string_view name) const { return at(name).values; }
std::vector<double> Arguments::numbers(std::string_view name) const { return at(name).values; }

std::vector<long long> Arguments::wholes(std::string_view name) const {
  std::vector<long long> out;
  for (const std::string& part : names(name)) out.push_back(parse_integer(part, name));
  return out;
}

std::vector<std::string> Arguments::names(std::string_view name) const { return split(text(name), ','); }
const std::string& Arguments::text(std::string_view name) const { return at(name).typed; }

std::vector<Argument> Arguments::used() const {
  std::vector<Argument> out;
  for (const Argument& argument : arguments_)
    if (!argument.typed.empty()) out.push_back(argument);
  return out;
}

std::string Arguments::toml(About what) const {
  std::string out;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (what != About::any && table_[i].about != About::any && table_[i].about != what) continue;
    const Argument& argument = arguments_[i];
    const bool bare = argument.kind == Kind::flag ||
                      ((argument.kind == Kind::whole || argument.kind == Kind::number) && !argument.typed.empty());
    out += fmt::format("{} = {}\n", argument.name, bare ? argument.typed : toml_text(argument.typed));
  }
  return out;
}

std::string synopsis(std::string_view name, std::span<const Parameter> parameters) {
  std::string text(name);
  for (const Parameter& p : parameters) {
    const std::string typed = by_default(p).text();
    if (p.required)
      text += fmt::format(" {}=...", p.name);
    else if (typed.empty())
      text += fmt::format(" [{}=...]", p.name);
    else
      text += fmt::format(" [{}={}]", p.name, typed);
  }
  return text;
}

Arguments read_arguments(std::string_view kind, std::string_view name, std::span<const Parameter> parameters,
                         std::span<const std::string> settings) {
  const std::string where = fmt::format("{} {}", kind, name), how = synopsis(name, parameters);
  Arguments out(parameters);
  for (const std::string& setting : settings) read_pair(setting, where, how, out);
  out.require_all(where, how);
  return out;
}

}  // namespace denoiscope
