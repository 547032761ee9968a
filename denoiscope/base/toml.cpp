#include "denoiscope/base/toml.hpp"

#include <algorithm>

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

}  // namespace

std::string toml_text(const std::string& text) {
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

std::vector<TomlEntry> toml_entries(std::string_view text, const std::string& file) {
  guard_toml(text, file);
  const toml::parse_result result = parsed(text, file);
  if (!result) throw UsageError("{}: {}.", place(file, text, result.error().source()), result.error().description());
  const Source source{file, text};
  std::vector<TomlEntry> out;
  for (const auto& [key, node] : result.table())
    out.push_back({std::string(key.str()), typed(node, source, std::string(key.str())), source.of(node)});
  return out;
}

}  // namespace denoiscope
