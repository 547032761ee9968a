// Configuration files, and the lines of them that are written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace denoiscope {

/// One key of a TOML text: its value as one would type it on a command line, and where it stands, for refusals.
struct TomlEntry {
  std::string key, typed, where;
};

/// The keys of a text, which errors call `file`: texts, numbers, booleans and flat lists of them. Throws UsageError
/// that names file, byte, line and what is wrong.
std::vector<TomlEntry> toml_entries(std::string_view text, const std::string& file);

/// A text on one line in quotes, as it is where nothing in it speaks against it.
std::string toml_text(const std::string& text);

}  // namespace denoiscope
