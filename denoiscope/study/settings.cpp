#include "denoiscope/study/settings.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope::study {
namespace {

constexpr std::size_t kLargestToml = 1 << 20;
constexpr int kDeepestToml = 32;

// The packaged parser recurses on nesting and on dotted keys, so both are counted before it sees a byte.
void refuse_deep(const std::filesystem::path& file, std::string_view text) {
  if (text.size() > kLargestToml)
    throw UsageError("{}: {} bytes; a configuration has at most {}.", file.string(), text.size(), kLargestToml);
  int depth = 0, dots = 0, line = 1;
  for (char c : text) {
    if (c == '\n') {
      ++line;
      dots = 0;
    }
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    dots += c == '.' ? 1 : 0;
    if (depth > kDeepestToml || dots > 4096)
      throw UsageError("{}: line {}: nested more than {} deep.", file.string(), line, kDeepestToml);
  }
}

std::string typed(const toml::node& node, const std::filesystem::path& file, const std::string& key) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* real = node.as_floating_point()) return fmt::format("{}", real->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *list) {
      if (item.is_array() || item.is_table())
        throw UsageError("{}: line {}: {} holds a list within a list, expected a flat one.", file.string(),
                         item.source().begin.line, key);
      joined += (joined.empty() ? "" : ",") + typed(item, file, key);
    }
    return joined;
  }
  throw UsageError("{}: line {}: {} is neither text, number, boolean nor a list of them.", file.string(),
                   node.source().begin.line, key);
}

void check(const Setting& setting, const std::string& value, const std::string& where) {
  if (setting.kind == Kind::flag && value != "true" && value != "false")
    throw UsageError("{}: {}: '{}' is neither true nor false", where, setting.key, value);
  if (value.empty()) return;
  const std::string what = fmt::format("{}: {}", where, setting.key);
  if (setting.kind == Kind::integer) parse_integer(value, what);
  if (setting.kind == Kind::number && !std::isfinite(parse_number(value, what)))
    throw UsageError("{}: '{}' is not a finite number", what, value);
  if (setting.kind == Kind::numbers)
    for (const std::string& part : split(value, ',')) parse_number(part, what);
}

}  // namespace

Settings::Settings(std::span<const Setting> table) : table_(table) {
  for (const Setting& setting : table) value_[setting.key] = setting.fallback;
}

const Setting& Settings::find(const std::string& key, const std::string& where) const {
  std::vector<std::string> known;
  for (const Setting& setting : table_) {
    if (key == setting.key) return setting;
    known.emplace_back(setting.key);
  }
  throw UsageError("{}: unknown setting '{}'.{}", where, key, did_you_mean(key, known));
}

void Settings::set(const std::string& key, const std::string& value, const std::string& where) {
  check(find(key, where), value, where);
  value_[key] = value;
}

void Settings::read_toml(const std::filesystem::path& file) {
  Bytes bytes;
  try {
    bytes = map_file(file);
  } catch (const DataError& error) {  // a configuration is no input data
    throw UsageError("{}", error.what());
  }
  refuse_deep(file, bytes.text());
  const toml::parse_result result = toml::parse(bytes.text(), file.string());
  if (!result)
    throw UsageError("{}: line {}: {}.", file.string(), result.error().source().begin.line,
                     result.error().description());
  for (const auto& [key, node] : result.table()) {
    const std::string name(key.str());
    set(name, typed(node, file, name), fmt::format("{}: line {}", file.string(), node.source().begin.line));
  }
}

const std::string& Settings::text(const char* key) const { return value_.at(key); }
long long Settings::integer(const char* key) const { return parse_integer(text(key), key); }
double Settings::number(const char* key) const { return parse_number(text(key), key); }
std::vector<std::string> Settings::names(const char* key) const { return split(text(key), ','); }

std::vector<double> Settings::numbers(const char* key) const {
  std::vector<double> out;
  for (const std::string& part : names(key)) out.push_back(parse_number(part, key));
  return out;
}

std::vector<long long> Settings::integers(const char* key) const {
  std::vector<long long> out;
  for (const std::string& part : names(key)) out.push_back(parse_integer(part, key));
  return out;
}

std::string Settings::toml() const {
  std::ostringstream out;
  for (const Setting& setting : table_) {
    const bool bare = setting.kind == Kind::flag ||
                      ((setting.kind == Kind::integer || setting.kind == Kind::number) && given(setting.key));
    toml::value<std::string> quoted(text(setting.key));
    out << setting.key << " = ";
    if (bare)
      out << text(setting.key);
    else
      out << quoted;
    out << '\n';
  }
  return out.str();
}

}  // namespace denoiscope::study
