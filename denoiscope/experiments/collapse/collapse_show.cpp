// What collapse found, for people.
#include <fmt/format.h>

#include <algorithm>

#include "denoiscope/experiments/collapse/collapse_parts.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

namespace {

constexpr std::size_t kShown = 8;  // data at either end of the list
constexpr double kFew = 2;         // numbers of data below which any number will do
constexpr const char* kTime = "OU time";

Record with_error(const Record& of, const char* value, const char* error) {
  return measured(number_from(of[value]), number_from(of[error]));
}

std::string short_number(const Record& value) { return value.is_null() ? "-" : fmt::format("{:.3g}", value.number()); }

void show_times(const Record& record, Frame& frame) {
  const Record &c = record["collapse"], &two = record["finite_size"]["two_classes"], &g = record["generalization"],
               &quantiles = record["data_times"]["quantiles"];
  frame.number("alpha = log n / d, nats", c["alpha"]);
  frame.number("t_C: 95 % of log n is known", with_error(c, "t_c", "t_c_stderr"), kTime);
  if (const Record& d = record["duplicates"]; !d["floor"].is_null())
    frame.number("t_C, each cluster as one", with_error(d, "t_c_clusters", "t_c_clusters_stderr"), kTime);
  frame.number("f/alpha = 1/2", with_error(c, "t_c_half", "t_c_half_stderr"), kTime);
  frame.number("phi_C = 1/2", with_error(record["phi_c_half"], "t", "stderr"), kTime);
  if (!g.is_null()) {
    frame.number("t_g: held-out likeliest", with_error(g["t_g"], "t", "stderr"), kTime);
    frame.number("t_o: half of data are traps", with_error(g["t_o"], "t", "stderr"), kTime);
  }
  frame.number("last switch, mean", with_error(record["last_switch"], "mean", "stderr"), kTime);
  frame.number("single data, median", quantiles.is_null() ? Record() : quantiles["q50"], kTime);
  frame.number("t_C of a Gaussian, its spectrum", c["t_c_gaussian"], kTime);
  if (!two["t_c"].is_null()) frame.number("t_C of two Gaussian classes", two["t_c"], kTime);
}

void show_spread(const Record& record, Frame& frame) {
  const Record &band = record["collapse"]["band"], &s = record["last_switch"];
  if (!band.is_null())
    frame.text(fmt::format("band of the Gaussian's crossover at this n: t = {} to {}", short_number(band[0]),
                           short_number(band[1])));
  if (!s["reason"].is_null())
    frame.text("last switch: " + s["reason"].text());
  else
    frame.text(fmt::format("last change of the nearest datum: 90 % from t = {} to {}, of {} trajectories",
                           short_number(s["quantiles"]["q05"]), short_number(s["quantiles"]["q95"]),
                           s["trajectories"].whole()));
}

void show_samples(const Record& samples, Frame& frame) {
  if (samples.is_null()) return;
  if (!samples["slope"].is_null())
    frame.number("t_C falls as n to the power", with_error(samples, "slope", "slope_stderr"));
  Table table{"how many data it takes", {"for", "t", "data", "low", "high", ""}};
  for (const Record& target : samples["targets"]) {
    const bool known = !target["n"].is_null() && target["n"].number() >= kFew;
    Record::List cells = {target["what"], target["t"]};
    for (const char* name : {"n", "n_low", "n_high"}) cells.push_back(known ? target[name] : Record());
    cells.emplace_back(known                        ? std::string()
                       : target["reason"].is_null() ? "any number of data"
                                                    : target["reason"].text());
    table.add(std::move(cells));
  }
  frame.table(table);
}

void show_duplicates(const Record& d, Frame& frame) {
  frame.text(fmt::format("repeats: {} rows equal others, {} of {} rows looked at nearly do", d["exact"].whole(),
                         d["near"].whole(), d["near_checked"].whole()));
  if (d["floor"].is_null()) return;
  frame.text(fmt::format("{} clusters; the entropy of the datum falls to {:.3g} nats and no lower ({:.2g} of log n)",
                         d["clusters"].whole(), d["floor"].number(), d["floor_over_log_n"].number()));
}

void show_generalization(const Record& g, Frame& frame) {
  if (g.is_null()) return;
  Table table{
      fmt::format("generalisation: {} training data, {} held-out points {}", g["n"].whole(),
                  g["held_out"]["rows"].whole(), g["held_out"]["given"].flag() ? "given" : "taken from the data"),
      {"", "t", "Gaussian data", ""}};
  const auto add = [&](const std::string& name, const Record& of, const Record& gaussian) {
    table.add({name, with_error(of, "t", "stderr"), gaussian, of["t"].is_null() ? of["reason"] : Record("")});
  };
  add("t_g, where held-out points are likeliest", g["t_g"], g["t_g"]["t_gaussian"]);
  add("t_o, where half of the data are traps", g["t_o"], g["t_o"]["t_gaussian"]);
  for (const Record& row : g["gap"])
    add(fmt::format("held-out points less likely by {:g} % of log n", 100 * row["share"].number()), row, nullptr);
  frame.table(table);
  if (const Record& needed = g["n_needed"]; !needed["log10_n"].is_null())
    frame.text(fmt::format("collapse below t_g would take 10^{:.1f} data (10^{:.1f} to 10^{:.1f})",
                           needed["log10_n"].number(), needed["low"].number(), needed["high"].number()));
}

Record name_of(const Record& label, const Record& classes) {
  for (const Record& c : classes)
    if (c["label"] == label) return c["name"];
  return "-";
}

// The ends of the list: memorized first, memorized last.
void show_data(const Record& times, const Record& classes, Frame& frame) {
  if (times["data"].is_null()) {
    frame.text("single data: " + times["reason"].text());
    return;
  }
  const Record &list = times["data"], &q = times["quantiles"];
  const auto show = [&](const std::string& title, std::size_t from, std::size_t to) {
    Table table{title, {"row", "class", "t_C", "nearest", "distance", ""}};
    for (std::size_t i = from; i < to; ++i) {
      const Record& datum = list[i];
      table.add({datum["row"], name_of(datum["class"], classes), with_error(datum, "t_c", "t_c_stderr"),
                 datum["nearest"], datum["distance"], datum["reason"].is_null() ? Record("") : datum["reason"]});
    }
    frame.table(table);
  };
  const std::string title =
      fmt::format("single data: own weight through 1/2 at t = {} (median of {}; 90 %: {} to {}), {} undefined",
                  short_number(q["q50"]), times["rows"].whole(), short_number(q["q05"]), short_number(q["q95"]),
                  times["undefined"].whole());
  const std::size_t many = list.size();
  show(title, 0, many > 2 * kShown ? kShown : many);
  if (many > 2 * kShown) show("the last of them", many - kShown, many);
}

}  // namespace

void show_collapse(const Record& record, Frame& frame) {
  frame.title("Collapse of " + record["source"].text());
  frame.question(
      fmt::format("When do backward trajectories belong to one datum, and to which first? {} rows of dimension {}.",
                  record["data"]["rows"].whole(), record["data"]["dimension"].whole()));
  if (const Record& reason = record["collapse"]["reason"]; !reason.is_null()) frame.verdict(Level::note, reason.text());
  show_times(record, frame);
  show_spread(record, frame);
  show_samples(record["collapse"]["samples"], frame);
  show_duplicates(record["duplicates"], frame);
  show_generalization(record["generalization"], frame);
  show_data(record["data_times"], record["data"]["classes"], frame);
  for (const CurveFigure& figure : collapse_figures(record)) frame.figure(figure);
  if (!record["generalization"].is_null())
    for (const CurveFigure& figure : generalization_figures(record["generalization"])) frame.figure(figure);
  for (const Record& image : record["data_times"]["images"]) frame.image(image["file"].text(), image["text"].text());
}

}  // namespace denoiscope::experiments
