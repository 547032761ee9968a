// The C++ side of numpy_agreement.py, which starts it once for thousands of files.
//   numpy_files read LIST [FAULT]                opens the files named in LIST, one a line, and says what it found
//   numpy_files write FOLDER COUNT SEED [FAULT]  writes random data sets and says what is in them
// One line a file on stdout, its fields between tabs:
//   NAME accepted TYPE EXTENTS SHA256-OF-LITTLE-ENDIAN-NUMBERS SHA256-OF-LABELS-OR-
//   NAME refused MESSAGE
// FAULT makes it report (order, shape, lenient, labels) or write (order, labels) wrongly, so that the script can show
// that it would notice.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/file_system.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/write.hpp"

namespace denoiscope {
namespace {

constexpr const char* kNames[] = {"u1", "i4", "i8", "f4", "f8"};
constexpr std::size_t kBytes[] = {1, 4, 8, 4, 8};

std::size_t bytes_of(Scalar scalar) { return kBytes[static_cast<int>(scalar)]; }

std::string labels_hash(const Dataset& data, const std::string& fault) {
  if (!data.labelled()) return "-";
  std::vector<long long> labels = data.label_values();
  if (fault == "labels") ++labels.front();
  return sha256(std::as_bytes(std::span(labels)));
}

std::string described(const Dataset& data, const std::string& fault) {
  std::string numbers;
  for (Index row = 0; row < data.rows(); ++row) {
    const auto bytes = data.raw(row);
    numbers.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  const std::size_t size = bytes_of(data.scalar());
  if (data.swapped() && fault != "order")
    for (std::size_t at = 0; at < numbers.size(); at += size)
      std::reverse(numbers.data() + at, numbers.data() + at + size);
  std::vector<Index> extents{data.rows()};
  extents.insert(extents.end(), data.shape().begin(), data.shape().end());
  if (fault == "shape") std::reverse(extents.begin(), extents.end());
  return fmt::format("accepted\t{}\t{}\t{}\t{}", kNames[static_cast<int>(data.scalar())], fmt::join(extents, " "),
                     sha256(numbers), labels_hash(data, fault));
}

void read(const std::string& list, const std::string& fault) {
  std::ifstream files(list);
  for (std::string file; std::getline(files, file);) {
    std::string found;
    try {
      found = described(data::open(file), fault);
    } catch (const DataError& error) {
      found = fault == "lenient" ? "accepted\tu1\t1 1\t-\t-" : fmt::format("refused\t{}", error.what());
    }
    fmt::print("{}\t{}\n", file, found);
  }
}

// Ten thousand files need not survive a loss of power.
class Unsynced final : public FileSystem {
  int fsync(int) override { return 0; }
};

Dataset random_data(std::mt19937_64& random, bool table) {
  const auto scalar = static_cast<Scalar>(random() % 5);
  std::vector<Index> shape;
  for (std::size_t axes = 1 + random() % 3; axes > 0; --axes) shape.push_back(static_cast<Index>(1 + random() % 6));
  const auto rows = static_cast<Index>(1 + random() % 8);
  std::size_t numbers = static_cast<std::size_t>(rows);
  for (const Index extent : shape) numbers *= static_cast<std::size_t>(extent);
  auto [bytes, at] = allocate_bytes(numbers * bytes_of(scalar));
  for (std::size_t i = 0; i < bytes.size; ++i) at[i] = static_cast<std::byte>(random() & 0xff);
  for (std::size_t i = 0; table && scalar == Scalar::f64 && i < numbers; ++i) {  // text spells no NaN's bits
    double value = 0;
    std::memcpy(&value, at + 8 * i, 8);
    if (!std::isfinite(value)) std::memset(at + 8 * i, 0, 8);
  }
  for (std::size_t i = 0; table && scalar == Scalar::f32 && i < numbers; ++i) {
    float value = 0;
    std::memcpy(&value, at + 4 * i, 4);
    if (!std::isfinite(value)) std::memset(at + 4 * i, 0, 4);
  }
  const bool swapped = random() % 4 == 0 && scalar != Scalar::u8 && !table;
  Dataset data = Dataset::from_bytes(std::move(bytes), 0, rows, std::move(shape), scalar, swapped, "random");
  if (random() % 2 == 0) return data;
  std::vector<long long> labels(rows);
  for (long long& label : labels) label = static_cast<long long>(random()) >> (random() % 64);
  data.set_labels(labels, "random");
  return data;
}

void write(const std::string& folder, std::size_t count, std::uint64_t seed, const std::string& fault) {
  constexpr const char* kKinds[] = {".npy", ".npz", ".npz", ".safetensors", ".csv"};
  std::mt19937_64 random(seed);
  Unsynced disk;
  const ReplacedFileSystem replaced(disk);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t kind = i % std::size(kKinds);
    const Dataset data = random_data(random, kind == 4);
    const std::string file = fmt::format("{}/{}{}", folder, i, kKinds[kind]);
    Dataset written = data;
    if (fault == "order" && bytes_of(data.scalar()) > 1 && kind != 4) {
      auto [bytes, at] = allocate_bytes(data.raw(0).size() * static_cast<std::size_t>(data.rows()));
      std::memcpy(at, data.raw(0).data(), bytes.size);
      written = Dataset::from_bytes(bytes, 0, data.rows(), data.shape(), data.scalar(), !data.swapped(), "random");
    }
    if (fault == "labels" && data.labelled()) written.set_labels(std::vector<long long>(data.rows(), 7), "random");
    data::write(file, written, {{"source", "random"}}, kind == 2);
    fmt::print("{}\t{}\n", file, described(data, ""));
  }
}

}  // namespace
}  // namespace denoiscope

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() >= 2 && arguments[0] == "read") {
      denoiscope::read(arguments[1], arguments.size() > 2 ? arguments[2] : "");
      return 0;
    }
    if (arguments.size() >= 4 && arguments[0] == "write") {
      denoiscope::write(arguments[1], std::stoul(arguments[2]), std::stoull(arguments[3]),
                        arguments.size() > 4 ? arguments[4] : "");
      return 0;
    }
    fmt::print(stderr, "numpy_files read LIST [FAULT] | write FOLDER COUNT SEED [FAULT]\n");
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "numpy_files: {}\n", error.what());
    return 70;
  }
}
