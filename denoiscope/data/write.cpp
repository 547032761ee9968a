#include "denoiscope/data/write.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<const char*, FileKind> kKinds[] = {{".npy", FileKind::npy},
                                                       {".npz", FileKind::npz},
                                                       {".safetensors", FileKind::safetensors},
                                                       {".csv", FileKind::csv},
                                                       {".png", FileKind::png}};

std::size_t store(const fs::path& file, const std::string& content) {
  write_atomically(file, content);
  return content.size();
}

Array in_memory(const NamedArray& array, const fs::path& file) {
  Index each = 1;
  for (const Index extent : array.row) each *= extent;
  return std::visit(
      [&](const auto& values) -> Array {
        static_assert(sizeof values[0] == 8);
        const auto count = static_cast<Index>(values.size());
        if (each < 1 || count % each != 0)
          throw InternalError("{}: {} numbers of {} cannot take rows of {}", file.string(), count, array.name, each);
        auto [bytes, at] = allocate_bytes(values.size_bytes());
        std::memcpy(at, values.data(), values.size_bytes());
        const bool real = std::is_same_v<decltype(values[0]), const double&>, flat = array.row.empty();
        return {array.name,
                Dataset::from_bytes(std::move(bytes), 0, count / each, flat ? std::vector<Index>{1} : array.row,
                                    real ? Scalar::f64 : Scalar::i64, false, file.string()),
                flat};
      },
      array.values);
}

}  // namespace

FileKind kind_of(const fs::path& file) {
  const std::string extension = file.extension().string();
  std::vector<std::string> known;
  for (const auto& [name, kind] : kKinds) {
    if (extension == name) return kind;
    known.emplace_back(name);
  }
  throw UsageError(
      "{}: {}, expected .npy, .npz, .safetensors, .csv or .png.{}", file.string(),
      extension.empty() ? "a name without extension" : fmt::format("unknown extension '{}'", printable(extension)),
      did_you_mean(extension, known));
}

bool holds_labels(FileKind kind) { return kind != FileKind::npy && kind != FileKind::png; }

std::vector<Index> extents_of(const Array& array) {
  std::vector<Index> extents{array.data.rows()};
  if (!array.flat) extents.insert(extents.end(), array.data.shape().begin(), array.data.shape().end());
  return extents;
}

Array labels_array(const Dataset& data) {
  const std::vector<long long> values = data.label_values();
  return in_memory({"labels", values}, data.name());
}

void append_numbers(std::string& out, const Dataset& data) {
  const std::size_t before = out.size(), size = scalar_bytes(data.scalar());
  out.reserve(before + static_cast<std::size_t>(data.rows() * data.dimension()) * size);
  for (Index row = 0; row < data.rows(); ++row) {
    const auto bytes = data.raw(row);
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  if (!data.swapped()) return;
  for (std::size_t at = before; at < out.size(); at += size) std::reverse(out.data() + at, out.data() + at + size);
}

std::size_t write(const fs::path& file, const Dataset& data, const Notes& notes, bool compressed) {
  const FileKind kind = kind_of(file);
  std::vector<Array> arrays{{data.is_image() ? "images" : "x", data, false}};
  if (kind == FileKind::npy) return store(file, encode_npy(arrays.front()));
  if (kind == FileKind::png) return store(file, encode_grid(data, notes, file.string()));
  if (kind == FileKind::csv) return store(file, encode_csv(&data, data.label_values(), file.string()));
  if (data.labelled()) arrays.push_back(labels_array(data));
  return store(
      file, kind == FileKind::npz ? encode_npz(arrays, compressed, file.string()) : encode_safetensors(arrays, notes));
}

std::size_t write_labels(const fs::path& file, const Dataset& data, const Notes& notes, bool compressed) {
  const FileKind kind = kind_of(file);
  if (!data.labelled()) throw UsageError("{}: {} has no labels to write. Give --labels.", file.string(), data.name());
  if (kind == FileKind::png) throw UsageError("{}: labels are no picture, expected .npy or .csv.", file.string());
  if (kind == FileKind::csv) return store(file, encode_csv(nullptr, data.label_values(), file.string()));
  const std::vector<Array> arrays{labels_array(data)};
  if (kind == FileKind::npy) return store(file, encode_npy(arrays.front()));
  return store(
      file, kind == FileKind::npz ? encode_npz(arrays, compressed, file.string()) : encode_safetensors(arrays, notes));
}

std::size_t write_arrays(const fs::path& file, std::span<const NamedArray> arrays, const Notes& notes) {
  const FileKind kind = kind_of(file);
  if (kind != FileKind::npz && kind != FileKind::safetensors)
    throw UsageError("{}: several arrays, expected the name of a .npz or .safetensors.", file.string());
  std::vector<Array> encoded;
  for (const NamedArray& array : arrays) encoded.push_back(in_memory(array, file));
  return store(file,
               kind == FileKind::npz ? encode_npz(encoded, false, file.string()) : encode_safetensors(encoded, notes));
}

void write_npy(const fs::path& file, Rows values, std::span<const Index> shape) {
  const RowMatrix gapless = values;
  std::vector<Index> row{shape.begin(), shape.end()};
  if (row.empty()) row.push_back(values.cols());
  store(file, encode_npy(in_memory({"x", std::span(gapless.data(), gapless.size()), row}, file)));
}

void write_npy(const fs::path& file, std::span<const long long> values) {
  store(file, encode_npy(in_memory({"labels", values}, file)));
}

}  // namespace denoiscope::data
