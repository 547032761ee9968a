// speciation: which classes of a data set part when, and the tree they form.
#include "denoiscope/experiments/speciation.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "run_output.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  experiments::SpeciationSettings own;
  long long most = 10, landmarks = 1024, resamples = 3;
  RunOutput output;
};

std::string names_of(const Record& labels, const Record& classes) {
  std::string text;
  for (const Record& label : labels)
    for (const Record& c : classes)
      if (c["label"] == label) text += (text.empty() ? "" : ", ") + c["name"].text();
  return text;
}

// A group and, further in, its parts.
std::string of_group(const Record& groups, std::size_t place, std::size_t depth) {
  const Record& group = groups[place];
  const std::string indent(2 * depth, ' ');
  const double percent = 100 * group["share"].number();
  if (group["t"].is_null())
    return fmt::format("{}class {}: {:.1f} % of the data; {}\n", indent, static_cast<int>(group["class"].whole()),
                       percent, group["reason"].text());
  return fmt::format("{}{:.1f} % of the data part at t = {:.3f}, clarity {:.2f}\n", indent, percent,
                     group["t"].number(), group["clarity"].number()) +
         of_group(groups, static_cast<std::size_t>(group["left"].whole()), depth + 1) +
         of_group(groups, static_cast<std::size_t>(group["right"].whole()), depth + 1);
}

std::string of_found(const Record& found) {
  if (found.is_null()) return {};
  std::string text = fmt::format("classes found among {} landmarks by the chain of U-turns, from the top:\n",
                                 found["landmarks"].whole());
  text += of_group(found["groups"], 0, 1);
  const Record& stability = found["stability"];
  if (!stability["adjusted_rand"].empty()) {
    text += "  other landmarks find";
    for (std::size_t r = 0; r < stability["adjusted_rand"].size(); ++r)
      text += fmt::format("{} {} classes (adjusted Rand index {:.2f})", r ? "," : "",
                          stability["classes"][r + 1].whole(), stability["adjusted_rand"][r].number());
    text += "\n";
  }
  if (!found["agreement_with_labels"].is_null())
    text +=
        fmt::format("  adjusted Rand index with the labels given: {:.3f}\n", found["agreement_with_labels"].number());
  return text + "\n";
}

std::string table(const Record& record) {
  const Record &speciation = record["speciation"], &classes = record["data"]["classes"];
  std::string text = fmt::format("speciation of {}: {} rows, {} classes\n\n", report::plain(record["source"].text()),
                                 record["data"]["rows"].whole(), classes.size());
  text += of_found(record["found"]);
  if (const auto leaked = record["data"]["duplicates"]["cross_class"].whole(); leaked > 0)
    text += fmt::format(
        "{} rows repeat a row of another class: of these the class is undecided at every noise level\n\n", leaked);
  if (!speciation["reason"].is_null()) text += "no tree: " + speciation["reason"].text() + "\n";
  if (!speciation["tree"].is_null() && !speciation["tree"].empty()) {
    std::vector<std::pair<std::string, double>> times;
    text += "as noise falls, classes part:\n";
    for (std::size_t i = speciation["tree"].size(); i-- > 0;) {
      const Record& merge = speciation["tree"][i];
      const std::string name = names_of(merge["classes_a"], classes) + " | " + names_of(merge["classes_b"], classes);
      text += fmt::format("  t = {:.3f} ({}): {}\n", merge["t"].number(), merge["basis"].text(), report::plain(name));
      times.emplace_back(fmt::format("split {}", times.size() + 1), merge["t"].number());
    }
    text += "\n" + report::time_table(times);
  }
  if (!speciation["pairs"].is_null()) {
    text += fmt::format("\ntimes at which the two classes of a pair part:\n{:<12} {:<12} {:<16} {}\n", "a", "b",
                        "leave-one-out", "perfect machine");
    for (const Record& pair : speciation["pairs"]) {
      const auto time = [&](const char* t, const char* error) {
        const auto of = [](const Record& v) { return v.is_null() ? std::nullopt : std::optional(v.number()); };
        return report::with_error(of(pair[t]), of(pair[error]));
      };
      text += fmt::format("{} {} {} {}\n", report::fit(report::plain(pair["a_name"].text()), 12),
                          report::fit(report::plain(pair["b_name"].text()), 12),
                          report::fit(time("t_rs_loo", "t_rs_loo_stderr"), 16),
                          report::fit(time("t_rs", "t_rs_stderr"), 16));
    }
  }
  return text;
}

void run(Options& options, const Call& call) {
  set_threads(call.threads);
  Settings settings = options.settings->resolve();
  settings.require_only(Use::data, "data");
  experiments::SpeciationSettings& own = options.own;
  own.most = options.most;
  own.landmarks = options.landmarks;
  own.resamples = options.resamples;
  arithmetic_of(settings);
  const Dataset data = load(settings).data;
  Record identity = identity_of(data, settings);
  identity["find"] = own.find;
  identity["most_classes"] = own.most;
  identity["landmarks"] = own.landmarks;
  identity["resamples"] = own.resamples;
  for (const char* key : {"queries", "times", "seed", "duplicates"}) identity[key] = settings.text(key);
  TerminalProgress progress(call.progress, call.quiet);
  ExperimentRun kept = open_run(options.output, identity, progress, experiments::speciation_units(settings, own, data));
  const auto start = std::chrono::steady_clock::now();
  Record record = experiments::speciation(settings, own, kept, data);
  record["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ExperimentPage page{"Speciation of " + data.name(), table(record)};
  for (const Record& node : record["nodes"]) page.images.emplace_back(node["file"].text(), node["text"].text());
  finish(kept, record, page, options.output, call);
}

}  // namespace

void add_speciation(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "speciation",
      "which classes of a data set part when, and the tree they form; finds classes where there are none");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",    "class_names", "resize",         "gray",
                                         "rgb",  "classes",   "rows",        "drop_nonfinite", "scale",
                                         "seed", "precision", "kernel",      "queries",        "times"};
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), keys);
  verb->add_flag("--find", options->own.find, "find classes from the posterior although there are labels, and compare");
  verb->add_option("--most-classes", options->most, "of classes that are found")->default_str("10")->type_name("K");
  verb->add_option("--landmarks", options->landmarks, "random data among which classes are sought")
      ->default_str("1024")
      ->type_name("M");
  verb->add_option("--resamples", options->resamples, "sets of landmarks, to see how stable found classes are")
      ->default_str("3")
      ->type_name("R");
  add_run_output(*verb, options->output);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
