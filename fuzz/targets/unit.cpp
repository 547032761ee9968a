#include "denoiscope/study/run_directory.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  denoiscope::unit_content(fuzz::text_of(data, size), "c");
  return 0;
}
