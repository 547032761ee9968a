// JSON as text that every reader accepts, whatever bytes the names in it hold.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace denoiscope {

/// The text of `value`; `indent` < 0: on one line. JSON is UTF-8 and file names need not be: what is no UTF-8 becomes
/// U+FFFD, so that a name can spoil itself but not the record.
inline std::string json_text(const nlohmann::json& value, int indent = -1) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace denoiscope
