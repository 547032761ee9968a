// guide: where guidance can change the class, and what scales do to it.
#include "denoiscope/experiments/guide/guide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/experiments/analyze/analyze_model.hpp"
#include "denoiscope/experiments/analyze/grid.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "model_options.hpp"
#include "run_output.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

constexpr Index kUsualRows = 3000;  // of data, where --rows says nothing
constexpr const char* kScales = "1,1.5,2,3";

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::unique_ptr<ModelOptions> model;
  std::string scales = kScales, samples = "256", steps = "64", sde = "ddpm-tilde", ode = "dpm-solver++2m",
              most_shift = "0.5", least_variance = "0.5";
  RunOutput output;
};

experiments::GuideSettings parse(const Options& options, const Settings& settings) {
  experiments::GuideSettings s;
  s.scales.clear();
  for (const std::string& scale : split(options.scales, ',')) s.scales.push_back(parse_number(scale, "--scales"));
  s.samples = static_cast<Index>(parse_integer(options.samples, "--samples"));
  const long long steps = parse_integer(options.steps, "--steps");
  s.steps = static_cast<int>(std::clamp<long long>(steps, -1, 1'000'000));
  s.sde = &find_stepper(options.sde);
  s.ode = &find_stepper(options.ode);
  s.most_shift = parse_number(options.most_shift, "--most-shift");
  s.least_variance = parse_number(options.least_variance, "--least-variance");
  s.queries = experiments::given_queries(settings);
  s.times = experiments::given_times(settings);
  experiments::check(s);
  return s;
}

std::string number(const Record& value, const char* form = "{:.4g}") {
  return value.is_null() ? "-" : fmt::format(fmt::runtime(form), value.number());
}

std::string of_interval(const Record& i) {
  return fmt::format("t {} to {}, sigma {} to {}, log-SNR {} to {}, DDPM steps {} to {}", number(i["t_low"]),
                     number(i["t_high"]), number(i["sigma_low"]), number(i["sigma_high"]), number(i["log_snr_low"]),
                     number(i["log_snr_high"]), number(i["ddpm_step_low"], "{:.0f}"),
                     number(i["ddpm_step_high"], "{:.0f}"));
}

std::string table(const Record& record) {
  std::string text = fmt::format("guidance of {}\n{}\n\nwhere it can change the class:\n",
                                 report::plain(record["source"].text()), record["convention"].text());
  for (const Record& w : record["window"])
    text += fmt::format("  {}: {}\n", report::fit(report::plain(w["name"].text()), 16),
                        w["reason"].is_null() ? of_interval(w) : w["reason"].text());
  const Record& interval = record["guidance_interval"];
  text += fmt::format("guidance_interval: {}\n\n",
                      interval["reason"].is_null() ? of_interval(interval) : interval["reason"].text());
  text += fmt::format("{:<16} {:>4} {:>9} {:>6} {:>6} {:>8} {:>8} {:>8} {:>7} {:>8} {:>7} {:>8} {:>8} {:>7}\n", "class",
                      "by", "guided", "scale", "omega", "shift", "variance", "added", "+-", "ratio", "+-", "th.shift",
                      "th.ratio", "P");
  const auto shown = [](const Record& value) { return number(value, "{:.4f}"); };
  for (const Record& r : record["table"])
    text += fmt::format("{} {:>4} {:>9} {:>6} {:>6} {:>8} {:>8} {:>8} {:>7} {:>8} {:>7} {:>8} {:>8} {:>7}\n",
                        report::fit(report::plain(r["name"].text()), 16), r["sampler"].text(), r["guided"].text(),
                        number(r["scale"], "{:g}"), number(r["omega"], "{:g}"), shown(r["shift"]), shown(r["variance"]),
                        shown(r["extra_shift"]), shown(r["extra_shift_stderr"]), shown(r["variance_ratio"]),
                        shown(r["variance_ratio_stderr"]), shown(r["theory_shift"]), shown(r["theory_variance"]),
                        shown(r["probability"]));
  text +=
      "\nshift: in standard deviations of the class; variance: over its own; added, ratio: against the same paths at "
      "scale 1, which has the bias of the steps; P: of the class\n";
  if (!record["reason"].is_null()) return text + record["reason"].text() + "\n";
  return text + fmt::format("guidance_scale: {} by the SDE, {} by the ODE\nrule: {}\n",
                            number(record["guidance_scale_sde"]), number(record["guidance_scale_ode"]),
                            record["rule"].text());
}

Dataset data_of(Settings& settings, TerminalProgress& progress) {
  settings.require_only(Use::data, "data");
  if (settings.source("precision").empty()) settings.set("precision", "f32", "guide");
  Dataset data = load(settings).data;
  if (settings.source("rows").empty() && data.rows() > kUsualRows) {
    progress.note(fmt::format("{}: {} of {} rows at random are used; --rows 0 takes all, --rows N other numbers.",
                              data.name(), kUsualRows, data.rows()));
    settings.set("rows", fmt::format("{}", kUsualRows), "guide");
    data = load(settings).data;
  }
  return data;
}

// What to know before the work begins.
void warn(const experiments::GuideSubject& subject, TerminalProgress& progress) {
  if (subject.cross_class_duplicates == 0) return;
  progress.note(
      fmt::format("{}: {} rows repeat a row of another class. Of these the class is undecided at every noise level: "
                  "p(class | x_t) stays below 1 and the conditional score depends on how often each is labelled how. "
                  "Remove them, or give each one label.",
                  subject.name, subject.cross_class_duplicates));
}

void run(const Options& options, const Call& call) {
  set_threads(call.threads);
  Settings settings = options.settings->resolve();
  options.model->apply(settings);
  const experiments::GuideSettings s = parse(options, settings);
  TerminalProgress progress(call.progress, call.quiet);
  Record identity;
  const experiments::GuideSubject subject = [&] {
    if (!settings.given("model")) {
      const Dataset data = data_of(settings, progress);
      identity = identity_of(data, settings);
      return experiments::guide_subject(data, arithmetic_of(settings));
    }
    const Model model = experiments::model_of(settings);
    identity = {{"model", model.text()}};
    return experiments::guide_subject(model);
  }();
  warn(subject, progress);
  identity.update(Record{{"scales", s.scales},
                         {"samples", s.samples},
                         {"steps", s.steps},
                         {"sde", s.sde->name},
                         {"ode", s.ode->name},
                         {"most_shift", s.most_shift},
                         {"least_variance", s.least_variance},
                         {"queries", s.queries},
                         {"times", s.times},
                         {"seed", settings.integer("seed")}});
  ExperimentRun kept = open_run(options.output, identity, progress, experiments::guide_units(subject, s));
  const auto start = std::chrono::steady_clock::now();
  experiments::Guide made =
      experiments::guide(subject, s, Noise(static_cast<std::uint64_t>(settings.integer("seed"))), kept);
  made.record["seed"] = settings.integer("seed");
  made.record["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  finish(kept, made.record, {"Guidance of " + subject.name, table(made.record), made.figures}, options.output, call);
}

}  // namespace

void add_guide(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "guide",
      "guidance computed instead of tuned: where it can change the class, what scales do to it by SDE and ODE, and "
      "which to use");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",    "class_names", "resize",         "gray",
                                         "rgb",  "classes",   "rows",        "drop_nonfinite", "scale",
                                         "seed", "precision", "kernel",      "queries",        "times"};
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), keys);
  options->model = std::make_unique<ModelOptions>(*verb);
  const auto add = [&](const char* flag, std::string& value, const char* help, const char* type) {
    verb->add_option(flag, value, help)->default_str(value)->type_name(type);
  };
  add("--scales", options->scales, "guidance_scale to measure, from 1 (none); omega of the papers is this less 1",
      "w,w,...");
  add("--samples", options->samples, "paths of every class, scale and sampler", "N");
  add("--steps", options->steps, "of a karras grid from three units of t above the window to 0.002", "N");
  add("--sde", options->sde, "stepper of the SDE", "NAME");
  add("--ode", options->ode, "stepper of the probability-flow ODE", "NAME");
  add("--most-shift", options->most_shift,
      "the recommended scale shifts no class by more than so many of its standard deviations: half a deviation moves "
      "a fifth of its probability",
      "S");
  add("--least-variance", options->least_variance,
      "and leaves at least so much of its variance along the direction of the class", "V");
  add_run_output(*verb, options->output);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
