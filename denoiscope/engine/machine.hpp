// What this machine offers to the posterior: CPU, instructions, kernels, and how fast they could be at best.
#pragma once

#include <string>
#include <vector>

#include "denoiscope/engine/empirical.hpp"

namespace denoiscope {

/// The CPU's name as the system tells it; "unknown" where it does not.
std::string cpu_name();

/// Of the instruction sets that decide how fast kernels run, those that this CPU has, as Linux names them.
std::vector<std::string> cpu_features();

/// The kernels that this CPU can run, fastest first.
std::vector<std::string> kernels();

/// Fused multiply-adds in registers by the fastest kernel on `count` threads, GF/s: the median of three measurements of
/// about `seconds` each. No matrix product in that precision can be faster. bf16: products of bfloat16 numbers, NaN
/// where this CPU has none.
double ceiling_gflops(int count, double seconds, Precision precision = Precision::f64);

}  // namespace denoiscope
