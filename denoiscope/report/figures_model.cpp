// A model's curves beside its closed forms.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/plot.hpp"

namespace denoiscope::report {
namespace {

/// Adds a figure of curves over time, with named levels, where any curve has points.
struct Plot {
  const char *name, *title, *caption;
  int width, height;
  Record y;  ///< {"title", "domain"}
};

void add(const Reading& result, const Plot& plot, const std::vector<Series>& series,
         const std::vector<std::pair<double, std::string>>& levels, Figures& out) {
  const TimeAxis axis(result);
  Record layers = axis.background(result);
  const std::size_t before = layers.size();
  add_curves(series, axis, plot.y, layers);
  if (layers.size() == before) return;
  for (const auto& [value, name] : levels) layers.push_back(level(value, name, plot.y["domain"]));
  out.emplace_back(plot.name, over_time(plot.title, plot.caption, plot.width, plot.height, std::move(layers)));
}

void add_phi(const Reading& result, Figures& out) {
  const Reading speciation = result["speciation"];
  std::vector<std::pair<double, std::string>> levels;
  if (const auto chance = speciation["chance"].number()) levels.emplace_back(*chance, "chance " + number(chance, 2));
  if (const auto at = speciation["level"].number()) levels.emplace_back(*at, "t_S here: " + number(at, 4));
  add(result,
      {"phi",
       "Two clones in one class",
       "φ is the probability that two clones branching at t end in the same class: points are averages over noisy "
       "points "
       "of the model itself, the dashed line is its closed form where one is known.",
       kWide,
       280,
       {{"title", "φ"}, {"domain", Record::list({0.0, 1.02})}}},
      {{"the model's posterior", kColours.own, {}, curve(speciation["phi"], "phi")},
       {"closed form", kColours.collapse, {6, 6}, curve(speciation["phi_theory"], "phi"), false}},
      levels, out);
}

/// Points {t, value} of I per dimension with its error.
Record per_dimension(const Reading& list, double d) {
  Record rows = curve(list, "value");
  for (Record& row : rows)
    for (const char* field : {"value", "low", "high"}) row[field] = row[field].number() / d;
  return rows;
}

void add_information(const Reading& result, Figures& out) {
  const Reading information = result["information"];
  const double d = result["model"]["dimension"].number().value_or(1);
  std::vector<std::pair<double, std::string>> levels;
  double most = 0;
  for (const Reading& entry : result["collapse"].list())
    if (const auto alpha = entry["alpha"].number()) {
      levels.emplace_back(*alpha, "log n / d, n = " + about(entry["n"].number()));
      most = std::max(most, *alpha);
    }
  if (const auto source = information["source_entropy"]["value"].number()) {
    levels.emplace_back(*source / d, "H(x₀) / d");
    most = std::max(most, *source / d);
  }
  const Record domain = most > 0 ? Record::list({0.0, 1.3 * most}) : Record(nullptr);
  add(result,
      {"information",
       "What a noisy point says about the clean one",
       "Where I(x₀; x_t) / d meets log n / d, n data would just be told apart: below that time the score of n data "
       "leads "
       "to one of them.",
       kWide,
       300,
       {{"title", "nats per dimension"}, {"domain", domain}}},
      {{"I(x₀; x_t) / d", kColours.collapse, {}, per_dimension(information["i"], d)},
       {"closed form", kColours.leave_one_out, {6, 6}, per_dimension(information["i_theory"], d), false}},
      levels, out);
}

std::optional<double> parting(const Reading& pair) { return pair["t_rs"].number(); }

/// All pairs of at most three classes; of more those that part first and last.
std::vector<Reading> chosen(const Reading& pairs) {
  std::vector<Reading> all = pairs.list();
  if (all.size() <= 3) return all;
  std::vector<Reading> found;
  for (const Reading& pair : all)
    if (parting(pair)) found.push_back(pair);
  if (found.size() < 2) return {all.front()};
  const auto ends = std::minmax_element(found.begin(), found.end(),
                                        [](const Reading& a, const Reading& b) { return *parting(a) < *parting(b); });
  return {*ends.second, *ends.first};
}

void add_odds(const Reading& result, Figures& out) {
  static constexpr const char* kShades[] = {"#3b7fd4", "#dc6a45", "#a565c4"};
  std::vector<Series> series;
  std::size_t i = 0;
  for (const Reading& pair : chosen(result["speciation"]["pairs"])) {
    const std::string name = pair["a"].text() + " | " + pair["b"].text();
    const char* shade = kShades[i++ % 3];
    series.push_back({name + ", mean A", shade, {}, curve(pair["odds_ab"], "mean")});
    series.push_back({name + ", deviation B", shade, {2, 2}, curve(pair["odds_ab"], "deviation"), false});
  }
  add(result,
      {"odds",
       "Log-odds of the classes",
       "Over points of the first class of the pair: the classes are told apart where the mean of the log-odds exceeds "
       "their deviation (two equal Gaussian classes meet at 2 nats).",
       kWide,
       260,
       {{"title", "nats"}, {"domain", Record::list({0.0, 8.0})}}},
      series, {}, out);
}

void add_entropies(const Reading& result, Figures& out) {
  const Reading information = result["information"];
  add(result,
      {"entropy",
       "Entropy of the clean point",
       "What is left to say once the noisy point is known; with I it adds up to H(x₀) at every t.",
       kHalf,
       230,
       {{"title", "nats"}, {"domain", nullptr}}},
      {{"H(x₀ | x_t)", kColours.leave_one_out, {}, curve(information["posterior_entropy"], "value")},
       {"H(x₀ | x_t) + I", kColours.other, {6, 3}, curve(information["source_entropy_curve"], "value"), false}},
      {}, out);
  add(result,
      {"variance",
       "Variance of the posterior",
       "Mean squared error of the denoiser, per dimension: half of it is the slope of I / d in the signal-to-noise "
       "ratio.",
       kHalf,
       230,
       {{"title", "E |x₀ − mean|² / d"}, {"domain", nullptr}}},
      {{"posterior variance", kColours.weights, {}, curve(information["posterior_variance"], "value")}}, {}, out);
}

}  // namespace

void add_model(const Reading& result, Figures& out) {
  add_phi(result, out);
  add_information(result, out);
  add_odds(result, out);
  add_entropies(result, out);
}

}  // namespace denoiscope::report
