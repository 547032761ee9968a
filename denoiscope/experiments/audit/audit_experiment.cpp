// The verb audit: what it takes, and its result.
#include <fmt/format.h>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/experiments/audit.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope::experiments {

namespace {

constexpr std::size_t kListed = 10000;  // samples up to which the record lists all

AuditSettings settings_of(const Request& request) {
  AuditSettings s;
  s.threshold = request["threshold"];
  s.components = request.whole("components");
  s.repeats = static_cast<Repeats>(static_cast<int>(request["duplicates"]));
  s.radius = request["radius"];
  s.seed = static_cast<std::uint64_t>(request.whole("seed"));
  if (s.radius > 0 && s.repeats != Repeats::near)
    throw UsageError("--radius: {:g}, expected only with --duplicates near.", s.radius);
  const std::string& metric = request.text("metric");
  if (metric.find('.') == std::string::npos && metric.find('/') == std::string::npos) {
    s.metric = metric_of(metric, "--metric");
    if (s.metric == observables::Metric::features)
      throw UsageError("--metric features: give the file itself, as --metric features.npy.");
    return s;
  }
  s.metric = observables::Metric::features;
  s.features = metric;
  for (const char* name : {"rows", "classes"})
    if (request.given(name) && request.text(name) != "0")
      throw UsageError("--{} with a file of features, which has a row for every row of the files. Select there.", name);
  return s;
}

std::optional<SampleRange> range_of(const Request& request) {
  const auto range = request.list("samples_range");
  if (range.empty()) return std::nullopt;
  if (range.size() != 2) throw UsageError("--samples-range: {} numbers, expected LOW,HIGH.", range.size());
  return SampleRange{range[0], range[1]};
}

AuditSets sets_of(const Request& request) {
  Dataset samples = data::open(request.text("samples"), picture_form(request));
  if (request.flag("drop_nonfinite")) data::drop_nonfinite(samples);
  Dataset train = load_stored(request, "train").data;
  std::optional<Dataset> held_out = load_test(request, train, "train");
  return {std::move(samples), std::move(train), std::move(held_out)};
}

Record identity_of(const AuditSets& sets, const AuditSettings& settings) {
  const auto& held_out = sets.held_out;
  return {{"samples", sets.samples.name()},
          {"samples_sha256", sets.samples.hash()},
          {"train", sets.train.name()},
          {"train_sha256", sets.train.hash()},
          {"test", held_out ? Record(held_out->name()) : Record()},
          {"test_sha256", held_out ? Record(held_out->hash()) : Record()},
          {"features_sha256", settings.features.empty() ? Record() : Record(data::open(settings.features).hash())}};
}

void add_given(const Request& request, const AuditSets& sets, Record& record) {
  const bool limited = request.has("fail_above");
  record["samples_file"] = sets.samples.name();
  record["count"] = sets.samples.rows();
  record["train"] = sets.train.name();
  record["train_rows"] = sets.train.rows();
  record["metric"] = request.text("metric");
  record["duplicates"] = request.text("duplicates");
  record["seed"] = request.whole("seed");
  record["fail_above"] = limited ? Record(request["fail_above"]) : Record();
  record["failed"] = limited && record["f_mem_low"].number() > request["fail_above"];
}

// What stands in samples.csv and in the figures, and would make the record long.
void shorten(Record& record, const Run& run) {
  record["samples_reason"] = nullptr;
  if (record["samples"].size() > kListed) {
    record["samples"] = nullptr;
    record["samples_reason"] =
        fmt::format("more than {}; {}", kListed,
                    run.kept() ? "samples.csv of the run has all" : "give --out DIR, whose samples.csv has all");
  }
  if (record["held_out"].is_null()) return;
  record["held_out"].erase("ratios");
  record["held_out"].erase("distances");
}

Record run_audit(const Request& request, Run& run) {
  const AuditSettings settings = settings_of(request);
  const std::optional<SampleRange> range = range_of(request);
  AuditSets sets = sets_of(request);
  const std::vector<std::string> notes = prepare(sets, range);
  const auto [seen, metric_note] = in_metric(sets, settings);
  run.start(identity_of(sets, settings));
  Record record = audit(sets, seen, settings, run);
  add_given(request, sets, record);
  record["metric_note"] = metric_note;
  record["notes"] = notes;
  show_audit(sets, record, run);
  run.write("samples.csv", audit_csv(record));
  if (record["failed"].flag())
    run.fail(ExitCode::check_failed, fmt::format("audit: f_mem is {:.3g} % (95 %: {:.3g} % to {:.3g} %), above the "
                                                 "{:.4g} % of --fail-above.",
                                                 100 * record["f_mem"].number(), 100 * record["f_mem_low"].number(),
                                                 100 * record["f_mem_high"].number(), 100 * request["fail_above"]));
  shorten(record, run);
  return record;
}

constexpr Parameter kOwn[] = {
    parameter::positional("samples", true, "SAMPLES", "samples to audit, any data that info reads"),
    parameter::text("train", "fashion-mnist", "DATA", "the training data"),
    parameter::text("metric", "pixels", "pixels|pca|standardized|FILE",
                    "distance: pixels, pca, standardized (neither brightness nor contrast counts), or a file of "
                    "features with a row for every sample, then training, then held-out datum"),
    parameter::whole("components", 64, 1, 1e9, "K", "principal axes of --metric pca, at most"),
    parameter::number("threshold", observables::kCopyRatio, 1e-9, 1, "R",
                      "ratio of the two distances below which a sample is a copy"),
    parameter::word("duplicates", "each|equal|near", "equal",
                    "training data that count as one: none (each), equal ones, or near ones (chains within --radius)"),
    parameter::number("radius", 0, 0, parameter::kUnbounded, "DISTANCE",
                      "of --duplicates near, in the metric (0: a quarter of the typical nearest distance)"),
    parameter::list("samples_range", "", -parameter::kUnbounded, parameter::kUnbounded, false, "LOW,HIGH",
                    "values of the samples that stand for black and white of the training data, as -1,1"),
    parameter::number("fail_above", parameter::kAbsent, 0, 1, "F",
                      "exit with 1 where the lower end of the interval of f_mem is above this share"),
};

}  // namespace

Experiment audit_experiment() {
  static const std::vector<Parameter> parameters =
      joined({kOwn, kTestParameters,
              only(kDataParameters, {"labels", "resize", "gray", "rgb", "classes", "rows", "drop_nonfinite"}),
              kSeedParameters});
  return {"audit",
          "are samples copies of the training data? nearest and second nearest datum of each, chance, held-out data",
          parameters, Needs::nothing, run_audit};
}

}  // namespace denoiscope::experiments
