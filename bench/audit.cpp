// An audit of 10,000 samples against 60,000 pictures, beside the engine's own nearest neighbours and beside faiss.
#include "denoiscope/experiments/audit.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "bench/main.hpp"
#include "bench/timing.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/progress.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/observables/nearest_data.hpp"

namespace denoiscope {
namespace {

using bench::cell;
using bench::median;
using bench::seconds_of;
constexpr Index kSamples = 10000, kCopies = 100;
constexpr double kStep =
    1e-4;                    // of each number of a planted copy; where single precision has lost it, so has the search
constexpr double kTime = 1;  // of the engine's benchmark

// Held-out pictures in -1..1, the first hundred of them replaced by copies of training pictures a small step away.
Dataset samples_of(const Dataset& train, const Dataset& held_out) {
  const Index m = std::min(kSamples, held_out.rows());
  RowMatrix x(m, train.dimension());
  held_out.read(0, x);
  for (Index i = 0; i < std::min(kCopies, m / 2); ++i) {
    train.read(i, x.middleRows(i, 1));
    x.row(i).array() += kStep;
  }
  Dataset samples = bench::single_precision(Dataset::from_rows(x), x.cols());
  samples.set_name("samples");
  return samples;
}

// faiss on the same numbers in single precision, with the kernels that OpenBLAS chooses and with those of this CPU.
Record faiss(const Dataset& train, const Dataset& samples) {
  const bench::Scratch scratch("denoiscope-faiss");
  data::write(scratch.file("data.npy"), bench::single_precision(train, train.dimension()));
  data::write(scratch.file("x.npy"), samples);
  const std::string count = fmt::format("{}", threads());
  const auto ask = [&](std::vector<std::string> environment) {
    environment.push_back("OPENBLAS_NUM_THREADS=" + count);
    return bench::ask_peer(DENOISCOPE_PEERS, {scratch.file("data.npy"), scratch.file("x.npy"), "0", count, "faiss"},
                           environment);
  };
  return {{"shipped", ask({})}, {"tuned", ask({"OPENBLAS_CORETYPE=SkylakeX"})}};
}

Record measure(const bench::Options& options) {
  const std::string name = options.word(0, "fashion-mnist");
  Dataset train = data::open(name), held_out = data::open_test(name);
  train.set_preprocess(data::preprocess_for(train, "pm1"));
  held_out.set_preprocess(train.preprocess());
  const Dataset samples = samples_of(train, held_out);
  RowMatrix x(samples.rows(), samples.dimension());
  samples.read(0, x);

  const Empirical model(train, {}, 1, {Precision::f32, nullptr});
  Wanted wanted;
  wanted.neighbours = true;
  Summary summary;
  std::vector<double> engine, whole;
  Record record;
  const experiments::AuditSets sets{samples, train, std::nullopt};
  for (int i = 0; i < bench::kRepeats; ++i) {
    engine.push_back(seconds_of([&] { model.summarize(kTime, std::exp(-kTime) * x, wanted, summary); }));
    whole.push_back(seconds_of([&] {
      Silent progress;
      const Request request;
      Run run(request, {}, progress);
      run.start();
      record = experiments::audit(sets, sets, {}, run);
    }));
  }
  // What is reported, beside differences summed here.
  double error = 0, least = kInfinity;
  RowMatrix datum(1, train.dimension());
  for (std::size_t i = 0; i < record["samples"].size(); ++i) {
    const Record& row = record["samples"][i];
    train.read(row["nearest"].whole(), datum);
    const double square = (x.row(static_cast<Index>(i)) - datum.row(0)).squaredNorm(), d1 = row["d1"].number();
    error = std::max(error, std::abs(d1 * d1 - square) / square);
    least = std::min(least, square);
  }
  const Record peer = options.with_peers ? faiss(train, samples) : Record();
  const double audit = median(whole), search = median(engine);
  const auto of_peer = [&](const char* how, const char* key) {
    return peer.is_null() || peer[how].is_null() ? Record() : peer[how][key];
  };
  const auto ratio = [&](const char* how) {
    const Record seconds = of_peer(how, "seconds");
    return seconds.is_null() ? Record() : Record(seconds.number() / audit);
  };
  const double flops = 2.0 * static_cast<double>(x.rows() * train.rows()) * static_cast<double>(train.dimension());
  return {{"data", name},
          {"rows", train.rows()},
          {"dimension", train.dimension()},
          {"samples", x.rows()},
          {"threads", threads()},
          {"audit_seconds", audit},
          {"search_seconds", search},
          {"search_gflops", flops / search * 1e-9},
          {"audit_over_search", audit / search},
          {"least_square", least},
          {"max_relative_square_error", error},
          {"faiss_shipped_ratio", ratio("shipped")},
          {"faiss_tuned_ratio", ratio("tuned")},
          {"faiss_max_relative_square_error", of_peer("shipped", "max_relative_square_error")}};
}

void print_table(const Record& r) {
  fmt::print("{} samples against {}, {} x {}, {} threads\n", r["samples"].whole(), r["data"].text(), r["rows"].whole(),
             r["dimension"].whole(), static_cast<int>(r["threads"].whole()));
  fmt::print("nearest two by the posterior: {:.2f} s, {:.1f} GF/s (2 m n d operations)\n", r["search_seconds"].number(),
             r["search_gflops"].number());
  fmt::print("the audit: {:.2f} s, {:.2f} times that\n", r["audit_seconds"].number(), r["audit_over_search"].number());
  fmt::print("faiss IndexFlatL2, k = 2: its time over the audit's: {} tuned, {} as shipped\n",
             cell(r["faiss_tuned_ratio"], "{:.2f}"), cell(r["faiss_shipped_ratio"], "{:.2f}"));
  fmt::print("largest relative error of a squared distance (least of them {:.2e}): ours {:.1e}, faiss {}\n",
             r["least_square"].number(), r["max_relative_square_error"].number(),
             cell(r["faiss_max_relative_square_error"], "{:.1e}"));
}

}  // namespace
}  // namespace denoiscope

// bench_audit [--json] [--no-peers] [DATA]
int main(int argc, char** argv) {
  return denoiscope::bench::run(argc, argv, 1, denoiscope::measure, denoiscope::print_table);
}
