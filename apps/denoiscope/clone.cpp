// clone: how often two copies of a backward path end in the same class.
#include "denoiscope/experiments/clone.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "critical_times.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/dynamics/critical_grid.hpp"
#include "denoiscope/dynamics/limits.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/experiments/analyze/analyze_model.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "model_options.hpp"
#include "run_output.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

constexpr double kSeenBias = 1e-3;  // of the start from N(0, I): what 1e5 pairs would just see
constexpr double kUsualEnd = 0.01;  // of a grid that cannot reach 0
constexpr double kLong = 30;        // seconds: what one wants to know of beforehand
constexpr const char* kTimes = "0.5,1,1.5,2,2.5,3,3.5,4,4.5,5,5.5,6";

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::unique_ptr<ModelOptions> model;
  std::string times = kTimes, method = "bridge", stepper = "euler-maruyama", t_max = "10", pairs = "4000",
              steps = "1000", grid, t_min;
  bool reduce = false;
  RunOutput output;
};

int parse_steps(const std::string& text) {
  const long long steps = parse_integer(text, "--steps");
  if (steps < 2 || steps > 10'000'000)
    throw UsageError("--steps: {}, expected 2 or more, at most 10000000: the number of equal steps from --t-max to 0.",
                     steps);
  return static_cast<int>(steps);
}

CloneMethod parse_method(const std::string& text) {
  const std::vector<std::string> names = {"sde", "bridge", "exact"};
  for (std::size_t k = 0; k < names.size(); ++k)
    if (text == names[k]) return static_cast<CloneMethod>(k);
  throw UsageError("--method: '{}', expected sde, bridge or exact.{}", text, did_you_mean(text, names));
}

// The score of data is steep near 0, so their grid is finer there.
CloneSettings parse(const Options& options, bool of_a_model) {
  CloneSettings s;
  for (const std::string& t : split(options.times, ',')) s.times.push_back(parse_number(t, "--times"));
  s.method = parse_method(options.method);
  s.pairs = static_cast<Index>(parse_integer(options.pairs, "--pairs"));
  s.stepper = &find_stepper(options.stepper);
  s.steps = parse_steps(options.steps);
  s.t_max = parse_number(options.t_max, "--t-max");
  const bool fine = !of_a_model && options.grid.empty();
  const std::string grid = options.grid == kCriticalGrid ? kBeforeCritical : options.grid;
  s.grid = find_time_grid(fine ? "karras" : grid.empty() ? "linear" : grid).name;
  if (!options.t_min.empty()) {
    s.t_min = parse_number(options.t_min, "--t-min");
    if (!(s.t_min > 0)) throw UsageError("--t-min: {}, expected a time above 0.", options.t_min);
  } else if (s.grid != "linear") {
    s.t_min = kUsualEnd;
  }
  if (s.method == CloneMethod::sde) static_cast<void>(clone_grid(s));  // refused before any work
  return s;
}

std::string table(const Record& record) {
  std::string text = fmt::format(
      "clones of {}, by {}: {} pairs, {} of {} dimensions simulated\n\n{:>8} {:>10} {:>10} {:>12} {:>10}\n",
      record["source"].text(), record["method"].text(), record["pairs"].whole(), record["dimension_simulated"].whole(),
      record["dimension"].whole(), "t", "phi", "stderr", "exact", "its error");
  const auto shown = [](const Record& value) {
    return value.is_null() ? std::string("-") : fmt::format("{:.6f}", value.number());
  };
  for (const Record& p : record["points"])
    text += fmt::format("{:>8.4g} {:>10} {:>10} {:>12} {:>10}\n", p["t"].number(), shown(p["phi"]), shown(p["stderr"]),
                        shown(p["exact"]), shown(p["exact_stderr"]));
  return text;
}

// rows: of the data; 0 of a model.
experiments::CloneSubject subject_of(const Settings& settings, const Options& options, Record& identity, Index& rows) {
  if (settings.given("model")) {
    const Model model = experiments::model_of(settings);
    identity = {{"model", model.text()}};
    return experiments::clone_subject(model, options.reduce);
  }
  settings.require_only(Use::data, "data");
  if (options.reduce) throw UsageError("--reduce: a data set has no coordinates to leave out. Leave it away.");
  const Dataset data = load(settings).data;
  identity = identity_of(data, settings);
  rows = data.rows();
  return experiments::clone_subject(data, arithmetic_of(settings));
}

// What to know before the work begins: that paths start elsewhere, and how long it takes. Returns the bias.
double warn(const experiments::CloneSubject& subject, const CloneSettings& s, const Noise& noise,
            const Options& options, TerminalProgress& progress) {
  const double bias = start_bias(*subject.posterior, s.t_max, noise);
  if (bias > kSeenBias)
    progress.note(
        fmt::format("--t-max {:g} is small: paths start from N(0, I), which moves phi by up to {:.2g}. Use a "
                    "larger one, or --method bridge, which starts from the law itself.",
                    s.t_max, bias));
  const Stiffness stiff = stiffness(*subject.posterior, *s.stepper, clone_grid(s), {}, noise);
  if (stiff.share > 1) progress.note(advice(stiff, *s.stepper));
  const double seconds = clone_estimate(subject, s, noise);
  if (seconds > kLong)
    progress.note(fmt::format("about {:.0f} s: {} pairs of {:.0f} evaluations each in {} dimensions.{}{}", seconds,
                              s.pairs, clone_evaluations(s), subject.posterior->dimension(),
                              options.output.out.empty() ? " --out DIR keeps what is done, for --resume." : "",
                              options.reduce ? "" : " --method bridge is exact and has no steps."));
  return bias;
}

void run(const Options& options, const Call& call) {
  set_threads(call.threads);
  Settings settings = options.settings->resolve();
  options.model->apply(settings);
  CloneSettings s = parse(options, settings.given("model"));
  Record identity;
  Index rows = 0;
  const experiments::CloneSubject subject = subject_of(settings, options, identity, rows);
  const Noise noise(static_cast<std::uint64_t>(settings.integer("seed")));
  const bool sde = s.method == CloneMethod::sde;
  if (sde && options.grid == kCriticalGrid)
    s.path = critical_times(*subject.posterior, subject.name, rows, s.t_max, s.t_min, s.steps, noise);
  Record record = {{"source", subject.name},
                   {"classes", subject.posterior->classes()},
                   {"method", options.method},
                   {"stepper", sde ? Record(s.stepper->name) : Record()},
                   {"grid", !sde             ? Record()
                            : s.path.empty() ? Record(s.grid)
                                             : Record(kCriticalGrid)},
                   {"steps", sde ? Record(s.steps) : Record()},
                   {"t_max", sde ? Record(s.t_max) : Record()},
                   {"t_min", sde ? Record(clone_grid(s).back()) : Record()},
                   {"pairs", s.pairs},
                   {"dimension", subject.dimension},
                   {"dimension_simulated", subject.posterior->dimension()},
                   {"seed", settings.integer("seed")}};
  identity.update(record);
  identity["times"] = s.times;
  TerminalProgress progress(call.progress, call.quiet);
  ExperimentRun kept = open_run(options.output, identity, progress, experiments::clone_units(subject, s));
  const auto start = std::chrono::steady_clock::now();
  record["start_bias"] = sde ? Record(warn(subject, s, noise, options, progress)) : Record();
  const std::vector<ClonePoint> points = experiments::clone_in_units(subject, s, noise, kept);
  record["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  record["points"] = Record::list();
  for (const ClonePoint& p : points) record["points"].push_back(to_record(p, subject));
  finish(kept, record, {"Clones of " + subject.name, table(record), {experiments::clone_figure(subject, points)}},
         options.output, call);
}

}  // namespace

void add_clone(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "clone", "phi(t): how often two copies of a backward path, made at t, end in the same class");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",         "resize", "gray", "rgb",       "classes",
                                         "rows", "drop_nonfinite", "scale",  "seed", "precision", "kernel"};
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), keys);
  options->model = std::make_unique<ModelOptions>(*verb);
  verb->add_option("--times", options->times, "OU times at which paths are copied")
      ->default_str(kTimes)
      ->type_name("t,t,...");
  verb->add_option("--pairs", options->pairs, "pairs of copies at each time")->default_str("4000")->type_name("N");
  verb->add_option(
          "--method", options->method,
          "bridge: exact paths; sde: integrated from N(0, I); exact: the mean of sum_c p(c|x_t)^2 over exact points")
      ->default_str("bridge")
      ->type_name("sde|bridge|exact");
  verb->add_option("--stepper", options->stepper, "of the SDE: euler-maruyama, exponential, ddpm, ddpm-tilde, edm-heun")
      ->default_str("euler-maruyama")
      ->type_name("NAME");
  verb->add_option("--grid", options->grid,
                   "of the SDE: linear, log, karras, ddpm or critical (default: linear; karras on data, whose score is "
                   "steep near "
                   "0)")
      ->type_name("NAME");
  verb->add_option("--steps", options->steps, "of the SDE: steps of the grid")->default_str("1000")->type_name("N");
  verb->add_option("--t-max", options->t_max, "of the SDE: the OU time where paths start")
      ->default_str("10")
      ->type_name("T");
  verb->add_option("--t-min", options->t_min,
                   "of the SDE: where the grid ends and classes are read off (default: a linear grid runs to 0, others "
                   "to 0.01)")
      ->type_name("T");
  verb->add_flag("--reduce", options->reduce,
                 "of a model: only the coordinates that its score mixes; the classes do not depend on the others");
  add_run_output(*verb, options->output);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
