// sample: what it takes, what it writes, and what it says of the samples.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/critical_grid.hpp"
#include "denoiscope/dynamics/limits.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/experiments/sample/sample.hpp"
#include "denoiscope/observables/copy_tests.hpp"
#include "denoiscope/study/output.hpp"
#include "denoiscope/study/provenance.hpp"

namespace denoiscope::experiments {

namespace {

namespace fs = std::filesystem;
constexpr Index kBiasPoints = 256;  // the bias to 5 %
constexpr double kSeenBias = 0.01;  // of the start: what 1e4 samples would see
constexpr std::size_t kMostListed = 10'000, kMostShown = 20;
constexpr double kMostNumbers = 268'435'456;  // of all samples and kept points: 2 GiB

void check_trajectories(const Request& request, const Sampling& sampling, bool folder) {
  const std::string& file = request.text("trajectories");
  const bool kept = !sampling.settings.keep.empty();
  if (kept && file.empty() && !folder)
    throw UsageError("--keep and --frames: nowhere to keep them; give --trajectories FILE.npz, or --out DIR.");
  if (file.empty()) return;
  if (!kept) throw UsageError("--trajectories: {} without times to keep; give --frames K or --keep t,t,...", file);
  const data::FileKind kind = data::kind_of(file);
  if (kind != data::FileKind::npz && kind != data::FileKind::safetensors)
    throw UsageError("--trajectories: {} holds one array, expected .npz or .safetensors.", file);
  require_free(file, request.flag("force"));
  if (fs::path(request.text("out")).lexically_normal() == fs::path(file).lexically_normal())
    throw UsageError("--trajectories: {} is the file of the samples, expected another.", file);
}

// Before anything is read: what is asked must be possible.
void check_outputs(const Request& request, const Sampling& sampling, const fs::path& folder) {
  if (!folder.empty() && (request.has("labels_out") || request.has("trajectories") || request.flag("compress")))
    throw UsageError(
        "--out: {} is a run directory, which holds all of it; leave out --labels-out, --trajectories and "
        "--compress.",
        folder.string());
  if (folder.empty() && !request.has("out") && request.has("labels_out"))
    throw UsageError("--labels-out: {} without samples; give --out too.", request.text("labels_out"));
  if (request.has("out")) check_output(request);
  check_trajectories(request, sampling, !folder.empty());
}

SampleJob job_of(const Request& request, const Subject& about, Sampling sampling) {
  SampleJob job;
  job.source = about.name();
  job.posterior = about.posterior();
  if (!about.of_model()) job.data = about.data();
  job.arithmetic = about.arithmetic();
  job.noise = about.noise();
  know_model(request, *job.posterior, job.source, job.data ? job.data->rows() : 0, job.noise, sampling);
  job.sampling = std::move(sampling);
  const double numbers = static_cast<double>(job.sampling.seeds.size()) *
                         static_cast<double>(job.posterior->dimension()) *
                         static_cast<double>(1 + job.sampling.settings.keep.size());
  if (numbers > kMostNumbers)
    throw UsageError(
        "--seeds: {} samples with their kept points are {:.3g} numbers, expected at most {:.3g}. Give fewer, in "
        "several jobs.",
        job.sampling.seeds.size(), numbers, kMostNumbers);
  const std::string& out = request.text("out");
  if (!out.empty() && data::kind_of(out) == data::FileKind::png && !(job.data && job.data->is_image()))
    throw DataError("{}: samples of {} are no pictures. Write .npy, .npz, .safetensors or .csv.", out, job.source);
  return job;
}

// The record of how samples are made, with a warning for what limits them.
Record method_record(const SampleJob& job, Run& run) {
  const std::vector<double>& times = job.sampling.settings.times;
  Record record = {{"method", job.sampling.exact ? "bridge" : "integrated"},
                   {"stepper", nullptr},
                   {"grid", job.sampling.grid.empty() ? Record() : Record(job.sampling.grid)},
                   {"steps", nullptr},
                   {"t_max", times.front()},
                   {"t_min", nullptr},
                   {"start_bias", nullptr},
                   {"stiffness", nullptr}};
  if (job.sampling.exact) return record;
  const Stepper& stepper = *job.sampling.settings.stepper;
  const double bias = start_bias(*job.posterior, times.front(), job.noise, kBiasPoints);
  const Stiffness stiff = stiffness(*job.posterior, stepper, times, job.sampling.settings.stepping, job.noise);
  record["stepper"] = stepper.name;
  record["steps"] = times.size() - 1;
  record["t_min"] = times.back();
  record["start_bias"] = finite(bias);
  record["stiffness"] = {{"share", stiff.share}, {"from", finite(stiff.from)}, {"to", finite(stiff.to)}};
  if (bias > kSeenBias)
    run.note(
        fmt::format("--t-max {:g} is small: paths start from N(0, I), which moves probabilities by up to {:.2g}. "
                    "Use a larger one, or --stepper bridge.",
                    times.front(), bias));
  if (stiff.share > 1) run.note(advice(stiff, stepper));
  return record;
}

void write_trajectories(const fs::path& file, const SampleJob& job, const SampleBlock& all) {
  const std::vector<double> times = job.sampling.kept();
  std::vector<long long> seeds;
  for (const std::uint64_t seed : job.sampling.seeds) seeds.push_back(static_cast<long long>(seed));
  std::vector<Index> row = {static_cast<Index>(times.size())};
  if (job.data)
    row.insert(row.end(), job.data->shape().begin(), job.data->shape().end());
  else
    row.push_back(job.posterior->dimension());
  const std::span<const double> path(all.path.data(), static_cast<std::size_t>(all.path.size()));
  if (data::kind_of(file) == data::FileKind::npy) return data::write_npy(file, all.path, row);
  const std::vector<data::NamedArray> arrays = {{"trajectories", path, row}, {"times", times}, {"seeds", seeds}};
  data::write_arrays(file, arrays, {{"source", job.source}, {"denoiscope", version()}});
}

Record write_samples(const Request& files, const SampleJob& job, const SampleBlock& all) {
  const bool picture = data::kind_of(files.text("out")) == data::FileKind::png;
  Dataset samples = samples_as_data(job, all, picture);
  if (files.has("labels_out") && !samples.labelled())  // of one class
    samples.set_labels(std::vector<long long>(static_cast<std::size_t>(samples.rows())), job.source);
  return write_output(files, samples,
                      {{"source", job.source},
                       {"seeds", files.text("seeds")},
                       {"stepper", files.text("stepper")},
                       {"denoiscope", version()}});
}

// What a run directory holds beside its units. It may be moved: files are named from inside.
void write_folder(const Request& request, const SampleJob& job, const SampleBlock& all, Run& run, Record& record) {
  Request files = request;
  if (job.data && job.data->is_image()) {
    files.set("out", (run.folder() / "samples.png").string(), "sample");
    try {
      write_samples(files, job, all);
      run.frame().image("samples.png", "seeds " + request.text("seeds"));
    } catch (const DataError&) {  // more pictures than one holds; the numbers are there
    }
  }
  files.set("out", (run.folder() / "samples.npy").string(), "sample");
  if (all.facts.front().cls >= 0) files.set("labels_out", (run.folder() / "labels.npy").string(), "sample");
  Record& output = record["output"] = write_samples(files, job, all);
  for (const char* name : {"file", "labels_file"})
    if (!output[name].is_null()) output[name] = fs::path(output[name].text()).filename().string();
  record["trajectories"] = nullptr;
  if (job.sampling.settings.keep.empty()) return;
  write_trajectories(run.folder() / "trajectories.npy", job, all);
  record["trajectories"] = "trajectories.npy";
}

void write_files(const Request& request, const SampleJob& job, const SampleBlock& all, Record& record) {
  record["output"] = request.has("out") ? write_samples(request, job, all) : Record();
  record["trajectories"] = nullptr;
  if (!request.has("trajectories")) return;
  write_trajectories(request.text("trajectories"), job, all);
  record["trajectories"] = request.text("trajectories");
}

// What was found.
Record record_of(const SampleJob& job, const SampleBlock& all, const Record& method) {
  Record record = {{"source", job.source},
                   {"dimension", job.posterior->dimension()},
                   {"seed", job.noise.seed()},
                   {"count", all.facts.size()},
                   {"copies", nullptr},
                   {"copies_mean", nullptr},
                   {"remark", nullptr},
                   {"kept", job.sampling.kept()},
                   {"samples", sample_records(job, all, kMostListed)}};
  record.update(method);
  if (!job.data) return record;
  record["copies"] = std::count_if(all.facts.begin(), all.facts.end(), [](const SampleFact& fact) {
    // A datum that stands twice in the data has no ratio, and is a copy all the same.
    return fact.d1 == 0 || observables::gap_ratio(fact.d1, fact.d2) < observables::kCopyRatio;
  });
  record["copies_mean"] = "nearer to one datum than a third of the distance to any other (arXiv 2310.02664)";
  if (job.sampling.exact)
    record["remark"] = "the exact backward process of data ends on the data: each sample is a training datum";
  return record;
}

void show_samples(const Record& record, Frame& frame) {
  const Record& samples = record["samples"];
  const auto shown = std::min(kMostShown, samples.size());
  Table table{samples.size() > shown ? fmt::format("the first {} samples", shown) : std::string("samples"),
              {"seed", "class", "its weight", "nearest", "distance", "to second"}};
  for (std::size_t i = 0; i < shown; ++i) {
    const Record &s = samples[i], &near = s["nearest"];
    const auto of = [&](const char* name) { return near.is_null() ? Record() : near[name]; };
    table.add(
        {fmt::format("{}", s["seed"].whole()), s["class"], s["weight"], of("row"), of("distance"), of("gap_ratio")});
  }
  frame.table(table);
}

void show(const Record& record, Frame& frame) {
  const bool exact = record["method"].text() == "bridge";
  frame.title("Samples of " + record["source"].text());
  frame.question("What does the backward process make of noise, and how near is it to the data?");
  frame.verdict(Level::note, fmt::format("{} samples, {}", record["count"].whole(),
                                         exact ? "drawn exactly"
                                               : fmt::format("by {} in {} steps ({}) from t = {:g} to {:g}",
                                                             record["stepper"].text(), record["steps"].whole(),
                                                             record["grid"].text(), record["t_max"].number(),
                                                             record["t_min"].number())));
  if (!record["copies"].is_null())
    frame.verdict(Level::note,
                  fmt::format("{} of them copy a datum: {}", record["copies"].whole(), record["copies_mean"].text()));
  if (!record["remark"].is_null()) frame.verdict(Level::note, record["remark"].text());
  show_samples(record, frame);
  if (record["output"].is_null())
    frame.next("--out FILE.png|npy|npz|safetensors|csv, or --out DIR, keeps them");
  else
    show_output(record["output"], frame);
  if (!record["trajectories"].is_null()) frame.text("trajectories in " + record["trajectories"].text());
}

Record run_sample(const Request& request, Run& run) {
  Sampling sampling = sampling_of(request);
  check_outputs(request, sampling, run.folder());
  const Subject about(request, Needs::posterior);
  const SampleJob job = job_of(request, about, std::move(sampling));
  run.start(about.identity());
  const Record method = method_record(job, run);
  const SampleBlock all = all_samples(job, run);
  Record record = record_of(job, all, method);
  if (run.kept())
    write_folder(request, job, all, run, record);
  else
    write_files(request, job, all, record);
  show(record, run.frame());
  return record;
}

constexpr Parameter kOwn[] = {
    parameter::text("seeds", "0-15", "SEEDS",
                    "one a sample, which depends on nothing else of this job: 0-63, or 1,5,9-12"),
    parameter::word("stepper", "bridge", "bridge",
                    "bridge: exact draws, of data therefore training data; else how the backward equation is "
                    "integrated from N(0, I)"),
    parameter::whole("steps", parameter::kAbsent, 1, 1e6, "N",
                     "of the stepper, from --t-max to --t-min, where E[x_0|x] is taken (default: 50)"),
    parameter::word("grid", kBeforeCritical, "", "how its times are spaced (default: karras)"),
    parameter::list("times", "", 0, 350, false, "t,t,...", "instead, its OU times, falling, down to 0 at most"),
    parameter::within("t_max", parameter::kAbsent, 0, 350, "T",
                      "the OU time where paths start (default: 10; 5.06 with --grid ddpm)"),
    parameter::number("t_min", parameter::kAbsent, 0, 350, "T", "the last noise level (default: 0.001)"),
    parameter::number("churn", parameter::kAbsent, 0, parameter::kUnbounded, "S",
                      "of edm-heun: noise added before its steps, from 0 to 0.41 --steps (S_churn)"),
    parameter::within("tolerance", parameter::kAbsent, 0, parameter::kUnbounded, "E",
                      "of dormand-prince: of the error of a step (default: 1e-8)"),
    parameter::list("keep", "", 0, 350, false, "t,t,...",
                    "OU times at which points are kept; with a stepper the nearest of its own"),
    parameter::whole("frames", parameter::kAbsent, 2, 1000, "K",
                     "instead, so many of the times, first and last included"),
    parameter::text("out", "", "FILE|DIR",
                    "where to write the samples, in the scale and shape of the data: .npy, .npz, .safetensors, .csv, "
                    "or .png (a grid of pictures); a name without extension is a run directory, which survives a kill"),
    parameter::text("trajectories", "", "FILE",
                    "where to write the kept points, (samples, times, row), in the scale of the noise: .npz or "
                    ".safetensors"),
};

// Steppers and grids are words of their own tables.
std::vector<Parameter> sample_parameters() {
  static const std::string known = fmt::format("bridge|{}", fmt::join(names_of(steppers()), "|")),
                           grids = fmt::format("{}|{}", fmt::join(names_of(time_grids()), "|"), kCriticalGrid);
  std::vector<Parameter> all =
      joined({kDataParameters, kArithmeticParameters, kModelParameters, kSeedParameters, kOwn, kOutputParameters});
  for (Parameter& p : all) {
    if (p.name == "stepper") p.words = p.metavar = known;
    if (p.name == "grid") p.words = p.metavar = grids;
  }
  return all;
}

}  // namespace

Experiment sample_experiment() {
  static const std::vector<Parameter> parameters = sample_parameters();
  return {
      "sample",
      "clean points from noise, one a seed: exact draws, or a stepper of diffusion models driven by the exact score",
      parameters, Needs::posterior, run_sample};
}

}  // namespace denoiscope::experiments
