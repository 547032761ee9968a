#include <fmt/format.h>

#include <algorithm>

#include "denoiscope/data/formats/encode.hpp"
#include "denoiscope/data/formats/json.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {

std::string encode_safetensors(std::span<const Array> arrays, const Notes& notes) {
  constexpr const char* kTypes[] = {"U8", "I32", "I64", "F32", "F64"};
  // Wide numbers first, so that each tensor begins at a multiple of its own width.
  std::vector<const Array*> order;
  for (const Array& array : arrays) order.push_back(&array);
  std::stable_sort(order.begin(), order.end(), [](const Array* a, const Array* b) {
    return scalar_bytes(a->data.scalar()) > scalar_bytes(b->data.scalar());
  });
  std::string header;
  const auto add = [&](const std::string& name, const std::string& value) {
    header += (header.empty() ? "" : ",") + json_text(name) + ":" + value;
  };
  if (!notes.empty()) {
    std::string metadata;
    for (const auto& [key, value] : notes)
      metadata += (metadata.empty() ? "" : ",") + json_text(key) + ":" + json_text(value);
    add("__metadata__", "{" + metadata + "}");
  }
  std::size_t at = 0;
  for (const Array* array : order) {
    const auto count = static_cast<std::size_t>(array->data.rows() * array->data.dimension());
    const std::size_t end = at + count * scalar_bytes(array->data.scalar());
    add(array->name,
        fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                    kTypes[static_cast<int>(array->data.scalar())], fmt::join(extents_of(*array), ","), at, end));
    at = end;
  }
  std::string text = "{" + header + "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string content;
  for (std::size_t i = 0; i < 8; ++i) content += static_cast<char>(text.size() >> (8 * i) & 0xff);
  content += text;
  content.reserve(content.size() + at);
  for (const Array* array : order) append_numbers(content, array->data);
  return content;
}

}  // namespace denoiscope::data
