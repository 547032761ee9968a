// guide: what it takes, and what it shows of its record.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/experiments/guide.hpp"

namespace denoiscope::experiments {

GuideSettings guide_settings(const Request& request) {
  GuideSettings s;
  s.scales = request.numbers("scales");
  s.scales.push_back(1);
  std::sort(s.scales.begin(), s.scales.end());
  s.scales.erase(std::unique(s.scales.begin(), s.scales.end()), s.scales.end());
  s.samples = request.whole("samples");
  s.steps = static_cast<int>(request.whole("steps"));
  s.sde = &find_stepper(request.text("sde"));
  s.ode = &find_stepper(request.text("ode"));
  if (!s.sde->stochastic || std::isnan(s.sde->strong_order))
    throw UsageError("--sde: {} integrates the probability-flow ODE, expected a stepper of the SDE, as exponential.",
                     s.sde->name);
  if (std::isnan(s.ode->ode_order))
    throw UsageError("--ode: {} adds noise, expected a stepper of the probability-flow ODE, as dpm-solver++2m.",
                     s.ode->name);
  s.most_shift = request["most_shift"];
  s.least_variance = request["least_variance"];
  s.queries = request.whole("queries");
  s.times = given_times(request);
  return s;
}

namespace {

constexpr Index kUsualRows = 3000;  // of data, where --rows says nothing

void show_windows(const Record& record, Frame& frame) {
  Table table{"where guidance can change the class",
              {"class", "t from", "to", "sigma from", "to", "log-SNR from", "to", "DDPM step from", "to", "remark"}};
  for (const Record& w : record["window"]) {
    Record::List cells = {w["name"], measured(number_from(w["t_low"]), number_from(w["t_low_stderr"])),
                          measured(number_from(w["t_high"]), number_from(w["t_high_stderr"]))};
    for (const char* clock : {"sigma", "log_snr", "ddpm_step"})
      for (const char* end : {"low", "high"}) cells.push_back(w[fmt::format("{}_{}", clock, end)]);
    cells.push_back(w["reason"].is_null() ? Record("") : w["reason"]);
    table.add(std::move(cells));
  }
  frame.table(table);
}

void show_table(const Record& record, Frame& frame) {
  Table table{"what a scale does",
              {"class", "by", "guided", "scale", "omega", "shift", "variance", "added", "ratio", "steps: added",
               "steps: ratio", "theory added", "theory ratio", "P(class)"}};
  for (const Record& r : record["table"])
    table.add({r["name"], r["sampler"], r["guided"], r["scale"], r["omega"], r["shift"], r["variance"],
               measured(number_from(r["extra_shift"]), number_from(r["extra_shift_stderr"])),
               measured(number_from(r["variance_ratio"]), number_from(r["variance_ratio_stderr"])),
               measured(number_from(r["steps_shift"]), number_from(r["steps_shift_stderr"])),
               measured(number_from(r["steps_variance"]), number_from(r["steps_variance_stderr"])), r["theory_shift"],
               r["theory_variance"], r["probability"]});
  frame.table(table);
  frame.text(
      "shift: of the mean of the class, in its standard deviations; variance: over its own; added, ratio: against the "
      "same paths at scale 1, which has most of the bias of the steps; steps: what doubling the steps to these "
      "changed, "
      "of which at most as much again is left.");
  frame.text("convention: " + record["convention"].text());
}

void show(const Record& record, Frame& frame) {
  frame.title("Guidance of " + record["source"].text());
  frame.question("Where along t can guidance change the class, what does it do there, and how strong may it be?");
  const Record& interval = record["guidance_interval"];
  if (!interval["reason"].is_null()) frame.verdict(Level::warn, "guidance_interval: " + interval["reason"].text());
  if (record["reason"].is_null()) {
    frame.verdict(Level::good,
                  fmt::format("guidance_scale {:.4g} by the SDE, {:.4g} by the ODE, inside of the interval",
                              record["guidance_scale_sde"].number(), record["guidance_scale_ode"].number()));
  } else {
    frame.verdict(Level::warn, record["reason"].text());
  }
  frame.number("guidance_interval from", interval["t_low"], "OU time");
  frame.number("guidance_interval to", interval["t_high"], "OU time");
  show_windows(record, frame);
  show_table(record, frame);
  frame.text("rule: " + record["rule"].text());
}

// Of much data some rows, where nobody says how many.
Request with_rows(const Request& request, Run& run) {
  Request used = request;
  if (request.has("model") || request.has("rows")) return used;
  const Dataset data = load_stored(request).data;
  if (data.rows() <= kUsualRows) return used;
  run.note(fmt::format("{}: {} of {} rows at random are used; --rows 0 takes all, --rows N other numbers.", data.name(),
                       kUsualRows, data.rows()));
  used.set("rows", fmt::format("{}", kUsualRows), "guide");
  return used;
}

// What to know before the work begins.
void warn(const GuideSubject& subject, Run& run) {
  if (subject.cross_class_duplicates == 0) return;
  run.note(
      fmt::format("{}: {} rows repeat a row of another class. Of these the class is undecided at every noise level: "
                  "p(class | x_t) stays below 1 and the conditional score depends on how often each is labelled how. "
                  "Remove them, or give each one label.",
                  subject.name, subject.cross_class_duplicates));
}

Record run_guide(const Request& request, Run& run) {
  const GuideSettings settings = guide_settings(request);
  const Subject about(with_rows(request, run), Needs::classes);
  const GuideSubject subject =
      about.of_model() ? guide_subject(about.model()) : guide_subject(about.data(), about.arithmetic());
  warn(subject, run);
  run.start(about.identity());
  Record record = guide(subject, settings, about.noise(), run);
  record["seed"] = request.whole("seed");
  show(record, run.frame());
  return record;
}

constexpr Parameter kOwn[] = {
    parameter::list("scales", "1,1.5,2,3", 1, 101, false, "w,w,...",
                    "guidance_scale to measure, from 1 (none); omega of the papers is this less 1"),
    parameter::whole("samples", 256, 8, 1e6, "N", "paths of every class, scale and sampler"),
    parameter::whole("steps", 64, 4, 1e5, "N", "of a karras grid from three units of t above the window to 0.002"),
    parameter::text("sde", "exponential", "NAME", "stepper of the SDE"),
    parameter::text("ode", "dpm-solver++2m", "NAME", "stepper of the probability-flow ODE"),
    parameter::number("most_shift", 0.5, 0, parameter::kUnbounded, "S",
                      "the recommended scale shifts no class by more than so many of its standard deviations: half a "
                      "deviation moves a fifth of its probability"),
    parameter::number("least_variance", 0.5, 0, 1, "V",
                      "and leaves at least so much of its variance along the direction of the class"),
};

// The usual table, with defaults that suit many paths over the data.
std::vector<Parameter> guide_parameters() {
  std::vector<Parameter> all =
      joined({kDataParameters, kArithmeticParameters, kModelParameters, kSeedParameters, kGridParameters, kOwn});
  for (Parameter& p : all) {
    if (p.name == "precision") p.typed = "f32";
    if (p.name != "rows") continue;
    p.fallback = parameter::kAbsent;
    p.description = "use N random rows (0: all; default: 3000 where there are more)";
  }
  return all;
}

}  // namespace

Experiment guide_experiment() {
  static const std::vector<Parameter> parameters = guide_parameters();
  return {"guide",
          "guidance computed instead of tuned: where it can change the class, what scales do to it by SDE and ODE, and "
          "which to use",
          parameters, Needs::classes, run_guide};
}

}  // namespace denoiscope::experiments
