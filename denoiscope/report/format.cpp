#include "denoiscope/report/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/record.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::report {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Whether a bidirectional embedding, override or isolate (U+202A to U+202E, U+2066 to U+2069) starts at `at`: a name
/// that holds one could turn around the text after it.
bool turns_text(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '\xE2') return false;
  const auto low = static_cast<unsigned char>(text[at + 2]);
  return (text[at + 1] == '\x80' && low >= 0xAA && low <= 0xAE) ||
         (text[at + 1] == '\x81' && low >= 0xA6 && low <= 0xA9);
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// Text without what could turn around the text beside it.
std::string straight(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (turns_text(text, i)) {
      out += kReplacement;
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string escape_html(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : straight(text)) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else if (c == '\'')
      safe += "&#39;";
    else if (c == '\0')
      safe += "?";
    else
      safe += c;
  }
  return safe;
}

std::string json_for_script(const Record& value) {
  // In JSON these characters stand only inside strings, where an escape means the same.
  const std::string text = straight(json_text(value));
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view here = std::string_view(text).substr(i, 3);
    if (here == "\xE2\x80\xA8" || here == "\xE2\x80\xA9") {
      safe += here.back() == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (text[i] == '<' || text[i] == '>' || text[i] == '&') {
      safe += fmt::format("\\u{:04x}", static_cast<unsigned>(text[i]));
    } else {
      safe += text[i];
    }
  }
  return safe;
}

std::string script_for_page(std::string_view source) {
  // In the strings and expressions where these can stand, the backslash changes nothing.
  return replaced(replaced(std::string(source), "</script", R"(<\/script)"), "<!--", R"(<\!--)");
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

std::string plain(std::string_view text) { return one_line(straight(text)); }

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string fit(std::string_view text, std::size_t width) {
  const std::size_t wide = columns(text);
  return wide <= width ? std::string(text) + std::string(width - wide, ' ') : shortened(text, width);
}

std::string number(std::optional<double> value, int digits) {
  if (!value) return "–";
  if (*value != 0 && (std::abs(*value) < 1e-4 || std::abs(*value) >= 1e7))
    return fmt::format("{:.{}e}", *value, digits - 1);
  const int whole = *value == 0 ? 1 : static_cast<int>(std::floor(std::log10(std::abs(*value)))) + 1;
  std::string text = fmt::format("{:.{}f}", *value, std::clamp(digits - whole, 0, 6));
  return replaced(std::move(text), "-", "−");
}

std::string count(std::optional<double> value) {
  if (!value) return "–";
  const std::string digits = fmt::format("{:.0f}", *value);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t left = digits.size() - i;
    if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') text += ',';
    text += digits[i];
  }
  return text;
}

std::string about(std::optional<double> value) {
  if (!value || !(*value > 0)) return number(value);
  const int power = static_cast<int>(std::floor(std::log10(*value)));
  if (power >= 7) return fmt::format("{:.1f}e{}", *value / std::pow(10.0, power), power);
  const double unit = std::pow(10.0, std::max(power - 1, 0));
  return count(std::round(*value / unit) * unit);
}

std::string with_error(std::optional<double> value, std::optional<double> error) {
  if (!value || !error || !(*error > 0)) return number(value);
  const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(*error))), 0, 6);
  std::string text = fmt::format("{:.{}f} ± {:.{}f}", *value, decimals, *error, decimals);
  return replaced(std::move(text), "-", "−");
}

ClockText clock_text(std::optional<double> t) {
  if (!t || !(*t > 0)) return {number(t), number(t), "–", "–", "–", "–"};
  const Clock c = clock_at(*t);
  return {number(t),
          number(c.sigma),
          number(c.log_snr),
          number(c.alpha_bar),
          std::isnan(c.ddpm_step) ? "–" : fmt::format("{:.0f}", std::round(c.ddpm_step)),
          number(c.flow_s)};
}

ClassNames::ClassNames(const Reading& classes) {
  std::map<std::string, int> uses;
  for (const Reading& c : classes.list()) ++uses[shortened(c["name"].text())];
  for (const Reading& c : classes.list()) {
    const std::string label = c["label"].text(), name = shortened(c["name"].text());
    names_[label] = name.empty() ? label : uses[name] > 1 ? fmt::format("{} ({})", name, label) : name;
  }
}

const std::string& ClassNames::of(const std::string& label) const {
  const auto found = names_.find(label);
  return found == names_.end() ? label : found->second;
}

std::string nonfinite(const Reading& data) {
  const std::string values = count(data["nonfinite"].number());
  const std::optional<double> rows = data["dropped_rows"].number();
  return rows.value_or(0) > 0 ? fmt::format("{} (their {} rows left out)", values, count(rows)) : values;
}

std::string window_text(const Reading& window) {
  const double width = window["width"].number_or_nan();
  const std::string span =
      fmt::format("t {} to {}", number(window["t_speciation"].number()), number(window["t_collapse"].number()));
  return width > 0 ? fmt::format("{} wide, {}", number(width), span)
                   : fmt::format("none: collapse comes first ({}, {} too late)", span, number(-width));
}

}  // namespace denoiscope::report
