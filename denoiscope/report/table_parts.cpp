#include <fmt/format.h>

#include <cmath>

#include "denoiscope/base/text.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/report/table.hpp"

namespace denoiscope::report {

std::string right(const std::string& text, std::size_t width) {
  const std::size_t wide = columns(text);
  return std::string(width > wide ? width - wide : 0, ' ') + text;
}

std::string wrapped(const std::string& lead, const std::string& text) {
  const std::string indent(columns(lead), ' ');
  std::string lines, line = lead;
  bool empty = true;
  for (const std::string& word : split(plain(text), ' ')) {
    if (!empty && columns(line) + 1 + columns(word) > kWidth) {
      lines += line + "\n";
      line = indent;
      empty = true;
    }
    line += (empty ? "" : " ") + word;
    empty = false;
  }
  return lines + line + "\n";
}

std::string heading(const std::string& name) { return "\n" + name + "\n"; }

std::string row(const std::string& name, const std::string& value) {
  return "  " + fit(plain(name), 30) + "  " + plain(value) + "\n";
}

namespace {

std::string clock_columns(const ClockText& c) {
  return right(c.t, 9) + right(c.sigma, 9) + right(c.log_snr, 9) + right(c.alpha_bar, 10) + right(c.ddpm_step, 10) +
         right(c.flow_s, 9) + "\n";
}

}  // namespace

std::string time_head() {
  return fit("times", kName + 2) + clock_columns({"t", "sigma", "log-SNR", "alpha_bar", "DDPM step", "flow s"});
}

std::string time_row(const std::string& name, std::optional<double> t) {
  return t ? "  " + fit(plain(name), kName) + clock_columns(clock_text(t)) : "";
}

namespace {

const char* colour_of(const std::string& level) {
  return level == "good" ? "\x1b[32m" : level == "warn" ? "\x1b[33m" : "\x1b[36m";
}

}  // namespace

std::string verdict(const Reading& findings, bool colours) {
  constexpr std::string_view kHead = "verdict  ";
  std::string text;
  for (const Reading& finding : findings.list()) {
    const std::string level = finding["level"].text();
    const std::string margin = text.empty() ? std::string(kHead) : std::string(kHead.size(), ' ');
    std::string lines = wrapped(margin + fmt::format("{:<4}  ", level), finding["text"].text());
    if (colours) lines.insert(kHead.size() + level.size(), "\x1b[0m").insert(kHead.size(), colour_of(level));
    text += lines;
  }
  return text.empty() ? "verdict  none\n" : text;
}

std::string time_table(const std::vector<std::pair<std::string, double>>& times) {
  std::string rows;
  for (const auto& [name, t] : times)
    if (std::isfinite(t)) rows += time_row(name, t);
  return rows.empty() ? "" : replaced(time_head() + rows, "−", "-");
}

}  // namespace denoiscope::report
