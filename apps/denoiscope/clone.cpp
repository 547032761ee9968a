// clone: how often two copies of a backward path end in the same class.
#include "denoiscope/dynamics/clone.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "denoiscope/base/json.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/denoiser/empirical.hpp"
#include "denoiscope/dynamics/limits.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/study/analyze.hpp"
#include "denoiscope/study/analyze_model.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoiscope/study/model_theory.hpp"
#include "model_options.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

using nlohmann::json;

constexpr double kSeenBias = 1e-3;  // of the start from N(0, I): what 1e5 pairs would just see
constexpr const char* kTimes = "0.5,1,1.5,2,2.5,3,3.5,4,4.5,5,5.5,6";

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::unique_ptr<ModelOptions> model;
  std::string times = kTimes, method = "bridge", stepper = "euler-maruyama", t_max = "10", pairs = "4000",
              steps = "1000";
  bool reduce = false;
};

// What clones are made of.
struct Subject {
  std::string name;
  std::shared_ptr<const Posterior> posterior;
  std::shared_ptr<const CloneScore> score;  // none for data
  Index dimension = 0;                      // before any reduction
  double (*phi)(const Arguments&, double t) = nullptr;
  Arguments arguments{{}};
};

Subject of_model(const study::Settings& settings, bool reduce) {
  const Model model = study::model_of(settings), used = reduce ? reduced(model) : model;
  Subject subject;
  subject.name = model.text();
  subject.posterior = used.made.posterior;
  subject.score = std::make_shared<CloneScore>(used);
  subject.dimension = model.posterior().dimension();
  if (const study::ModelTheory* theory = study::theory_of(model.entry->name)) subject.phi = theory->phi;
  subject.arguments = model.arguments;
  return subject;
}

Subject of_data(const study::Settings& settings, const Options& options) {
  settings.require_only(study::Use::data, "data");
  if (options.reduce) throw UsageError("--reduce: a data set has no coordinates to leave out. Leave it away.");
  if (options.method == "sde")
    throw UsageError(
        "--method sde: on data the score is too steep near 0 for equal steps, and bridges are exact. Use bridge or "
        "exact.");
  const Dataset data = study::load(settings).data;
  if (!data.labelled())
    throw DataError("{}: has no class labels, and clones are told apart by class. Give --labels FILE.", data.name());
  Subject subject;
  subject.name = data.name();
  subject.posterior = std::make_shared<Empirical>(data, study::arithmetic_of(settings));
  subject.dimension = data.dimension();
  return subject;
}

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

CloneSettings parse(const Options& options) {
  CloneSettings s;
  for (const std::string& t : split(options.times, ',')) s.times.push_back(parse_number(t, "--times"));
  s.method = parse_method(options.method);
  s.pairs = static_cast<Index>(parse_integer(options.pairs, "--pairs"));
  s.stepper = &find_stepper(options.stepper);
  s.steps = parse_steps(options.steps);
  s.t_max = parse_number(options.t_max, "--t-max");
  return s;
}

json number(double value) { return std::isfinite(value) ? json(value) : json(); }

// The closed form where there is one, else the average of the posterior over exact points.
json point_record(const ClonePoint& p, const Subject& subject) {
  const double known = subject.phi ? subject.phi(subject.arguments, p.t) : kNaN;
  const bool closed = std::isfinite(known);
  return {{"t", p.t},
          {"phi", p.phi.value},
          {"stderr", number(p.phi.standard_error)},
          {"exact", closed ? known : p.expected.value},
          {"exact_stderr", closed ? json(0.0) : number(p.expected.standard_error)},
          {"posterior", p.expected.value},
          {"posterior_stderr", number(p.expected.standard_error)}};
}

std::string table(const json& record) {
  std::string text = fmt::format(
      "clones of {}, by {}: {} pairs, {} of {} dimensions simulated, {:.3g} s\n\n{:>8} {:>10} {:>10} {:>12} {:>10}\n",
      record["source"].get<std::string>(), record["method"].get<std::string>(), record["pairs"].get<Index>(),
      record["dimension_simulated"].get<Index>(), record["dimension"].get<Index>(), record["seconds"].get<double>(),
      "t", "phi", "stderr", "exact", "its error");
  const auto shown = [](const json& value) {
    return value.is_null() ? std::string("-") : fmt::format("{:.6f}", value.get<double>());
  };
  for (const json& p : record["points"])
    text += fmt::format("{:>8.4g} {:>10} {:>10} {:>12} {:>10}\n", p["t"].get<double>(), shown(p["phi"]),
                        shown(p["stderr"]), shown(p["exact"]), shown(p["exact_stderr"]));
  return text;
}

void run(const Options& options, const Call& call) {
  set_threads(call.threads);
  study::Settings settings = options.settings->resolve();
  options.model->apply(settings);
  const CloneSettings s = parse(options);
  const bool of_a_model = settings.given("model");
  const Subject subject = of_a_model ? of_model(settings, options.reduce) : of_data(settings, options);
  const Noise noise(static_cast<std::uint64_t>(settings.integer("seed")));
  const bool sde = s.method == CloneMethod::sde;
  const Denoiser& score = subject.score ? subject.score->denoiser() : *subject.posterior;
  const auto start = std::chrono::steady_clock::now();
  const std::vector<ClonePoint> points = clone(*subject.posterior, score, s, noise);
  const double bias = sde ? start_bias(*subject.posterior, s.t_max, noise) : 0;
  if (bias > kSeenBias)
    TerminalProgress(call.progress, call.quiet)
        .note(fmt::format("--t-max {:g} is small: paths start from N(0, I), which moves phi by up to {:.2g}. Use a "
                          "larger one, or --method bridge, which starts from the law itself.",
                          s.t_max, bias));
  if (sde) {
    const double h = s.t_max / s.steps;
    const Stiffness stiff =
        stiffness(*subject.posterior, *s.stepper, time_grid("linear", s.t_max, h, s.steps - 1), {}, noise);
    if (stiff.share > 1) TerminalProgress(call.progress, call.quiet).note(advice(stiff, *s.stepper));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  json record = {{"source", subject.name},
                 {"classes", subject.posterior->classes()},
                 {"method", options.method},
                 {"stepper", sde ? json(s.stepper->name) : json()},
                 {"steps", sde ? json(s.steps) : json()},
                 {"t_max", sde ? json(s.t_max) : json()},
                 {"start_bias", sde ? json(bias) : json()},
                 {"pairs", s.pairs},
                 {"dimension", subject.dimension},
                 {"dimension_simulated", subject.posterior->dimension()},
                 {"seed", settings.integer("seed")},
                 {"seconds", seconds},
                 {"points", json::array()}};
  for (const ClonePoint& p : points) record["points"].push_back(point_record(p, subject));
  print(call.json ? json_text(record) + "\n" : table(record));
}

}  // namespace

void add_clone(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "clone", "phi(t): how often two copies of a backward path, made at t, end in the same class");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",         "resize", "gray", "rgb",       "classes",
                                         "rows", "drop_nonfinite", "scale",  "seed", "precision", "kernel"};
  options->settings = std::make_unique<SettingsOptions>(*verb, study::analyze_settings(), keys);
  options->model = std::make_unique<ModelOptions>(*verb);
  verb->add_option("--times", options->times, "OU times at which paths are copied")
      ->default_str(kTimes)
      ->type_name("t,t,...");
  verb->add_option("--pairs", options->pairs, "pairs of copies at each time")->default_str("4000")->type_name("N");
  verb->add_option(
          "--method", options->method,
          "bridge: exact paths; sde: integrated from N(0, I), models only; exact: the mean of sum_c p(c|x_t)^2 "
          "over exact points")
      ->default_str("bridge")
      ->type_name("sde|bridge|exact");
  verb->add_option("--stepper", options->stepper, "of the SDE: euler-maruyama, exponential, ddpm, ddpm-tilde, edm-heun")
      ->default_str("euler-maruyama")
      ->type_name("NAME");
  verb->add_option("--steps", options->steps, "of the SDE: equal steps from --t-max to 0")
      ->default_str("1000")
      ->type_name("N");
  verb->add_option("--t-max", options->t_max, "of the SDE: the OU time where paths start")
      ->default_str("10")
      ->type_name("T");
  verb->add_flag("--reduce", options->reduce,
                 "of a model: only the coordinates that its score mixes; the classes do not depend on the others");
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
