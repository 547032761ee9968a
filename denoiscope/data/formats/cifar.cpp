// CIFAR-10 and CIFAR-100 as their makers publish them in binary: records of one label byte (or a coarse and a fine one)
// and the red, green and blue planes of a picture of 32 x 32.
#include <fmt/format.h>

#include <filesystem>

#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/formats.hpp"

namespace denoiscope::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSide = 32, kPlane = kSide * kSide, kPicture = 3 * kPlane;
constexpr const char* kTenNames[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                     "dog",      "frog",       "horse", "ship", "truck"};

bool labelled_below(std::string_view content, std::size_t record, std::size_t place, unsigned limit) {
  for (std::size_t at = place; at < content.size(); at += record)
    if (static_cast<unsigned char>(content[at]) >= limit) return false;
  return true;
}

// Label bytes a record, 1 or 2; 0 where the content cannot be CIFAR.
std::size_t label_bytes(std::string_view content) {
  if (content.empty()) return 0;
  if (content.size() % (1 + kPicture) == 0 && labelled_below(content, 1 + kPicture, 0, 10)) return 1;
  const bool hundred = content.size() % (2 + kPicture) == 0 && labelled_below(content, 2 + kPicture, 0, 20) &&
                       labelled_below(content, 2 + kPicture, 1, 100);
  return hundred ? 2 : 0;
}

// From planes to colour last, as every other picture here has it.
void interleave(const std::byte* planes, std::byte* pixels) {
  for (std::size_t i = 0; i < kPlane; ++i)
    for (std::size_t colour = 0; colour < 3; ++colour) pixels[3 * i + colour] = planes[colour * kPlane + i];
}

Dataset from_parts(const std::vector<Bytes>& parts, std::size_t lead, const std::string& name) {
  std::size_t rows = 0;
  for (const Bytes& part : parts) rows += part.size / (lead + kPicture);
  auto [numbers, pixels] = allocate_bytes(rows * kPicture);
  std::vector<long long> labels;
  labels.reserve(rows);
  std::byte* to = pixels;
  for (const Bytes& part : parts)
    for (std::size_t at = 0; at < part.size; at += lead + kPicture, to += kPicture) {
      labels.push_back(std::to_integer<long long>(part.span()[at + lead - 1]));
      interleave(part.data.get() + at + lead, to);
    }
  Dataset data =
      Dataset::from_bytes(std::move(numbers), 0, static_cast<Index>(rows), {kSide, kSide, 3}, Scalar::u8, false, name);
  data.set_labels(labels, name);
  if (lead == 2) return data;
  std::vector<std::string> names;
  for (const ClassInfo& info : data.classes()) names.emplace_back(kTenNames[info.label]);
  data.name_classes(names);
  return data;
}

// The training part of a folder as it comes out of the published archive, in order.
std::vector<fs::path> training_files(const fs::path& folder) {
  std::error_code ignored;
  if (fs::is_regular_file(folder / "train.bin", ignored)) return {folder / "train.bin"};
  std::vector<fs::path> files;
  for (int part = 1; fs::is_regular_file(folder / fmt::format("data_batch_{}.bin", part), ignored); ++part)
    files.push_back(folder / fmt::format("data_batch_{}.bin", part));
  return files;
}

}  // namespace

bool is_cifar(std::string_view content) { return label_bytes(content) != 0; }

Dataset open_cifar(const Bytes& bytes, const std::string& file) {
  return from_parts({bytes}, label_bytes(bytes.text()), file);
}

bool is_cifar_folder(const fs::path& folder) { return !training_files(folder).empty(); }

Dataset open_cifar_folder(const fs::path& folder) {
  std::vector<Bytes> parts;
  std::size_t lead = 0;
  for (const fs::path& file : training_files(folder)) {
    parts.push_back(map_file(file));
    const std::size_t found = label_bytes(parts.back().text());
    if (found == 0 || (lead != 0 && found != lead))
      malformed(file.string(), 0, "records", fmt::format("{} bytes", parts.back().size),
                lead == 0 ? "records of 3073 or 3074 bytes whose labels are below 10, or 20 and 100"
                          : "records like those of the files before it",
                "The file is cut short or damaged; fetch it again.");
    lead = found;
  }
  return from_parts(parts, lead, folder.string());
}

}  // namespace denoiscope::data
