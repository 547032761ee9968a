#include "denoiscope/study/settings.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace denoiscope {

struct UnsoundToml {};
constexpr void require_sound(bool holds) {
  if (!holds) throw UnsoundToml();
}

}  // namespace denoiscope

// The packaged parser asserts what a text may well violate ("[" before a byte that begins no name), and where asserts
// are off it tells the compiler that this cannot be: undefined behaviour. So here they are on, and throw. No other file
// includes it.
#undef NDEBUG
#define TOML_ASSERT(holds) ::denoiscope::require_sound(static_cast<bool>(holds))
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/base/toml_guard.hpp"

namespace denoiscope {
namespace {

// Byte and line of what the parser speaks of.
std::string place(const std::string& file, std::string_view text, const toml::source_region& region) {
  std::size_t offset = 0;
  for (toml::source_index line = 1; line < region.begin.line; ++line) offset = text.find('\n', offset) + 1;
  offset += region.begin.column - 1;  // in code points: exact for ASCII
  return fmt::format("{}: byte {} (line {})", file, std::min(offset, text.size()), region.begin.line);
}

toml::parse_result parsed(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const UnsoundToml&) {
    throw UsageError("{}: no TOML, expected lines of key = value.", toml_place(file, text, 0));
  }
}

// A TOML text on one line: as it is where nothing in it speaks against it.
std::string quoted(const std::string& text) {
  const auto control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
  if (text.find('\'') == std::string::npos && std::none_of(text.begin(), text.end(), control)) return "'" + text + "'";
  std::string out;
  for (const char c : text) {
    if (control(c)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return '"' + out + '"';
}

// Where a value stands in a text, for refusals.
struct Source {
  const std::string& file;
  std::string_view text;
  std::string of(const toml::node& node) const { return place(file, text, node.source()); }
};

std::string typed(const toml::node& node, const Source& source, const std::string& key) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* real = node.as_floating_point()) return fmt::format("{}", real->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *list) {
      if (item.is_array() || item.is_table())
        throw UsageError("{}: {} holds a list within a list, expected a flat one.", source.of(item), key);
      joined += (joined.empty() ? "" : ",") + typed(item, source, key);
    }
    return joined;
  }
  throw UsageError("{}: {} is neither text, number, boolean nor a list of them.", source.of(node), key);
}

void check(const Setting& setting, const std::string& value, const std::string& where) {
  if (setting.kind == SettingKind::flag && value != "true" && value != "false")
    throw UsageError("{}: {}: '{}' is neither true nor false", where, setting.key, value);
  if (value.empty()) return;
  const std::string what = fmt::format("{}: {}", where, setting.key);
  if (setting.kind == SettingKind::integer) parse_integer(value, what);
  if (setting.kind == SettingKind::number && !std::isfinite(parse_number(value, what)))
    throw UsageError("{}: '{}' is not a finite number", what, value);
  if (setting.kind == SettingKind::numbers)
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
  source_[key] = where;
}

const std::string& Settings::source(const char* key) const {
  static const std::string nowhere;
  const auto found = source_.find(key);
  return found == source_.end() ? nowhere : found->second;
}

void Settings::clear(const char* key) {
  value_[key] = find(key, key).fallback;
  source_.erase(key);
}

void Settings::require_only(Use use, const std::string& instead) const {
  for (const Setting& setting : table_)
    if (setting.use != Use::both && setting.use != use && !source(setting.key).empty())
      throw UsageError("{}: '{}' is for {} only, and this job is on {}; leave it out.", source(setting.key),
                       setting.key, setting.use == Use::data ? "data" : "models", instead);
}

void Settings::read_toml(const std::filesystem::path& file) {
  Bytes bytes;
  try {
    bytes = map_file(file);
  } catch (const DataError& error) {  // a configuration is no input data
    throw UsageError("{}", error.what());
  }
  parse_toml(bytes.text(), file.string());
}

void Settings::parse_toml(std::string_view text, const std::string& file) {
  guard_toml(text, file);
  const toml::parse_result result = parsed(text, file);
  if (!result) throw UsageError("{}: {}.", place(file, text, result.error().source()), result.error().description());
  const Source source{file, text};
  for (const auto& [key, node] : result.table()) {
    const std::string name(key.str());
    set(name, typed(node, source, name), source.of(node));
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

std::string Settings::toml(Use use) const {
  std::ostringstream out;
  for (const Setting& setting : table_) {
    if (use != Use::both && setting.use != Use::both && setting.use != use) continue;
    const bool bare =
        setting.kind == SettingKind::flag ||
        ((setting.kind == SettingKind::integer || setting.kind == SettingKind::number) && given(setting.key));
    out << setting.key << " = " << (bare ? text(setting.key) : quoted(text(setting.key))) << '\n';
  }
  return out.str();
}

}  // namespace denoiscope
