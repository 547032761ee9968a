// collapse: when trajectories belong to one datum, which data are memorized first, and what repeats do to it.
#include "denoiscope/study/collapse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoiscope/study/generalization.hpp"
#include "run_output.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

using nlohmann::json;

constexpr std::size_t kShown = 8;  // data at either end of the table

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  long long trajectories = 256, data_times = 512, noises = 8;
  bool generalization = false;
  RunOutput output;
};

std::optional<double> number_of(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

std::string with_error(const json& of, const char* value, const char* error) {
  return report::with_error(number_of(of[value]), number_of(of[error]));
}

std::string short_number(const json& value) {
  return value.is_null() ? "-" : fmt::format("{:.3g}", value.get<double>());
}

std::string of_collapse(const json& record) {
  const json &c = record["collapse"], &finite = record["finite_size"];
  std::string text;
  if (!c["reason"].is_null()) text += c["reason"].get<std::string>() + "\n";
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

std::string of_switches(const json& s) {
  if (!s["reason"].is_null()) return "last switch: " + s["reason"].get<std::string>() + "\n";
  const json& q = s["quantiles"];
  return fmt::format("{:<44} {}\n{:<44} {} to {} of {} trajectories\n", "mean last change of the nearest datum",
                     with_error(s, "mean", "stderr"), "90 % of them", short_number(q["q05"]), short_number(q["q95"]),
                     s["trajectories"].get<Index>());
}

std::string of_samples(const json& samples) {
  if (samples.is_null()) return {};
  std::string text;
  if (!samples["slope"].is_null())
    text += fmt::format("t_C falls as n to the power {} (n/8 to n)\n", with_error(samples, "slope", "slope_stderr"));
  for (const json& target : samples["targets"]) {
    std::string needed = target["reason"].is_null() ? "any number of data" : target["reason"].get<std::string>();
    if (!target["n"].is_null() && target["n"].get<double>() >= 2)
      needed = fmt::format("{:.2g} data ({:.2g} to {:.2g})", target["n"].get<double>(), target["n_low"].get<double>(),
                           target["n_high"].get<double>());
    text +=
        fmt::format("  {} (t = {:.3g}): {}\n", target["what"].get<std::string>(), target["t"].get<double>(), needed);
  }
  return text;
}

std::string of_duplicates(const json& d) {
  std::string text = fmt::format("repeats: {} rows equal others, {} of {} rows looked at nearly do\n",
                                 d["exact"].get<Index>(), d["near"].get<Index>(), d["near_checked"].get<Index>());
  if (d["floor"].is_null()) return text;
  text += fmt::format(
      "  {} clusters; the entropy of the datum falls to {:.3g} nats and no lower ({:.2g} of log n)\n"
      "  t_C with each row by itself {}, with each cluster as one {}\n",
      d["clusters"].get<Index>(), d["floor"].get<double>(), d["floor_over_log_n"].get<double>(),
      with_error(d, "t_c", "t_c_stderr"), with_error(d, "t_c_clusters", "t_c_clusters_stderr"));
  return text;
}

std::string of_generalization(const json& g) {
  if (g.is_null()) return {};
  std::string text = fmt::format("generalisation: {} training data, {} held-out points {}\n", g["n"].get<Index>(),
                                 g["held_out"]["rows"].get<Index>(),
                                 g["held_out"]["given"].get<bool>() ? "given" : "taken from the data");
  const auto line = [&](const char* name, const json& of, const json& gaussian) {
    text += fmt::format("  {:<50} {}{}\n", name,
                        of["t"].is_null() ? of["reason"].get<std::string>() : with_error(of, "t", "stderr"),
                        gaussian.is_null() ? "" : fmt::format(" (Gaussian data: {:.3g})", gaussian.get<double>()));
  };
  line("t_g, where held-out points are likeliest", g["t_g"], g["t_g"]["t_gaussian"]);
  line("t_o, where half of the data are traps", g["t_o"], g["t_o"]["t_gaussian"]);
  for (const json& row : g["gap"])
    line(fmt::format("held-out points less likely by {:g} % of log n", 100 * row["share"].get<double>()).c_str(), row,
         nullptr);
  const json& needed = g["n_needed"];
  if (!needed["log10_n"].is_null())
    text += fmt::format("  {:<50} 10^{:.1f} data (10^{:.1f} to 10^{:.1f})\n", "collapse below t_g would take",
                        needed["log10_n"].get<double>(), needed["low"].get<double>(), needed["high"].get<double>());
  return text + "\n";
}

std::string name_of(const json& label, const json& classes) {
  for (const json& c : classes)
    if (c["label"] == label) return report::plain(c["name"].get<std::string>());
  return "-";
}

std::string datum_line(const json& datum, const json& classes) {
  return fmt::format("{:>8} {} {:<22} {:>8} {:>10} {}\n", datum["row"].get<Index>(),
                     report::fit(name_of(datum["class"], classes), 12),
                     report::fit(with_error(datum, "t_c", "t_c_stderr"), 22),
                     datum["nearest"].is_null() ? "-" : datum["nearest"].dump(), short_number(datum["distance"]),
                     datum["reason"].is_null() ? "" : datum["reason"].get<std::string>());
}

std::string of_data(const json& times, const json& classes) {
  if (times["data"].is_null()) return "single data: " + times["reason"].get<std::string>() + "\n";
  const json &list = times["data"], &q = times["quantiles"];
  std::string text = fmt::format(
      "single data: own weight through 1/2 at t = {} (median of {}; 90 %: {} to {}), {} undefined\n"
      "{:>8} {:<12} {:<22} {:>8} {:>10}\n",
      short_number(q["q50"]), times["rows"].get<Index>(), short_number(q["q05"]), short_number(q["q95"]),
      times["undefined"].get<Index>(), "row", "class", "t_C", "nearest", "distance");
  const std::size_t shown = std::min(kShown, list.size());
  for (std::size_t i = 0; i < shown; ++i) text += datum_line(list[i], classes);
  if (list.size() > 2 * kShown) text += "     ...\n";
  for (std::size_t i = std::max(shown, list.size() - std::min(kShown, list.size())); i < list.size(); ++i)
    text += datum_line(list[i], classes);
  return text;
}

std::string table(const json& record) {
  std::vector<std::pair<std::string, double>> clocks;
  const auto add = [&](const char* name, const json& t) {
    if (!t.is_null()) clocks.emplace_back(name, t.get<double>());
  };
  add("collapse", record["collapse"]["t_c"]);
  add("collapse, clusters as one", record["duplicates"]["t_c_clusters"]);
  add("phi_C = 1/2", record["phi_c_half"]["t"]);
  if (const json& g = record["generalization"]; !g.is_null()) {
    add("likeliest held-out points", g["t_g"]["t"]);
    add("half of the data are traps", g["t_o"]["t"]);
  }
  add("last switch, mean", record["last_switch"]["mean"]);
  add("single data, median",
      record["data_times"]["quantiles"].is_null() ? json() : record["data_times"]["quantiles"]["q50"]);
  std::string text =
      fmt::format("collapse of {}: {} rows of dimension {}\n\n", report::plain(record["source"].get<std::string>()),
                  record["data"]["rows"].get<Index>(), record["data"]["dimension"].get<Index>());
  text += of_collapse(record) + of_switches(record["last_switch"]) + "\n" + of_samples(record["collapse"]["samples"]) +
          of_duplicates(record["duplicates"]) + "\n" + of_generalization(record["generalization"]) +
          of_data(record["data_times"], record["data"]["classes"]);
  if (!clocks.empty()) text += "\n" + report::time_table(clocks);
  return text;
}

void run(const Options& options, const Call& call) {
  set_threads(call.threads);
  const study::Settings settings = options.settings->resolve();
  settings.require_only(study::Use::data, "data");
  const study::CollapseSettings own{options.trajectories, options.data_times, options.noises,
                                    options.generalization || settings.given("test")};
  study::arithmetic_of(settings);
  const study::Loaded loaded = study::load(settings);
  const std::optional<Dataset> held_out = study::load_test(settings, loaded.data);
  const int units = study::collapse_units(settings, own, loaded.data);
  json identity = study::identity_of(loaded.data, settings);
  identity.update(json{{"trajectories", own.trajectories},
                       {"data_times", own.data_times},
                       {"noises", own.noises},
                       {"generalization", own.generalization},
                       {"test_sha256", held_out ? json(held_out->hash()) : json()}});
  for (const char* key : {"queries", "times", "seed", "duplicates", "collapse_below"})
    identity[key] = settings.text(key);
  TerminalProgress progress(call.progress, call.quiet);
  study::ExperimentRun kept = open_run(options.output, identity, progress, units);
  const auto start = std::chrono::steady_clock::now();
  json record = study::collapse(settings, own, kept, loaded, held_out ? &*held_out : nullptr);
  record["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  study::ExperimentPage page{"Collapse of " + loaded.data.name(), table(record), study::collapse_figures(record)};
  if (!record["generalization"].is_null())
    for (study::CurveFigure& figure : study::generalization_figures(record["generalization"]))
      page.figures.push_back(std::move(figure));
  for (const json& image : record["data_times"]["images"]) page.images.emplace_back(image["file"], image["text"]);
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
  options->settings = std::make_unique<SettingsOptions>(*verb, study::analyze_settings(), keys);
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
