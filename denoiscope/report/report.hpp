// The report of a run: reads records, computes nothing. One page that opens from disk with no network, the same figures
// as Vega-Lite files, and a table for the terminal. The fields read here are those of docs/result-schema.md.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "denoiscope/base/record.hpp"

namespace denoiscope::report {

/// One self-contained page. `run_directory` is where the PNG files named in `strips` lie, and provenance.json where
/// there is one. Throws DataError that names the file and the field when a field has the wrong type or an image is
/// missing.
std::string html(const Record& result, const std::filesystem::path& run_directory);

/// The findings as plain text of at most 100 columns, the verdict first; with `colours` its levels are coloured by ANSI
/// escapes. Throws DataError as html does.
std::string table(const Record& result, bool colours = false);

/// Named OU times in every clock, a row each under a head; those that are not finite are left out. Empty without any.
std::string time_table(const std::vector<std::pair<std::string, double>>& times);

/// The `data` record alone, as `denoiscope info` prints it.
std::string data_table(const Record& data);

/// (name, Vega-Lite 6 specification with its data inline), in the order of the page. A figure whose data are null or
/// empty is left out. The caption is the `description` of the specification. Throws DataError as html does.
std::vector<std::pair<std::string, Record>> figures(const Record& result);

/// One entry of the gallery (schema reproduce): its figure, points over theory; null where it was skipped.
Record gallery_figure(const Record& entry);
/// Its table: what was expected, measured, and the verdict.
std::string gallery_table(const Record& entry, bool colours = false);
/// A page of several entries.
std::string gallery_html(const Record& entries);

/// The object that `text` spells, which errors call `file`. Throws DataError where it is no JSON object, or nests too
/// deep to be a record.
Record parse_result(std::string_view text, const std::string& file);

/// Reads result.json of a run and writes report.html and figures/<name>.vl.json beside it, each atomically.
/// Throws DataError that names the file and the place when result.json is missing or malformed.
void write(const std::filesystem::path& run_directory);

}  // namespace denoiscope::report
