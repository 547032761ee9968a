#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/label_list.hpp"
#include "denoiscope/data/formats/picture.hpp"

namespace denoiscope::data {

namespace fs = std::filesystem;

PictureFormat picture_format(std::string_view content) {
  if (content.starts_with("\x89PNG\r\n\x1a\n")) return PictureFormat::png;
  return content.starts_with("\xff\xd8\xff") ? PictureFormat::jpeg : PictureFormat::none;
}

void changed(const std::string& file) {
  malformed(file, 0, "size", "another picture than a moment ago", "a file that stays as it is", "Try again.");
}

void check_plausible(const std::string& file, Index height, Index width, std::size_t bytes, std::size_t file_bytes) {
  if (height > kMaxSide || width > kMaxSide)  // none is 0: there both libraries and our walk through PNG refuse
    malformed(file, 0, "size", fmt::format("{} x {} pixels", width, height), fmt::format("1 to {} a side", kMaxSide),
              "Scale it down.");
  constexpr std::size_t kMaxExpansion = 2048;  // deflate reaches 1032, plain progressive JPEG as much
  if (bytes / kMaxExpansion > file_bytes)
    malformed(file, 0, "size", fmt::format("{} x {} pixels in {} bytes", width, height, file_bytes),
              "more compressed data", "The file is damaged.");
}

namespace {

struct Picture {
  fs::path file;
  PictureFormat format;
  PictureSize size;
  long long label;  // position of its class folder, or -1
};

struct Listing {
  std::vector<Picture> pictures;
  std::vector<std::string> classes;  // names of the sub-folders, sorted
  std::size_t others = 0;            // files that are no pictures
  std::string other;                 // one of them
};

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool named_as_picture(const fs::path& file) {
  std::string extension = file.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

void add(Listing& listing, const fs::path& file, long long label) {
  const Bytes content = map_file(file);
  const PictureFormat format = picture_format(content.text());
  const std::string name = file.string();
  if (format != PictureFormat::none) {
    const PictureSize size =
        format == PictureFormat::png ? inspect_png(content.span(), name) : inspect_jpeg(content.span(), name);
    listing.pictures.push_back({file, format, size, label});
  } else if (named_as_picture(file)) {
    malformed(name, 0, "magic", fmt::format("{} bytes that are neither PNG nor JPEG", content.size),
              "what its name says", "Replace or remove the file.");
  } else {
    if (listing.others++ == 0) listing.other = name;
  }
}

// Regular files and folders that are not hidden, sorted by name: the order of rows must not depend on the file system.
std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  std::error_code failure;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end; at.increment(failure))
    if (!hidden(at->path())) entries.push_back(*at);
  if (failure) throw DataError("{}: cannot list the folder: {}.", folder.string(), failure.message());
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.path().native() < b.path().native(); });
  return entries;
}

// Pictures anywhere below a class folder belong to it. Links to folders are not followed there: they may form a ring.
void add_class(Listing& listing, const fs::path& folder, long long label) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : entries_of(folder)) {
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) add_class(listing, entry.path(), label);
    if (entry.is_regular_file(ignored)) add(listing, entry.path(), label);
  }
}

// `listed`: labels come from a list, so that sub-folders mean nothing.
Listing list_pictures(const fs::path& folder, bool listed) {
  Listing listing;
  const std::vector<fs::directory_entry> entries = entries_of(folder);
  std::error_code ignored;
  for (const fs::directory_entry& entry : entries)
    if (entry.is_regular_file(ignored)) add(listing, entry.path(), -1);
  const std::size_t beside = listing.pictures.size();
  for (const fs::directory_entry& entry : entries) {
    if (!entry.is_directory(ignored)) continue;
    add_class(listing, entry.path(), static_cast<long long>(listing.classes.size()));
    listing.classes.push_back(entry.path().filename().string());
  }
  if (listing.pictures.empty())
    throw DataError("{}: {} files{} and {} sub-folders without a picture, expected PNG or JPEG files.", folder.string(),
                    listing.others, listing.others > 0 ? fmt::format(" (one is {})", listing.other) : "",
                    listing.classes.size());
  if (!listed && beside > 0 && beside < listing.pictures.size())
    throw DataError("{}: {} pictures beside the sub-folders and {} in them, expected all in class sub-folders or none.",
                    folder.string(), beside, listing.pictures.size() - beside);
  return listing;
}

std::string describe(PictureSize size) {
  return fmt::format("{} x {} pixels, {} channel{}", size.width, size.height, size.channels,
                     size.channels == 1 ? "" : "s");
}

void require_one_size(const std::vector<Picture>& pictures, const PictureForm& form) {
  // What most files have is what is expected, so the message names the odd one out.
  std::map<std::vector<Index>, std::size_t> counts;
  const auto key = [&](PictureSize stored) {
    const PictureSize size = size_after(stored, form);
    return std::vector<Index>{size.height, size.width, size.channels};
  };
  for (const Picture& picture : pictures) ++counts[key(picture.size)];
  if (counts.size() == 1) return;
  std::size_t most = 0;
  for (const auto& [size, count] : counts) most = std::max(most, count);
  const auto usual =
      std::find_if(pictures.begin(), pictures.end(), [&](const Picture& p) { return counts[key(p.size)] == most; });
  const auto odd =
      std::find_if(pictures.begin(), pictures.end(), [&](const Picture& p) { return key(p.size) != key(usual->size); });
  throw DataError("{}: {}, expected {} like {}. Bring all to one size and colour type with --resize, --rgb or --gray.",
                  odd->file.string(), describe(size_after(odd->size, form)), describe(size_after(usual->size, form)),
                  usual->file.string());
}

void label_by_folder(const Listing& listing, Dataset& data) {
  std::vector<long long> labels;
  labels.reserve(listing.pictures.size());
  for (const Picture& picture : listing.pictures) labels.push_back(picture.label);
  data.set_labels(labels, data.name());
  std::vector<std::string> names;
  names.reserve(data.classes().size());
  for (const ClassInfo& info : data.classes()) names.push_back(listing.classes[info.label]);
  data.name_classes(names);
}

void label_from(const LabelList& list, const Listing& listing, const fs::path& folder, Dataset& data) {
  if (list.labels.empty()) return;
  std::vector<std::string> names;
  names.reserve(listing.pictures.size());
  for (const Picture& picture : listing.pictures)
    names.push_back(picture.file.lexically_relative(folder).generic_string());
  data.set_labels(list.of(names), list.file);
}

}  // namespace

Dataset open_image_folder(const fs::path& folder, const PictureForm& form) {
  const std::optional<LabelList> list = read_label_list(folder);
  const Listing listing = list_pictures(folder, list.has_value());
  const std::vector<Picture>& pictures = listing.pictures;
  require_one_size(pictures, form);
  const PictureSize size = size_after(pictures.front().size, form);
  const auto rows = static_cast<Index>(pictures.size());
  // At most 2^26 bytes a picture: that many pictures whose product wraps would not fit into a list.
  auto [numbers, at] = allocate_bytes(size.bytes() * pictures.size());
  auto* const pixels = reinterpret_cast<unsigned char*>(at);
  parallel_for(rows, [&](Index row) {
    const Picture& picture = pictures[row];
    const Bytes content = map_file(picture.file);
    const auto decode = picture.format == PictureFormat::png ? decode_png : decode_jpeg;
    const std::span<unsigned char> out(pixels + static_cast<std::size_t>(row) * size.bytes(), size.bytes());
    if (picture.size == size) {
      decode(content.span(), picture.file.string(), size, out);
      return;
    }
    std::vector<unsigned char> stored(picture.size.bytes());
    decode(content.span(), picture.file.string(), picture.size, stored);
    reform(stored, picture.size, form, out);
  });
  std::vector<Index> shape{size.height, size.width};
  if (size.channels > 1) shape.push_back(size.channels);
  Dataset data = Dataset::from_bytes(std::move(numbers), 0, rows, shape, Scalar::u8, false, folder.string());
  if (list) {
    label_from(*list, listing, folder, data);
  } else if (!listing.classes.empty() && pictures.front().label >= 0) {
    label_by_folder(listing, data);
  }
  return data;
}

}  // namespace denoiscope::data
