// sample: clean points made from noise, one a seed.
#include "denoiscope/experiments/sample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/dynamics/limits.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/experiments/analyze/analyze_model.hpp"
#include "denoiscope/observables/copy_tests.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoiscope/study/provenance.hpp"
#include "dynamics_options.hpp"
#include "model_options.hpp"
#include "output_files.hpp"
#include "run_output.hpp"
#include "sample_options.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

namespace fs = std::filesystem;
constexpr Index kBiasPoints = 256;  // the bias to 5 %
constexpr double kSeenBias = 0.01;  // of the start: what 1e4 samples would see
constexpr std::size_t kMostListed = 10'000, kMostShown = 20;
constexpr double kMostNumbers = 268'435'456;  // of all samples and kept points: 2 GiB

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::unique_ptr<ModelOptions> model;
  SamplingOptions sampling;
  OutputFiles files;
  std::string trajectories;
  bool resume = false;
};

// A name without extension is a run directory.
bool into_folder(const Options& o) {
  return !o.files.out.empty() && (fs::path(o.files.out).extension().empty() || fs::is_directory(o.files.out));
}

// Before anything is read: what is asked must be possible.
void check_outputs(const Options& o, const Sampling& sampling) {
  const bool folder = into_folder(o);
  if (o.resume && o.files.force) throw UsageError("--resume and --force contradict each other; give one.");
  if (o.resume && !folder)
    throw UsageError("--resume: only a run directory can go on; give --out DIR, without extension.");
  if (o.files.out.empty() && !o.files.labels_out.empty())
    throw UsageError("--labels-out: {} without samples; give --out too.", o.files.labels_out);
  if (folder && (!o.files.labels_out.empty() || !o.trajectories.empty() || o.files.compress))
    throw UsageError(
        "--out: {} is a run directory, which holds all of it; leave out --labels-out, --trajectories and "
        "--compress.",
        o.files.out);
  if (!o.files.out.empty() && !folder) check_output(o.files);
  const bool kept = !sampling.settings.keep.empty();
  if (kept && o.trajectories.empty() && !folder)
    throw UsageError("--keep and --frames: nowhere to keep them; give --trajectories FILE.npz, or --out DIR.");
  if (o.trajectories.empty()) return;
  if (!kept)
    throw UsageError("--trajectories: {} without times to keep; give --frames K or --keep t,t,...", o.trajectories);
  const data::FileKind kind = data::kind_of(o.trajectories);
  if (kind != data::FileKind::npz && kind != data::FileKind::safetensors)
    throw UsageError("--trajectories: {} holds one array, expected .npz or .safetensors.", o.trajectories);
  require_free(o.trajectories, o.files.force);
  if (fs::path(o.files.out).lexically_normal() == fs::path(o.trajectories).lexically_normal())
    throw UsageError("--trajectories: {} is the file of the samples, expected another.", o.trajectories);
}

experiments::SampleJob job_of(const Settings& settings, const SamplingOptions& options, Sampling& sampling) {
  experiments::SampleJob job;
  if (settings.given("model")) {
    const Model model = experiments::model_of(settings);
    job.source = model.text();
    job.posterior = model.made.posterior;
  } else {
    settings.require_only(Use::data, "data");
    job.data = load(settings).data;
    job.source = job.data->name();
    job.arithmetic = arithmetic_of(settings);
    job.posterior = std::make_shared<Empirical>(*job.data, job.arithmetic);
  }
  job.noise = Noise(static_cast<std::uint64_t>(settings.integer("seed")));
  know_model(options, *job.posterior, job.source, job.data ? job.data->rows() : 0, job.noise, sampling);
  job.exact = sampling.exact;
  job.settings = sampling.settings;
  job.seeds = sampling.seeds;
  const double numbers = static_cast<double>(job.seeds.size()) * static_cast<double>(job.posterior->dimension()) *
                         static_cast<double>(1 + job.settings.keep.size());
  if (numbers > kMostNumbers)
    throw UsageError(
        "--seeds: {} samples with their kept points are {:.3g} numbers, expected at most {:.3g}. Give fewer, in "
        "several jobs.",
        job.seeds.size(), numbers, kMostNumbers);
  return job;
}

void require_pictures(const experiments::SampleJob& job, const std::string& out) {
  if (data::kind_of(out) != data::FileKind::png || (job.data && job.data->is_image())) return;
  throw DataError("{}: samples of {} are no pictures. Write .npy, .npz, .safetensors or .csv.", out, job.source);
}

// The record of how samples are made, with a warning for what limits them.
Record method_record(const experiments::SampleJob& job, const Sampling& sampling, TerminalProgress& progress) {
  const std::vector<double>& times = job.settings.times;
  Record record = {{"method", job.exact ? "bridge" : "integrated"},
                   {"stepper", nullptr},
                   {"grid", sampling.grid.empty() ? Record() : Record(sampling.grid)},
                   {"steps", nullptr},
                   {"t_max", times.front()},
                   {"t_min", nullptr},
                   {"start_bias", nullptr},
                   {"stiffness", nullptr}};
  if (job.exact) return record;
  const Stepper& stepper = *job.settings.stepper;
  const double bias = start_bias(*job.posterior, times.front(), job.noise, kBiasPoints);
  const Stiffness stiff = stiffness(*job.posterior, stepper, times, job.settings.stepping, job.noise);
  record["stepper"] = stepper.name;
  record["steps"] = times.size() - 1;
  record["t_min"] = times.back();
  record["start_bias"] = json_number(bias);
  record["stiffness"] = {{"share", stiff.share}, {"from", json_number(stiff.from)}, {"to", json_number(stiff.to)}};
  if (bias > kSeenBias)
    progress.note(
        fmt::format("--t-max {:g} is small: paths start from N(0, I), which moves probabilities by up to {:.2g}. "
                    "Use a larger one, or --stepper bridge.",
                    times.front(), bias));
  if (stiff.share > 1) progress.note(advice(stiff, stepper));
  return record;
}

void write_trajectories(const fs::path& file, const experiments::SampleJob& job, const Sampling& sampling,
                        const experiments::SampleBlock& all) {
  const std::vector<double> times = sampling.kept();
  std::vector<long long> seeds;
  for (const std::uint64_t seed : job.seeds) seeds.push_back(static_cast<long long>(seed));
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

data::Notes notes_of(const experiments::SampleJob& job, const Options& o) {
  return {
      {"source", job.source}, {"seeds", o.sampling.seeds}, {"stepper", o.sampling.stepper}, {"denoiscope", version()}};
}

Record write_samples(const OutputFiles& files, const experiments::SampleJob& job, const experiments::SampleBlock& all,
                     const data::Notes& notes) {
  const bool picture = data::kind_of(files.out) == data::FileKind::png;
  Dataset samples = experiments::samples_as_data(job, all, picture);
  if (!files.labels_out.empty() && !samples.labelled())  // of one class
    samples.set_labels(std::vector<long long>(static_cast<std::size_t>(samples.rows())), job.source);
  return write_output(files, samples, notes);
}

// What a run directory holds beside its units.
Record write_folder(const fs::path& folder, const experiments::SampleJob& job, const Sampling& sampling,
                    const experiments::SampleBlock& all, const data::Notes& notes) {
  OutputFiles files;
  if (job.data && job.data->is_image()) {
    files.out = folder / "samples.png";
    try {
      write_samples(files, job, all, notes);
    } catch (const DataError&) {  // more pictures than one holds; the numbers are there
    }
  }
  files.out = folder / "samples.npy";
  if (all.facts.front().cls >= 0) files.labels_out = folder / "labels.npy";
  Record record = write_samples(files, job, all, notes);
  if (!job.settings.keep.empty()) write_trajectories(folder / "trajectories.npy", job, sampling, all);
  return record;
}

// All that results in a run directory depend on.
Record identity_of(const Settings& settings, const experiments::SampleJob& job, const Options& o) {
  const SamplingOptions& s = o.sampling;
  Record identity = job.data ? identity_of(*job.data, settings) : Record{{"model", job.source}};
  identity.update(Record{{"verb", "sample"},
                         {"seeds", s.seeds},
                         {"stepper", s.stepper},
                         {"steps", s.steps},
                         {"grid", s.grid},
                         {"times", s.times},
                         {"t_max", s.t_max},
                         {"t_min", s.t_min},
                         {"churn", s.churn},
                         {"tolerance", s.tolerance},
                         {"keep", s.keep},
                         {"frames", s.frames},
                         {"seed", settings.integer("seed")}});
  return identity;
}

// What was found, without the time it took.
Record result_of(const experiments::SampleJob& job, const Sampling& sampling, const experiments::SampleBlock& all,
                 const Record& method) {
  Record record = {{"source", job.source},
                   {"dimension", job.posterior->dimension()},
                   {"seed", job.noise.seed()},
                   {"count", all.facts.size()},
                   {"copies", nullptr},
                   {"copies_mean", nullptr},
                   {"remark", nullptr},
                   {"kept", sampling.kept()},
                   {"samples", experiments::sample_records(job, all, kMostListed)}};
  record.update(method);
  if (!job.data) return record;
  record["copies"] = std::count_if(all.facts.begin(), all.facts.end(), [](const experiments::SampleFact& fact) {
    // A datum that stands twice in the data has no ratio, and is a copy all the same.
    return fact.d1 == 0 || observables::gap_ratio(fact.d1, fact.d2) < observables::kCopyRatio;
  });
  record["copies_mean"] = "nearer to one datum than a third of the distance to any other (arXiv 2310.02664)";
  if (job.exact)
    record["remark"] = "the exact backward process of data ends on the data: each sample is a training datum";
  return record;
}

std::string shown(const Record& value, const char* format_of_numbers) {
  return value.is_null() ? "-" : fmt::format(fmt::runtime(format_of_numbers), value.number());
}

std::string table(const Record& r) {
  const bool exact = r["method"] == "bridge";
  std::string text = fmt::format("{} samples of {}, {}\n", static_cast<std::size_t>(r["count"].whole()),
                                 report::plain(r["source"].text()),
                                 exact ? "drawn exactly"
                                       : fmt::format("by {} in {} steps ({}) from t = {:g} to {:g}",
                                                     r["stepper"].text(), static_cast<int>(r["steps"].whole()),
                                                     r["grid"].text(), r["t_max"].number(), r["t_min"].number()));
  if (!r["copies"].is_null())
    text += fmt::format("copies of a datum: {} ({})\n", r["copies"].whole(), r["copies_mean"].text());
  if (!r["remark"].is_null()) text += r["remark"].text() + "\n";
  text += fmt::format("\n{:>20} {:>8} {:>10} {:>10} {:>12} {:>10}\n", "seed", "class", "its weight", "nearest",
                      "distance", "to second");
  const Record& samples = r["samples"];
  for (std::size_t i = 0; i < std::min(kMostShown, samples.size()); ++i) {
    const Record &s = samples[i], &near = s["nearest"];
    const auto of = [&](const char* name) { return near.is_null() ? Record() : near[name]; };
    text += fmt::format("{:>20} {:>8} {:>10} {:>10} {:>12} {:>10}\n", static_cast<std::uint64_t>(s["seed"].whole()),
                        shown(s["class"], "{:g}"), shown(s["weight"], "{:.4f}"), shown(of("row"), "{:g}"),
                        shown(of("distance"), "{:.4g}"), shown(of("gap_ratio"), "{:.3g}"));
  }
  const std::size_t count = static_cast<std::size_t>(r["count"].whole());
  if (count > kMostShown) text += fmt::format("{:>20} {} more\n", "...", count - kMostShown);
  if (r["output"].is_null()) return text + "\n--out FILE.png|npy|npz|safetensors|csv, or --out DIR, keeps them.\n";
  return text + "\n" + describe_output(r["output"]) +
         (r["trajectories"].is_null() ? "" : "trajectories in " + report::plain(r["trajectories"].text()) + "\n");
}

// The record with its files named from inside `folder`, which may be moved.
Record with_names_within(const fs::path& folder, Record record) {
  for (Record* name : {&record["trajectories"], &record["output"]["file"], &record["output"]["labels_file"]})
    if (!name->is_null()) *name = fs::path(name->text()).lexically_relative(folder).string();
  return record;
}

// In a run directory: blocks that survive a kill, and all that came of them.
Record run_in_folder(const Settings& settings, const experiments::SampleJob& job, const Sampling& sampling,
                     const Options& o, const Call& call, TerminalProgress& progress) {
  const fs::path folder = o.files.out;
  ExperimentRun run = open_run({o.files.out, o.resume, o.files.force}, identity_of(settings, job, o), progress,
                               experiments::sample_units(job));
  const Record method = method_record(job, sampling, progress);
  const experiments::SampleBlock all = experiments::all_samples(job, run);
  Record record = result_of(job, sampling, all, method);
  record["output"] = write_folder(folder, job, sampling, all, notes_of(job, o));
  record["trajectories"] = sampling.settings.keep.empty() ? Record() : Record((folder / "trajectories.npy").string());
  const Record within = with_names_within(folder, record);
  ExperimentPage page{"Samples of " + job.source, table(within)};
  if (fs::exists(folder / "samples.png")) page.images.emplace_back("samples.png", "seeds " + o.sampling.seeds);
  run.finish(within, page, call.command_line);
  report::write(folder);
  return record;
}

Record run_for_files(const experiments::SampleJob& job, const Sampling& sampling, const Options& o,
                     TerminalProgress& progress) {
  const Record method = method_record(job, sampling, progress);
  const experiments::SampleBlock all = experiments::all_samples(job, progress);
  Record record = result_of(job, sampling, all, method);
  record["output"] = o.files.out.empty() ? Record() : write_samples(o.files, job, all, notes_of(job, o));
  record["trajectories"] = o.trajectories.empty() ? Record() : Record(o.trajectories);
  if (!o.trajectories.empty()) write_trajectories(o.trajectories, job, sampling, all);
  return record;
}

void run(const Options& o, const Call& call) {
  set_threads(call.threads);
  Sampling sampling = parse(o.sampling);
  check_outputs(o, sampling);
  Settings settings = o.settings->resolve();
  o.model->apply(settings);
  const experiments::SampleJob job = job_of(settings, o.sampling, sampling);
  const bool folder = into_folder(o);
  if (!o.files.out.empty() && !folder) require_pictures(job, o.files.out);
  TerminalProgress progress(call.progress, call.quiet);
  const auto start = std::chrono::steady_clock::now();
  Record record =
      folder ? run_in_folder(settings, job, sampling, o, call, progress) : run_for_files(job, sampling, o, progress);
  record["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (call.json) return print(json_text(record) + "\n");
  print(table(record) + fmt::format("{:.3g} s.", record["seconds"].number()) +
        (folder ? fmt::format(" Report: {}\n", (fs::path(o.files.out) / "report.html").string()) : "\n"));
}

}  // namespace

void add_sample(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "sample",
      "clean points from noise, one a seed: exact draws, or a stepper of diffusion models driven by the exact score");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",         "resize", "gray", "rgb",       "classes",
                                         "rows", "drop_nonfinite", "scale",  "seed", "precision", "kernel"};
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), keys);
  options->model = std::make_unique<ModelOptions>(*verb);
  options->sampling.add(*verb);
  verb->add_option(
          "--out", options->files.out,
          "where to write the samples, in the scale and shape of the data: .npy, .npz, .safetensors, .csv, or .png "
          "(a grid of pictures); a name without extension is a run directory, which survives a kill")
      ->type_name("FILE|DIR");
  verb->add_option(
          "--trajectories", options->trajectories,
          "where to write the kept points, (samples, times, row), in the scale of the noise: .npz or .safetensors")
      ->type_name("FILE");
  verb->add_flag("--resume", options->resume, "go on with an interrupted run in the run directory");
  add_output_files(*verb, options->files);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
