// Posterior means of the exactly solvable models, beside the same recursion in vectorised NumPy, in one run. Seconds
// move with the machine; the ratios are the claim. Usage: bench_models [--json] [--no-peers]
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <numeric>

#include "bench/main.hpp"
#include "bench/timing.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/engine/machine.hpp"
#include "denoiscope/models/curie_weiss.hpp"
#include "denoiscope/models/ising_chain.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

using namespace bench;

constexpr Index kPoints = 1024;
constexpr double kCeilingSeconds = 0.3;

// One row of the table: a model, a time, and what model_peers.py calls its recursion, with its parameters.
struct Case {
  std::string name;
  std::shared_ptr<const Posterior> model;
  double t;
  std::vector<std::string> peer;
};

std::vector<Case> cases() {
  const Index N = 1000;
  std::vector<Case> out;
  for (const auto& [beta, t] : {std::pair(1.5, 1.0), std::pair(1.5, 3.3), std::pair(0.8, 1.0)})
    out.push_back({fmt::format("Curie-Weiss, beta = {}", beta),
                   std::make_shared<CurieWeiss>(N, beta),
                   t,
                   {"curie_weiss", fmt::format("{}", beta)}});
  out.push_back({"Ising chain, K = 1", std::make_shared<IsingChain>(N, 1), 1.0, {"ising_chain", "1"}});
  return out;
}

// Points as forward noise makes them: (kPoints, d).
RowMatrix points(const Case& c) {
  RowMatrix x(kPoints, c.model->dimension()), z(kPoints, c.model->dimension());
  std::vector<std::uint64_t> names(kPoints);
  std::iota(names.begin(), names.end(), 0);
  c.model->sample_prior(Noise(0), {Stream::prior, names, 0}, x, {});
  Noise(0).normal({Stream::query, names, 0}, z);
  return std::exp(-c.t) * x + std::sqrt(noise_variance(c.t)) * z;
}

// Seconds of NumPy and the largest difference between its means and ours; null where there is none.
Record peer(const Case& c, const RowMatrix& x, const RowMatrix& mean) {
  const Scratch scratch("denoiscope-models");
  data::write(scratch.file("x.npy"), Dataset::from_rows(x));
  data::write(scratch.file("mean.npy"), Dataset::from_rows(mean));
  std::vector<std::string> words = {scratch.file("x.npy"), scratch.file("mean.npy"), fmt::format("{:.17g}", c.t)};
  words.insert(words.end(), c.peer.begin(), c.peer.end());
  return ask_peer(DENOISCOPE_MODEL_PEERS, words);
}

Record time_case(const Case& c, bool with_peers) {
  const RowMatrix x = points(c);
  RowMatrix mean(x.rows(), x.cols());
  const auto [seconds, processor] = seconds_each(1, [&] { c.model->denoise(c.t, x, mean); });
  Record out = {{"name", c.name},
                {"t", c.t},
                {"points", kPoints},
                {"dimension", c.model->dimension()},
                {"seconds", seconds},
                {"processor_seconds", processor},
                {"peer", nullptr},
                {"numpy_ratio", nullptr},
                {"processor_ratio", nullptr}};
  if (with_peers) out["peer"] = peer(c, x, mean);
  if (!out["peer"].is_null()) {
    out["numpy_ratio"] = out["peer"]["seconds"].number() / seconds;
    out["processor_ratio"] = out["peer"]["processor_seconds"].number() / processor;
  }
  return out;
}

Record measure(const Options& options) {
  Record result = {
      {"threads", threads()}, {"cpu", cpu_name()}, {"ceiling_gflops", ceiling_gflops(threads(), kCeilingSeconds)}};
  for (const Case& c : cases()) result["cases"].push_back(time_case(c, options.with_peers));
  return result;
}

void print_table(const Record& result) {
  fmt::print("posterior means at {} points; {} threads, ceiling {:.1f} GF/s, {}\n", kPoints,
             static_cast<int>(result["threads"].whole()), result["ceiling_gflops"].number(), result["cpu"].text());
  fmt::print("NumPy: its time over ours, on the wall and of the processors; off: largest difference of a mean\n");
  fmt::print("{:<26} {:>6} {:>5} {:>9} {:>10} {:>8} {:>10} {:>8}\n", "model", "d", "t", "seconds", "processor", "NumPy",
             "processor", "off");
  for (const Record& c : result["cases"]) {
    fmt::print("{:<26} {:>6} {:>5} {:>9.4f} {:>10.4f}", c["name"].text(), c["dimension"].whole(), c["t"].number(),
               c["seconds"].number(), c["processor_seconds"].number());
    if (c["peer"].is_null())
      fmt::print(" {:>8} {:>10} {:>8}\n", "-", "-", "-");
    else
      fmt::print(" {:>8.2f} {:>10.2f} {:>8.1e}\n", c["numpy_ratio"].number(), c["processor_ratio"].number(),
                 c["peer"]["largest_difference"].number());
  }
}

}  // namespace
}  // namespace denoiscope

int main(int argc, char** argv) {
  return denoiscope::bench::run(argc, argv, 0, denoiscope::measure, denoiscope::print_table);
}
