// How long the main job takes, how fast the posterior behind it is, and what this machine could do at best. Seconds and
// rates move with the machine and with whatever else runs; the ratios to the ceiling, measured in between, move less.
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "bench/main.hpp"
#include "bench/timing.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/engine/machine.hpp"
#include "denoiscope/observables/queries.hpp"

namespace denoiscope {
namespace {

using namespace bench;
constexpr double kCeilingSeconds = 0.1;
constexpr Index kQueries = 512;  // as many as the main job asks by default
constexpr Index kSlowQueries = 4;

// One run of `denoiscope analyze` in a process of its own, so that its peak memory is its own.
Record run_main_job(const std::string& data) {
  const Scratch scratch("denoiscope-bench");
  const Process done = run_process(
      {DENOISCOPE_PROGRAM, "analyze", data, "--json", "--quiet", "--force", "--out", scratch.file("analyze")});
  if (done.exit_code != 0) throw std::runtime_error("denoiscope analyze failed; run it by itself to see why");
  return {{"seconds", done.seconds}, {"peak_rss_mib", done.peak_rss_mib}};
}

double ceiling(int count) { return ceiling_gflops(count, kCeilingSeconds); }

// The posterior of the data at `kQueries` noisy data, fast and, from a few queries, row by row as in the definition.
Record time_posterior(const Dataset& data, double t) {
  const Noise noise(0);
  const observables::Queries queries =
      observables::choose_queries(data, observables::nested_shells(data.rows(), noise), kQueries);
  const RowMatrix x = observables::noisy(data, queries, t, noise);
  const Empirical model(data);
  Wanted what;
  what.entropy = what.neighbours = true;
  Summary summary;
  const double fast = median_seconds([&] { model.summarize(t, x, what, summary); });
  const double top = ceiling(threads());
  const double slow = seconds_of([&] { summary = summarize_directly(data, t, x.topRows(kSlowQueries), what); }) *
                      kQueries / kSlowQueries;
  const double rate = 2.0 * kQueries * static_cast<double>(data.rows() * data.dimension()) / fast * 1e-9;
  return {{"t", t},
          {"seconds", fast},
          {"gflops", rate},
          {"ceiling_gflops", top},
          {"of_ceiling", rate / top},
          {"direct_seconds", slow},
          {"speedup", slow / fast}};
}

Record measure(const Options& options) {
  const std::string name = options.word(0, "fashion-mnist");
  Record out = {{"data", name}, {"queries", kQueries}, {"kernel", kernel::best().name}, {"threads", threads()}};
  for (int i = 0; i < kRepeats; ++i) out["analyze"].push_back(run_main_job(name));
  for (const int count : {1, threads()}) out["ceiling"].push_back({{"threads", count}, {"gflops", ceiling(count)}});
  Dataset data = data::open(name);
  data.set_preprocess(data::preprocess_for(data, ""));
  out["rows"] = data.rows();
  out["dimension"] = data.dimension();
  for (const double t : {3.0, 1.0, 0.1, 0.01}) out["posterior"].push_back(time_posterior(data, t));
  return out;
}

void print_table(const Record& result) {
  fmt::print("denoiscope analyze {}\n{:>8} {:>10} {:>10}\n", result["data"].text(), "run", "seconds", "peak MiB");
  int run = 0;
  for (const Record& r : result["analyze"])
    fmt::print("{:>8} {:>10.2f} {:>10.0f}\n", ++run, r["seconds"].number(), r["peak_rss_mib"].number());
  fmt::print("\nmultiply-adds in double precision, kernel {}\n{:>8} {:>10}\n", result["kernel"].text(), "threads",
             "GF/s");
  for (const Record& r : result["ceiling"])
    fmt::print("{:>8} {:>10.1f}\n", static_cast<int>(r["threads"].whole()), r["gflops"].number());
  fmt::print(
      "\nposterior of {} data, d = {}, at {} queries (2mnd operations), {} threads; directly: one thread, from {} "
      "queries\n",
      result["rows"].whole(), result["dimension"].whole(), kQueries, static_cast<int>(result["threads"].whole()),
      kSlowQueries);
  fmt::print("{:>8} {:>10} {:>10} {:>10} {:>12} {:>10}\n", "t", "seconds", "GF/s", "of ceiling", "directly, s",
             "speed-up");
  for (const Record& r : result["posterior"])
    fmt::print("{:>8} {:>10.3f} {:>10.1f} {:>10.2f} {:>12.1f} {:>10.1f}\n", r["t"].number(), r["seconds"].number(),
               r["gflops"].number(), r["of_ceiling"].number(), r["direct_seconds"].number(), r["speedup"].number());
}

}  // namespace
}  // namespace denoiscope

// bench_analyze [--json] [DATA]
int main(int argc, char** argv) {
  return denoiscope::bench::run(argc, argv, 1, denoiscope::measure, denoiscope::print_table);
}
