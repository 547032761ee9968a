#include "denoiscope/gallery/selftest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/theory/registry.hpp"

namespace denoiscope::gallery {
namespace {

// Digits from independent double-precision computations; tolerances are a unit or more of the last digit kept.
struct Golden {
  const char* theory;
  std::vector<std::string> settings;
  const char* field;  // null: the value itself
  double expected, tolerance;
};

const std::vector<Golden>& golden_theories() {
  static const std::vector<Golden> table = {
      {"same-class", {"kappa=1"}, nullptr, 0.7752002454, 1e-10},
      {"class-entropy", {"kappa=1"}, nullptr, 0.3563163602, 1e-10},
      {"mixture-phi", {"d=256", "mu2=1", "variance=1", "t=3"}, nullptr, 0.70685169, 1e-8},
      {"speciation-time", {"lambda=16.72"}, "half_log", 1.40830280, 1e-8},
      {"speciation-time", {"lambda=16.72"}, "half_log1p", 1.43734697, 1e-8},
      {"speciation-time", {"lambda=16.72"}, "half_asinh", 1.75532293, 1e-8},
      {"collapse-time", {"n=20000", "d=256", "variance=1"}, nullptr, 1.29878969, 1e-8},
      {"rem", {"alpha=0.5", "variance=1", "t=0.2"}, "r", 2.03324478, 1e-8},
      {"rem", {"alpha=0.5", "variance=1", "t=0.2"}, "psi", -0.55838318, 1e-8},
      {"clock", {"ddpm_step=500"}, "alpha_bar", 7.7796658365e-2, 1e-12},
  };
  return table;
}

void check_theories(std::vector<Check>& out) {
  for (const Golden& golden : golden_theories()) {
    const theory::Result result = theory::evaluate(golden.theory, golden.settings).result;
    double computed = golden.field ? std::numeric_limits<double>::quiet_NaN() : result.value;
    if (golden.field)
      for (const auto& [name, value] : result.fields)
        if (name == golden.field) computed = value;
    out.push_back({fmt::format("theory {} {}{}{}", golden.theory, fmt::join(golden.settings, " "),
                               golden.field ? ": " : "", golden.field ? golden.field : ""),
                   computed, golden.expected, golden.tolerance});
  }
}

// Philox4x32-10 written anew in another language gives the same bits, and 40 digits of arithmetic round to this normal;
// every kernel gives it exactly.
void check_noise(std::vector<Check>& out) {
  double uniform[2], normal[1];
  Noise(42).uniform(Stream::query, 9, 3, uniform);
  Noise(42).normal(Stream::query, 9, 3, normal);
  out.push_back({"noise: first uniform", uniform[0], 0.29538886300975953, 0});
  out.push_back({"noise: second uniform", uniform[1], 0.15486500292110128, 0});
  out.push_back({"noise: first normal", normal[0], 0.8789041924594095, 0});
}

void check_empirical(std::vector<Check>& out) {
  RowMatrix points(3, 2), x(1, 2);
  points << 1, 0, -0.5, 0.8, 0.2, -1.1;
  x << 0.4, 0.1;
  const Empirical model(Dataset::from_rows(points));
  Wanted what;
  what.entropy = true;
  const struct {
    double t, log_density, score, entropy;
  } golden[] = {{0.05, -2.2199831849, 5.6218417832, 0.0788199680},
                {0.30, -1.6495617598, -0.1376196870, 1.0150856367},
                {1.00, -1.8323240598, -0.3395773019, 1.0936155933}};
  for (const auto& g : golden) {
    Summary summary;
    model.summarize(g.t, x, what, summary);
    const std::string name = fmt::format("empirical t={:g}: ", g.t);
    out.push_back({name + "log density", summary.all.log_density[0], g.log_density, 1e-9});
    out.push_back({name + "entropy", summary.all.entropy[0], g.entropy, 1e-9});
    out.push_back({name + "score", score(model, g.t, x)(0, 0), g.score, 1e-8});
  }
}

struct alignas(64) Block {
  double at[24][kernel::kLanes];
};

// log-sum-exp of random products, lane by lane: the kernel's whole way from data to sums.
std::vector<double> log_sums(const kernel::Functions& with) {
  constexpr std::ptrdiff_t kRows = 24, kDepth = 24;
  std::vector<double> data(kRows * kDepth), norm(kRows, 0.5);
  Noise(7).normal(Stream::prior, 0, 0, data);
  Block queries{}, dots{};
  Noise(7).normal(Stream::query, 0, 0, {&queries.at[0][0], kDepth * kernel::kLanes});
  const double offset[kernel::kLanes] = {};
  with.multiply(data.data(), kDepth, 1, kRows, kDepth, &queries.at[0][0], &dots.at[0][0], false);
  with.logits(&dots.at[0][0], norm.data(), kRows, 1.5, 2.0, offset);
  kernel::Sums sums;
  kernel::clear(sums);
  with.accumulate(&dots.at[0][0], kRows, sums);
  std::vector<double> out;
  for (std::ptrdiff_t lane = 0; lane < kernel::kLanes; ++lane) out.push_back(sums.top[lane] + std::log(sums.sum[lane]));
  return out;
}

// Products of 24 terms of size one: rounding, fused or not, and the kernels' exponentials stay far below 1e-12.
void check_kernels(std::vector<Check>& out) {
  const std::vector<double> portable = log_sums(*kernel::named("portable"));
  for (const char* name : {"avx2", "avx512"}) {
    const kernel::Functions* functions = kernel::named(name);
    if (!functions) continue;
    const std::vector<double> fast = log_sums(*functions);
    double worst = 0;
    for (std::size_t i = 0; i < fast.size(); ++i) {
      const double apart = std::abs(fast[i] - portable[i]);
      worst = apart <= worst ? worst : apart;  // NaN sticks
    }
    out.push_back({fmt::format("kernel {} against portable", name), worst, 0, 1e-12});
  }
}

}  // namespace

bool Check::ok() const { return std::abs(computed - expected) <= tolerance; }

std::vector<Check> selftest() {
  std::vector<Check> out;
  check_noise(out);
  check_theories(out);
  check_empirical(out);
  check_kernels(out);
  return out;
}

}  // namespace denoiscope::gallery
