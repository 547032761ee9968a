#include "denoiscope/report/plot.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/process/clock.hpp"

namespace denoiscope::report {

std::string regime_colour(std::size_t i, std::size_t many) {
  static constexpr const char* kNoise = "#8c97a8";
  static constexpr const char* kBetween[] = {"#5b93d6", "#45a884", "#d9ac3f"};
  static constexpr const char* kIdentity = "#dc6a45";
  if (i == 0) return kNoise;
  if (i + 1 == many) return kIdentity;
  return kBetween[(many == 3 ? 1 : i - 1) % 3];
}

Record ticks(double low, double high) {
  Record values = Record::list();
  if (!(low > 0) || !std::isfinite(high)) return values;
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  for (int decade = first; decade <= last; ++decade)
    for (const double digit : {1.0, 2.0, 5.0}) {
      if (digit > 1 && last - first > 4) continue;
      const double value = digit * std::pow(10.0, decade);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) values.push_back(value);
    }
  return values;
}

TimeAxis::TimeAxis(const Reading& result) : low_(0.01), high_(6.0) {
  double least = HUGE_VAL, most = 0;
  for (const Reading& time : result["times"].list()) {
    const auto t = time["t"].number();
    if (!t || *t <= 0) continue;
    least = std::min(least, *t);
    most = std::max(most, *t);
  }
  if (least < most) low_ = least, high_ = most;
}

double TimeAxis::place(double t) const { return std::log(t / low_) / std::log(high_ / low_); }

Record TimeAxis::x(const char* field) const {
  return {{"field", field},
          {"type", "quantitative"},
          {"axis", nullptr},
          {"scale", {{"type", "log"}, {"domain", Record::list({low_, high_})}, {"nice", false}}}};
}

Record TimeAxis::frame() const {
  Record below = x(), above = x();
  below["axis"] = {
      {"values", ticks(low_, high_)}, {"format", "~g"}, {"title", "time t of the forward process"}, {"grid", true}};
  Record sigma_times = Record::list();
  for (const Record& sigma : ticks(sigma_of_t(low_), sigma_of_t(high_)))
    sigma_times.push_back(t_of_sigma(sigma.number()));
  above["axis"] = {{"orient", "top"},
                   {"values", sigma_times},
                   {"labelExpr", "format(sqrt(exp(2 * datum.value) - 1), '.2~r')"},
                   {"labelOverlap", "greedy"},
                   {"labelSeparation", 8},
                   {"title", "noise level σ"},
                   {"grid", false}};
  const Record unseen = {{"type", "point"}, {"opacity", 0}, {"tooltip", false}};
  return {{"data", {{"values", Record::list({Record{{"t", low_}}})}}},
          {"layer", Record::list({Record{{"mark", unseen}, {"encoding", {{"x", below}}}},
                                  Record{{"mark", unseen}, {"encoding", {{"x", above}}}}})},
          {"resolve", {{"axis", {{"x", "independent"}}}}}};
}

Record TimeAxis::regimes(const Reading& regimes) const {
  Record rows = Record::list();
  const auto all = regimes.list();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double from = std::min(all[i]["t_from"].number().value_or(high_), high_);
    const double to = std::max(all[i]["t_to"].number().value_or(low_), low_);
    if (from <= to) continue;
    const double middle = std::sqrt(from * to);
    const bool room = place(from) - place(to) > 0.011 * static_cast<double>(all[i]["name"].text().size());
    rows.push_back({{"regime", all[i]["name"].text()},
                    {"t", to},
                    {"until", from},
                    {"middle", middle},
                    {"name", room ? all[i]["name"].text() : ""},
                    {"colour", regime_colour(i, all.size())}});
  }
  return {{"data", {{"values", rows}}},
          {"mark", {{"type", "rect"}, {"opacity", 0.15}, {"tooltip", false}}},
          {"encoding",
           {{"x", x()},
            {"x2", {{"field", "until"}}},
            {"fill", {{"field", "colour"}, {"type", "nominal"}, {"scale", nullptr}, {"legend", nullptr}}}}}};
}

Record TimeAxis::background(const Reading& result) const {
  Record layers = Record::list({frame()});
  if (!result["regimes"].list().empty()) layers.push_back(regimes(result["regimes"]));
  return layers;
}

Record curve(const Reading& list, const char* field) {
  Record rows = Record::list();
  for (const Reading& point : list.list()) {
    const auto t = point["t"].number(), value = point[field].number(), error = point["stderr"].number();
    if (!t || !value || *t <= 0) continue;
    rows.push_back(
        {{"t", *t}, {"value", *value}, {"low", *value - error.value_or(0)}, {"high", *value + error.value_or(0)}});
  }
  return rows;
}

namespace {

Record named_scale(const std::vector<Series>& series, const char* channel) {
  Record names = Record::list(), range = Record::list();
  for (const Series& s : series) {
    if (s.rows.empty()) continue;
    names.push_back(s.name);
    if (std::string_view(channel) == "color")
      range.push_back(s.colour);
    else
      range.push_back(s.dash.empty() ? Record::list({1, 0}) : Record(s.dash));
  }
  return {{"field", "series"},
          {"type", "nominal"},
          {"title", nullptr},
          {"legend", {{"symbolOpacity", 1}}},
          {"scale", {{"domain", names}, {"range", range}}}};
}

}  // namespace

void add_curves(const std::vector<Series>& series, const TimeAxis& axis, const Record& y, Record& layers) {
  Record rows = Record::list(), dotted = Record::list();
  for (const Series& s : series)
    for (Record row : s.rows) {
      row["series"] = s.name;
      if (s.points) dotted.push_back(row);
      rows.push_back(std::move(row));
    }
  if (rows.empty()) return;
  const Record colour = named_scale(series, "color");
  const auto vertical = [&](const char* field) {
    Record channel = {{"field", field},
                      {"type", "quantitative"},
                      {"title", y["title"]},
                      {"axis", y.contains("axis") ? y["axis"] : Record::object()}};
    if (!y["domain"].is_null()) channel["scale"] = {{"domain", y["domain"]}, {"nice", false}};
    return channel;
  };
  const Record tip =
      Record::list({Record{{"field", "series"}, {"title", "curve"}}, Record{{"field", "t"}, {"format", ".4~g"}},
                    Record{{"field", "value"}, {"format", ".4~g"}},
                    Record{{"field", "low"}, {"title", "− 1 s.e."}, {"format", ".4~g"}},
                    Record{{"field", "high"}, {"title", "+ 1 s.e."}, {"format", ".4~g"}}});
  layers.push_back(
      {{"data", {{"values", rows}}},
       {"layer",
        Record::list(
            {Record{{"mark", {{"type", "area"}, {"opacity", 0.22}, {"clip", true}, {"tooltip", false}}},
                    {"encoding",
                     {{"x", axis.x()}, {"y", vertical("low")}, {"y2", {{"field", "high"}}}, {"color", colour}}}},
             Record{{"mark", {{"type", "line"}, {"strokeWidth", 2}, {"clip", true}, {"tooltip", false}}},
                    {"encoding",
                     {{"x", axis.x()},
                      {"y", vertical("value")},
                      {"color", colour},
                      {"strokeDash", named_scale(series, "strokeDash")}}}}})}});
  if (dotted.empty()) return;
  layers.push_back({{"data", {{"values", dotted}}},
                    {"mark", {{"type", "point"}, {"filled", true}, {"size", 22}, {"opacity", 1}, {"clip", true}}},
                    {"encoding", {{"x", axis.x()}, {"y", vertical("value")}, {"color", colour}, {"tooltip", tip}}}});
}

Record level(double y, const std::string& name, const Record& y_scale) {
  Record channel = {{"field", "level"}, {"type", "quantitative"}};
  if (!y_scale.is_null()) channel["scale"] = {{"domain", y_scale}, {"nice", false}};
  return {{"data", {{"values", Record::list({Record{{"level", y}, {"name", name}}})}}},
          {"encoding", {{"y", channel}}},
          {"layer",
           Record::list({Record{{"mark", {{"type", "rule"}, {"strokeDash", Record::list({1, 3})}, {"tooltip", false}}}},
                         Record{{"mark",
                                 {{"type", "text"},
                                  {"align", "left"},
                                  {"baseline", "bottom"},
                                  {"dx", 6},
                                  {"dy", -2},
                                  {"tooltip", false}}},
                                {"encoding", {{"x", {{"value", 0}}}, {"text", {{"field", "name"}}}}}}})}};
}

Record over_time(const std::string& title, const std::string& caption, int width, int height, Record layers) {
  Record figure = specification(title, caption);
  figure["width"] = width;
  figure["height"] = height;
  figure["layer"] = std::move(layers);
  figure["autosize"] = {{"type", "fit-x"}, {"contains", "padding"}};
  return figure;
}

Record specification(const std::string& title, const std::string& caption) {
  return {{"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
          {"title", {{"text", title}, {"anchor", "start"}}},
          {"description", caption},
          {"padding", 0},
          {"config",
           {{"font", "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, system-ui, sans-serif"},
            {"view", {{"stroke", nullptr}}},
            {"title", {{"fontSize", 14}, {"fontWeight", 600}, {"offset", 14}}},
            {"axis",
             {{"labelFontSize", 11},
              {"titleFontSize", 11},
              {"titleFontWeight", "normal"},
              {"titlePadding", 8},
              {"domain", false},
              {"tickSize", 4}}},
            {"legend",
             {{"orient", "bottom"},
              {"labelFontSize", 11.5},
              {"labelLimit", 260},
              {"symbolType", "stroke"},
              {"symbolStrokeWidth", 2.5},
              {"symbolSize", 260},
              {"offset", 10}}},
            {"text", {{"fontSize", 11}}}}}};
}

}  // namespace denoiscope::report
