// How long a standard normal takes, beside the standard library's, in one run.
#include <fmt/format.h>

#include "bench/normals.hpp"
#include "denoiscope/base/noise_kernel.hpp"

int main() {
  const denoiscope::bench::NormalTimes times = denoiscope::bench::time_normals();
  fmt::print("normals, one thread, kernel {}\n{:>24} {:>8}\n{:>24} {:>8.2f}\n{:>24} {:>8.2f}\n{:>24} {:>8.1f}\n",
             denoiscope::noise_kernel::best().name, "", "ns each", "Noise", times.ours, "std::normal_distribution",
             times.standard, "ratio", times.standard / times.ours);
}
