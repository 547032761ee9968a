// JSON from strangers: no key twice, no deep nesting. Private to this room.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace denoiscope::data {

/// The value that the whole of `text` spells; `text` begins at byte `origin` of `file`. Throws DataError where it is no
/// JSON, nests more than 8 deep, or has a key twice in one object.
nlohmann::json parse_json(std::string_view text, std::size_t origin, const std::string& file);

}  // namespace denoiscope::data
