#include "denoiscope/data/formats/formats.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  denoiscope::data::idx_fits(fuzz::owned(data, size));
  return fuzz::orderly([&] { fuzz::read_through(denoiscope::data::open_idx(fuzz::owned(data, size), fuzz::kFile)); });
}
