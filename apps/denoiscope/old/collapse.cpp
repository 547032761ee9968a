// collapse: when trajectories belong to one datum, which data are memorized first, and what repeats do to it.
#include "denoiscope/experiments/collapse/collapse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/experiments/collapse/generalization.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "run_output.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

constexpr std::size_t kShown = 8;  // data at either end of the table

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  long long trajectories = 256, data_times = 512, noises = 8;
  bool generalization = false;
  RunOutput output;
};

std::optional<double> number_of(const Record& value) {
  return value.is_null() ? std::nullopt : std::optional(value.number());
}

std::string with_error(const Record& of, const char* value, const char* error) {
  return report::with_error(number_of(of[value]), number_of(of[error]));
}

std::string short_number(const Record& value) { return value.is_null() ? "-" : fmt::format("{:.3g}", value.number()); }

std::string of_collapse(const Record& record) {
  const Record &c = record["collapse"], &finite = record["finite_size"];
  std::string text;
  if (!c["reason"].is_null()) text += c["reason"].text() + "\n";
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("{:<44} {}\n", name, value);
  };
  line("alpha = log n / d, nats", short_number(c["alpha"]));
  line("t_C, where 95 % of log n is known", with_error(c, "t_c", "t_c_stderr"));
  line("t at f/alpha = 1/2", with_error(c, "t_c_half", "t_c_half_stderr"));
  line("t at phi_C = 1/2", with_error(record["phi_c_half"], "t", "stderr"));
  line("t_C of a Gaussian of the same spectrum", short_number(c["t_c_gaussian"]));
  if (!c["band"].is_null())
    line("band of its crossover at this n",
         fmt::format("{} to {}", short_number(c["band"][0]), short_number(c["band"][1])));
  if (!finite["two_classes"]["t_c"].is_null())
    line("t_C of two Gaussian classes at this n", short_number(finite["two_classes"]["t_c"]));
  return text;
}

std::string of_switches(const Record& s) {
  if (!s["reason"].is_null()) return "last switch: " + s["reason"].text() + "\n";
  const Record& q = s["quantiles"];
  return fmt::format("{:<44} {}\n{:<44} {} to {} of {} trajectories\n", "mean last change of the nearest datum",
                     with_error(s, "mean", "stderr"), "90 % of them", short_number(q["q05"]), short_number(q["q95"]),
                     s["trajectories"].whole());
}

std::string of_samples(const Record& samples) {
  if (samples.is_null()) return {};
  std::string text;
  if (!samples["slope"].is_null())
    text += fmt::format("t_C falls as n to the power {} (n/8 to n)\n", with_error(samples, "slope", "slope_stderr"));
  for (const Record& target : samples["targets"]) {
    std::string needed = target["reason"].is_null() ? "any number of data" : target["reason"].text();
    if (!target["n"].is_null() && target["n"].number() >= 2)
      needed = fmt::format("{:.2g} data ({:.2g} to {:.2g})", target["n"].number(), target["n_low"].number(),
                           target["n_high"].number());
    text += fmt::format("  {} (t = {:.3g}): {}\n", target["what"].text(), target["t"].number(), needed);
  }
  return text;
}

std::string of_duplicates(const Record& d) {
  std::string text = fmt::format("repeats: {} rows equal others, {} of {} rows looked at nearly do\n",
                                 d["exact"].whole(), d["near"].whole(), d["near_checked"].whole());
  if (d["floor"].is_null()) return text;
  text += fmt::format(
      "  {} clusters; the entropy of the datum falls to {:.3g} nats and no lower ({:.2g} of log n)\n"
      "  t_C with each row by itself {}, with each cluster as one {}\n",
      d["clusters"].whole(), d["floor"].number(), d["floor_over_log_n"].number(), with_error(d, "t_c", "t_c_stderr"),
      with_error(d, "t_c_clusters", "t_c_clusters_stderr"));
  return text;
}

std::string of_generalization(const Record& g) {
  if (g.is_null()) return {};
  std::string text =
      fmt::format("generalisation: {} training data, {} held-out points {}\n", g["n"].whole(),
                  g["held_out"]["rows"].whole(), g["held_out"]["given"].flag() ? "given" : "taken from the data");
  const auto line = [&](const char* name, const Record& of, const Record& gaussian) {
    text +=
        fmt::format("  {:<50} {}{}\n", name, of["t"].is_null() ? of["reason"].text() : with_error(of, "t", "stderr"),
                    gaussian.is_null() ? "" : fmt::format(" (Gaussian data: {:.3g})", gaussian.number()));
  };
  line("t_g, where held-out points are likeliest", g["t_g"], g["t_g"]["t_gaussian"]);
  line("t_o, where half of the data are traps", g["t_o"], g["t_o"]["t_gaussian"]);
  for (const Record& row : g["gap"])
    line(fmt::format("held-out points less likely by {:g} % of log n", 100 * row["share"].number()).c_str(), row,
         nullptr);
  const Record& needed = g["n_needed"];
  if (!needed["log10_n"].is_null())
    text += fmt::format("  {:<50} 10^{:.1f} data (10^{:.1f} to 10^{:.1f})\n", "collapse below t_g would take",
                        needed["log10_n"].number(), needed["low"].number(), needed["high"].number());
  return text + "\n";
}

std::string name_of(const Record& label, const Record& classes) {
  for (const Record& c : classes)
    if (c["label"] == label) return report::plain(c["name"].text());
  return "-";
}

std::string datum_line(const Record& datum, const Record& classes) {
  return fmt::format("{:>8} {} {:<22} {:>8} {:>10} {}\n", datum["row"].whole(),
                     report::fit(name_of(datum["class"], classes), 12),
                     report::fit(with_error(datum, "t_c", "t_c_stderr"), 22),
                     datum["nearest"].is_null() ? "-" : json_text(datum["nearest"]), short_number(datum["distance"]),
                     datum["reason"].is_null() ? "" : datum["reason"].text());
}

std::string of_data(const Record& times, const Record& classes) {
  if (times["data"].is_null()) return "single data: " + times["reason"].text() + "\n";
  const Record &list = times["data"], &q = times["quantiles"];
  std::string text = fmt::format(
      "single data: own weight through 1/2 at t = {} (median of {}; 90 %: {} to {}), {} undefined\n"
      "{:>8} {:<12} {:<22} {:>8} {:>10}\n",
      short_number(q["q50"]), times["rows"].whole(), short_number(q["q05"]), short_number(q["q95"]),
      times["undefined"].whole(), "row", "class", "t_C", "nearest", "distance");
  const std::size_t shown = std::min(kShown, list.size());
  for (std::size_t i = 0; i < shown; ++i) text += datum_line(list[i], classes);
  if (list.size() > 2 * kShown) text += "     ...\n";
  for (std::size_t i = std::max(shown, list.size() - std::min(kShown, list.size())); i < list.size(); ++i)
    text += datum_line(list[i], classes);
  return text;
}

std::string table(const Record& record) {
  std::vector<std::pair<std::string, double>> clocks;
  const auto add = [&](const char* name, const Record& t) {
    if (!t.is_null()) clocks.emplace_back(name, t.number());
  };
  add("collapse", record["collapse"]["t_c"]);
  add("collapse, clusters as one", record["duplicates"]["t_c_clusters"]);
  add("phi_C = 1/2", record["phi_c_half"]["t"]);
  if (const Record& g = record["generalization"]; !g.is_null()) {
    add("likeliest held-out points", g["t_g"]["t"]);
    add("half of the data are traps", g["t_o"]["t"]);
  }
  add("last switch, mean", record["last_switch"]["mean"]);
  add("single data, median",
      record["data_times"]["quantiles"].is_null() ? Record() : record["data_times"]["quantiles"]["q50"]);
  std::string text = fmt::format("collapse of {}: {} rows of dimension {}\n\n", report::plain(record["source"].text()),
                                 record["data"]["rows"].whole(), record["data"]["dimension"].whole());
  text += of_collapse(record) + of_switches(record["last_switch"]) + "\n" + of_samples(record["collapse"]["samples"]) +
          of_duplicates(record["duplicates"]) + "\n" + of_generalization(record["generalization"]) +
          of_data(record["data_times"], record["data"]["classes"]);
  if (!clocks.empty()) text += "\n" + report::time_table(clocks);
  return text;
}

void run(const Options& options, const Call& call) {
  set_threads(call.threads);
  const Settings settings = options.settings->resolve();
  settings.require_only(Use::data, "data");
  const experiments::CollapseSettings own{options.trajectories, options.data_times, options.noises,
                                          options.generalization || settings.given("test")};
  arithmetic_of(settings);
  const Loaded loaded = load(settings);
  const std::optional<Dataset> held_out = load_test(settings, loaded.data);
  const int units = experiments::collapse_units(settings, own, loaded.data);
  Record identity = identity_of(loaded.data, settings);
  identity.update(Record{{"trajectories", own.trajectories},
                         {"data_times", own.data_times},
                         {"noises", own.noises},
                         {"generalization", own.generalization},
                         {"test_sha256", held_out ? Record(held_out->hash()) : Record()}});
  for (const char* key : {"queries", "times", "seed", "duplicates", "collapse_below"})
    identity[key] = settings.text(key);
  TerminalProgress progress(call.progress, call.quiet);
  ExperimentRun kept = open_run(options.output, identity, progress, units);
  const auto start = std::chrono::steady_clock::now();
  Record record = experiments::collapse(settings, own, kept, loaded, held_out ? &*held_out : nullptr);
  record["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ExperimentPage page{"Collapse of " + loaded.data.name(), table(record), experiments::collapse_figures(record)};
  if (!record["generalization"].is_null())
    for (CurveFigure& figure : experiments::generalization_figures(record["generalization"]))
      page.figures.push_back(std::move(figure));
  for (const Record& image : record["data_times"]["images"])
    page.images.emplace_back(image["file"].text(), image["text"].text());
  finish(kept, record, page, options.output, call);
}

}  // namespace

void add_collapse(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "collapse",
      "when trajectories belong to one datum, how many data would delay it, and which data are memorized first");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data",      "labels", "class_names",    "resize", "gray",           "rgb",
                                         "classes",   "rows",   "drop_nonfinite", "scale",  "duplicates",     "seed",
                                         "precision", "kernel", "queries",        "times",  "collapse_below", "test"};
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), keys);
  verb->add_option("--trajectories", options->trajectories,
                   "exact backward trajectories whose last change of the nearest datum is found")
      ->default_str("256")
      ->type_name("M");
  verb->add_option("--data-times", options->data_times, "random data whose own collapse time is found (0: none)")
      ->default_str("512")
      ->type_name("N");
  verb->add_option("--noises", options->noises, "noisy versions of each of these, at most 24")
      ->default_str("8")
      ->type_name("K");
  verb->add_flag(
      "--generalization", options->generalization,
      "also where the empirical measure is best for held-out points (--test, or a random tenth of the data), "
      "and where it traps");
  add_run_output(*verb, options->output);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
