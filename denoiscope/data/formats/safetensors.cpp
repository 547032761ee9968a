// safetensors: the length of a JSON header, the header, then the tensors one after another without gaps.
#include <fmt/format.h>

#include <algorithm>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/json.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {
namespace {

constexpr std::size_t kLengthBytes = 8, kMaxHeader = std::size_t{16} << 20, kMaxTensors = 65536;

struct Tensor {
  std::string name, type;
  std::size_t place = 0;  ///< the byte of the file at which its name in the header ends
  ArrayHeader header;
  bool known = false;  ///< whether the type is one of ours
  std::size_t begin = 0, end = 0;
};

[[noreturn]] void refuse(const std::string& file, const Tensor& tensor, std::string_view field,
                         std::string_view expected) {
  malformed(file, tensor.place, fmt::format("{} of {}", field, printable(tensor.name)), "something else", expected,
            "The header is damaged.");
}

std::size_t natural(const Record& value, const std::string& file, const Tensor& tensor, const char* field) {
  if (!value.is_natural()) refuse(file, tensor, field, "whole numbers from 0");
  return static_cast<std::size_t>(value.whole());
}

// "U8", "I32", ...
std::string type_name(Scalar scalar) {
  std::string name = scalar_name(scalar);
  name.front() = static_cast<char>(name.front() - 'a' + 'A');
  return name;
}

bool read_type(Tensor& tensor) {
  for (const Scalar scalar : kScalars) {
    if (type_name(scalar) != tensor.type) continue;
    tensor.header.scalar = scalar;
    return true;
  }
  return false;
}

Tensor read_tensor(const std::string& name, const Record& entry, std::size_t place, const std::string& file) {
  Tensor tensor;
  tensor.name = name;
  tensor.place = place;
  const bool whole = entry.is_object() && entry.size() == 3 && entry.contains("dtype") && entry["dtype"].is_text() &&
                     entry.contains("shape") && entry["shape"].is_list() && entry.contains("data_offsets") &&
                     entry["data_offsets"].is_list() && entry["data_offsets"].size() == 2;
  if (!whole) refuse(file, tensor, "entry", "dtype, shape and two data_offsets");
  tensor.type = entry["dtype"].text();
  tensor.known = read_type(tensor);
  for (const Record& extent : entry["shape"]) tensor.header.extents.push_back(natural(extent, file, tensor, "shape"));
  tensor.begin = natural(entry["data_offsets"][0], file, tensor, "data_offsets");
  tensor.end = natural(entry["data_offsets"][1], file, tensor, "data_offsets");
  if (tensor.begin > tensor.end) refuse(file, tensor, "data_offsets", "begin before end");
  return tensor;
}

std::vector<Tensor> read_header(std::string_view text, const std::string& file) {
  std::map<std::string, std::size_t> places;
  const Record header = parse_json(text, kLengthBytes, file, places);
  if (!header.is_object()) malformed(file, kLengthBytes, "header", "no JSON object", "one");
  if (header.size() > kMaxTensors)
    malformed(file, kLengthBytes, "header", fmt::format("{} tensors", header.size()),
              fmt::format("at most {}", kMaxTensors));
  std::vector<Tensor> tensors;
  for (const auto& [name, entry] : header.fields())
    if (name != "__metadata__") tensors.push_back(read_tensor(name, entry, places.at(name), file));
  return tensors;
}

// Every byte belongs to one tensor: the format demands it, and a hole could carry anything.
void require_tiled(std::vector<Tensor>& tensors, std::size_t origin, std::size_t size, const std::string& file) {
  std::sort(tensors.begin(), tensors.end(),
            [](const Tensor& a, const Tensor& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::size_t at = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.begin != at)
      malformed(file, tensor.place, "data_offsets of " + printable(tensor.name), fmt::format("{}", tensor.begin),
                fmt::format("{}: tensors one after another", at), "The header is damaged.");
    at = tensor.end;
  }
  if (at != size)
    malformed(file, origin, "numbers", fmt::format("{} bytes", size), fmt::format("the {} of the header", at),
              "The file is cut short or its header is damaged.");
}

Member open_tensor(const Bytes& bytes, std::size_t origin, const Tensor& tensor, const std::string& file) {
  Member member{tensor.name, {}, "", tensor.header.extents.size() == 1};
  const std::string name = file + ":" + printable(tensor.name);
  const std::vector<std::size_t>& extents = tensor.header.extents;
  if (!tensor.known) {
    member.unusable = fmt::format("type {}, expected one of U8 I32 I64 F32 F64", printable(tensor.type));
  } else if (extents.empty() || std::count(extents.begin(), extents.end(), std::size_t{0}) > 0) {
    member.unusable = "no rows";
  } else {
    const std::size_t payload = payload_bytes(tensor.header, file, tensor.place), size = tensor.end - tensor.begin;
    if (payload != size)
      malformed(file, tensor.place, "data_offsets of " + printable(tensor.name), fmt::format("{} bytes", size),
                fmt::format("the {} of its shape", payload), "The header is damaged.");
    Bytes part = part_of(bytes, origin + tensor.begin, size);
    member.array.push_back(array_dataset(std::move(part), 0, tensor.header, name));
  }
  return member;
}

}  // namespace

bool is_safetensors(const Bytes& bytes) {
  if (bytes.size < kLengthBytes + 2 || bytes.text()[kLengthBytes] != '{') return false;
  return load<std::uint64_t, false>(bytes.data.get()) <= kMaxHeader;
}

Dataset open_safetensors(const Bytes& bytes, Role role, const std::string& file) {
  Cursor cursor(bytes.span(), file);
  const std::size_t length = load<std::uint64_t, false>(cursor.take(kLengthBytes, "header length").data());
  if (length > kMaxHeader)
    malformed(file, 0, "header length", fmt::format("{} bytes", length), fmt::format("at most {}", kMaxHeader));
  const auto text = cursor.take(length, "header");
  std::vector<Tensor> tensors = read_header({reinterpret_cast<const char*>(text.data()), text.size()}, file);
  require_tiled(tensors, cursor.at(), bytes.size - cursor.at(), file);
  std::vector<Member> members;
  members.reserve(tensors.size());
  for (const Tensor& tensor : tensors) members.push_back(open_tensor(bytes, cursor.at(), tensor, file));
  return choose(members, role, file);
}

std::string encode_safetensors(std::span<const Array> arrays, const Notes& notes) {
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
    add(array->name, fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                 type_name(array->data.scalar()), fmt::join(extents_of(*array), ","), at, end));
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
