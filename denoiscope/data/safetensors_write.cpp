#include <algorithm>

#include "denoiscope/data/encode.hpp"
#include "denoiscope/data/json.hpp"
#include "denoiscope/data/scalar.hpp"

namespace denoiscope::data {

std::string encode_safetensors(std::span<const Array> arrays, const Notes& notes) {
  constexpr const char* kTypes[] = {"U8", "I32", "I64", "F32", "F64"};
  // Wide numbers first, so that each tensor begins at a multiple of its own width.
  std::vector<const Array*> order;
  for (const Array& array : arrays) order.push_back(&array);
  std::stable_sort(order.begin(), order.end(), [](const Array* a, const Array* b) {
    return scalar_bytes(a->data.scalar()) > scalar_bytes(b->data.scalar());
  });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  for (const auto& [key, value] : notes) header["__metadata__"][key] = value;
  std::size_t at = 0;
  for (const Array* array : order) {
    const auto count = static_cast<std::size_t>(array->data.rows() * array->data.dimension());
    const std::size_t end = at + count * scalar_bytes(array->data.scalar());
    header[array->name] = {{"dtype", kTypes[static_cast<int>(array->data.scalar())]},
                           {"shape", extents_of(*array)},
                           {"data_offsets", {at, end}}};
    at = end;
  }
  // File names need not be UTF-8, but JSON is.
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string content;
  for (std::size_t i = 0; i < 8; ++i) content += static_cast<char>(text.size() >> (8 * i) & 0xff);
  content += text;
  content.reserve(content.size() + at);
  for (const Array* array : order) append_numbers(content, array->data);
  return content;
}

}  // namespace denoiscope::data
