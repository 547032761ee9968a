// Which of several kernels, each compiled for other instructions, this CPU runs best. Not for the kernels' own files:
// no template may be instantiated there.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace denoiscope {

/// Instructions that kernels are compiled for, beyond those of every CPU of the architecture.
enum class Instructions { fma, avx2, avx512f, avx512dq, avx512_bf16, amx_bf16 };

/// Whether this CPU has them, and the system lets programs use them.
bool cpu_has(Instructions what);

/// A kernel, and what it needs. T has a member `name`.
template <class T>
struct Variant {
  const T* functions;
  std::vector<Instructions> needs;
};

/// Of these, the fastest first, the kernels that this CPU runs.
template <class T>
std::vector<const T*> runnable(std::initializer_list<Variant<T>> fastest_first) {
  std::vector<const T*> out;
  for (const Variant<T>& variant : fastest_first)
    if (std::all_of(variant.needs.begin(), variant.needs.end(), cpu_has)) out.push_back(variant.functions);
  return out;
}

/// The one of that name, or null.
template <class T>
const T* find_named(const std::vector<const T*>& kernels, std::string_view name) {
  for (const T* kernel : kernels)
    if (kernel->name == name) return kernel;
  return nullptr;
}

}  // namespace denoiscope
