// uturn: noise a clean point, denoise it again, and see what is left of it.
#include "denoiscope/experiments/uturn.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/experiments/analyze/analyze_model.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "model_options.hpp"
#include "run_output.hpp"
#include "settings_options.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::unique_ptr<ModelOptions> model;
  std::string times, epsilon;
  long long starts = 512, grammars = 8;
  RunOutput output;
};

std::vector<double> strengths_of(const Options& options) {
  if (!options.times.empty() && !options.epsilon.empty())
    throw UsageError("--epsilon: {} beside --times {}; give one of them.", options.epsilon, options.times);
  const bool epsilon = !options.epsilon.empty();
  if (!epsilon && options.times.empty()) return experiments::usual_times();
  std::vector<double> out;
  for (const std::string& part : split(epsilon ? options.epsilon : options.times, ',')) {
    const double value = parse_number(part, epsilon ? "--epsilon" : "--times");
    if (epsilon ? !(value >= 0 && value <= 1) : !(value > 0 && value <= 350))
      throw UsageError("{}: {}, expected {}.", epsilon ? "--epsilon" : "--times", part,
                       epsilon ? "numbers from 0 to 1" : "OU times above 0 and up to 350");
    out.push_back(value);
  }
  return out;
}

std::string cell(const Record& turned) {
  if (turned.is_null()) return fmt::format("{:>28}", "-");
  const auto part = [&](const char* which, const char* field) -> std::optional<double> {
    const Record& value = turned[which][field];
    return value.is_null() ? std::nullopt : std::optional(value.number());
  };
  return fmt::format(" {:>18} {:>8}", report::with_error(part("drawn", "value"), part("drawn", "stderr")),
                     report::number(part("exact", "value"), 4));
}

std::string table(const Record& record) {
  std::string text = fmt::format("U-turns of {}: {} starts a noise level\n\n", report::plain(record["source"].text()),
                                 record["starts"].whole());
  text += fmt::format("{:>8} {:>27} {:>27} {:>27}\n", record["uturns"][0]["t"].is_null() ? "epsilon" : "t",
                      "same class (exact)", "x0.x0' (exact)", "same datum (exact)");
  for (const Record& row : record["uturns"]) {
    const Record& at = row["t"].is_null() ? row["epsilon"] : row["t"];
    text += fmt::format("{:>8.4g}", at.number());
    for (const char* name : {"same_class", "autocorrelation", "same_datum"}) text += cell(row[name]);
    text += "\n";
  }
  if (record["uturns"][0]["levels"].empty()) return text;
  text += "\nunchanged, coarsest level first, and the susceptibility of the leaves:\n";
  for (const Record& row : record["uturns"]) {
    const Record& at = row["t"].is_null() ? row["epsilon"] : row["t"];
    text += fmt::format("{:>8.4g}", at.number());
    for (const Record& level : row["levels"]) text += fmt::format(" {:>6.3f}", level["drawn"]["value"].number());
    const Record& chi = row["susceptibility"];
    if (chi.is_object() && !chi["value"].is_null()) text += fmt::format("   chi {:.3g}", chi["value"].number());
    text += "\n";
  }
  return text;
}

void run(Options& options, const Call& call) {
  set_threads(call.threads);
  const std::vector<double> strengths = strengths_of(options);
  if (options.starts < 2) throw UsageError("--starts: {}, expected at least 2.", options.starts);
  Settings settings = options.settings->resolve();
  options.model->apply(settings);
  experiments::UTurnPlan plan;
  plan.starts = options.starts;
  plan.grammars = options.grammars;
  plan.noise = options.epsilon.empty() ? TreeNoise::ornstein_uhlenbeck : TreeNoise::epsilon;
  plan.seed = static_cast<std::uint64_t>(settings.integer("seed"));
  experiments::UTurnJob job;
  Record identity;
  if (settings.given("model")) {
    job = experiments::uturn_job(experiments::model_of(settings), plan);
    identity = {{"model", job.source}};
  } else {
    if (!options.epsilon.empty())
      throw UsageError("--epsilon: it is about --model random-hierarchy, and this job is on data; give --times.");
    settings.require_only(Use::data, "data");
    const Arithmetic arithmetic = arithmetic_of(settings);
    const Dataset data = load(settings).data;
    job = experiments::uturn_job(data, arithmetic, plan);
    identity = identity_of(data, settings);
  }
  Record record = {{"source", job.source},
                   {"starts", plan.starts * (job.of_trees ? plan.grammars : 1)},
                   {"grammars", job.of_trees ? Record(plan.grammars) : Record()},
                   {"seed", settings.integer("seed")}};
  identity.update(record);
  identity[options.epsilon.empty() ? "times" : "epsilon"] = strengths;
  TerminalProgress progress(call.progress, call.quiet);
  ExperimentRun kept = open_run(options.output, identity, progress, static_cast<int>(strengths.size()));
  const auto start = std::chrono::steady_clock::now();
  record["uturns"] = Record::list();
  for (std::size_t i = 0; i < strengths.size(); ++i)
    record["uturns"].push_back(kept.unit(fmt::format("turn-{:03}", i),
                                         [&] { return experiments::to_record(job.at(strengths[i]), plan.noise); }));
  record["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  finish(kept, record, {"U-turns of " + job.source, table(record), experiments::uturn_figures(record["uturns"])},
         options.output, call);
}

}  // namespace

void add_uturn(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "uturn", "noises clean points and denoises them by exact draws: which class, which datum, how alike they are");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",         "resize", "gray", "rgb",       "classes",
                                         "rows", "drop_nonfinite", "scale",  "seed", "precision", "kernel"};
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), keys);
  options->model = std::make_unique<ModelOptions>(*verb);
  verb->add_option("--times", options->times, "OU times at which the points turn (default: 12 from 0.05 to 5)")
      ->type_name("t,t,...");
  verb->add_option("--epsilon", options->epsilon,
                   "instead, strengths of the epsilon process of --model random-hierarchy, from 0 to 1")
      ->type_name("e,e,...");
  verb->add_option("--starts", options->starts, "clean points; of each grammar, where there are grammars")
      ->default_str("512")
      ->type_name("N");
  verb->add_option("--grammars", options->grammars,
                   "of --model random-hierarchy: how many grammars, from rules_seed on")
      ->default_str("8")
      ->type_name("G");
  add_run_output(*verb, options->output);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
