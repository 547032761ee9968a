// denoise: the exact posterior of a data set at noisy points from a file.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/json.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/denoiser/empirical.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/analyze.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoiscope/study/findings.hpp"
#include "denoiscope/study/provenance.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

using nlohmann::json;

constexpr Index kMostPrinted = 10'000;  // numbers in one JSON object; more belong in a file
constexpr Index kMostLines = 20;        // points shown to people

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::string t, x, out, tolerance;
  bool force = false, strict = false;
};

struct Denoised {
  std::string data, kernel, precision;
  Index rows = 0;
  double t = 0, tolerance = 0, seconds = 0;
  study::NoisyPoints points;
  RowMatrix score;                 ///< (m, d)
  std::vector<long long> nearest;  ///< (m, 2) rows of the data as they stand in the file
  Vector d1, d2;                   ///< (m)
  Summary summary;
};

constexpr double kCertified = 1e-6;  // nats: what --strict asks of every bound
constexpr const char* kTolerance = "1e-6";

void require_certified(const Denoised& result, const Options& options) {
  Index worst = 0;
  const double bound = result.summary.bound.maxCoeff(&worst);
  if (options.strict && !(bound <= kCertified))
    throw NumericalError(
        "{}: row {}: the log density is known to {:.1e} nats, --strict asks for {:.0e}. Use --precision f64, or a "
        "larger t.",
        options.x, worst, bound, kCertified);
}

double time_of(const Options& options) {
  const double t = parse_number(options.t, "--t");
  if (!(t > 0) || std::isinf(t)) throw UsageError("--t: {}, expected an OU time, a finite number above 0.", options.t);
  return t;
}

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
void check_out(const Options& options) {
  if (options.out.empty()) return;
  const data::FileKind kind = data::kind_of(options.out);
  if (kind != data::FileKind::npz && kind != data::FileKind::safetensors)
    throw UsageError("--out: {} holds one array, expected .npz or .safetensors.", options.out);
  require_free(options.out, options.force);
}

void require_short(const study::NoisyPoints& points) {
  constexpr Index kNumbersBesides = 8;  // log density, entropy, two rows, two distances, bound, total variation
  const Index numbers = points.x.rows() * (2 * points.x.cols() + kNumbersBesides);
  if (numbers > kMostPrinted)
    throw UsageError("--json: {} numbers, expected at most {} on stdout. Give --out FILE.npz for a file.", numbers,
                     kMostPrinted);
}

void require_finite(const Denoised& result, const std::string& x) {
  const Summary& s = result.summary;
  for (Index q = 0; q < s.mean.rows(); ++q)
    if (!std::isfinite(s.all.log_density[q]) || !s.mean.row(q).allFinite() || !result.score.row(q).allFinite())
      throw NumericalError(
          "{}: row {}: log density {} at t = {:g}, expected finite numbers. The point is too far from all data for "
          "this "
          "t; use a larger one.",
          x, q, s.all.log_density[q], result.t);
}

Denoised compute(const Options& options, bool to_stdout) {
  Denoised result;
  result.t = time_of(options);
  const study::Settings settings = options.settings->resolve();
  const Arithmetic arithmetic = study::arithmetic_of(settings);
  result.tolerance = tolerance_of(options, arithmetic);
  const Dataset data = study::load(settings).data;
  result.data = data.name();
  result.rows = data.rows();
  result.points = study::load_noisy_points(options.x, data);
  if (to_stdout) require_short(result.points);
  result.precision = settings.text("precision");
  result.kernel = study::kernel_of(arithmetic, data);
  const Empirical model(data, {}, 1, arithmetic);  // classes change none of what is asked
  const RowMatrix& x = result.points.x;
  Wanted what;
  what.mean = what.entropy = what.neighbours = true;
  what.tolerance = result.tolerance;
  const auto start = std::chrono::steady_clock::now();
  model.summarize(result.t, x, what, result.summary);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.score = score(result.t, x, result.summary.mean);
  require_finite(result, options.x);
  require_certified(result, options);
  for (const Index row : result.summary.nearest.reshaped<Eigen::RowMajor>())
    result.nearest.push_back(row < 0 ? -1 : data.original_row(row));
  result.d1 = result.summary.distance.col(0);
  result.d2 = result.summary.distance.col(1);
  return result;
}

std::vector<data::NamedArray> arrays_of(const Denoised& result) {
  const auto points = [&](const RowMatrix& m) { return std::span(m.data(), static_cast<std::size_t>(m.size())); };
  const auto numbers = [](const Vector& v) { return std::span(v.data(), static_cast<std::size_t>(v.size())); };
  const Summary& s = result.summary;
  return {{"mean", points(s.mean), result.points.shape},
          {"score", points(result.score), result.points.shape},
          {"log_density", numbers(s.all.log_density)},
          {"entropy", numbers(s.all.entropy)},
          {"nearest", std::span<const long long>(result.nearest), {2}},
          {"d1", numbers(result.d1)},
          {"d2", numbers(result.d2)},
          {"bound", numbers(s.bound)},
          {"total_variation", numbers(s.mean_variation)}};
}

// Numbers (n, row...) as a list, of lists where a row is more than a number; what is not finite, or no row, is null.
template <class T>
json list_of(std::span<const T> values, std::size_t each, bool flat) {
  json out = json::array();
  for (std::size_t begin = 0; begin < values.size(); begin += each) {
    json row = json::array();
    for (std::size_t k = begin; k < begin + each; ++k) {
      bool defined = true;
      if constexpr (std::is_same_v<T, double>)
        defined = std::isfinite(values[k]);
      else
        defined = values[k] >= 0;
      row.push_back(defined ? json(values[k]) : json());
    }
    out.push_back(flat ? row.front() : row);
  }
  return out;
}

json record_of(const Denoised& result, const std::string& out) {
  json record = {{"data", result.data},
                 {"t", result.t},
                 {"clocks", study::clock_record(result.t)},
                 {"rows", result.rows},
                 {"queries", result.points.x.rows()},
                 {"dimension", result.points.x.cols()},
                 {"kernel", result.kernel},
                 {"precision", result.precision},
                 {"seconds", result.seconds},
                 {"tolerance", result.tolerance},
                 {"largest_total_variation", result.summary.mean_variation.maxCoeff()},
                 {"largest_bound", result.summary.bound.maxCoeff()},
                 {"out", out.empty() ? json() : json(out)},
                 {"reason", result.rows > 1 ? json() : json("one datum has no second nearest")}};
  if (!out.empty()) return record;
  for (const data::NamedArray& array : arrays_of(result)) {
    const bool flat = array.row.empty(), pair = array.name == "nearest";
    const auto each = static_cast<std::size_t>(flat ? 1 : pair ? 2 : result.points.x.cols());
    record[array.name] = std::visit([&](const auto& values) { return list_of(values, each, flat); }, array.values);
  }
  return record;
}

std::string table(const Denoised& result, const std::string& out) {
  const Summary& s = result.summary;
  const Index m = result.points.x.rows();
  std::string text = report::time_table({{"noise level", result.t}});
  text += fmt::format("\nposterior of {} data of dimension {} at {} points: {:.3g} s, kernel {}, {}\n\n", result.rows,
                      result.points.x.cols(), m, result.seconds, result.kernel, result.precision);
  text += fmt::format("{:>8} {:>16} {:>12} {:>10} {:>12} {:>10} {:>12} {:>10}\n", "point", "log density", "entropy",
                      "nearest", "distance", "second", "distance", "bound");
  for (Index q = 0; q < std::min(m, kMostLines); ++q) {
    const auto at = static_cast<std::size_t>(2 * q);
    text += fmt::format("{:>8} {:>16.9g} {:>12.5g} {:>10} {:>12.6g} {:>10} {:>12.6g} {:>10.1e}\n", q,
                        s.all.log_density[q], s.all.entropy[q], result.nearest[at], result.d1[q],
                        result.nearest[at + 1], result.d2[q], s.bound[q]);
  }
  if (m > kMostLines) text += fmt::format("{:>8} {} more\n", "...", m - kMostLines);
  if (out.empty()) return text + "\nMeans and scores are written by --out FILE.npz, or printed by --json.\n";
  return text + fmt::format("\nmean, score and the rest: {}\n", report::plain(out));
}

void run(const Options& options, const Call& call) {
  check_out(options);
  set_threads(call.threads);
  const Denoised result = compute(options, call.json && options.out.empty());
  if (!options.out.empty())
    data::write_arrays(options.out, arrays_of(result),
                       {{"source", result.data}, {"t", fmt::format("{}", result.t)}, {"denoiscope", study::version()}});
  print(call.json ? json_text(record_of(result, options.out)) + "\n" : table(result, options.out));
}

}  // namespace

void add_denoise(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "denoise", "the exact posterior of a data set at noisy points: mean, score, log density, entropy, nearest data");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",         "resize", "gray", "rgb",       "classes",
                                         "rows", "drop_nonfinite", "scale",  "seed", "precision", "kernel"};
  options->settings = std::make_unique<SettingsOptions>(*verb, study::analyze_settings(), keys);
  verb->add_option("--t", options->t, "OU time of the points: x = e^{-t} datum + sqrt(1 - e^{-2t}) noise")
      ->required()
      ->type_name("T");
  verb->add_option("--x", options->x,
                   "the noisy points, a row each, shaped as the data or flat, in the scale of the data after "
                   "preprocessing (8-bit images: [-1,1] and noise); any format that DATA may have")
      ->required()
      ->type_name("FILE");
  verb->add_option(
          "--out", options->out,
          "where to write mean, score, log_density, entropy, nearest (rows of the two nearest data), d1, d2 "
          "(|x - e^{-t} datum| of those), bound (on the error of log_density) and total_variation (between the "
          "weights of mean and score and the exact ones, at most): .npz or .safetensors")
      ->type_name("FILE");
  verb->add_option(
          "--tolerance", options->tolerance,
          "total variation by which the weights behind mean and score may differ from the exact ones: data that "
          "weigh less together are left out, which saves a second sweep over the data at small t; 0: none. "
          "In f64 only; nothing else is touched, and total_variation states what was left out")
      ->default_str(kTolerance)
      ->type_name("TV");
  verb->add_flag("--strict", options->strict, "exit code 4 unless every log density is certified to 1e-6 nats");
  verb->add_flag("--force", options->force, "overwrite an existing file");
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
