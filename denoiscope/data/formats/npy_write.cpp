// Versions of the header beyond 1.0 are for longer headers than any data set has.
#include <fmt/format.h>

#include "denoiscope/data/formats/encode.hpp"
#include "denoiscope/data/formats/formats.hpp"

namespace denoiscope::data {
namespace {

std::string header_of(const Array& array) {
  constexpr const char* kTypes[] = {"|u1", "<i4", "<i8", "<f4", "<f8"};
  const std::vector<Index> extents = extents_of(array);
  const std::string shape = fmt::format("({}{})", fmt::join(extents, ", "), extents.size() == 1 ? "," : "");
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                                 kTypes[static_cast<int>(array.data.scalar())], shape);
  constexpr std::size_t kPrefix = 10, kAlign = 64;  // the numbers begin at a multiple of 64, as numpy has it
  text.append((kAlign - (kPrefix + text.size() + 1) % kAlign) % kAlign, ' ');
  text += '\n';
  std::string header(kNpyMagic);
  header += {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return header + text;
}

}  // namespace

std::string encode_npy(const Array& array) {
  std::string content = header_of(array);
  append_numbers(content, array.data);
  return content;
}

}  // namespace denoiscope::data
