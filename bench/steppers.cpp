// What a step of backward dynamics costs apart from the denoiser, beside the same update in NumPy and beside a dense
// step of a data set's posterior, in one run. Usage: bench_steppers [--json] [--no-peers]
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <numeric>

#include "bench/main.hpp"
#include "bench/timing.hpp"
#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/dynamics/backward.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/engine/machine.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

using namespace bench;

constexpr double kCeilingSeconds = 0.3, kFrom = 1.0, kTo = 0.99;
constexpr int kSteps = 4;  // timed together

// The exact posterior of N(0, I), E[x_0|x] = e^{-t} x: one pass over the batch, so that what is timed is the stepper.
struct UnitGaussian final : Denoiser {
  Index d;
  explicit UnitGaussian(Index dimension) : d(dimension) {}
  Index dimension() const override { return d; }
  void denoise(double t, Rows x, MutRows mean) const override { mean = std::exp(-t) * x; }
};

struct Shape {
  Index m, d;
  double numbers() const { return static_cast<double>(m * d); }
};

constexpr Shape kShapes[] = {{256, 784}, {1024, 784}, {256, 3072}, {1024, 3072}};

template <class F>
Seconds each(int count, F&& call) {
  return seconds_each(count, [&] {
    for (int i = 0; i < count; ++i) call(i);
  });
}

std::vector<std::uint64_t> names(Index m) {
  std::vector<std::uint64_t> out(m);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

RowMatrix standard_normal(const Shape& s) {
  RowMatrix x(s.m, s.d);
  Noise(0).normal({Stream::query, names(s.m), 0}, x);
  return x;
}

Seconds time_stepper(const Stepper& stepper, const Shape& s) {
  const UnitGaussian model(s.d);
  const Normals normals = normals_by_name(Noise(1), names(s.m));
  Walkers walkers;
  walkers.x = standard_normal(s);
  const auto step = [&](int i) {
    stepper.step(model, {kFrom, kTo, static_cast<std::uint32_t>(i)}, normals, {}, walkers);
  };
  step(0);  // multistep methods have a past from here on
  return each(kSteps, step);
}

Seconds time_normals_of(const Shape& s) {
  const Normals normals = normals_by_name(Noise(1), names(s.m));
  RowMatrix z(s.m, s.d);
  return each(kSteps, [&](int i) { normals(static_cast<std::uint32_t>(i), z); });
}

// A posterior mean in single precision of the data, every datum looked at: what a step of exact dynamics asks for.
Seconds dense(const Empirical& model, const Shape& s) {
  const RowMatrix x = standard_normal(s);
  RowMatrix mean(s.m, s.d);
  return each(1, [&](int) { model.denoise(kFrom, x, mean); });
}

Record time_shape(const Shape& s, const Empirical* data, bool with_peers) {
  // ns a number of NumPy's update by the stepper's name
  const Record peers =
      with_peers ? ask_peer(DENOISCOPE_STEPPER_PEERS, {std::to_string(s.m), std::to_string(s.d)}) : Record();
  const double ns = 1e9 / s.numbers();
  const Seconds noise = time_normals_of(s);
  Record out = {{"m", s.m}, {"d", s.d}, {"normals_ns", noise.wall * ns}, {"dense_ns", nullptr}};
  if (data && data->dimension() == s.d) out["dense_ns"] = dense(*data, s).wall * ns;
  for (const Stepper& stepper : steppers()) {
    const Seconds seconds = time_stepper(stepper, s);
    Record row = {
        {"name", stepper.name},   {"ns", seconds.wall * ns},          {"processor_ns", seconds.processor * ns},
        {"numpy_ratio", nullptr}, {"numpy_processor_ratio", nullptr}, {"share_of_dense", nullptr}};
    if (peers.is_object() && peers.contains(stepper.name)) {
      const Record& peer = peers[std::string(stepper.name)];
      row["numpy_ratio"] = peer["ns"].number() / (seconds.wall * ns);
      row["numpy_processor_ratio"] = peer["processor_ns"].number() / (seconds.processor * ns);
    }
    if (!out["dense_ns"].is_null()) row["share_of_dense"] = seconds.wall * ns / out["dense_ns"].number();
    out["steppers"].push_back(row);
  }
  return out;
}

void print_table(const Record& result) {
  fmt::print(
      "one step of m points in d dimensions, denoiser of N(0, I) included; {} threads, ceiling {:.1f} GF/s, {}\n",
      static_cast<int>(result["threads"].whole()), result["ceiling_gflops"].number(), result["cpu"].text());
  fmt::print("ns a number on the wall and of the processors; NumPy: its time over ours; dense: of {}\n",
             result["data"].is_null() ? "nothing" : result["data"].text());
  for (const Record& shape : result["shapes"]) {
    fmt::print("m = {}, d = {}: normals {:.2f} ns, dense step {} ns\n", shape["m"].whole(), shape["d"].whole(),
               shape["normals_ns"].number(), cell(shape["dense_ns"], "{:.1f}"));
    for (const Record& row : shape["steppers"])
      fmt::print("  {:<16} {:>8.2f} ns {:>8.2f} ns   NumPy {:>6} {:>6}   of dense {:>8}\n", row["name"].text(),
                 row["ns"].number(), row["processor_ns"].number(), cell(row["numpy_ratio"], "{:.2f}"),
                 cell(row["numpy_processor_ratio"], "{:.2f}"), cell(row["share_of_dense"], "{:.4f}"));
  }
}

// The embedded default, where it is installed.
std::unique_ptr<Empirical> fashion_mnist() try {
  return std::make_unique<Empirical>(data::open("fashion-mnist"), Arithmetic{Precision::f32, nullptr});
} catch (const DataError&) {
  return nullptr;
}

Record measure(const Options& options) {
  const std::unique_ptr<Empirical> data = options.with_peers ? fashion_mnist() : nullptr;
  Record result = {{"threads", threads()},
                   {"cpu", cpu_name()},
                   {"ceiling_gflops", ceiling_gflops(threads(), kCeilingSeconds)},
                   {"data", nullptr}};
  if (data) result["data"] = fmt::format("fashion-mnist, {} x {}, f32", data->rows(), data->dimension());
  for (const Shape& shape : kShapes) result["shapes"].push_back(time_shape(shape, data.get(), options.with_peers));
  return result;
}

}  // namespace
}  // namespace denoiscope

int main(int argc, char** argv) {
  return denoiscope::bench::run(argc, argv, 0, denoiscope::measure, denoiscope::print_table);
}
