#include "denoiscope/data/formats/formats.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using denoiscope::data::Role;
  const denoiscope::Bytes bytes = fuzz::owned(data, size);
  fuzz::orderly([&] { denoiscope::data::integers_of(denoiscope::data::open_npz(bytes, Role::labels, fuzz::kFile)); });
  return fuzz::orderly([&] { fuzz::read_through(denoiscope::data::open_npz(bytes, Role::data, fuzz::kFile)); });
}
