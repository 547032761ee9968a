#include "denoiscope/denoiser/kernel.hpp"

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
