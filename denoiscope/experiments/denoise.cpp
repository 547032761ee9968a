// denoise: the exact posterior of a data set, or of a model, at noisy points from a file.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <variant>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoiscope/study/experiment.hpp"
#include "denoiscope/study/output.hpp"
#include "denoiscope/study/provenance.hpp"

namespace denoiscope::experiments {
namespace {

constexpr Index kMostPrinted = 5'000'000;  // numbers in one record, some 100 MB as JSON; more belong in a file
constexpr double kCertified = 1e-6;        // nats: what --strict asks of every bound
constexpr Index kMostLines = 20;           // points shown to people
constexpr double kBelowOne = 0x1.fffffffffffffp-1;

// Numbers (m, row...) in C order; integers below 0 stand for nothing.
struct Array {
  std::string name;
  std::variant<std::vector<double>, std::vector<long long>> values;
  std::vector<Index> row = {};
};

// What was found: a record without the arrays, and the arrays.
struct Denoised {
  Record record;
  std::vector<Array> arrays;
  Summary summary;

  void add(const char* name, const RowMatrix& values, std::vector<Index> row) {
    arrays.push_back({name, std::vector<double>(values.data(), values.data() + values.size()), std::move(row)});
  }
  void add(const char* name, const Vector& values) {
    arrays.push_back({name, std::vector<double>(values.begin(), values.end())});
  }
};

// Numbers (n, row...) as a list, of lists where a row is more than a number; what is not finite, or no row, is null.
template <class T>
Record list_of(const std::vector<T>& values, std::size_t each, bool flat) {
  Record out = Record::list();
  for (std::size_t begin = 0; begin < values.size(); begin += each) {
    Record row = Record::list();
    for (std::size_t k = begin; k < begin + each; ++k) {
      bool defined = true;
      if constexpr (std::is_same_v<T, double>)
        defined = std::isfinite(values[k]);
      else
        defined = values[k] >= 0;
      row.push_back(defined ? Record(values[k]) : Record());
    }
    out.push_back(flat ? row.front() : row);
  }
  return out;
}

void add_arrays(const std::vector<Array>& arrays, Record& record) {
  for (const Array& array : arrays) {
    std::size_t each = 1;
    for (const Index side : array.row) each *= static_cast<std::size_t>(side);
    record[array.name] =
        std::visit([&](const auto& values) { return list_of(values, each, array.row.empty()); }, array.values);
  }
}

void write_arrays(const std::string& file, const std::vector<Array>& arrays, const data::Notes& notes) {
  std::vector<data::NamedArray> named;
  for (const Array& array : arrays)
    std::visit([&](const auto& values) { named.push_back({array.name, std::span(values), array.row}); }, array.values);
  data::write_arrays(file, named, notes);
}

// ---- what is asked ----

struct Asked {
  double t, tolerance;
  std::string x, file;  // file: where the arrays go; empty: into the record
};

// Total variation of pruning. In other precisions nothing is pruned, and none may be asked for.
double tolerance_of(const Request& request) {
  const double tolerance = request["tolerance"];
  if (arithmetic_of(request).precision == Precision::f64) return tolerance;
  if (request.given("tolerance") && tolerance > 0)
    throw UsageError("--tolerance: {} with a precision that is not certified; leave it out, or give --precision f64.",
                     request.text("tolerance"));
  return 0;
}

// Before anything is read: what is asked must be possible.
Asked asked_of(const Request& request, const Run& run) {
  Asked asked{request["t"], request.has("model") ? 0 : tolerance_of(request), request.text("x"), request.text("out")};
  if (run.kept()) asked.file = (run.folder() / "posterior.npz").string();
  if (!request.has("out")) return asked;
  const data::FileKind kind = data::kind_of(asked.file);
  if (kind != data::FileKind::npz && kind != data::FileKind::safetensors)
    throw UsageError("--out: {} holds one array, expected .npz or .safetensors.", asked.file);
  require_free(asked.file, request.flag("force"));
  return asked;
}

// What results depend on beside the request, where that is to be kept: a hash reads all data.
Record identity_of(const Subject& about, const NoisyPoints& points, const Run& run) {
  if (!run.kept()) return {};
  Record identity = about.identity();
  identity["x_sha256"] = sha256(
      {reinterpret_cast<const char*>(points.x.data()), sizeof(double) * static_cast<std::size_t>(points.x.size())});
  return identity;
}

// Throws where so many numbers, `each` a point beside mean and score, are too many for a record.
void require_short(const NoisyPoints& points, Index each, const Asked& asked) {
  const Index numbers = points.x.rows() * (2 * points.x.cols() + each);
  if (asked.file.empty() && numbers > kMostPrinted)
    throw UsageError("--x: {} numbers come of {}, expected at most {} without a file. Give --out FILE.npz.", numbers,
                     asked.x, kMostPrinted);
}

void require_finite(const Summary& s, const RowMatrix& score, const Asked& asked) {
  for (Index q = 0; q < s.mean.rows(); ++q)
    if (!std::isfinite(s.all.log_density[q]) || !s.mean.row(q).allFinite() || !score.row(q).allFinite())
      throw NumericalError(
          "{}: row {}: log density {} at t = {}, expected finite numbers. The point is too far from all data for this "
          "t; use a larger one.",
          asked.x, q, s.all.log_density[q], asked.t);
}

// With --strict a bound on a log density above 1e-6 nats is a failure. remedy: what to do.
void judge(const Summary& summary, const Request& request, const char* remedy, Run& run) {
  Index worst = 0;
  const double bound = summary.bound.maxCoeff(&worst);
  if (request.flag("strict") && !(bound <= kCertified))
    run.fail(ExitCode::numerical,
             fmt::format("{}: row {}: the log density is known to {:.1e} nats, --strict asks for {:.0e}. {}",
                         request.text("x"), worst, bound, kCertified, remedy));
}

// ---- what is found ----

// What data and models have alike.
Denoised ask(const Posterior& posterior, const NoisyPoints& points, const Wanted& what, const Asked& asked) {
  Denoised result;
  Summary& s = result.summary;
  const auto start = std::chrono::steady_clock::now();
  posterior.summarize(asked.t, points.x, what, s);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const RowMatrix scores = score(asked.t, points.x, s.mean);
  require_finite(s, scores, asked);
  result.record = {{"t", asked.t},
                   {"clocks", clock_record(asked.t)},
                   {"queries", points.x.rows()},
                   {"dimension", points.x.cols()},
                   {"seconds", seconds},
                   {"largest_bound", s.bound.maxCoeff()},
                   {"out", asked.file.empty() ? Record() : Record(asked.file)}};
  result.add("mean", s.mean, points.shape);
  result.add("score", scores, points.shape);
  result.add("log_density", s.all.log_density);
  result.add("bound", s.bound);
  return result;
}

void show_more(Index points, Frame& frame) {
  if (points > kMostLines) frame.text(fmt::format("... {} more points", points - kMostLines));
}

void show_data(const Summary& s, const std::vector<long long>& nearest, Frame& frame) {
  Table table{"at each point",
              {"point", "log density", "entropy", "nearest", "distance", "second", "distance", "bound"}};
  for (Index q = 0; q < std::min(s.mean.rows(), kMostLines); ++q) {
    const long long first = nearest[2 * q], second = nearest[2 * q + 1];
    table.add({q, s.all.log_density[q], s.all.entropy[q], first, s.distance(q, 0),
               second < 0 ? Record() : Record(second), finite(s.distance(q, 1)), s.bound[q]});
  }
  frame.table(table);
  show_more(s.mean.rows(), frame);
}

Denoised of_data(const Request& request, const Asked& asked, const Subject& about, Run& run) {
  const Dataset& data = about.data();
  const NoisyPoints points = load_noisy_points(asked.x, data.name(), data.shape());
  constexpr Index kNumbers = 8;  // log density, entropy, two rows, two distances, bound, total variation
  require_short(points, kNumbers, asked);
  run.start(identity_of(about, points, run));
  Wanted what;
  what.mean = what.entropy = what.neighbours = true;
  what.tolerance = asked.tolerance;
  const Empirical posterior(data, {}, 1, about.arithmetic());  // classes change none of what is asked
  Denoised result = ask(posterior, points, what, asked);
  const Summary& s = result.summary;
  judge(s, request, "Use --precision f64, or a larger t.", run);
  Record& r = result.record;
  r["data"] = data.name();
  r["rows"] = data.rows();
  r["kernel"] = kernel_of(about.arithmetic(), data);
  r["precision"] = request.text("precision");
  r["tolerance"] = asked.tolerance;
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
  show_data(s, nearest, run.frame());
  return result;
}

void show_model(const Summary& s, Frame& frame) {
  Table table{"at each point", {"point", "log density", "entropy", "class", "its weight"}};
  for (Index q = 0; q < std::min(s.mean.rows(), kMostLines); ++q) {
    Index best = 0;
    const double weight = std::exp(s.all.class_log_weight.row(q).maxCoeff(&best));
    table.add({q, s.all.log_density[q], s.all.entropy.size() > 0 ? Record(s.all.entropy[q]) : Record(), best, weight});
  }
  frame.table(table);
  show_more(s.mean.rows(), frame);
}

Denoised of_model(const Request& request, const Asked& asked, const Subject& about, Run& run) {
  const Posterior& posterior = about.model().posterior();
  const NoisyPoints points = load_noisy_points(asked.x, about.name(), {posterior.dimension()});
  require_short(points, 3 + posterior.classes(), asked);  // log density, entropy, bound
  run.start(identity_of(about, points, run));
  Wanted what;
  what.mean = what.entropy = true;
  Denoised result = ask(posterior, points, what, asked);
  const Summary& s = result.summary;
  judge(s, request, "Use a larger t.", run);
  Record& r = result.record;
  r["model"] = about.name();
  r["classes"] = posterior.classes();
  const bool entropy = s.all.entropy.size() > 0;
  r["reason"] = entropy ? Record() : Record("the entropy of this law is not that of a discrete measure");
  if (entropy)
    result.add("entropy", s.all.entropy);
  else if (asked.file.empty())
    r["entropy"] = nullptr;
  result.add("class_log_weight", s.all.class_log_weight, {posterior.classes()});
  show_model(s, run.frame());
  return result;
}

Record run_denoise(const Request& request, Run& run) {
  const Asked asked = asked_of(request, run);
  const Subject about(request, Needs::posterior);
  Frame& frame = run.frame();
  frame.title("Posterior of " + about.name());
  frame.question("What clean point stands behind each noisy one?");
  frame.number("noise level", asked.t, "OU time");
  Denoised result = about.of_model() ? of_model(request, asked, about, run) : of_data(request, asked, about, run);
  if (asked.file.empty()) {
    add_arrays(result.arrays, result.record);
    frame.next("Means and scores are written by --out FILE.npz, or printed by --json.");
  } else {
    write_arrays(asked.file, result.arrays,
                 {{"source", about.name()}, {"t", fmt::format("{}", asked.t)}, {"denoiscope", version()}});
    frame.text("mean, score and the rest: " + asked.file);
  }
  return result.record;
}

constexpr Parameter kOwn[] = {
    parameter::required(parameter::within("t", parameter::kAbsent, 0, parameter::kUnbounded, "T",
                                          "OU time of the points: x = e^{-t} datum + sqrt(1 - e^{-2t}) noise")),
    parameter::required(parameter::text(
        "x", "", "FILE",
        "the noisy points, a row each, shaped as the data or flat, in the scale of the data after preprocessing (8-bit "
        "images: [-1,1] and noise); any format that DATA may have")),
    parameter::text(
        "out", "", "FILE|DIR",
        "where to write mean, score, log_density, entropy, nearest (rows of the two nearest data), d1, d2 "
        "(|x - e^{-t} datum| of those), bound (on the error of log_density) and total_variation (between the weights "
        "of mean and score and the exact ones, at most): .npz or .safetensors. Of a model: mean, score, log_density, "
        "entropy where the law is discrete, class_log_weight, bound. A name without extension is a run directory"),
    parameter::about(
        About::data,
        parameter::number(
            "tolerance", 1e-6, 0, kBelowOne, "TV",
            "total variation by which the weights behind mean and score may differ from the exact ones: data that "
            "weigh less together are left out, which saves a second sweep over the data at small t; 0: none. In f64 "
            "only; nothing else is touched, and total_variation states what was left out")),
    parameter::flag("strict", "exit code 4 unless every log density is certified to 1e-6 nats"),
};

}  // namespace

Experiment denoise_experiment() {
  static const std::vector<Parameter> parameters =
      joined({kDataParameters, kArithmeticParameters, kModelParameters, kSeedParameters, kOwn, kForceParameters});
  return {"denoise",
          "the exact posterior of a data set, or of a model, at noisy points: mean, score, log density, entropy, "
          "nearest data",
          parameters, Needs::posterior, run_denoise};
}

}  // namespace denoiscope::experiments
