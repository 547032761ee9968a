#include "denoiscope/engine/kernel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "denoiscope/base/instructions.hpp"
#include "denoiscope/engine/kernels/half.hpp"

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
#endif

namespace {

const std::vector<const Functions*>& fastest_first() {
  static const std::vector<const Functions*> kernels = runnable<Functions>({
#if defined(__x86_64__)
    {&avx512::functions, {Instructions::avx512f, Instructions::avx512dq}},
        {&avx2::functions, {Instructions::avx2, Instructions::fma}},
#endif
    {
      &portable::functions, {}
    }
  });
  return kernels;
}

}  // namespace

const Functions& best() { return *fastest_first().front(); }

const Functions* named(const char* name) { return find_named(fastest_first(), name); }

const Functions* offered(std::size_t place) {
  return place < fastest_first().size() ? fastest_first()[place] : nullptr;
}

const Half* best_half() {
#if defined(__x86_64__)
  static const std::vector<const Half*> kernels =
      runnable<Half>({{&amx_bf16::half, {Instructions::amx_bf16}}, {&avx512_bf16::half, {Instructions::avx512_bf16}}});
  return kernels.empty() ? nullptr : kernels.front();
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
