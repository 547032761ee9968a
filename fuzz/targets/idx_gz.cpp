#include "denoiscope/data/formats/formats.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::orderly(
      [&] { fuzz::read_through(denoiscope::data::open_idx_gz(fuzz::owned(data, size), fuzz::kFile)); });
}
