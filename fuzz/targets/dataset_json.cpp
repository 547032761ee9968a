#include "denoiscope/data/formats/label_list.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::orderly([&] { denoiscope::data::parse_label_list(fuzz::text_of(data, size), fuzz::kFile); });
}
