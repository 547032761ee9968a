#include "denoiscope/data/formats/json.hpp"

#include "denoiscope/data/formats/array.hpp"

namespace denoiscope::data {

Record parse_json(std::string_view text, std::size_t origin, const std::string& file,
                  std::map<std::string, std::size_t>& places) {
  constexpr std::size_t kDeepest = 8;
  try {
    Record value = parse_record(text, kDeepest, places);
    for (auto& [name, place] : places) place += origin;
    return value;
  } catch (const RecordError& error) {
    const bool twice = error.expected == "every name once";
    malformed(file, origin + error.byte, "JSON", printable(error.found), error.expected,
              twice ? "" : "The file is damaged.");
  }
}

}  // namespace denoiscope::data
