#include "denoiscope/engine/kernels/kernel.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace denoiscope::kernel {

namespace portable {
extern const Functions functions;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Functions functions;
}
namespace avx512 {
extern const Functions functions;
}
namespace avx512_bf16 {
extern const Half half;
}
namespace amx_bf16 {
extern const Half half;
}

namespace {

// Bits of CPUID leaf 7 that __builtin_cpu_supports of gcc 12 does not name.
bool has_avx512_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx512f") && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1U << 5)) != 0;
}

// The matrix unit also wants the kernel's leave to save its tiles.
bool has_amx_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned bf16 = 1U << 22, tile = 1U << 24;
  if (!__builtin_cpu_supports("avx512f") || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  if ((d & bf16) == 0 || (d & tile) == 0) return false;
  constexpr long request_permission = 0x1023, tile_data = 18;
  return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

}  // namespace
#endif

const Functions* named(const char* name) {
#if defined(__x86_64__)
  if (std::strcmp(name, "avx512") == 0)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? &avx512::functions : nullptr;
  if (std::strcmp(name, "avx2") == 0)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2::functions : nullptr;
#endif
  return std::strcmp(name, "portable") == 0 ? &portable::functions : nullptr;
}

const Functions& best() {
  for (const char* name : {"avx512", "avx2"})
    if (const Functions* found = named(name)) return *found;
  return portable::functions;
}

const Half* best_half() {
#if defined(__x86_64__)
  static const Half* const best = has_amx_bf16() ? &amx_bf16::half : has_avx512_bf16() ? &avx512_bf16::half : nullptr;
  return best;
#else
  return nullptr;
#endif
}

void clear(Sums& sums) {
  std::fill_n(sums.top, kLanes, -std::numeric_limits<double>::infinity());
  std::fill_n(sums.sum, kLanes, 0.0);
  std::fill_n(sums.first, kLanes, 0.0);
  std::fill_n(sums.second, kLanes, 0.0);
}

void merge(const Sums& part, Sums& sums) {
  for (std::ptrdiff_t i = 0; i < kLanes; ++i) {
    if (!(part.sum[i] > 0)) continue;
    const double top = std::max(part.top[i], sums.top[i]);
    // Relative to a new top, first gains (old top - new top) times the sum. 0 * -inf is kept out by the test above and
    // below.
    const auto shifted = [top](double old_top, double sum, double& first, double& second) {
      if (!(sum > 0)) return first = second = 0.0;
      const double drop = old_top - top, scale = std::exp(drop);
      first = (first + drop * sum) * scale;
      second *= scale * scale;
      return sum * scale;
    };
    double first = part.first[i], second = part.second[i];
    const double sum = shifted(part.top[i], part.sum[i], first, second);
    sums.sum[i] = shifted(sums.top[i], sums.sum[i], sums.first[i], sums.second[i]) + sum;
    sums.first[i] += first;
    sums.second[i] += second;
    sums.top[i] = top;
  }
}

}  // namespace denoiscope::kernel
