// audit: are samples copies of the training data?
#include "denoiscope/experiments/audit/audit.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/report/format.hpp"
#include "run_output.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

constexpr std::size_t kInJson = 10000;  // samples up to which --json lists all
constexpr std::size_t kInTable = 12;

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::string samples, train, metric = "pixels", duplicates = "equal";
  std::vector<double> range;
  double threshold = observables::kCopyRatio, radius = 0, fail_above = -1;
  long long components = 64;
  RunOutput output;
};

std::string percent(const Record& value) {
  const double p = 100 * number_from(value);
  return std::isfinite(p) ? fmt::format("{:.3g} %", p) : "undefined";
}

std::string interval(const Record& f) {
  return fmt::format("{} ({} to {})", percent(f["value"]), percent(f["low"]), percent(f["high"]));
}

std::string by_chance(const Record& null) {
  std::string text =
      fmt::format("  chance alone, smooth data in {} dimensions: {}", null["dimension"].whole(), percent(null["rate"]));
  if (null["intrinsic_rate"].is_null()) return text + "; " + null["reason"].text() + "\n";
  return text + fmt::format("; in the {:.1f} dimensions that the {} show: {}\n", null["intrinsic_dimension"].number(),
                            null["from"].text(), percent(null["intrinsic_rate"]));
}

std::string of_held_out(const Record& h) {
  if (h.is_null()) return "  no held-out data (--test FILE): no p-values, no test of copying\n";
  std::string text = fmt::format("  held-out data, {} rows of {}: {} called copies\n", h["rows"].whole(),
                                 report::plain(h["name"].text()), interval(h["f_mem"]));
  if (const auto leaked = h["in_training_data"].whole(); leaked > 0)
    text += fmt::format("  {} of them are in the training data and would hide copies: they are left out\n", leaked);
  text += fmt::format("  samples nearer than held-out data show, at a false-discovery rate of {}: {}\n",
                      percent(h["discoveries"]["q"]), h["discoveries"]["count"].whole());
  text += fmt::format("  test of data copying: z = {:.2f}, p = {:.3g} (z << 0: samples lie nearer the training data)\n",
                      number_from(h["data_copying"]["z"]), number_from(h["data_copying"]["p"]));
  text += fmt::format("  membership shows in the distance to the nearest sample: area {} (1/2: not at all)\n",
                      report::with_error(number_from(h["membership"]["area"]), number_from(h["membership"]["stderr"])));
  return text + fmt::format("  authentic samples: {}; of held-out data: {}\n", interval(h["authentic"]),
                            interval(h["authentic_held_out"]));
}

std::string worst(const Record& record) {
  const bool tested = !record["held_out"].is_null();
  std::string text = fmt::format("{:>8} {:>8} {:>8} {:>10} {:>10} {:>7}{}\n", "sample", "nearest", "second", "d1", "d2",
                                 "ratio", tested ? fmt::format(" {:>9} {:>9}", "p", "q") : "");
  for (const std::size_t i : experiments::worst_samples(record, kInTable)) {
    const Record& row = record["samples"][i];
    text += fmt::format("{:>8} {:>8} {:>8} {:>10.4g} {:>10.4g} {:>7.4f}", row["index"].whole(), row["nearest"].whole(),
                        row["second"].whole(), row["d1"].number(), row["d2"].number(), row["ratio"].number());
    if (tested) text += fmt::format(" {:>9.3g} {:>9.3g}", row["p_value"].number(), row["q_value"].number());
    text += row["copied"].flag() ? "  copy\n" : "\n";
  }
  return text;
}

std::string table(const Record& record) {
  std::string text =
      fmt::format("audit of {}: {} samples against {} rows of {}, by {}\n\n",
                  report::plain(record["samples_file"].text()), record["count"].whole(), record["train_rows"].whole(),
                  report::plain(record["train"].text()), report::plain(record["metric_note"].text()));
  text += fmt::format("copies: {} samples have d1/d2 < {:.4g}: f_mem = {} (95 %: {} to {})\n", record["copies"].whole(),
                      record["threshold"].number(), percent(record["f_mem"]), percent(record["f_mem_low"]),
                      percent(record["f_mem_high"]));
  text += by_chance(record["null"]);
  if (const auto joined = record["joined"].whole(); joined > 0)
    text += fmt::format(
        "  {} samples have a nearest datum that repeats in the training data ({}), which counts once\n", joined,
        record["duplicates"].text() == "near" ? fmt::format("within {:.4g}", record["radius"].number()) : "exactly");
  if (const auto undefined = record["undefined"].whole(); undefined > 0)
    text += fmt::format(
        "  {} samples have no ratio, 0/0: their nearest datum repeats; --duplicates equal counts it once\n", undefined);
  text += of_held_out(record["held_out"]);
  for (const Record& note : record["notes"]) text += "  " + report::plain(note.text()) + "\n";
  return text + "\nthe nearest, by ratio:\n" + worst(record);
}

struct Job {
  experiments::AuditSets sets;
  experiments::AuditSettings settings;
  std::vector<std::string> notes;
};

Job job_of(const Options& options, const Settings& settings) {
  Job job;
  experiments::AuditSettings& own = job.settings;
  own.threshold = options.threshold;
  if (options.metric.find('.') != std::string::npos || options.metric.find('/') != std::string::npos) {
    own.metric = observables::Metric::features;
    own.features = options.metric;
    for (const char* key : {"rows", "classes"})
      if (settings.given(key) && settings.text(key) != "0")
        throw UsageError("--{} with a file of features, which has a row for every row of the files. Select there.",
                         key);
  } else {
    own.metric = experiments::metric_of(options.metric, "--metric");
    if (own.metric == observables::Metric::features)
      throw UsageError("--metric features: give the file itself, as --metric features.npy.");
  }
  own.components = options.components;
  own.repeats = experiments::repeats_of(options.duplicates, "--duplicates");
  own.radius = options.radius;
  if (options.radius < 0 || (options.radius > 0 && own.repeats != experiments::Repeats::near))
    throw UsageError("--radius: {:g}, expected a distance above 0, of --duplicates near.", options.radius);
  own.seed = static_cast<std::uint64_t>(settings.integer("seed"));
  Dataset samples = data::open(options.samples, picture_form(settings));
  if (settings.flag("drop_nonfinite")) data::drop_nonfinite(samples);
  Dataset train = load_stored(settings).data;
  std::optional<Dataset> held_out = load_test(settings, train);
  job.sets = {std::move(samples), std::move(train), std::move(held_out)};
  std::optional<experiments::SampleRange> range;
  if (!options.range.empty()) range = {options.range[0], options.range[1]};
  job.notes = experiments::prepare(job.sets, range);
  return job;
}

Record identity_of(const Job& job, const Options& options) {
  const auto& [sets, settings, notes] = job;
  return {
      {"samples", sets.samples.name()},
      {"samples_sha256", sets.samples.hash()},
      {"samples_range",
       options.range.empty() ? Record() : Record(fmt::format("{:.17g},{:.17g}", options.range[0], options.range[1]))},
      {"train", sets.train.name()},
      {"train_sha256", sets.train.hash()},
      {"test", sets.held_out ? Record(sets.held_out->name()) : Record()},
      {"test_sha256", sets.held_out ? Record(sets.held_out->hash()) : Record()},
      {"metric", options.metric},
      {"features_sha256", settings.features.empty() ? Record() : Record(data::open(settings.features).hash())},
      {"components", settings.components},
      {"duplicates", options.duplicates},
      {"radius", settings.radius},
      {"threshold", settings.threshold},
      {"seed", settings.seed}};
}

void run(Options& options, const Call& call) {
  set_threads(call.threads);
  Settings settings = options.settings->resolve();
  settings.require_only(Use::data, "data");
  if (!options.train.empty()) settings.set("data", options.train, "--train");
  if (options.fail_above > 1 || (options.fail_above < 0 && options.fail_above != -1))
    throw UsageError("--fail-above: {:g}, expected a share from 0 to 1.", options.fail_above);
  const Job job = job_of(options, settings);
  const int units = experiments::audit_units(job.sets, job.settings);
  const auto start = std::chrono::steady_clock::now();
  const auto [seen, metric_note] =
      experiments::in_metric(job.sets, job.settings);  // refuses before a run directory is made
  TerminalProgress progress(call.progress, call.quiet);
  ExperimentRun kept = open_run(options.output, identity_of(job, options), progress, units);
  Record record = experiments::audit(job.sets, seen, job.settings, kept);
  record["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Record &low = record["f_mem_low"], limit = options.fail_above < 0 ? Record() : Record(options.fail_above);
  const bool failed = !limit.is_null() && low.number() > options.fail_above;
  record["samples_file"] = job.sets.samples.name();
  record["count"] = job.sets.samples.rows();
  record["train"] = job.sets.train.name();
  record["train_rows"] = job.sets.train.rows();
  record["metric"] = options.metric;
  record["metric_note"] = metric_note;
  record["duplicates"] = options.duplicates;
  record["seed"] = settings.integer("seed");
  record["notes"] = job.notes;
  record["fail_above"] = limit;
  record["failed"] = failed;
  ExperimentPage page{"Audit of " + job.sets.samples.name(), table(record), experiments::audit_figures(record),
                      experiments::draw_worst(job.sets, record, kept)};
  kept.write("samples.csv", experiments::audit_csv(record));
  record["samples_reason"] = nullptr;
  if (record["samples"].size() > kInJson) {
    record["samples"] = nullptr;
    record["samples_reason"] =
        fmt::format("more than {}; {}", kInJson,
                    kept.kept() ? "samples.csv of the run has all" : "give --out DIR, whose samples.csv has all");
  }
  if (!record["held_out"].is_null()) {  // what figures are made of
    record["held_out"].erase("ratios");
    record["held_out"].erase("distances");
  }
  const std::string verdict =
      failed
          ? fmt::format("audit: f_mem is {} (95 %: {} to {}), above the {:.4g} % of --fail-above.",
                        percent(record["f_mem"]), percent(low), percent(record["f_mem_high"]), 100 * options.fail_above)
          : "";
  finish(kept, std::move(record), page, options.output, call);
  if (failed) throw ErrorOf<ExitCode::check_failed>("{}", verdict);
}

}  // namespace

void add_audit(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "audit",
      "are samples copies of the training data? nearest and second nearest datum of each, chance, held-out data");
  auto options = std::make_shared<Options>();
  verb->add_option("SAMPLES", options->samples, "samples to audit, any data that info reads")
      ->required()
      ->type_name("");
  verb->add_option("--train", options->train, "the training data (default: fashion-mnist)")->type_name("DATA");
  const std::vector<std::string> keys = {"test",    "labels", "resize",         "gray", "rgb",
                                         "classes", "rows",   "drop_nonfinite", "seed"};
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), keys);
  verb->add_option(
          "--metric", options->metric,
          "distance: pixels, pca, standardized (neither brightness nor contrast counts), or a file of features "
          "with a row for every sample, then training, then held-out datum")
      ->default_str("pixels")
      ->type_name("pixels|pca|standardized|FILE");
  verb->add_option("--components", options->components, "principal axes of --metric pca, at most")
      ->default_str("64")
      ->type_name("K");
  verb->add_option("--threshold", options->threshold, "ratio of the two distances below which a sample is a copy")
      ->default_str("1/3")
      ->type_name("R");
  verb->add_option("--duplicates", options->duplicates,
                   "training data that count as one: none (each), equal ones, or near ones (chains within --radius)")
      ->default_str("equal")
      ->type_name("each|equal|near");
  verb->add_option("--radius", options->radius,
                   "of --duplicates near, in the metric (default: a quarter of the typical nearest distance)")
      ->type_name("DISTANCE");
  verb->add_option("--samples-range", options->range,
                   "values of the samples that stand for black and white of the training data, as -1,1")
      ->delimiter(',')
      ->expected(2)
      ->type_name("LOW,HIGH");
  verb->add_option("--fail-above", options->fail_above,
                   "exit with 1 where the lower end of the interval of f_mem is above this share")
      ->type_name("F");
  add_run_output(*verb, options->output);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
