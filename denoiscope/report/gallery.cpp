// Entries of the gallery: figure, table, page.
#include <fmt/format.h>

#include <optional>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/page.hpp"
#include "denoiscope/report/report.hpp"

namespace denoiscope::report {

using nlohmann::json;

namespace {

constexpr const char* kShades[] = {"#1f9e97", "#3b7fd4", "#c08a1e", "#a565c4", "#dc6a45", "#878e99"};

// Rows of all curves that are points, or lines, each with the curve's name.
json rows_of(const json& curves, bool points) {
  json rows = json::array();
  for (const json& curve : curves)
    if (curve["points"] == points)
      for (json row : curve["rows"]) {
        row["curve"] = curve["name"];
        rows.push_back(std::move(row));
      }
  return rows;
}

// Those with an error to be drawn.
json with_bars(const json& rows) {
  json bars = json::array();
  for (const json& row : rows)
    if (row["low"] < row["high"]) bars.push_back(row);
  return bars;
}

// Points and lines have colours of their own, so that the k-th points lie on the k-th line in one colour.
json colour_scale(const json& curves) {
  json names = json::array(), range = json::array();
  std::size_t points = 0, lines = 0;
  for (const json& curve : curves) {
    names.push_back(curve["name"]);
    range.push_back(kShades[(curve["points"] ? points++ : lines++) % std::size(kShades)]);
  }
  return {{"field", "curve"},
          {"type", "nominal"},
          {"title", nullptr},
          {"legend", {{"symbolOpacity", 1}, {"columns", 2}, {"labelLimit", 0}}},
          {"scale", {{"domain", names}, {"range", range}}}};
}

std::optional<double> number_of(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

std::string digits(const json& value) { return value.is_null() ? "–" : fmt::format("{:.9g}", value.get<double>()); }

std::string verdict_of(const json& entry) {
  if (!entry["skipped"].is_null()) return "skipped: " + plain(entry["skipped"].get<std::string>());
  std::size_t held = 0;
  for (const json& c : entry["comparisons"]) held += c["holds"] ? 1 : 0;
  return fmt::format("{} of {} numbers hold", held, entry["comparisons"].size());
}

std::string cells(const json& c) {
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                     escape_html(c["quantity"].get<std::string>()), escape_html(c["source"].get<std::string>()),
                     with_error(number_of(c["expected"]), number_of(c["expected_error"])),
                     with_error(number_of(c["measured"]), number_of(c["stderr"])), number(number_of(c["sigmas"]), 2),
                     c["holds"] ? "holds" : "does not hold");
}

}  // namespace

json gallery_figure(const json& entry) {
  const json& figure = entry["figure"];
  if (figure.is_null()) return nullptr;
  const json& curves = figure["curves"];
  json x = {{"field", "x"}, {"type", "quantitative"}, {"title", figure["x_title"]}};
  x["axis"] = {{"labelOverlap", true}, {"labelSeparation", 6}};
  if (figure["log_x"])
    x["scale"] = {{"type", "log"}, {"nice", false}};
  else
    x["scale"] = {{"zero", false}};
  const auto y = [&](const char* field) {
    return json{{"field", field}, {"type", "quantitative"}, {"title", figure["y_title"]}, {"scale", {{"zero", false}}}};
  };
  const json colour = colour_scale(curves), points = rows_of(curves, true);
  json out = specification(entry["title"], entry["caption"]);
  out["width"] = kWide;
  out["height"] = 320;
  out["autosize"] = {{"type", "fit-x"}, {"contains", "padding"}};
  out["layer"] =
      json::array({json{{"data", {{"values", rows_of(curves, false)}}},
                        {"mark", {{"type", "line"}, {"strokeWidth", 2}, {"tooltip", false}}},
                        {"encoding", {{"x", x}, {"y", y("value")}, {"color", colour}, {"order", {{"field", "x"}}}}}},
                   json{{"data", {{"values", with_bars(points)}}},
                        {"mark", {{"type", "rule"}, {"tooltip", false}}},
                        {"encoding", {{"x", x}, {"y", y("low")}, {"y2", {{"field", "high"}}}, {"color", colour}}}},
                   json{{"data", {{"values", points}}},
                        {"mark", {{"type", "point"}, {"filled", true}, {"size", 40}, {"opacity", 1}}},
                        {"encoding",
                         {{"x", x},
                          {"y", y("value")},
                          {"color", colour},
                          {"tooltip", json::array({json{{"field", "curve"}}, json{{"field", "x"}, {"format", ".4~g"}},
                                                   json{{"field", "value"}, {"format", ".4~g"}}})}}}}});
  return out;
}

std::string gallery_table(const json& entry, bool colours) {
  const bool holds = entry["holds"];
  std::string verdict = verdict_of(entry);
  if (colours && entry["skipped"].is_null()) verdict = fmt::format("\x1b[{}m{}\x1b[0m", holds ? 32 : 31, verdict);
  std::string out = fmt::format("{}: {}\n  {}\n  {}, {} s\n", plain(entry["name"].get<std::string>()),
                                entry["title"].get<std::string>(), entry["source"].get<std::string>(), verdict,
                                number(number_of(entry["seconds"]), 2));
  if (entry["comparisons"].empty()) return out + "\n";
  out += fmt::format("  {} {:>9} {} {} {:>6}  verdict\n", fit("quantity", 34), "", fit("expected", 17),
                     fit("measured", 19), "sigma");
  for (const json& c : entry["comparisons"])
    out += fmt::format(
        "  {} {:>9} {} {} {:>6}  {}\n", fit(c["quantity"].get<std::string>(), 34), c["source"].get<std::string>(),
        fit(digits(c["expected"]), 17),
        fit(c["stderr"] > 0 ? with_error(number_of(c["measured"]), number_of(c["stderr"])) : digits(c["measured"]), 19),
        number(number_of(c["sigmas"]), 2), c["holds"] ? "holds" : "DOES NOT HOLD");
  if (!entry["tolerance_reason"].is_null())
    out += fmt::format("  tolerated: {}\n", entry["tolerance_reason"].get<std::string>());
  return out + "\n";
}

std::string gallery_html(const json& entries) {
  Figures drawn;
  std::string body = "<main>\n";
  for (const json& entry : entries) {
    const std::string name = entry["name"];
    body += fmt::format(
        "<section><h2>{}</h2>\n<p>{}</p>\n<p>{}. Scale: {}. {}.</p>\n", escape_html(entry["title"].get<std::string>()),
        escape_html(entry["caption"].get<std::string>()), escape_html(entry["source"].get<std::string>()),
        entry["scale"].get<std::string>(), escape_html(verdict_of(entry)));
    if (const json figure = gallery_figure(entry); !figure.is_null()) {
      drawn.emplace_back(name, figure);
      body += fmt::format("<figure class=\"plot\"><div data-figure=\"{}\"></div></figure>\n", escape_html(name));
    }
    body +=
        "<details><summary>numbers</summary><table>\n<tr><th>quantity</th><th></th><th>expected</th><th>measured</th>"
        "<th>sigma</th><th>verdict</th></tr>\n";
    for (const json& c : entry["comparisons"]) body += cells(c);
    body += "</table></details>\n</section>\n";
  }
  return document("gallery", body + "</main>\n", drawn);
}

}  // namespace denoiscope::report
