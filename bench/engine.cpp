// The exact posterior beside the machine's ceiling and beside the libraries people use for it, in one run. Seconds move
// with the machine; ratios of what was measured side by side are what counts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "bench/main.hpp"
#include "bench/normals.hpp"
#include "bench/timing.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/engine/machine.hpp"
#include "denoiscope/observables/queries.hpp"

namespace denoiscope {
namespace {

using namespace bench;
constexpr Index kQueries = 1024;
constexpr double kTime = 1.0;  // where posteriors are broad and no library meets denormal weights
constexpr double kCeilingSeconds = 0.05;
constexpr Index kChecked = 8;                         // queries held to the reference at each time
constexpr int kPaths = 128;                           // certified
constexpr int kSteps = 250, kTimedSteps = 10;         // of the trajectory
constexpr double kFirstTime = 6.0, kLastTime = 0.01;  // of the trajectory, on a logarithmic grid

double ceiling(Precision precision) { return ceiling_gflops(threads(), kCeilingSeconds, precision); }

Dataset gaussian(Index n, Index d) {
  RowMatrix rows(n, d);
  for (Index i = 0; i < n; ++i)
    Noise(1).normal(Stream::prior, static_cast<std::uint64_t>(i), 0, {rows.row(i).data(), static_cast<std::size_t>(d)});
  return single_precision(Dataset::from_rows(std::move(rows), "Gaussian"), d);
}

RowMatrix queries_at(const Dataset& data, double t, Index m) {
  const Noise noise(0);
  return observables::noisy(data, observables::choose_queries(data, observables::nested_shells(data.rows(), noise), m),
                            t, noise);
}

// The same work by NumPy, PyTorch and faiss.
Record peers(const Dataset& data, const RowMatrix& x, double t) {
  const Scratch scratch("denoiscope-peers");
  data::write(scratch.file("data.npy"), single_precision(data, data.dimension()));
  data::write(scratch.file("x.npy"), single_precision(Dataset::from_rows(x), x.cols()));
  return ask_peer(DENOISCOPE_PEERS, {scratch.file("data.npy"), scratch.file("x.npy"), fmt::format("{}", t),
                                     fmt::format("{}", threads())});
}

// A member of nested objects, or null where any of them is missing or null.
Record at_path(const Record& value, const std::vector<const char*>& path) {
  const Record* at = &value;
  for (const char* key : path) {
    if (!at->is_object() || !at->contains(key)) return nullptr;
    at = &at->at(key);
  }
  return *at;
}

// How many times longer than `ours` a peer takes.
Record ratio(const Record& seconds, double ours) {
  return seconds.is_number() ? Record(seconds.number() / ours) : Record();
}

struct Timings {
  std::vector<double> dense, neighbours, ceiling;
};

void repeat(const Empirical& model, const RowMatrix& x, int times, Timings& out) {
  Wanted all, nearest;
  all.mean = all.entropy = all.neighbours = true;
  nearest.neighbours = true;
  Summary summary;
  for (int i = 0; i < times; ++i) {
    out.ceiling.push_back(ceiling(Precision::f32));
    out.dense.push_back(seconds_of([&] { model.summarize(kTime, x, all, summary); }));
    out.neighbours.push_back(seconds_of([&] { model.summarize(kTime, x, nearest, summary); }));
  }
}

// One data set: ours before and after the peers, so that a machine that drifts is met by both.
Record time_case(const std::string& name, const Dataset& data, bool with_peers) {
  fmt::print(stderr, "bench_engine: {}\n", name);
  const Empirical model(data, {}, 1, {Precision::f32, nullptr});
  const RowMatrix x = queries_at(data, kTime, kQueries);
  Timings ours;
  repeat(model, x, kRepeats - 1, ours);
  const Record others = with_peers ? peers(data, x, kTime) : Record();
  repeat(model, x, kRepeats - 1, ours);
  const double dense = median(ours.dense), top = median(ours.ceiling), neighbours = median(ours.neighbours);
  const double flops = 4.0 * static_cast<double>(x.rows() * data.rows()) * static_cast<double>(data.dimension());
  Record out = {{"name", name},
                {"rows", data.rows()},
                {"dimension", data.dimension()},
                {"queries", x.rows()},
                {"t", kTime},
                {"seconds", dense},
                {"gflops", flops / dense * 1e-9},
                {"ceiling_f32_gflops", top},
                {"of_ceiling_f32", flops / dense * 1e-9 / top},
                {"neighbours_seconds", neighbours},
                {"peers", others}};
  for (const char* how : {"tuned", "shipped"}) {
    for (const char* tool : {"torch", "numpy"})
      out[fmt::format("{}_{}_ratio", tool, how)] = ratio(at_path(others, {how, tool, "seconds"}), dense);
    out[fmt::format("faiss_{}_ratio", how)] = ratio(at_path(others, {how, "faiss", "seconds"}), neighbours);
    out[fmt::format("sgemm_{}_gflops", how)] = at_path(others, {how, "numpy", "sgemm_gflops"});
  }
  return out;
}

// The rate of one precision and the ceiling beside it; null where this CPU lacks it.
Record time_precision(const Dataset& data, Precision precision) {
  const double top = ceiling(precision);
  if (std::isnan(top)) return {{"gflops", nullptr}, {"ceiling", nullptr}};
  const Empirical model(data, {}, 1, {precision, nullptr});
  const RowMatrix x = queries_at(data, kTime, kQueries);
  Wanted all;
  all.mean = all.entropy = all.neighbours = true;
  Summary summary;
  const double seconds = median_seconds([&] { model.summarize(kTime, x, all, summary); });
  const double flops = 4.0 * static_cast<double>(x.rows() * data.rows()) * static_cast<double>(data.dimension());
  return {{"gflops", flops / seconds * 1e-9}, {"ceiling", top}};
}

// The score beside the row-by-row reference in double precision.
Record accuracy(const Dataset& data) {
  const Empirical model(data, {}, 1, {Precision::f32, nullptr});
  Wanted what;
  what.mean = true;
  Record out = Record::list();
  for (const double t : {6.0, 3.2, 1.66, 1.0, 0.46, 0.1, 0.01, 0.001}) {
    const RowMatrix x = queries_at(data, t, kChecked);
    Summary fast;
    model.summarize(t, x, what, fast);
    const RowMatrix exact = score(t, x, summarize_directly(data, t, x, what).mean);
    const RowMatrix found = score(t, x, fast.mean);
    const double error = ((found - exact).rowwise().norm().array() / exact.rowwise().norm().array()).maxCoeff();
    out.push_back({{"t", t}, {"queries", x.rows()}, {"max_relative_score_error", error}});
  }
  return out;
}

// Scores along a backward path, each step by a pass over all data: its cost does not depend on t, so that a few steps
// spread over the path stand for all.
Record dense_trajectory(const Dataset& data) {
  const Empirical model(data, {}, 1, {Precision::f32, nullptr});
  RowMatrix mean;
  double seconds = 0;
  for (int i = 0; i < kTimedSteps; ++i) {
    const double place = (i + 0.5) / kTimedSteps, t = kFirstTime * std::pow(kLastTime / kFirstTime, place);
    const RowMatrix x = queries_at(data, t, kQueries);
    mean.resize(x.rows(), x.cols());
    seconds += seconds_of([&] { model.denoise(t, x, mean); });
  }
  return {{"steps", kSteps},
          {"t_from", kFirstTime},
          {"t_to", kLastTime},
          {"queries", kQueries},
          {"dense_seconds", seconds * kSteps / kTimedSteps},
          {"dense_timed_steps", kTimedSteps},
          {"note", fmt::format("dense: {} steps timed, scaled to {}", kTimedSteps, kSteps)}};
}

// What bench_trajectory prints: certified steps beside dense ones, both in one precision.
Record certified_trajectory(const std::string& name, const std::string& precision) {
  const Scratch scratch("denoiscope-trajectory");
  const Process done = run_process(
      {DENOISCOPE_TRAJECTORY, "--json", name, fmt::format("{}", kPaths), fmt::format("{}", kSteps), precision},
      scratch.file("trajectory.json"));
  if (done.exit_code != 0) throw std::runtime_error("bench_trajectory failed; run it by itself to see why");
  return parse_record(map_file(scratch.file("trajectory.json")).text());
}

Record normals() {
  const NormalTimes times = time_normals();
  return {{"nanoseconds", times.ours}, {"std_nanoseconds", times.standard}, {"over_std", times.standard / times.ours}};
}

// Peak memory of the whole work in a process of its own.
Record memory(const std::string& name, const Dataset& data) {
  const Scratch scratch("denoiscope-bench");
  data::write(scratch.file("x.npy"),
              single_precision(Dataset::from_rows(queries_at(data, kTime, kQueries)), data.dimension()));
  const Process done = run_process({DENOISCOPE_PROGRAM, "denoise", name, "--t", fmt::format("{}", kTime), "--x",
                                    scratch.file("x.npy"), "--out", scratch.file("y.npz")});
  if (done.exit_code != 0) throw std::runtime_error("denoiscope denoise failed; run it by itself to see why");
  return {{"peak_rss_mib", done.peak_rss_mib}, {"seconds", done.seconds}};
}

// What this build or this CPU lacks is null.
Record measure(const Options& options) {
  const std::string name = options.word(0, "fashion-mnist");
  const bool only = !options.words.empty(), with_peers = options.with_peers;
  Dataset data = data::open(name);
  data.set_preprocess(data::preprocess_for(data, ""));
  Record out = {{"kernel", kernel::best().name}, {"precision", "f32"}, {"threads", threads()}, {"cpu", cpu_name()}};
  out["memory"] = memory(name, data);  // first: a child's peak counts what this process held until it was started
  Record cases = Record::list();
  cases.push_back(time_case(data.name(), data, with_peers));
  if (!only) {
    const Index padded = 1024;
    cases.push_back(
        time_case(fmt::format("{} padded to {}", data.name(), padded), single_precision(data, padded), with_peers));
    cases.push_back(time_case("Gaussian", gaussian(20'000, 3072), with_peers));
    cases.push_back(time_case("Gaussian", gaussian(60'000, 64), with_peers));
  }
  fmt::print(stderr, "bench_engine: accuracy, trajectory, normals\n");
  const Record& main_case = cases.front();
  for (const char* key :
       {"torch_tuned_ratio", "torch_shipped_ratio", "numpy_tuned_ratio", "numpy_shipped_ratio", "faiss_tuned_ratio",
        "faiss_shipped_ratio", "sgemm_tuned_gflops", "sgemm_shipped_gflops", "ceiling_f32_gflops"})
    out[key] = main_case[key];
  out["dense_f32_gflops"] = main_case["gflops"];
  const Record f64 = time_precision(data, Precision::f64), bf16 = time_precision(data, Precision::bf16);
  out["dense_f64_gflops"] = f64["gflops"];
  out["ceiling_f64_gflops"] = f64["ceiling"];
  out["dense_bf16_gflops"] = bf16["gflops"];
  out["ceiling_bf16_gflops"] = bf16["ceiling"];
  out["blas_core"] = at_path(main_case, {"peers", "core"});
  out["blas_warning"] = at_path(main_case, {"peers", "warning"});
  out["accuracy"] = accuracy(data);
  double worst = 0;
  for (const Record& row : out["accuracy"]) worst = std::max(worst, row["max_relative_score_error"].number());
  out["max_relative_score_error"] = worst;
  out["trajectory"] = dense_trajectory(data);
  // PyTorch's step at t = 1 for all queries, in single precision, against a mean certified step scaled to as many.
  const Record torch = at_path(main_case, {"peers", "tuned", "torch", "seconds"});
  for (const std::string precision : {"f64", "f32"}) {
    const Record certified = certified_trajectory(name, precision);
    const std::string end = precision == "f64" ? "" : "_" + precision;
    for (const char* key : {"trajectory_certified_over_dense", "trajectory_processor_over_dense", "small_t_over_dense",
                            "small_t_processor_over_dense"})
      out[key + end] = certified[key];
    const double step = certified["certified_seconds"].number() / kSteps;
    out["trajectory_certified_over_torch_tuned" + end] = ratio(torch, step * kQueries / kPaths);
  }
  out["normals"] = normals();
  out["normals_over_std"] = out["normals"]["over_std"];
  out["cases"] = std::move(cases);
  return out;
}

void print_table(const Record& result) {
  fmt::print(
      "posterior mean, log density, entropy and two nearest data at {} points, t = {}; {} threads, kernel {}, {}\n",
      kQueries, kTime, static_cast<int>(result["threads"].whole()), result["kernel"].text(),
      result["precision"].text());
  fmt::print(
      "GF/s: 4 m n d operations over the time, whatever was computed; peers: their time over ours, tuned / as "
      "shipped\n");
  fmt::print("{:<30} {:>7} {:>6} {:>9} {:>8} {:>8} {:>15} {:>15} {:>15}\n", "data", "n", "d", "seconds", "GF/s",
             "ceiling", "PyTorch", "NumPy", "faiss");
  for (const Record& c : result["cases"]) {
    fmt::print("{:<30} {:>7} {:>6} {:>9.3f} {:>8.1f} {:>8.1f}", c["name"].text(), c["rows"].whole(),
               c["dimension"].whole(), c["seconds"].number(), c["gflops"].number(), c["ceiling_f32_gflops"].number());
    for (const char* tool : {"torch", "numpy", "faiss"})
      fmt::print(" {:>15}", cell(c[fmt::format("{}_tuned_ratio", tool)], "{:.2f}") + " / " +
                                cell(c[fmt::format("{}_shipped_ratio", tool)], "{:.2f}"));
    fmt::print("\n");
  }
  for (const char* precision : {"f64", "f32", "bf16"})
    fmt::print("{:<5} {:>10} GF/s of {:>10}\n", precision,
               cell(result[fmt::format("dense_{}_gflops", precision)], "{:.1f}"),
               cell(result[fmt::format("ceiling_{}_gflops", precision)], "{:.1f}"));
  fmt::print("\nBLAS core type {}, sgemm {} GF/s tuned, {} as shipped\n",
             result["blas_core"].is_null() ? "unknown" : result["blas_core"].text(),
             cell(result["sgemm_tuned_gflops"], "{:.1f}"), cell(result["sgemm_shipped_gflops"], "{:.1f}"));
  if (!result["blas_warning"].is_null()) fmt::print("warning: {}\n", result["blas_warning"].text());
  fmt::print("\nlargest relative error of the score beside the reference, of {} points\n", kChecked);
  for (const Record& row : result["accuracy"])
    fmt::print("  t = {:<6} {:.1e}\n", row["t"].number(), row["max_relative_score_error"].number());
  const Record& path = result["trajectory"];
  fmt::print("\n{} steps from t = {} to {}, {} points: dense {:.1f} s ({})\n", static_cast<int>(path["steps"].whole()),
             path["t_from"].number(), path["t_to"].number(), path["queries"].whole(), path["dense_seconds"].number(),
             path["note"].text());
  for (const std::string precision : {"f64", "f32"}) {
    const std::string end = precision == "f64" ? "" : "_" + precision;
    fmt::print(
        "{} certified paths, dense steps in {}: {:.2f} times as fast as dense, {} at t < 0.1; {} times PyTorch\n",
        kPaths, precision, result["trajectory_certified_over_dense" + end].number(),
        cell(result["small_t_over_dense" + end], "{:.1f}"),
        cell(result["trajectory_certified_over_torch_tuned" + end], "{:.2f}"));
  }
  fmt::print("normals: {:.2f} ns each, standard library {:.2f}: ratio {:.2f}\n",
             result["normals"]["nanoseconds"].number(), result["normals"]["std_nanoseconds"].number(),
             result["normals_over_std"].number());
  fmt::print("denoiscope denoise, {} points: {:.0f} MiB at most\n", kQueries,
             result["memory"]["peak_rss_mib"].number());
}

}  // namespace
}  // namespace denoiscope

// bench_engine [--json] [--no-peers] [DATA]: with DATA, that data set only.
int main(int argc, char** argv) {
  return denoiscope::bench::run(argc, argv, 1, denoiscope::measure, denoiscope::print_table);
}
