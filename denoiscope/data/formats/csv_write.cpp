#include <fmt/format.h>

#include <iterator>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/encode.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {
namespace {

// One row's cells. Floats are spelt as the doubles they are: 0.1f reads back as 0.1f only from 0.10000000149011612.
void append_row(std::string& out, const Dataset& data, Index row) {
  with_scalar(data.scalar(), data.swapped(), [&]<class T, bool kSwapped>() {
    const std::byte* from = data.raw(row).data();
    for (Index j = 0; j < data.dimension(); ++j) {
      const T value = load<T, kSwapped>(from + j * Index{sizeof(T)});
      if (j > 0) out += ',';
      if constexpr (std::is_integral_v<T>) {
        fmt::format_to(std::back_inserter(out), "{}", static_cast<long long>(value));
      } else {
        fmt::format_to(std::back_inserter(out), "{}", static_cast<double>(value));
      }
    }
  });
}

}  // namespace

std::string encode_csv(const Dataset* data, std::span<const long long> labels, const std::string& file) {
  const Index columns = data == nullptr ? 0 : data->dimension();
  if (static_cast<std::size_t>(columns) + (labels.empty() ? 0 : 1) > kMaxColumns)
    throw DataError("{}: {} columns, expected at most {} in a CSV. Write .npy or .safetensors.", file, columns,
                    kMaxColumns);
  std::string out;
  for (Index j = 0; j < columns; ++j) fmt::format_to(std::back_inserter(out), "{}x{}", j > 0 ? "," : "", j);
  if (!labels.empty()) out += columns > 0 ? ",label" : "label";
  out += '\n';
  const Index rows = data == nullptr ? static_cast<Index>(labels.size()) : data->rows();
  for (Index row = 0; row < rows; ++row) {
    if (data != nullptr) append_row(out, *data, row);
    if (!labels.empty()) fmt::format_to(std::back_inserter(out), "{}{}", columns > 0 ? "," : "", labels[row]);
    out += '\n';
  }
  return out;
}

}  // namespace denoiscope::data
