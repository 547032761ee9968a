#include "denoiscope/base/noise_kernel.hpp"

#include <cstring>
#include <initializer_list>

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

const Functions* named(const char* name) {
#if defined(__x86_64__)
  if (std::strcmp(name, "avx512") == 0) return __builtin_cpu_supports("avx512f") ? &avx512::functions : nullptr;
  if (std::strcmp(name, "avx2") == 0) return __builtin_cpu_supports("avx2") ? &avx2::functions : nullptr;
#endif
  return std::strcmp(name, "portable") == 0 ? &portable::functions : nullptr;
}

const Functions& best() {
  for (const char* name : {"avx512", "avx2"})
    if (const Functions* found = named(name)) return *found;
  return portable::functions;
}

}  // namespace denoiscope::noise_kernel
