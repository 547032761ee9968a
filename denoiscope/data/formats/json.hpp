// JSON from strangers: no key twice, no deep nesting. Private to this room.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "denoiscope/base/record.hpp"

namespace denoiscope::data {

/// The value that the whole of `text` spells; `text` begins at byte `origin` of `file`. Throws DataError where it is no
/// JSON, nests more than 8 deep, or has a key twice in one object. `places` becomes the bytes of the file at which the
/// names in the outermost object end.
Record parse_json(std::string_view text, std::size_t origin, const std::string& file,
                  std::map<std::string, std::size_t>& places);

}  // namespace denoiscope::data
