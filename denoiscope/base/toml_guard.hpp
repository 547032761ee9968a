// What the packaged TOML parser (toml++ 3.3.0) must not see, because it would recurse without end or leave defined
// behaviour. Private to this room.
#pragma once

#include <string>
#include <string_view>

namespace denoiscope {

/// Throws UsageError, naming byte and line, for a configuration above 1 MiB, nesting above 32 or above 4096 dots in a
/// line (it recurses on both), tables (it asserts on their names), texts over several lines, control characters, and
/// anything but ASCII outside of quotes and comments (its Unicode tables end in unreachable code).
void guard_toml(std::string_view text, const std::string& file);

/// "<file>: byte <offset> (line <line>)".
std::string toml_place(const std::string& file, std::string_view text, std::size_t offset);

}  // namespace denoiscope
