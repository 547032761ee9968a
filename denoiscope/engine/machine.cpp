#include "denoiscope/engine/machine.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <string_view>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/engine/kernels/half.hpp"
#include "denoiscope/engine/kernels/single.hpp"

namespace denoiscope {
namespace {

// What follows "name : " in the part of /proc/cpuinfo on the first CPU; empty where there is no such line.
std::string cpuinfo(std::string_view name) {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line) && !line.empty();)
    if (line.starts_with(name) && line.find(": ") != std::string::npos) return line.substr(line.find(": ") + 2);
  return {};
}

// A loop at full rate, and the floating-point operations of one round of it.
struct Loop {
  double (*run)(std::ptrdiff_t rounds) = nullptr;
  std::ptrdiff_t round = 0;
};

Loop loop_of(Precision precision) {
  const kernel::Functions& best = kernel::best();
  if (precision == Precision::f64) return {best.fma_loop, best.fma_round};
  if (precision == Precision::f32) return {best.single->fma_loop, best.single->fma_round};
  const kernel::Half* half = kernel::best_half();
  return half == nullptr ? Loop{} : Loop{half->loop, half->round};
}

double seconds_of(const Loop& loop, int count, std::ptrdiff_t rounds) {
  std::vector<double> sink(count);
  const auto start = std::chrono::steady_clock::now();
  parallel_for(count, [&](Index i) { sink[i] = loop.run(rounds); });
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

std::string cpu_name() {
  const std::string name = cpuinfo("model name");
  return name.empty() ? "unknown" : name;
}

std::vector<std::string> cpu_features() {
  constexpr std::array kDecisive = {"avx2",     "fma",         "avx512f",     "avx512dq",    "avx512bw",
                                    "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16",
                                    "asimd",    "sve",         "bf16"};
  const std::string x86 = cpuinfo("flags");
  const std::vector<std::string> has = split(x86.empty() ? cpuinfo("Features") : x86, ' ');
  std::vector<std::string> out;
  for (const char* feature : kDecisive)
    if (std::find(has.begin(), has.end(), feature) != has.end()) out.emplace_back(feature);
  return out;
}

std::vector<std::string> kernels() {
  std::vector<std::string> out;
  for (std::size_t i = 0; kernel::offered(i) != nullptr; ++i) out.emplace_back(kernel::offered(i)->name);
  return out;
}

double ceiling_gflops(int count, double seconds, Precision precision) {
  const Loop loop = loop_of(precision);
  if (loop.run == nullptr) return kNaN;
  const int before = threads();
  set_threads(count);
  std::ptrdiff_t rounds = 1 << 12;
  while (seconds_of(loop, count, rounds) < seconds / 4) rounds *= 2;
  rounds *= 4;
  std::array<double, 3> taken{};
  for (double& s : taken) s = seconds_of(loop, count, rounds);
  set_threads(before);
  std::nth_element(taken.begin(), taken.begin() + 1, taken.end());
  return static_cast<double>(rounds * loop.round) * count / taken[1] * 1e-9;
}

}  // namespace denoiscope
