#include "bench/normals.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "denoiscope/base/noise.hpp"

namespace denoiscope::bench {
namespace {

constexpr Index kRows = 64, kColumns = 784;
constexpr int kTurns = 100;

template <class Work>
double nanoseconds_of(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() /
         static_cast<double>(kRows * kColumns);
}

}  // namespace

NormalTimes time_normals() {
  std::vector<std::uint64_t> names(kRows);
  std::iota(names.begin(), names.end(), std::uint64_t{0});
  RowMatrix out(kRows, kColumns);
  std::mt19937_64 engine(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): timed, and to be the same each time
  std::normal_distribution<double> normal;
  NormalTimes fastest{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto step = static_cast<std::uint32_t>(turn);
    fastest.ours = std::min(fastest.ours, nanoseconds_of([&] { Noise(1).normal({Stream::query, names, step}, out); }));
    fastest.standard =
        std::min(fastest.standard,
                 nanoseconds_of([&] { std::generate_n(out.data(), out.size(), [&] { return normal(engine); }); }));
  }
  return fastest;
}

double normals_over_std() {
  const NormalTimes times = time_normals();
  return times.standard / times.ours;
}

}  // namespace denoiscope::bench
