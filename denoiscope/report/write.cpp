#include <algorithm>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/file_system.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/report/report.hpp"

namespace denoiscope::report {

Record parse_result(std::string_view text, const std::string& file) {
  constexpr std::size_t kDeepest = 64;
  const auto refuse = [&](std::size_t at, const std::string& found, std::string_view expected) {
    const std::string_view before = text.substr(0, at);
    const std::size_t line_at = before.rfind('\n') + 1;  // 0 where there is none
    throw DataError("{}: byte {} (line {}, column {}): {}, expected {}. Run the analysis again.", file, at,
                    1 + std::count(before.begin(), before.end(), '\n'), at - line_at + 1, found, expected);
  };
  if (const std::size_t depth = json_depth(text); depth > kDeepest)
    refuse(0, fmt::format("{} levels", depth), fmt::format("at most {}", kDeepest));
  Record result;
  try {
    result = parse_record(text);
  } catch (const RecordError& error) {
    refuse(error.byte, error.found, error.expected);
  }
  if (!result.is_object()) refuse(0, fmt::format("{} at the top", result.type_name()), "an object");
  return result;
}

void write(const std::filesystem::path& run_directory) {
  const std::filesystem::path file = run_directory / "result.json";
  const Record result = parse_result(map_file(file).text(), file.string());
  const std::string page = html(result, run_directory);
  const std::filesystem::path folder = run_directory / "figures";
  make_folders(folder);
  for (const auto& figure : figures(result))
    write_atomically(folder / (figure.first + ".vl.json"), json_text(figure.second, 1) + "\n");
  write_atomically(run_directory / "report.html", page);
}

}  // namespace denoiscope::report
