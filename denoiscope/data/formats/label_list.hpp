// Labels of a folder of pictures, by name. Private to this room.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace denoiscope::data {

struct LabelList {
  std::string file;
  std::unordered_map<std::string, long long> labels;  ///< by path below the folder; empty where there are no classes

  /// Labels of the pictures, in their order. Throws DataError unless every picture and no other has one.
  std::vector<long long> of(const std::vector<std::string>& pictures) const;
};

/// What dataset.json in the folder says; nothing where there is no such file, or it has no "labels". Throws DataError
/// where it is damaged or names a picture twice.
std::optional<LabelList> read_label_list(const std::filesystem::path& folder);
/// The same of a text, which errors call `file`.
std::optional<LabelList> parse_label_list(std::string_view text, const std::string& file);

}  // namespace denoiscope::data
