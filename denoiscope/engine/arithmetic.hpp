// How the posterior of a data set is computed: in which precision, by which kernel.
#pragma once

#include <string>

#include "denoiscope/data/dataset.hpp"
#include "denoiscope/engine/kernel.hpp"

namespace denoiscope {

/// How logits are computed. f64: products in double precision, certified to 1e-7 nats or summed again from differences.
/// f32: products in single precision, everything in one pass, mean included; data that share the weight where single
/// precision would be seen are summed from differences in double precision; log-weights are reduced in double
/// precision. Where the CPU has a matrix unit, 8-bit data enter exactly and queries and weights in three pieces of
/// bfloat16, which is as accurate and faster.
/// bf16: the same with products of bfloat16 numbers where the CPU has them, faster still on
/// matrix units: logits err by up to 2^-7 of the product of sizes (the bound says so), and data that share the weight
/// are summed apart once that exceeds 8 nats; means err by 2^-7 of the data's spread besides.
enum class Precision { f64, f32, bf16 };

/// The arithmetic of an Empirical.
struct Arithmetic {
  Precision precision = Precision::f64;
  const kernel::Functions* kernel = nullptr;  ///< null: the fastest that this CPU runs
  bool means = true;  ///< false: no mean will be asked for, and bfloat16 panels take half the memory
};

/// What people call it: precision f64, f32, f32c (the same as f32) or bf16; kernel empty (the fastest) or the name of
/// one. Throws UsageError for a precision that there is not, or a kernel that this CPU cannot run.
Arithmetic arithmetic_named(const std::string& precision, const std::string& kernel);

/// Name of the kernel that computes in it with these data, here.
std::string kernel_of(const Arithmetic& arithmetic, const Dataset& data);
/// The same where there are no data.
std::string kernel_of(const Arithmetic& arithmetic);

/// Whether single precision of these data takes three products of bfloat16 numbers on the CPU's matrix unit: for 8-bit
/// data, which those hold exactly.
bool in_pieces(const Dataset& data, const Arithmetic& arithmetic);

}  // namespace denoiscope
