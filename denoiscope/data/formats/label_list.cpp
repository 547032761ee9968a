// dataset.json beside pictures: {"labels": [["00000/img0.png", 6], ...]}, as tools for generative models write it.
#include "denoiscope/data/formats/label_list.hpp"

#include <fmt/format.h>

#include <map>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/json.hpp"

namespace denoiscope::data {

std::optional<LabelList> read_label_list(const std::filesystem::path& folder) {
  constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
  const std::filesystem::path path = folder / "dataset.json";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  const std::string file = path.string();
  const Bytes bytes = map_file(path);
  if (bytes.size > kMaxBytes)
    malformed(file, 0, "length", fmt::format("{} bytes", bytes.size), fmt::format("at most {}", kMaxBytes));
  return parse_label_list(bytes.text(), file);
}

std::optional<LabelList> parse_label_list(std::string_view text, const std::string& file) {
  std::map<std::string, std::size_t> places;
  const Record content = parse_json(text, 0, file, places);
  if (!content.is_object() || !content.contains("labels")) return std::nullopt;
  LabelList list{file, {}};
  const Record& labels = content["labels"];
  if (labels.is_null()) return list;  // so these tools say that there are no classes
  const std::size_t place = places.at("labels");
  if (!labels.is_list() || labels.empty())
    malformed(file, place, "labels", "no list", "[[\"picture.png\", 0], ...]", "Remove it or the file.");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Record& pair = labels[i];
    const std::string field = fmt::format("labels[{}]", i);
    if (!pair.is_list() || pair.size() != 2 || !pair[0].is_text() || !pair[1].is_whole())
      malformed(file, place, field, "something else", "[\"picture.png\", an integer]");
    const std::string& name = pair[0].text();
    if (!list.labels.emplace(name, pair[1].whole()).second)
      malformed(file, place, field, printable(name) + " again", "every picture once");
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
