// Curves over one abscissa: measured points over lines of theory.
#include "denoiscope/report/plot.hpp"

namespace denoiscope::report {

namespace {

constexpr const char* kShades[] = {"#1f9e97", "#3b7fd4", "#c08a1e", "#a565c4", "#dc6a45", "#878e99"};

bool is_points(const Reading& curve) { return curve["points"].text() == "true"; }

// Rows of all curves that are points, or lines, each with the curve's name.
Record rows_of(const std::vector<Reading>& curves, bool points) {
  Record rows = Record::list();
  for (const Reading& curve : curves) {
    if (is_points(curve) != points) continue;
    const std::string name = curve["name"].text();
    for (const Reading& row : curve["rows"].list()) {
      Record values = {{"curve", name}};
      for (const char* field : {"x", "value", "low", "high"})
        if (const auto value = row[field].number()) values[field] = *value;
      if (values.size() == 5) rows.push_back(std::move(values));
    }
  }
  return rows;
}

// Those with an error to be drawn.
Record with_bars(const Record& rows) {
  Record bars = Record::list();
  for (const Record& row : rows)
    if (!row["low"].is_null() && !row["high"].is_null() && row["low"].number() < row["high"].number())
      bars.push_back(row);
  return bars;
}

// Points and lines have colours of their own, so that the k-th points lie on the k-th line in one colour.
Record colour_scale(const std::vector<Reading>& curves) {
  Record names = Record::list(), range = Record::list();
  std::size_t points = 0, lines = 0;
  for (const Reading& curve : curves) {
    names.push_back(curve["name"].text());
    range.push_back(kShades[(is_points(curve) ? points++ : lines++) % std::size(kShades)]);
  }
  return {{"field", "curve"},
          {"type", "nominal"},
          {"title", nullptr},
          {"legend", {{"symbolOpacity", 1}, {"columns", 2}, {"labelLimit", 0}}},
          {"scale", {{"domain", names}, {"range", range}}}};
}

}  // namespace

Record curves_figure(const std::string& title, const std::string& caption, const Reading& figure) {
  const std::vector<Reading> curves = figure["curves"].list();
  Record x = {{"field", "x"}, {"type", "quantitative"}, {"title", figure["x_title"].text()}};
  x["axis"] = {{"labelOverlap", true}, {"labelSeparation", 6}};
  if (figure["log_x"].text() == "true")
    x["scale"] = {{"type", "log"}, {"nice", false}};
  else
    x["scale"] = {{"zero", false}};
  const auto y = [&](const char* field) {
    return Record{
        {"field", field}, {"type", "quantitative"}, {"title", figure["y_title"].text()}, {"scale", {{"zero", false}}}};
  };
  const Record colour = colour_scale(curves), points = rows_of(curves, true);
  Record out = specification(title, caption);
  out["width"] = kWide;
  out["height"] = 320;
  out["autosize"] = {{"type", "fit-x"}, {"contains", "padding"}};
  out["layer"] = Record::list(
      {Record{{"data", {{"values", rows_of(curves, false)}}},
              {"mark", {{"type", "line"}, {"strokeWidth", 2}, {"tooltip", false}}},
              {"encoding", {{"x", x}, {"y", y("value")}, {"color", colour}, {"order", {{"field", "x"}}}}}},
       Record{{"data", {{"values", with_bars(points)}}},
              {"mark", {{"type", "rule"}, {"tooltip", false}}},
              {"encoding", {{"x", x}, {"y", y("low")}, {"y2", {{"field", "high"}}}, {"color", colour}}}},
       Record{{"data", {{"values", points}}},
              {"mark", {{"type", "point"}, {"filled", true}, {"size", 40}, {"opacity", 1}}},
              {"encoding",
               {{"x", x},
                {"y", y("value")},
                {"color", colour},
                {"tooltip", Record::list({Record{{"field", "curve"}}, Record{{"field", "x"}, {"format", ".4~g"}},
                                          Record{{"field", "value"}, {"format", ".4~g"}}})}}}}});
  return out;
}

}  // namespace denoiscope::report
