// Collapse: the excess entropy with its theory, its subsets, and what they say about more data. And the spectrum.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/plot.hpp"

namespace denoiscope::report {
namespace {

using nlohmann::json;

json marker(double t, const std::string& name, const TimeAxis& axis) {
  return {{"data", {{"values", json::array({json{{"t", t}, {"name", name}}})}}},
          {"layer",
           json::array({json{{"mark", {{"type", "rule"}, {"strokeDash", json::array({4, 3})}, {"tooltip", false}}},
                             {"encoding", {{"x", axis.x()}}}},
                        json{{"mark",
                              {{"type", "text"},
                               {"align", "right"},
                               {"baseline", "top"},
                               {"dx", -6},
                               {"dy", 6},
                               {"tooltip", false}}},
                             {"encoding", {{"x", axis.x()}, {"y", {{"value", 0}}}, {"text", {{"field", "name"}}}}}}})}};
}

void add_entropy(const Record& result, Figures& out) {
  const Record collapse = result["collapse"];
  const TimeAxis axis(result);
  const std::vector<Series> series = {
      {"measured", kColours.collapse, {}, curve(collapse["f"], "f_over_alpha")},
      {"published estimator", kColours.test, {1, 3}, curve(collapse["f_published"], "f_over_alpha")},
      {"Gaussian of the same spectrum", kColours.other, {7, 3}, curve(collapse["f_gaussian"], "f_over_alpha"), false},
      {"finite-size law", kColours.weights, {2, 2}, curve(collapse["f_softplus"], "f_over_alpha"), false}};
  json layers = axis.background(result);
  const std::size_t before = layers.size();
  add_curves(series, axis,
             {{"title", "f / α"},
              {"domain", json::array({0.0, 1.05})},
              {"axis", {{"values", json::array({0, 0.2, 0.4, 0.6, 0.8, 1.0})}}}},
             layers);
  if (layers.size() == before) return;
  if (const auto t = collapse["t_c"].number(); t && axis.holds(*t))
    layers.push_back(marker(*t, fmt::format("t_C {}", number(t)), axis));
  out.emplace_back("collapse", over_time("Excess entropy of the posterior over the data",
                                         "At f/α = 1 the noisy point could have come from any datum, at 0 it belongs "
                                         "to one; a Gaussian of the same spectrum "
                                         "shows what the covariance alone would give.",
                                         kWide, 300, std::move(layers)));
}

void add_subsets(const Record& result, Figures& out) {
  const Record collapse = result["collapse"];
  const TimeAxis axis(result);
  std::vector<std::pair<double, json>> curves;
  for (const Record& subset : collapse["subsets"].list())
    if (const auto n = subset["n"].number()) curves.emplace_back(*n, curve(subset["f"], "f_over_alpha"));
  if (const auto n = result["data"]["rows"].number();
      n && std::none_of(curves.begin(), curves.end(), [&](const auto& c) { return c.first == *n; }))
    curves.emplace_back(*n, curve(collapse["f"], "f_over_alpha"));
  if (curves.size() < 2) return;
  std::sort(curves.begin(), curves.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  static constexpr const char* kLightToDark[] = {"#e3b27d", "#df8e55", "#cf6442", "#a8443c", "#7d3440"};
  std::vector<Series> series;
  for (std::size_t i = 0; i < curves.size(); ++i)
    series.push_back({"n = " + count(curves[i].first),
                      kLightToDark[i * 4 / (curves.size() - 1)],
                      {},
                      std::move(curves[i].second),
                      false});
  json layers = axis.background(result);
  const std::size_t before = layers.size();
  add_curves(series, axis, {{"title", "f / α"}, {"domain", json::array({0.0, 1.05})}}, layers);
  if (layers.size() > before)
    out.emplace_back(
        "subsets",
        over_time(
            "More data, later collapse",
            "Each curve is a random subset of n data: with more of them the posterior stays spread down to smaller t.",
            kHalf, 260, std::move(layers)));
}

json law_rows(const Record& collapse, double rows_in_full, json& measured, json& targets) {
  for (const Record& subset : collapse["subsets"].list()) {
    const auto n = subset["n"].number(), t = subset["t_c"].number(), error = subset["t_c_stderr"].number();
    if (n && t)
      measured.push_back({{"n", *n},
                          {"t", *t},
                          {"low", *t - error.value_or(0)},
                          {"high", *t + error.value_or(0)},
                          {"what", "measured"}});
  }
  const bool listed = std::any_of(measured.begin(), measured.end(),
                                  [&](const json& row) { return row["n"].get<double>() == rows_in_full; });
  if (const auto t = collapse["t_c"].number(); t && !listed && rows_in_full > 0) {
    const double error = collapse["t_c_stderr"].number().value_or(0);
    measured.push_back(
        {{"n", rows_in_full}, {"t", *t}, {"low", *t - error}, {"high", *t + error}, {"what", "measured"}});
  }
  for (const Record& target : collapse["samples"]["targets"].list()) {
    const auto n = target["n"].number(), t = target["t"].number();
    if (!n || !t || *n <= 0) continue;
    targets.push_back({{"n", *n},
                       {"t", *t},
                       {"n_low", target["n_low"].number().value_or(*n)},
                       {"n_high", target["n_high"].number().value_or(*n)},
                       {"what", target["what"].text()}});
  }
  const auto by_size = [](const json& a, const json& b) { return a["n"].get<double>() < b["n"].get<double>(); };
  std::sort(measured.begin(), measured.end(), by_size);
  json line = json::array();
  if (!measured.empty()) line.push_back(measured.back());
  for (const json& target : targets) line.push_back(target);
  std::sort(line.begin(), line.end(), by_size);
  return line;
}

/// The data needed to reach each named time, with the line that leads there from the largest measured set.
void push_targets(const json& x, const json& y, const json& line, const json& targets, json& layers) {
  json from = x;
  from["field"] = "n_low";
  layers.push_back({{"data", {{"values", line}}},
                    {"mark",
                     {{"type", "line"},
                      {"color", kColours.other},
                      {"strokeDash", json::array({5, 4})},
                      {"strokeWidth", 1.5},
                      {"tooltip", false}}},
                    {"encoding", {{"x", x}, {"y", y}}}});
  layers.push_back(
      {{"data", {{"values", targets}}},
       {"mark",
        {{"type", "rule"}, {"color", kColours.other}, {"strokeWidth", 2}, {"opacity", 0.6}, {"tooltip", false}}},
       {"encoding", {{"x", from}, {"x2", {{"field", "n_high"}}}, {"y", y}}}});
  layers.push_back(
      {{"data", {{"values", targets}}},
       {"mark", {{"type", "point"}, {"color", kColours.other}, {"filled", false}, {"size", 60}, {"opacity", 1}}},
       {"encoding",
        {{"x", x},
         {"y", y},
         {"tooltip",
          json::array({json{{"field", "what"}}, json{{"field", "n"}, {"format", ".3~s"}},
                       json{{"field", "n_low"}, {"format", ".3~s"}}, json{{"field", "n_high"}, {"format", ".3~s"}},
                       json{{"field", "t"}, {"format", ".3~g"}}})}}}});
}

void add_samples(const Record& result, Figures& out) {
  json measured = json::array(), targets = json::array();
  const json line = law_rows(result["collapse"], result["data"]["rows"].number().value_or(0), measured, targets);
  if (measured.size() < 2) return;
  const json x = {{"field", "n"},
                  {"type", "quantitative"},
                  {"title", "number of data n"},
                  {"scale", {{"type", "log"}}},
                  {"axis", {{"format", "~s"}, {"tickCount", 5}, {"labelOverlap", true}}}};
  const json y = {
      {"field", "t"}, {"type", "quantitative"}, {"title", "collapse time t_C"}, {"scale", {{"zero", false}}}};
  json layers = json::array();
  if (!targets.empty()) push_targets(x, y, line, targets, layers);
  json low = y;
  low["field"] = "low";
  layers.push_back(
      {{"data", {{"values", measured}}},
       {"mark",
        {{"type", "rule"}, {"color", kColours.collapse}, {"strokeWidth", 1.5}, {"opacity", 1}, {"tooltip", false}}},
       {"encoding", {{"x", x}, {"y", low}, {"y2", {{"field", "high"}}}}}});
  layers.push_back({{"data", {{"values", measured}}},
                    {"mark",
                     {{"type", "line"},
                      {"color", kColours.collapse},
                      {"point", {{"filled", true}, {"size", 45}, {"color", kColours.collapse}}}}},
                    {"encoding",
                     {{"x", x},
                      {"y", y},
                      {"tooltip", json::array({json{{"field", "n"}, {"format", ",.0f"}},
                                               json{{"field", "t"}, {"format", ".4~g"}}})}}}});
  json figure = over_time("Collapse against the size of the data",
                          "Filled: measured on subsets; open: data needed to push the collapse down to the named time, "
                          "with their interval.",
                          kHalf, 260, std::move(layers));
  out.emplace_back("samples", std::move(figure));
}

void add_cross_entropy(const Record& result, Figures& out) {
  const TimeAxis axis(result);
  json layers = axis.background(result);
  const std::size_t before = layers.size();
  add_curves({{"test data", kColours.test, {}, curve(result["collapse"]["cross_entropy_test"], "value")}}, axis,
             {{"title", "nats per dimension"}, {"domain", nullptr}}, layers);
  if (layers.size() > before)
    out.emplace_back("cross_entropy",
                     over_time("Cross-entropy of the test data",
                               "What the noisy data set gives away about data it has not seen, in nats per dimension.",
                               kHalf, 230, std::move(layers)));
}

}  // namespace

void add_collapse(const Record& result, Figures& out) {
  add_entropy(result, out);
  add_subsets(result, out);
  add_samples(result, out);
  add_cross_entropy(result, out);
}

void add_data(const Record& result, Figures& out) {
  const Record data = result["data"];
  json rows = json::array();
  double rank = 0;
  for (const Record& eigenvalue : data["eigenvalues"].list()) {
    rank += 1;
    if (const auto value = eigenvalue.number(); value && *value > 0)
      rows.push_back({{"rank", rank}, {"eigenvalue", *value}});
  }
  if (rows.empty()) return;
  const auto log_axis = [](const char* field, const char* title, const json& values) {
    return json{{"field", field},
                {"type", "quantitative"},
                {"title", title},
                {"scale", {{"type", "log"}, {"nice", false}}},
                {"axis", {{"format", "~g"}, {"values", values}}}};
  };
  double least = HUGE_VAL, most = 0;
  for (const json& row : rows) {
    least = std::min(least, row["eigenvalue"].get<double>());
    most = std::max(most, row["eigenvalue"].get<double>());
  }
  const json x = log_axis("rank", "rank, from 1", ticks(1, rank));
  const json y = log_axis("eigenvalue", "eigenvalue", ticks(least, most));
  json layers = json::array();
  if (const auto dimension = data["participation_dimension"].number(); dimension && *dimension >= 1)
    layers.push_back(
        {{"data",
          {{"values", json::array({json{{"rank", *dimension},
                                        {"name", fmt::format("participation dimension {}", number(dimension))}}})}}},
         {"layer",
          json::array({json{{"mark", {{"type", "rule"}, {"strokeDash", json::array({4, 3})}, {"tooltip", false}}},
                            {"encoding", {{"x", x}}}},
                       json{{"mark",
                             {{"type", "text"},
                              {"align", "left"},
                              {"baseline", "top"},
                              {"dx", 6},
                              {"dy", 6},
                              {"tooltip", false}}},
                            {"encoding", {{"x", x}, {"y", {{"value", 0}}}, {"text", {{"field", "name"}}}}}}})}});
  layers.push_back(
      {{"data", {{"values", std::move(rows)}}},
       {"mark",
        {{"type", "line"},
         {"color", kColours.leave_one_out},
         {"strokeWidth", 1.5},
         {"point", {{"filled", true}, {"size", 14}, {"color", kColours.leave_one_out}}}}},
       {"encoding",
        {{"x", x},
         {"y", y},
         {"tooltip", json::array({json{{"field", "rank"}}, json{{"field", "eigenvalue"}, {"format", ".4~g"}}})}}}});
  out.emplace_back("spectrum", over_time("Spectrum of the covariance",
                                         "Few large eigenvalues carry the classes and set the early times; the long "
                                         "tail sets when single data stand out.",
                                         kWide, 280, std::move(layers)));
}

}  // namespace denoiscope::report
