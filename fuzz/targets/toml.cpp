#include "denoiscope/experiments/analyze/analyze.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::orderly([&] {
    denoiscope::Settings settings(denoiscope::analyze_settings());
    settings.parse_toml(fuzz::text_of(data, size), fuzz::kFile);
    denoiscope::Settings again(denoiscope::analyze_settings());
    again.parse_toml(settings.toml(), fuzz::kFile);
    if (again.toml() != settings.toml()) __builtin_trap();  // what is printed reads back to the same settings
  });
}
