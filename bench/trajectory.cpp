// The empirical posterior along backward paths: certified lists against the dense sweep of the same precision, in one
// run. Seconds move with the machine; the ratios are the claim.
// Usage: bench_trajectory [--json] [data [queries [steps [f64 | f32]]]]
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "bench/main.hpp"
#include "bench/timing.hpp"
#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "denoiscope/dynamics/bridge.hpp"
#include "denoiscope/engine/empirical_path.hpp"

namespace denoiscope {
namespace {

using namespace bench;

constexpr double kFirst = 6, kLast = 0.01, kSmall = 0.1;
constexpr int kDenseEvery = 25;  // the dense sweep costs the same at every t: timed at one step in 25

void add_seconds(Seconds& to, const std::function<void()>& work) {
  const std::clock_t used = std::clock();
  to.wall += seconds_of(work);
  to.processor += static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC;
}

// What is measured between two times of the grid.
struct Regime {
  explicit Regime(double from) : above(from) {}
  double above;  // t
  int steps = 0;
  Seconds seconds;
  double worst = 0, worst_mean = 0;
  EmpiricalPath::Work work;
};

void add(EmpiricalPath::Work& to, const EmpiricalPath::Work& after, const EmpiricalPath::Work& before) {
  to.dense += after.dense - before.dense;
  to.scanned += after.scanned - before.scanned;
  to.tubes += after.tubes - before.tubes;
  to.listed += after.listed - before.listed;
  to.list_rows += after.list_rows - before.list_rows;
  to.read_rows += after.read_rows - before.read_rows;
}

Record travel(const std::string& name, Index queries, int steps, Precision precision) {
  Dataset data = data::open(name);
  data.set_preprocess(data::preprocess_for(data, ""));
  const Empirical dense(data, {precision, nullptr});
  EmpiricalPath path(data, queries, kPathTolerance, {precision, nullptr});
  std::vector<std::uint64_t> names(queries);
  std::iota(names.begin(), names.end(), 0);
  Bridge bridge(dense, kFirst, Noise(0), names);
  Wanted what;
  what.mean = what.entropy = true;
  std::vector<Regime> regimes;
  for (const double above : {1.2, 0.3, kSmall, 0.0}) regimes.emplace_back(above);
  Seconds dense_seconds;
  int dense_steps = 0;
  for (int i = 0; i < steps; ++i) {
    const double t = kFirst * std::pow(kLast / kFirst, static_cast<double>(i) / std::max(1, steps - 1));
    bridge.step(t);
    Regime& regime = *std::find_if(regimes.begin(), regimes.end(), [&](const Regime& r) { return t > r.above; });
    const EmpiricalPath::Work before = path.work();
    Summary certified, exact;
    add_seconds(regime.seconds, [&] { path.summarize(t, bridge.points(), what, certified); });
    regime.worst = std::max(regime.worst, path.total_variation().maxCoeff());
    ++regime.steps;
    add(regime.work, path.work(), before);
    if (i % kDenseEvery != 0) continue;
    add_seconds(dense_seconds, [&] { dense.summarize(t, bridge.points(), what, exact); });
    ++dense_steps;
    regime.worst_mean = std::max(regime.worst_mean, (certified.mean - exact.mean).rowwise().norm().maxCoeff());
  }
  const double dense_step = dense_seconds.wall / dense_steps, dense_used = dense_seconds.processor / dense_steps;
  Record out = {{"data", name},
                {"rows", data.rows()},
                {"queries", queries},
                {"steps", steps},
                {"threads", threads()},
                {"precision", precision == Precision::f64 ? "f64" : "f32"},
                {"dense_step_seconds", dense_step},
                {"dense_step_processor_seconds", dense_used}};
  Seconds total;
  for (const Regime& r : regimes) {
    total.wall += r.seconds.wall;
    total.processor += r.seconds.processor;
    const auto& w = r.work;
    if (r.steps == 0) continue;
    out["regimes"].push_back(
        {{"above", r.above},
         {"steps", r.steps},
         {"step_seconds", r.seconds.wall / r.steps},
         {"over_dense", dense_step * r.steps / r.seconds.wall},
         {"processor_over_dense", dense_used * r.steps / r.seconds.processor},
         {"dense", w.dense},
         {"scanned", w.scanned},
         {"tubes", w.tubes},
         {"listed", w.listed},
         {"list_rows", static_cast<double>(w.list_rows) / static_cast<double>(std::max<Index>(1, w.listed))},
         {"read_rows", static_cast<double>(w.read_rows) / static_cast<double>(std::max<Index>(1, w.listed))},
         {"total_variation", r.worst},
         {"mean_difference", r.worst_mean}});
  }
  out["trajectory_certified_over_dense"] = dense_step * steps / total.wall;
  out["trajectory_processor_over_dense"] = dense_used * steps / total.processor;
  const Regime& small = regimes.back();
  out["small_t_over_dense"] = small.steps > 0 ? Record(dense_step * small.steps / small.seconds.wall) : Record(nullptr);
  out["small_t_processor_over_dense"] =
      small.steps > 0 ? Record(dense_used * small.steps / small.seconds.processor) : Record(nullptr);
  out["certified_seconds"] = total.wall;
  out["certified_processor_seconds"] = total.processor;
  return out;
}

void print_table(const Record& r) {
  fmt::print(
      "{}: {} data, {} paths, {} steps from t = {} to {}, {} threads; dense sweep with mean and entropy in {} {:.3f} s "
      "a step (one step in {} timed)\n",
      r["data"].text(), r["rows"].whole(), r["queries"].whole(), static_cast<int>(r["steps"].whole()), kFirst, kLast,
      static_cast<int>(r["threads"].whole()), r["precision"].text(), r["dense_step_seconds"].number(), kDenseEvery);
  fmt::print("{:>8} {:>6} {:>10} {:>8} {:>10} {:>7} {:>8} {:>7} {:>8} {:>10} {:>10} {:>9} {:>10}\n", "t above", "steps",
             "s a step", "ratio", "processor", "dense", "scanned", "tubes", "listed", "list", "read", "TV", "mean off");
  for (const Record& x : r["regimes"])
    fmt::print(
        "{:>8} {:>6} {:>10.5f} {:>8.2f} {:>10.2f} {:>7} {:>8} {:>7} {:>8} {:>10.1f} {:>10.2f} {:>9.1e} {:>10.1e}\n",
        x["above"].number(), static_cast<int>(x["steps"].whole()), x["step_seconds"].number(), x["over_dense"].number(),
        x["processor_over_dense"].number(), x["dense"].whole(), x["scanned"].whole(), x["tubes"].whole(),
        x["listed"].whole(), x["list_rows"].number(), x["read_rows"].number(), x["total_variation"].number(),
        x["mean_difference"].number());
  fmt::print("trajectory over dense {:.2f} (processor seconds {:.2f})", r["trajectory_certified_over_dense"].number(),
             r["trajectory_processor_over_dense"].number());
  if (!r["small_t_over_dense"].is_null())
    fmt::print(", t <= {} over dense {:.1f} (processor seconds {:.1f})", kSmall, r["small_t_over_dense"].number(),
               r["small_t_processor_over_dense"].number());
  fmt::print("\n");
}

Record measure(const Options& options) {
  const std::string precision = options.word(3, "f64");
  if (precision != "f64" && precision != "f32") throw UsageError("precision {}; expected f64 or f32.", precision);
  return travel(options.word(0, "fashion-mnist"), std::stoi(options.word(1, "128")), std::stoi(options.word(2, "250")),
                arithmetic_named(precision, "").precision);
}

}  // namespace
}  // namespace denoiscope

int main(int argc, char** argv) {
  return denoiscope::bench::run(argc, argv, 4, denoiscope::measure, denoiscope::print_table);
}
