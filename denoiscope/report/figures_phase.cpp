// The phase diagram: every order parameter over one axis of time, with the times that were found marked like flags.
#include <fmt/format.h>

#include <algorithm>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/plot.hpp"

namespace denoiscope::report {
namespace {

/// A time or a span of times with its name; `lane` is the row above the curves in which the name stands.
struct Flag {
  double from, to;
  std::string name, colour;
  int lane = 0;
};

void add_flag(const TimeAxis& axis, std::optional<double> t, const char* name, const char* colour,
              std::vector<Flag>& flags) {
  if (t && axis.holds(*t)) flags.push_back({*t, *t, fmt::format("{} {}", name, number(t)), colour});
}

std::vector<Flag> flags_of(const Reading& result, const TimeAxis& axis) {
  std::vector<Flag> flags;
  const Reading speciation = result["speciation"], guidance = result["guidance"];
  add_flag(axis, speciation["half_log"].number(), "t_S", kColours.other, flags);
  const auto tree = speciation["tree"].list();
  if (!tree.empty()) {
    add_flag(axis, tree.back()["t"].number(), "first split", kColours.leave_one_out, flags);
    if (tree.size() > 1) add_flag(axis, tree.front()["t"].number(), "last split", kColours.leave_one_out, flags);
  }
  add_flag(axis, result["collapse"]["t_c"].number(), "t_C", kColours.collapse, flags);
  const auto high = guidance["t_high"].number(), low = guidance["t_low"].number();
  if (high && low && *low < *high && axis.holds(*high) && axis.holds(*low))
    flags.push_back({*low, *high, "guidance window", kColours.test});
  return flags;
}

constexpr double kLetter = 6.6 / kWide;  // of a name above the curves, as a part of the axis

/// Gives names that would run into each other lanes of their own. From right to left, so that no rule crosses a name:
/// names stand to the right of their rule, and a rule further left is at least as tall.
int assign_lanes(const TimeAxis& axis, std::vector<Flag>& flags) {
  std::sort(flags.begin(), flags.end(), [](const Flag& a, const Flag& b) { return a.from > b.from; });
  std::vector<double> free_until;  // of each lane, the left end of what stands in it
  for (Flag& flag : flags) {
    const double end = axis.place(flag.to) + kLetter * static_cast<double>(columns(flag.name) + 2);
    while (flag.lane < static_cast<int>(free_until.size()) && free_until[flag.lane] < end) ++flag.lane;
    if (flag.lane == static_cast<int>(free_until.size())) free_until.push_back(0);
    free_until[flag.lane] = axis.place(flag.from);
  }
  return static_cast<int>(free_until.size());
}

double height_of(int lane) { return 1.075 + 0.075 * lane; }

Record flag_layers(const TimeAxis& axis, const std::vector<Flag>& flags, const Record& domain) {
  Record rows = Record::list(), spans = Record::list();
  for (const Flag& flag : flags) {
    const double y = height_of(flag.lane);
    Record row = {{"t", flag.from}, {"until", flag.to},  {"top", y},
                  {"zero", 0},      {"name", flag.name}, {"colour", flag.colour}};
    rows.push_back(row);
    if (flag.from < flag.to) spans.push_back(std::move(row));
  }
  const Record colour = {{"field", "colour"}, {"type", "nominal"}, {"scale", nullptr}, {"legend", nullptr}};
  const Record top = {{"field", "top"}, {"type", "quantitative"}, {"scale", {{"domain", domain}, {"nice", false}}}};
  Record layers = Record::list();
  layers.push_back({{"data", {{"values", rows}}},
                    {"transform", Record::list({Record{{"filter", "datum.t == datum.until"}}})},
                    {"mark",
                     {{"type", "rule"},
                      {"strokeDash", Record::list({4, 3})},
                      {"strokeWidth", 1.4},
                      {"opacity", 1},
                      {"tooltip", false}}},
                    {"encoding", {{"x", axis.x()}, {"y", top}, {"y2", {{"field", "zero"}}}, {"stroke", colour}}}});
  if (!spans.empty())
    layers.push_back(
        {{"data", {{"values", spans}}},
         {"mark", {{"type", "rule"}, {"strokeWidth", 5}, {"strokeCap", "round"}, {"opacity", 1}, {"tooltip", false}}},
         {"encoding", {{"x", axis.x()}, {"x2", {{"field", "until"}}}, {"y", top}, {"stroke", colour}}}});
  layers.push_back(
      {{"data", {{"values", rows}}},
       {"mark", {{"type", "text"}, {"align", "left"}, {"baseline", "middle"}, {"dx", 7}, {"tooltip", false}}},
       {"encoding", {{"x", axis.x("until")}, {"y", top}, {"text", {{"field", "name"}}}}}});
  return layers;
}

Record regime_names(const TimeAxis& axis, const Reading& regimes) {
  Record shaded = axis.regimes(regimes);
  shaded["mark"] = {{"type", "text"}, {"baseline", "bottom"}, {"fontStyle", "italic"}, {"tooltip", false}};
  shaded["encoding"] = {{"x", axis.x("middle")},
                        {"y", {{"value", "height"}}},
                        {"yOffset", {{"value", -6}}},
                        {"text", {{"field", "name"}}}};
  return shaded;
}

}  // namespace

void add_phase_diagram(const Reading& result, Figures& out) {
  const TimeAxis axis(result);
  const Reading speciation = result["speciation"], collapse = result["collapse"];
  const std::vector<Series> series = {
      {"φ, leave-one-out", kColours.leave_one_out, {}, curve(speciation["phi_loo"], "phi")},
      {"φ of the perfect machine", kColours.own, {6, 3}, curve(speciation["phi"], "phi"), false},
      {"accuracy, leave-one-out", kColours.other, {2, 2}, curve(speciation["accuracy_loo"], "value"), false},
      {"f/α, excess entropy", kColours.collapse, {}, curve(collapse["f"], "f_over_alpha")},
      {"φ_C, same datum", kColours.weights, {8, 3, 2, 3}, curve(collapse["phi_c"], "value"), false},
  };
  std::vector<Flag> flags = flags_of(result, axis);
  const int lanes = assign_lanes(axis, flags);
  const Record domain = Record::list({0.0, height_of(lanes) - 0.02});
  Record layers = axis.background(result);
  if (!result["regimes"].list().empty()) layers.push_back(regime_names(axis, result["regimes"]));
  const std::size_t before = layers.size();
  const Record vertical = {{"title", "order parameter"},
                           {"domain", domain},
                           {"axis", {{"values", Record::list({0, 0.2, 0.4, 0.6, 0.8, 1.0})}}}};
  add_curves(series, axis, vertical, layers);
  if (layers.size() == before) return;
  if (const auto chance = speciation["chance"].number()) layers.push_back(level(*chance, "φ of chance", domain));
  if (!flags.empty())
    for (Record& layer : flag_layers(axis, flags, domain)) layers.push_back(std::move(layer));
  out.emplace_back(
      "phase_diagram",
      over_time(
          "Phase diagram",
          "Generation runs from right to left: φ leaves chance where classes form, and f/α reaches zero where the "
          "posterior condenses on single data; bands are one standard error.",
          kWide, 400, std::move(layers)));
}

}  // namespace denoiscope::report
