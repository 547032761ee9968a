// denoise: the exact posterior of a data set, or of a model, at noisy points from a file.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/experiments/analyze/analyze_model.hpp"
#include "denoiscope/experiments/analyze/findings.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoised.hpp"
#include "model_options.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::unique_ptr<ModelOptions> model;
  DenoiseRequest request;
  std::string tolerance;
};

constexpr const char* kTolerance = "1e-6";

// Total variation of pruning. In other precisions nothing is pruned, and none may be asked for.
double tolerance_of(const Options& options, const Arithmetic& arithmetic) {
  const bool prunes = arithmetic.precision == Precision::f64;
  if (options.tolerance.empty()) return prunes ? parse_number(kTolerance, "--tolerance") : 0;
  const double tolerance = parse_number(options.tolerance, "--tolerance");
  if (!(tolerance >= 0 && tolerance < 1))
    throw UsageError("--tolerance: {}, expected a total variation from 0 (nothing is left out) to below 1.",
                     options.tolerance);
  if (tolerance > 0 && !prunes)
    throw UsageError("--tolerance: {} with a precision that is not certified; leave it out, or give --precision f64.",
                     options.tolerance);
  return tolerance;
}

// Before anything is read: what is asked must be possible.
void check_out(const DenoiseRequest& options) {
  if (options.out.empty()) return;
  const data::FileKind kind = data::kind_of(options.out);
  if (kind != data::FileKind::npz && kind != data::FileKind::safetensors)
    throw UsageError("--out: {} holds one array, expected .npz or .safetensors.", options.out);
  require_free(options.out, options.force);
}

// Fills in what data and models have alike, and calls `summarize`.
template <class Ask>
Denoised begin(const DenoiseRequest& request, const NoisyPoints& points, Summary& summary, Ask&& summarize) {
  Denoised result;
  result.t = request.time();
  const auto start = std::chrono::steady_clock::now();
  summarize(result.t, summary);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const RowMatrix scores = score(result.t, points.x, summary.mean);
  require_finite(summary, scores, request);
  result.record = {{"t", result.t},
                   {"clocks", experiments::clock_record(result.t)},
                   {"queries", points.x.rows()},
                   {"dimension", points.x.cols()},
                   {"seconds", seconds},
                   {"largest_bound", summary.bound.maxCoeff()},
                   {"out", request.out.empty() ? Record() : Record(request.out)}};
  result.add("mean", summary.mean, points.shape);
  result.add("score", scores, points.shape);
  result.add("log_density", summary.all.log_density);
  result.add("bound", summary.bound);
  return result;
}

std::string more(Index m) { return m > kMostLines ? fmt::format("{:>8} {} more\n", "...", m - kMostLines) : ""; }

// ---- data ----

std::string table_of_data(const Denoised& result, const Summary& s, const std::vector<long long>& nearest) {
  const Index m = s.mean.rows();
  const Record& r = result.record;
  std::string text =
      fmt::format("posterior of {} data of dimension {} at {} points: {:.3g} s, kernel {}, {}\n\n", r["rows"].whole(),
                  r["dimension"].whole(), m, r["seconds"].number(), r["kernel"].text(), r["precision"].text());
  text += fmt::format("{:>8} {:>16} {:>12} {:>10} {:>12} {:>10} {:>12} {:>10}\n", "point", "log density", "entropy",
                      "nearest", "distance", "second", "distance", "bound");
  for (Index q = 0; q < std::min(m, kMostLines); ++q) {
    const auto at = static_cast<std::size_t>(2 * q);
    text +=
        fmt::format("{:>8} {:>16.9g} {:>12.5g} {:>10} {:>12.6g} {:>10} {:>12.6g} {:>10.1e}\n", q, s.all.log_density[q],
                    s.all.entropy[q], nearest[at], s.distance(q, 0), nearest[at + 1], s.distance(q, 1), s.bound[q]);
  }
  return text + more(m);
}

Denoised of_data(const Options& options, const Settings& settings) {
  settings.require_only(Use::data, "data");
  const Arithmetic arithmetic = arithmetic_of(settings);
  const double tolerance = tolerance_of(options, arithmetic);
  options.request.time();
  const Dataset data = load(settings).data;
  const NoisyPoints points = load_noisy_points(options.request.x, data.name(), data.shape());
  constexpr Index kNumbers = 8;  // log density, entropy, two rows, two distances, bound, total variation
  if (options.request.to_stdout) require_short(points, kNumbers);
  const Empirical model(data, {}, 1, arithmetic);  // classes change none of what is asked
  Summary s;
  Denoised result = begin(options.request, points, s, [&](double t, Summary& summary) {
    Wanted what;
    what.mean = what.entropy = what.neighbours = true;
    what.tolerance = tolerance;
    model.summarize(t, points.x, what, summary);
  });
  require_certified(s, options.request, "Use --precision f64, or a larger t.");
  result.source = data.name();
  Record& r = result.record;
  r["data"] = data.name();
  r["rows"] = data.rows();
  r["kernel"] = kernel_of(arithmetic, data);
  r["precision"] = settings.text("precision");
  r["tolerance"] = tolerance;
  r["largest_total_variation"] = s.mean_variation.maxCoeff();
  r["reason"] = data.rows() > 1 ? Record() : Record("one datum has no second nearest");
  std::vector<long long> nearest;
  for (const Index row : s.nearest.reshaped<Eigen::RowMajor>())
    nearest.push_back(row < 0 ? -1 : data.original_row(row));
  result.add("entropy", s.all.entropy);
  result.arrays.push_back({"nearest", nearest, {2}});
  result.add("d1", Vector(s.distance.col(0)));
  result.add("d2", Vector(s.distance.col(1)));
  result.add("total_variation", s.mean_variation);
  result.table = table_of_data(result, s, nearest);
  return result;
}

// ---- models ----

std::string table_of_model(const Denoised& result, const Summary& s) {
  const Index m = s.mean.rows();
  const bool entropy = s.all.entropy.size() > 0;
  std::string text =
      fmt::format("posterior of {} at {} points: {:.3g} s\n\n{:>8} {:>16} {:>12} {:>8} {:>12}\n", result.source, m,
                  result.record["seconds"].number(), "point", "log density", "entropy", "class", "its weight");
  for (Index q = 0; q < std::min(m, kMostLines); ++q) {
    Index best = 0;
    const double weight = std::exp(s.all.class_log_weight.row(q).maxCoeff(&best));
    text += fmt::format("{:>8} {:>16.9g} {:>12} {:>8} {:>12.6g}\n", q, s.all.log_density[q],
                        entropy ? fmt::format("{:.5g}", s.all.entropy[q]) : "-", best, weight);
  }
  return text + more(m);
}

Denoised of_model(const Options& options, const Settings& settings) {
  if (!options.tolerance.empty())
    throw UsageError("--tolerance: it is about data; {} is exact. Leave it out.", settings.text("model"));
  options.request.time();
  const Model model = experiments::model_of(settings);
  const Posterior& posterior = model.posterior();
  const NoisyPoints points = load_noisy_points(options.request.x, model.text(), {posterior.dimension()});
  if (options.request.to_stdout) require_short(points, 3 + posterior.classes());  // log density, entropy, bound
  Summary s;
  Denoised result = begin(options.request, points, s, [&](double t, Summary& summary) {
    Wanted what;
    what.mean = what.entropy = true;
    posterior.summarize(t, points.x, what, summary);
  });
  require_certified(s, options.request, "Use a larger t.");
  result.source = model.text();
  Record& r = result.record;
  r["model"] = model.text();
  r["classes"] = posterior.classes();
  const bool entropy = s.all.entropy.size() > 0;
  r["reason"] = entropy ? Record() : Record("the entropy of this law is not that of a discrete measure");
  if (entropy)
    result.add("entropy", s.all.entropy);
  else if (options.request.out.empty())
    r["entropy"] = nullptr;
  result.add("class_log_weight", s.all.class_log_weight, {posterior.classes()});
  result.table = table_of_model(result, s);
  return result;
}

void run(Options& options, const Call& call) {
  DenoiseRequest& request = options.request;
  check_out(request);
  set_threads(call.threads);
  request.to_stdout = call.json && request.out.empty();
  Settings settings = options.settings->resolve();
  options.model->apply(settings);
  Denoised result = settings.given("model") ? of_model(options, settings) : of_data(options, settings);
  if (!request.out.empty()) write_arrays(request.out, result);
  if (request.to_stdout) add_arrays(result);
  if (call.json) return print(json_text(result.record) + "\n");
  print(report::time_table({{"noise level", result.t}}) + "\n" + result.table +
        (request.out.empty() ? "\nMeans and scores are written by --out FILE.npz, or printed by --json.\n"
                             : fmt::format("\nmean, score and the rest: {}\n", report::plain(request.out))));
}

}  // namespace

void add_denoise(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand("denoise",
                                          "the exact posterior of a data set, or of a model, at noisy points: mean, "
                                          "score, log density, entropy, nearest data");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",         "resize", "gray", "rgb",       "classes",
                                         "rows", "drop_nonfinite", "scale",  "seed", "precision", "kernel"};
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), keys);
  options->model = std::make_unique<ModelOptions>(*verb);
  verb->add_option("--t", options->request.t, "OU time of the points: x = e^{-t} datum + sqrt(1 - e^{-2t}) noise")
      ->required()
      ->type_name("T");
  verb->add_option("--x", options->request.x,
                   "the noisy points, a row each, shaped as the data or flat, in the scale of the data after "
                   "preprocessing (8-bit images: [-1,1] and noise); any format that DATA may have")
      ->required()
      ->type_name("FILE");
  verb->add_option(
          "--out", options->request.out,
          "where to write mean, score, log_density, entropy, nearest (rows of the two nearest data), d1, d2 "
          "(|x - e^{-t} datum| of those), bound (on the error of log_density) and total_variation (between the "
          "weights of mean and score and the exact ones, at most): .npz or .safetensors. Of a model: mean, score, "
          "log_density, entropy where the law is discrete, class_log_weight, bound")
      ->type_name("FILE");
  verb->add_option(
          "--tolerance", options->tolerance,
          "total variation by which the weights behind mean and score may differ from the exact ones: data that "
          "weigh less together are left out, which saves a second sweep over the data at small t; 0: none. "
          "In f64 only; nothing else is touched, and total_variation states what was left out")
      ->default_str(kTolerance)
      ->type_name("TV");
  verb->add_flag("--strict", options->request.strict, "exit code 4 unless every log density is certified to 1e-6 nats");
  verb->add_flag("--force", options->request.force, "overwrite an existing file");
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
