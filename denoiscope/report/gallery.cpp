// Entries of the gallery: figure, table, page.
#include <fmt/format.h>

#include <optional>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/page.hpp"
#include "denoiscope/report/report.hpp"

namespace denoiscope::report {

namespace {

std::optional<double> number_of(const Record& value) {
  return value.is_null() ? std::nullopt : std::optional(value.number());
}

std::string digits(const Record& value) { return value.is_null() ? "–" : fmt::format("{:.9g}", value.number()); }

std::string verdict_of(const Record& entry) {
  if (!entry["skipped"].is_null()) return "skipped: " + plain(entry["skipped"].text());
  std::size_t held = 0;
  for (const Record& c : entry["comparisons"]) held += c["holds"].flag() ? 1 : 0;
  return fmt::format("{} of {} numbers hold", held, entry["comparisons"].size());
}

std::string cells(const Record& c) {
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                     escape_html(c["quantity"].text()), escape_html(c["source"].text()),
                     with_error(number_of(c["expected"]), number_of(c["expected_error"])),
                     with_error(number_of(c["measured"]), number_of(c["stderr"])), number(number_of(c["sigmas"]), 2),
                     c["holds"].flag() ? "holds" : "does not hold");
}

}  // namespace

Record gallery_figure(const Record& entry) {
  if (entry["figure"].is_null()) return nullptr;
  return curves_figure(entry["title"].text(), entry["caption"].text(), Reading(entry["figure"], "figure"));
}

std::string gallery_table(const Record& entry, bool colours) {
  const bool holds = entry["holds"].flag();
  std::string verdict = verdict_of(entry);
  if (colours && entry["skipped"].is_null()) verdict = fmt::format("\x1b[{}m{}\x1b[0m", holds ? 32 : 31, verdict);
  std::string out = fmt::format("{}: {}\n  {}\n  {}, {} s\n", plain(entry["name"].text()), entry["title"].text(),
                                entry["source"].text(), verdict, number(number_of(entry["seconds"]), 2));
  if (entry["comparisons"].empty()) return out + "\n";
  out += fmt::format("  {} {:>9} {} {} {:>6}  verdict\n", fit("quantity", 34), "", fit("expected", 17),
                     fit("measured", 19), "sigma");
  for (const Record& c : entry["comparisons"])
    out += fmt::format("  {} {:>9} {} {} {:>6}  {}\n", fit(c["quantity"].text(), 34), c["source"].text(),
                       fit(digits(c["expected"]), 17),
                       fit(c["stderr"].number() > 0 ? with_error(number_of(c["measured"]), number_of(c["stderr"]))
                                                    : digits(c["measured"]),
                           19),
                       number(number_of(c["sigmas"]), 2), c["holds"].flag() ? "holds" : "DOES NOT HOLD");
  if (!entry["tolerance_reason"].is_null()) out += fmt::format("  tolerated: {}\n", entry["tolerance_reason"].text());
  return out + "\n";
}

std::string gallery_html(const Record& entries) {
  Figures drawn;
  std::string body = "<main>\n";
  for (const Record& entry : entries) {
    const std::string name = entry["name"].text();
    body += fmt::format("<section><h2>{}</h2>\n<p>{}</p>\n<p>{}. Scale: {}. {}.</p>\n",
                        escape_html(entry["title"].text()), escape_html(entry["caption"].text()),
                        escape_html(entry["source"].text()), entry["scale"].text(), escape_html(verdict_of(entry)));
    if (const Record figure = gallery_figure(entry); !figure.is_null()) {
      drawn.emplace_back(name, figure);
      body += fmt::format("<figure class=\"plot\"><div data-figure=\"{}\"></div></figure>\n", escape_html(name));
    }
    body +=
        "<details><summary>numbers</summary><table>\n<tr><th>quantity</th><th></th><th>expected</th><th>measured</th>"
        "<th>sigma</th><th>verdict</th></tr>\n";
    for (const Record& c : entry["comparisons"]) body += cells(c);
    body += "</table></details>\n</section>\n";
  }
  return document("gallery", body + "</main>\n", drawn);
}

}  // namespace denoiscope::report
