#include "denoiscope/engine/arithmetic.hpp"

#include <map>

#include "denoiscope/base/error.hpp"
#include "denoiscope/engine/kernels/half.hpp"

namespace denoiscope {

Arithmetic arithmetic_named(const std::string& precision, const std::string& kernel) {
  static const std::map<std::string, Precision> known = {
      {"f64", Precision::f64}, {"f32", Precision::f32}, {"f32c", Precision::f32}, {"bf16", Precision::bf16}};
  const auto found = known.find(precision);
  if (found == known.end()) throw UsageError("precision: '{}' is none of f64, f32, f32c and bf16.", precision);
  Arithmetic out{found->second, nullptr};
  if (kernel.empty()) return out;
  out.kernel = kernel::named(kernel.c_str());
  if (out.kernel == nullptr)
    throw UsageError("kernel: this CPU has no '{}'; `denoiscope info --machine` lists what it has.", kernel);
  return out;
}

std::string kernel_of(const Arithmetic& arithmetic, const Dataset& data) {
  const bool half = arithmetic.precision == Precision::bf16 || in_pieces(data, arithmetic);
  if (half && kernel::best_half() != nullptr) return kernel::best_half()->name;
  return kernel_of(arithmetic);
}

std::string kernel_of(const Arithmetic& arithmetic) {
  return arithmetic.kernel != nullptr ? arithmetic.kernel->name : kernel::best().name;
}

bool in_pieces(const Dataset& data, const Arithmetic& arithmetic) {
  return arithmetic.precision == Precision::f32 && arithmetic.kernel == nullptr && data.scalar() == Scalar::u8 &&
         kernel::best_half() != nullptr && kernel::best_half()->triples_pay;
}

}  // namespace denoiscope
