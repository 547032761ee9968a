// Collapse: the excess entropy with its theory, its subsets, and what they say about more data. And the spectrum.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/plot.hpp"

namespace denoiscope::report {
namespace {

Record marker(double t, const std::string& name, const TimeAxis& axis) {
  return {
      {"data", {{"values", Record::list({Record{{"t", t}, {"name", name}}})}}},
      {"layer",
       Record::list({Record{{"mark", {{"type", "rule"}, {"strokeDash", Record::list({4, 3})}, {"tooltip", false}}},
                            {"encoding", {{"x", axis.x()}}}},
                     Record{{"mark",
                             {{"type", "text"},
                              {"align", "right"},
                              {"baseline", "top"},
                              {"dx", -6},
                              {"dy", 6},
                              {"tooltip", false}}},
                            {"encoding", {{"x", axis.x()}, {"y", {{"value", 0}}}, {"text", {{"field", "name"}}}}}}})}};
}

void add_entropy(const Reading& result, Figures& out) {
  const Reading collapse = result["collapse"];
  const TimeAxis axis(result);
  const std::vector<Series> series = {
      {"measured", kColours.collapse, {}, curve(collapse["f"], "f_over_alpha")},
      {"published estimator", kColours.test, {1, 3}, curve(collapse["f_published"], "f_over_alpha")},
      {"Gaussian of the same spectrum", kColours.other, {7, 3}, curve(collapse["f_gaussian"], "f_over_alpha"), false},
      {"finite-size law", kColours.weights, {2, 2}, curve(collapse["f_softplus"], "f_over_alpha"), false}};
  Record layers = axis.background(result);
  const std::size_t before = layers.size();
  add_curves(series, axis,
             {{"title", "f / α"},
              {"domain", Record::list({0.0, 1.05})},
              {"axis", {{"values", Record::list({0, 0.2, 0.4, 0.6, 0.8, 1.0})}}}},
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

void add_subsets(const Reading& result, Figures& out) {
  const Reading collapse = result["collapse"];
  const TimeAxis axis(result);
  std::vector<std::pair<double, Record>> curves;
  for (const Reading& subset : collapse["subsets"].list())
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
  Record layers = axis.background(result);
  const std::size_t before = layers.size();
  add_curves(series, axis, {{"title", "f / α"}, {"domain", Record::list({0.0, 1.05})}}, layers);
  if (layers.size() > before)
    out.emplace_back(
        "subsets",
        over_time(
            "More data, later collapse",
            "Each curve is a random subset of n data: with more of them the posterior stays spread down to smaller t.",
            kHalf, 260, std::move(layers)));
}

Record law_rows(const Reading& collapse, double rows_in_full, Record& measured, Record& targets) {
  for (const Reading& subset : collapse["subsets"].list()) {
    const auto n = subset["n"].number(), t = subset["t_c"].number(), error = subset["t_c_stderr"].number();
    if (n && t)
      measured.push_back({{"n", *n},
                          {"t", *t},
                          {"low", *t - error.value_or(0)},
                          {"high", *t + error.value_or(0)},
                          {"what", "measured"}});
  }
  const bool listed = std::any_of(measured.begin(), measured.end(),
                                  [&](const Record& row) { return row["n"].number() == rows_in_full; });
  if (const auto t = collapse["t_c"].number(); t && !listed && rows_in_full > 0) {
    const double error = collapse["t_c_stderr"].number().value_or(0);
    measured.push_back(
        {{"n", rows_in_full}, {"t", *t}, {"low", *t - error}, {"high", *t + error}, {"what", "measured"}});
  }
  for (const Reading& target : collapse["samples"]["targets"].list()) {
    const auto n = target["n"].number(), t = target["t"].number();
    if (!n || !t || *n <= 0) continue;
    targets.push_back({{"n", *n},
                       {"t", *t},
                       {"n_low", target["n_low"].number().value_or(*n)},
                       {"n_high", target["n_high"].number().value_or(*n)},
                       {"what", target["what"].text()}});
  }
  const auto by_size = [](const Record& a, const Record& b) { return a["n"].number() < b["n"].number(); };
  std::sort(measured.begin(), measured.end(), by_size);
  Record line = Record::list();
  if (!measured.empty()) line.push_back(measured.back());
  for (const Record& target : targets) line.push_back(target);
  std::sort(line.begin(), line.end(), by_size);
  return line;
}

/// The data needed to reach each named time, with the line that leads there from the largest measured set.
void push_targets(const Record& x, const Record& y, const Record& line, const Record& targets, Record& layers) {
  Record from = x;
  from["field"] = "n_low";
  layers.push_back({{"data", {{"values", line}}},
                    {"mark",
                     {{"type", "line"},
                      {"color", kColours.other},
                      {"strokeDash", Record::list({5, 4})},
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
          Record::list({Record{{"field", "what"}}, Record{{"field", "n"}, {"format", ".3~s"}},
                        Record{{"field", "n_low"}, {"format", ".3~s"}}, Record{{"field", "n_high"}, {"format", ".3~s"}},
                        Record{{"field", "t"}, {"format", ".3~g"}}})}}}});
}

void add_samples(const Reading& result, Figures& out) {
  Record measured = Record::list(), targets = Record::list();
  const Record line = law_rows(result["collapse"], result["data"]["rows"].number().value_or(0), measured, targets);
  if (measured.size() < 2) return;
  const Record x = {{"field", "n"},
                    {"type", "quantitative"},
                    {"title", "number of data n"},
                    {"scale", {{"type", "log"}}},
                    {"axis", {{"format", "~s"}, {"tickCount", 5}, {"labelOverlap", true}}}};
  const Record y = {
      {"field", "t"}, {"type", "quantitative"}, {"title", "collapse time t_C"}, {"scale", {{"zero", false}}}};
  Record layers = Record::list();
  if (!targets.empty()) push_targets(x, y, line, targets, layers);
  Record low = y;
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
                      {"tooltip", Record::list({Record{{"field", "n"}, {"format", ",.0f"}},
                                                Record{{"field", "t"}, {"format", ".4~g"}}})}}}});
  Record figure =
      over_time("Collapse against the size of the data",
                "Filled: measured on subsets; open: data needed to push the collapse down to the named time, "
                "with their interval.",
                kHalf, 260, std::move(layers));
  out.emplace_back("samples", std::move(figure));
}

void add_cross_entropy(const Reading& result, Figures& out) {
  const TimeAxis axis(result);
  Record layers = axis.background(result);
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

void add_collapse(const Reading& result, Figures& out) {
  add_entropy(result, out);
  add_subsets(result, out);
  add_samples(result, out);
  add_cross_entropy(result, out);
}

void add_data(const Reading& result, Figures& out) {
  const Reading data = result["data"];
  Record rows = Record::list();
  double rank = 0;
  for (const Reading& eigenvalue : data["eigenvalues"].list()) {
    rank += 1;
    if (const auto value = eigenvalue.number(); value && *value > 0)
      rows.push_back({{"rank", rank}, {"eigenvalue", *value}});
  }
  if (rows.empty()) return;
  const auto log_axis = [](const char* field, const char* title, const Record& values) {
    return Record{{"field", field},
                  {"type", "quantitative"},
                  {"title", title},
                  {"scale", {{"type", "log"}, {"nice", false}}},
                  {"axis", {{"format", "~g"}, {"values", values}}}};
  };
  double least = HUGE_VAL, most = 0;
  for (const Record& row : rows) {
    least = std::min(least, row["eigenvalue"].number());
    most = std::max(most, row["eigenvalue"].number());
  }
  const Record x = log_axis("rank", "rank, from 1", ticks(1, rank));
  const Record y = log_axis("eigenvalue", "eigenvalue", ticks(least, most));
  Record layers = Record::list();
  if (const auto dimension = data["participation_dimension"].number(); dimension && *dimension >= 1)
    layers.push_back(
        {{"data",
          {{"values", Record::list({Record{{"rank", *dimension},
                                           {"name", fmt::format("participation dimension {}", number(dimension))}}})}}},
         {"layer",
          Record::list({Record{{"mark", {{"type", "rule"}, {"strokeDash", Record::list({4, 3})}, {"tooltip", false}}},
                               {"encoding", {{"x", x}}}},
                        Record{{"mark",
                                {{"type", "text"},
                                 {"align", "left"},
                                 {"baseline", "top"},
                                 {"dx", 6},
                                 {"dy", 6},
                                 {"tooltip", false}}},
                               {"encoding", {{"x", x}, {"y", {{"value", 0}}}, {"text", {{"field", "name"}}}}}}})}});
  layers.push_back({{"data", {{"values", std::move(rows)}}},
                    {"mark",
                     {{"type", "line"},
                      {"color", kColours.leave_one_out},
                      {"strokeWidth", 1.5},
                      {"point", {{"filled", true}, {"size", 14}, {"color", kColours.leave_one_out}}}}},
                    {"encoding",
                     {{"x", x},
                      {"y", y},
                      {"tooltip", Record::list({Record{{"field", "rank"}},
                                                Record{{"field", "eigenvalue"}, {"format", ".4~g"}}})}}}});
  out.emplace_back("spectrum", over_time("Spectrum of the covariance",
                                         "Few large eigenvalues carry the classes and set the early times; the long "
                                         "tail sets when single data stand out.",
                                         kWide, 280, std::move(layers)));
}

}  // namespace denoiscope::report
