#include <vector>

#include "denoiscope/data/formats/picture.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const denoiscope::Bytes bytes = fuzz::owned(data, size);
  return fuzz::orderly([&] {
    const denoiscope::data::PictureSize found = denoiscope::data::inspect_jpeg(bytes.span(), fuzz::kFile);
    std::vector<unsigned char> pixels(found.bytes());
    denoiscope::data::decode_jpeg(bytes.span(), fuzz::kFile, found, pixels);
  });
}
