// Text typed by people, or found in their files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace denoiscope {

/// " Did you mean 'x'?" for the candidate nearest to `typed` in edit distance, or "" when none is near enough to help.
std::string did_you_mean(std::string_view typed, const std::vector<std::string>& candidates);

/// The names of a table's rows, as candidates.
template <class Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& row : table) names.emplace_back(row.name);
  return names;
}

/// Control characters, which could break a line or steer a terminal, are spelt \xNN.
std::string one_line(std::string_view text);

/// Parts of `text` between separators; an empty text has no parts.
std::vector<std::string> split(std::string_view text, char separator);
/// What stands between blanks.
std::vector<std::string> words_of(std::string_view text);

/// `text` cut to `columns` code points of UTF-8, the last of them an ellipsis; whole where it is no longer than that.
/// Names of classes are shown to 60 columns: longer ones push everything else away.
std::string shortened(std::string_view text, std::size_t columns = 60);

/// How many brackets of JSON, outside of quotes, are open at most. Counted before a parser sees texts from strangers:
/// what it builds is copied and printed by recursion.
std::size_t json_depth(std::string_view text);

/// The number that the whole of `text` spells in the C locale, whatever the user's locale is.
/// Throws UsageError that names `what` when it is not a number.
double parse_number(std::string_view text, std::string_view what);

/// The integer that the whole of `text` spells. Throws UsageError that names `what`.
long long parse_integer(std::string_view text, std::string_view what);

}  // namespace denoiscope
