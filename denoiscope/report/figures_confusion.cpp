// The classes that the posterior takes for one another, at the times where it begins to tell them apart.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/plot.hpp"

namespace denoiscope::report {
namespace {

constexpr std::size_t kMostClasses = 60;  ///< of which a map can be read, and which keep the page small
constexpr std::size_t kMostNumbers = 11;  ///< of which the numbers fit into the map
constexpr int kSide = 196;                ///< pixels of one map

/// Mean of the diagonal: how much of the posterior lies on the true class. NaN where no class was asked.
double rightness(const Reading& matrix) {
  double sum = 0;
  int known = 0;
  const auto rows = matrix.list();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i].list();
    const auto share = i < row.size() ? row[i].number() : std::nullopt;
    if (share) sum += *share, ++known;
  }
  return known > 0 ? sum / known : std::nan("");
}

/// Of the times of the record those where the classes are told apart almost, mostly, partly and hardly: rightness
/// nearest to these parts of the way from chance to certainty. In the order of generation, each once.
std::vector<Reading> telling(const std::vector<Reading>& all, std::size_t classes) {
  const double chance = 1.0 / static_cast<double>(classes);
  std::vector<std::size_t> chosen;
  for (const double part : {0.05, 0.35, 0.65, 0.95}) {
    const double wanted = chance + part * (1 - chance);
    std::size_t best = all.size();
    double least = HUGE_VAL;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double miss = std::abs(rightness(all[i]["matrix_loo"]) - wanted);
      if (miss < least) least = miss, best = i;
    }
    if (best < all.size() && std::find(chosen.begin(), chosen.end(), best) == chosen.end()) chosen.push_back(best);
  }
  std::vector<Reading> times;
  times.reserve(chosen.size());
  for (const std::size_t i : chosen) times.push_back(all[i]);
  std::sort(times.begin(), times.end(),
            [](const Reading& a, const Reading& b) { return a["t"].number_or_nan() > b["t"].number_or_nan(); });
  return times;
}

Record cells(const Reading& time, const std::vector<std::string>& names) {
  Record rows = Record::list();
  const auto truths = time["matrix_loo"].list(), own = time["matrix"].list();
  for (std::size_t a = 0; a < std::min(truths.size(), names.size()); ++a) {
    const auto row = truths[a].list();
    const auto with_own = a < own.size() ? own[a].list() : std::vector<Reading>();
    for (std::size_t b = 0; b < std::min(row.size(), names.size()); ++b) {
      const auto share = row[b].number();
      if (!share) continue;
      const auto certain = b < with_own.size() ? with_own[b].number() : std::nullopt;
      rows.push_back({{"truth", names[a]},
                      {"guess", names[b]},
                      {"share", *share},
                      {"own", certain ? Record(*certain) : Record(nullptr)}});
    }
  }
  return rows;
}

// The order stands in the domain of the scale only: Vega-Lite writes a `sort` into an expression, and a name with a
// line separator (U+2028) would break it.
Record axis_of(const char* field, const char* title, const Record& order, bool shown) {
  const bool across = std::string_view(field) == "guess";
  const Record axis = {
      {"title", title}, {"labelAngle", across ? -90 : 0}, {"labelLimit", 90}, {"domain", false}, {"ticks", false},
      {"grid", false},  {"labels", order.size() <= 40}};
  return {{"field", field},
          {"type", "nominal"},
          {"sort", nullptr},
          {"scale", {{"domain", order}}},
          {"axis", shown ? axis : Record(nullptr)}};
}

Record map_of(const Reading& time, const std::vector<std::string>& names, const Record& order, bool first, bool last) {
  const Record x = axis_of("guess", "class in the posterior", order, true);
  const Record y = axis_of("truth", "class of the datum", order, first);
  const Record tip = Record::list({Record{{"field", "truth"}, {"title", "class of the datum"}},
                                   Record{{"field", "guess"}, {"title", "class in the posterior"}},
                                   Record{{"field", "share"}, {"title", "share, leave-one-out"}, {"format", ".3f"}},
                                   Record{{"field", "own"}, {"title", "share, perfect machine"}, {"format", ".3f"}}});
  const Record legend = {{"title", "share"}, {"gradientLength", 150}, {"orient", "right"}, {"format", ".1f"}};
  Record layers = Record::list();
  layers.push_back({{"mark", {{"type", "rect"}, {"opacity", 1}}},
                    {"encoding",
                     {{"x", x},
                      {"y", y},
                      {"tooltip", tip},
                      {"color",
                       {{"field", "share"},
                        {"type", "quantitative"},
                        {"scale", {{"scheme", "viridis"}, {"domain", Record::list({0, 1})}}},
                        {"legend", last ? legend : Record(nullptr)}}}}}});
  if (names.size() <= kMostNumbers)
    layers.push_back(
        {{"transform", Record::list({Record{{"filter", "datum.share >= 0.005"}}})},
         {"mark", {{"type", "text"}, {"fontSize", 8.5}}},
         {"encoding",
          {{"x", x},
           {"y", y},
           {"tooltip", tip},
           {"text", {{"field", "share"}, {"type", "quantitative"}, {"format", ".2f"}}},
           {"color", {{"condition", {{"test", "datum.share > 0.55"}, {"value", "#111"}}}, {"value", "#fff"}}}}}});
  const ClockText clocks = clock_text(time["t"].number());
  return {{"title",
           {{"text", fmt::format("t = {}, σ = {}", clocks.t, clocks.sigma)},
            {"fontSize", 12},
            {"fontWeight", "normal"},
            {"anchor", "middle"}}},
          {"data", {{"values", cells(time, names)}}},
          {"width", kSide},
          {"height", kSide},
          {"layer", layers}};
}

}  // namespace

void add_confusion(const Reading& result, Figures& out) {
  const Reading classes = result["data"]["classes"];
  const auto all = classes.list();
  if (all.size() < 2 || all.size() > kMostClasses) return;
  const ClassNames known(classes);
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const Reading& c : all) names.push_back(known.of(c["label"].text()));
  Record order = Record::list();
  for (const std::string& label : leaf_order(classes, result["speciation"]["tree"].list()))
    order.push_back(known.of(label));
  const auto times = telling(result["speciation"]["confusion"].list(), all.size());
  if (times.empty()) return;
  Record figure = specification("Which classes are taken for which",
                                "Along a row: the mean leave-one-out posterior over the classes, for noisy data of one "
                                "class; a bright diagonal is a class that has formed. From left to right as generation "
                                "runs, at the times where classes are hardly, partly, mostly and almost told apart.");
  figure["hconcat"] = Record::list();
  for (std::size_t i = 0; i < times.size(); ++i)
    figure["hconcat"].push_back(map_of(times[i], names, order, i == 0, i + 1 == times.size()));
  figure["spacing"] = 14;
  figure["resolve"] = {{"scale", {{"color", "independent"}}}};
  out.emplace_back("confusion", std::move(figure));
}

}  // namespace denoiscope::report
