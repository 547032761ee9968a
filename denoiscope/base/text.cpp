#include "denoiscope/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "denoiscope/base/error.hpp"

namespace denoiscope {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substitute, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

template <class Number>
Number parse_whole(std::string_view text, std::string_view what, const char* kind) {
  Number value{};
  const std::string_view digits = text.substr(!text.empty() && text[0] == '+' ? 1 : 0);
  const auto end = digits.data() + digits.size();
  const auto [stop, fault] = std::from_chars(digits.data(), end, value);
  if (fault != std::errc{} || stop != end || digits.empty()) throw UsageError("{}: '{}' is not {}", what, text, kind);
  return value;
}

}  // namespace

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& candidates) {
  std::size_t best = typed.size() / 2 + 1;  // farther than that, a guess confuses more than it helps
  std::string answer;
  for (const std::string& name : candidates) {
    const std::size_t distance = edit_distance(typed, name);
    if (distance < best) {
      best = distance;
      answer = " Did you mean '" + name + "'?";
    }
  }
  return answer;
}

std::string one_line(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool c1 = text[i] == '\xC2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F || c1)
      safe += fmt::format("\\x{:02x}", byte);
    else
      safe += text[i];
  }
  return safe;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
    if (text.empty()) parts.emplace_back();
  }
  return parts;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words = split(text, ' ');
  std::erase(words, "");  // of several blanks in a row
  return words;
}

std::string shortened(std::string_view text, std::size_t columns) {
  const auto starts = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; };
  std::size_t seen = 0, cut = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!starts(text[i])) continue;
    if (++seen == columns) cut = i;  // the last column is kept for the ellipsis
    if (seen > columns) return std::string(text.substr(0, cut)) + "…";
  }
  return std::string(text);
}

std::size_t json_depth(std::string_view text) {
  std::size_t depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\') ++at;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return deepest;
}

double parse_number(std::string_view text, std::string_view what) {
  return parse_whole<double>(text, what, "a number");
}

long long parse_integer(std::string_view text, std::string_view what) {
  return parse_whole<long long>(text, what, "a whole number");
}

}  // namespace denoiscope
