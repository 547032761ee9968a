#include "denoiscope/base/instructions.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace denoiscope {

#if defined(__x86_64__)
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

bool cpu_has(Instructions what) {
  switch (what) {
    case Instructions::fma:
      return __builtin_cpu_supports("fma");
    case Instructions::avx2:
      return __builtin_cpu_supports("avx2");
    case Instructions::avx512f:
      return __builtin_cpu_supports("avx512f");
    case Instructions::avx512dq:
      return __builtin_cpu_supports("avx512dq");
    case Instructions::avx512_bf16:
      return has_avx512_bf16();
    case Instructions::amx_bf16:
      break;
  }
  return has_amx_bf16();
}
#else
bool cpu_has(Instructions) { return false; }
#endif

}  // namespace denoiscope
