#include "denoiscope/base/error.hpp"
#include "denoiscope/base/file_system.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/json.hpp"
#include "denoiscope/report/report.hpp"

namespace denoiscope::report {

void write(const std::filesystem::path& run_directory) {
  const std::filesystem::path file = run_directory / "result.json";
  nlohmann::json result;
  try {
    result = nlohmann::json::parse(map_file(file).text());
  } catch (const nlohmann::json::parse_error& error) {
    throw DataError("{}: not JSON: {}. Run the analysis again.", file.string(), error.what());
  }
  if (!result.is_object())
    throw DataError("{}: found {} at the top, expected an object. Run the analysis again.", file.string(),
                    result.type_name());
  const std::string page = html(result, run_directory);
  const std::filesystem::path folder = run_directory / "figures";
  make_folders(folder);
  for (const auto& figure : figures(result))
    write_atomically(folder / (figure.first + ".vl.json"), json_text(figure.second, 1) + "\n");
  write_atomically(run_directory / "report.html", page);
}

}  // namespace denoiscope::report
