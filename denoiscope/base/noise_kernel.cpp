#include "denoiscope/base/noise_kernel.hpp"

#include "denoiscope/base/instructions.hpp"

namespace denoiscope::noise_kernel {

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

namespace {

const std::vector<const Functions*>& fastest_first() {
  static const std::vector<const Functions*> kernels = runnable<Functions>({
#if defined(__x86_64__)
    {&avx512::functions, {Instructions::avx512f}}, {&avx2::functions, {Instructions::avx2}},
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

}  // namespace denoiscope::noise_kernel
