#include "denoiscope/experiments/analyze/analyze.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::orderly([&] {
    const auto table = denoiscope::experiments::analyze_experiment().parameters;
    denoiscope::Request settings(table), again(table);
    settings.parse_toml(fuzz::text_of(data, size), fuzz::kFile);
    again.parse_toml(settings.toml(), fuzz::kFile);
    if (again.toml() != settings.toml()) __builtin_trap();  // what is printed reads back to the same settings
  });
}
