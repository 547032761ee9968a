// An audit of 10,000 samples against 60,000 pictures, beside the engine's own nearest neighbours and beside faiss.
#include "denoiscope/experiments/audit/audit.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "denoiscope/base/files.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/progress.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/observables/nearest_data.hpp"
#include "timing.hpp"

namespace denoiscope {
namespace {

using bench::median;
using bench::seconds_of;
constexpr Index kSamples = 10000, kCopies = 100;
constexpr double kStep =
    1e-4;                    // of each number of a planted copy; where single precision has lost it, so has the search
constexpr double kTime = 1;  // of the engine's benchmark

Dataset in_single(const Dataset& data) {
  auto [bytes, at] = allocate_bytes(static_cast<std::size_t>(data.rows() * data.dimension()) * sizeof(float));
  RowMatrix row(1, data.dimension());
  for (Index i = 0; i < data.rows(); ++i) {
    data.read(i, row);
    const Eigen::RowVectorXf narrow = row.cast<float>();
    std::memcpy(at + static_cast<std::size_t>(i * data.dimension()) * sizeof(float), narrow.data(),
                static_cast<std::size_t>(data.dimension()) * sizeof(float));
  }
  return Dataset::from_bytes(std::move(bytes), 0, data.rows(), {data.dimension()}, Scalar::f32, false, data.name());
}

// Held-out pictures in -1..1, the first hundred of them replaced by copies of training pictures a small step away.
Dataset samples_of(const Dataset& train, const Dataset& held_out) {
  const Index m = std::min(kSamples, held_out.rows());
  RowMatrix x(m, train.dimension());
  held_out.read(0, x);
  for (Index i = 0; i < std::min(kCopies, m / 2); ++i) {
    train.read(i, x.middleRows(i, 1));
    x.row(i).array() += kStep;
  }
  Dataset samples = in_single(Dataset::from_rows(x));
  samples.set_name("samples");
  return samples;
}

// faiss on the same numbers in single precision, with the kernels that OpenBLAS chooses and with those of this CPU.
Record faiss(const Dataset& train, const Dataset& samples) {
  const bench::Scratch scratch("denoiscope-faiss");
  data::write(scratch.file("data.npy"), in_single(train));
  data::write(scratch.file("x.npy"), samples);
  Record out;
  for (const char* how : {"shipped", "tuned"}) {
    out[how] = nullptr;
    try {
      std::vector<std::string> words = {"env", fmt::format("OPENBLAS_NUM_THREADS={}", threads())};
      if (how == std::string("tuned")) words.emplace_back("OPENBLAS_CORETYPE=SkylakeX");
      for (const std::string& word :
           {bench::python(), std::string(DENOISCOPE_PEERS), scratch.file("data.npy"), scratch.file("x.npy"),
            std::string("0"), fmt::format("{}", threads()), std::string("faiss")})
        words.push_back(word);
      if (bench::run_process(words, scratch.file("faiss.json")).exit_code != 0) continue;
      out[how] = parse_record(map_file(scratch.file("faiss.json")).text());
    } catch (const std::system_error& error) {
      fmt::print(stderr, "bench_audit: {}: no faiss\n", error.what());
    }
  }
  return out;
}

Record measure(const std::string& name, bool with_peers) {
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
  const Record peer = with_peers ? faiss(train, samples) : Record();
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
  const auto cell = [](const Record& v, const char* how) {
    return v.is_number() ? fmt::format(fmt::runtime(how), v.number()) : std::string("-");
  };
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
  try {
    std::string data = "fashion-mnist";
    bool as_json = false, with_peers = true;
    for (const std::string& word : std::vector<std::string>(argv + 1, argv + argc)) {
      if (word == "--json")
        as_json = true;
      else if (word == "--no-peers")
        with_peers = false;
      else
        data = word;
    }
    const denoiscope::Record result = denoiscope::measure(data, with_peers);
    if (as_json)
      fmt::print("{}\n", denoiscope::json_text(result));
    else
      denoiscope::print_table(result);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_audit: {}\n", error.what());
    return 1;
  }
}
