// dataset.json beside pictures: {"labels": [["00000/img0.png", 6], ...]}, as tools for generative models write it.
#include "denoiscope/data/label_list.hpp"

#include <fmt/format.h>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/array.hpp"
#include "denoiscope/data/json.hpp"

namespace denoiscope::data {

std::optional<LabelList> read_label_list(const std::filesystem::path& folder) {
  constexpr std::size_t kMaxBytes = std::size_t{256} << 20;
  const std::filesystem::path path = folder / "dataset.json";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  const std::string file = path.string();
  const Bytes bytes = map_file(path);
  if (bytes.size > kMaxBytes)
    malformed(file, 0, "length", fmt::format("{} bytes", bytes.size), fmt::format("at most {}", kMaxBytes));
  const nlohmann::json content = parse_json(bytes.text(), 0, file);
  if (!content.is_object() || !content.contains("labels")) return std::nullopt;
  LabelList list{file, {}};
  const nlohmann::json& labels = content["labels"];
  if (labels.is_null()) return list;  // so these tools say that there are no classes
  if (!labels.is_array() || labels.empty())
    throw DataError("{}: 'labels' is no list, expected [[\"picture.png\", 0], ...]. Remove it or the file.", file);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const nlohmann::json& pair = labels[i];
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_number_integer())
      throw DataError("{}: labels[{}] is something else, expected [\"picture.png\", an integer].", file, i);
    const auto& name = pair[0].get_ref<const std::string&>();
    if (!list.labels.emplace(name, pair[1].get<long long>()).second)
      throw DataError("{}: labels[{}] names {} again, expected every picture once.", file, i, printable(name));
  }
  return list;
}

std::vector<long long> LabelList::of(const std::vector<std::string>& pictures) const {
  std::vector<long long> out;
  for (const std::string& picture : pictures) {
    const auto at = labels.find(picture);
    if (at == labels.end())
      throw DataError("{}: no label of {}, expected one for every picture below the folder.", file, printable(picture));
    out.push_back(at->second);
  }
  if (labels.size() != pictures.size())
    throw DataError("{}: {} labels, expected one for each of the {} pictures. Pictures are missing.", file,
                    labels.size(), pictures.size());
  return out;
}

}  // namespace denoiscope::data
