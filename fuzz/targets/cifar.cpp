#include "denoiscope/data/formats/formats.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const denoiscope::Bytes bytes = fuzz::owned(data, size);
  if (!denoiscope::data::is_cifar(bytes.text())) return 0;
  return fuzz::orderly([&] { fuzz::read_through(denoiscope::data::open_cifar(bytes, fuzz::kFile)); });
}
