#include "denoiscope/study/run_directory.hpp"

#include <fstream>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"

namespace denoiscope::study {

namespace fs = std::filesystem;
using nlohmann::json;

RunDirectory::RunDirectory(fs::path folder, const std::string& config, IfExists if_exists)
    : folder_(std::move(folder)), config_hash_(sha256(config)) {
  std::error_code fault;
  const bool taken = fs::exists(folder_, fault) && !(fs::is_directory(folder_, fault) && fs::is_empty(folder_, fault));
  if (taken && !fs::is_directory(folder_))
    throw UsageError("{}: exists and is not a folder; choose another --out.", folder_.string());
  if (taken && if_exists == IfExists::refuse)
    throw UsageError(
        "{}: already holds files; use --resume to continue that run, --force to overwrite it, or another --out.",
        folder_.string());
  const fs::path mark = folder_ / "config.resolved.toml";
  if (taken && if_exists == IfExists::resume && fs::exists(mark) && map_file(mark).text() != config)
    throw UsageError(
        "{}: holds a run with other settings or data (see config.resolved.toml there); repeat those, use --force to "
        "overwrite, or another --out.",
        folder_.string());
  for (const char* part : {"", "units", "figures", "samples"}) {
    fs::create_directories(folder_ / part, fault);
    if (fault) throw ResourceError("{}: cannot make the folder: {}.", (folder_ / part).string(), fault.message());
  }
  if (taken && if_exists == IfExists::overwrite)
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "units")) fs::remove(entry.path());
  write("config.resolved.toml", config);
}

fs::path RunDirectory::file_of(const std::string& name) const { return folder_ / "units" / (name + ".json"); }

json RunDirectory::stored(const std::string& name) const {
  const fs::path file = file_of(name);
  if (!fs::exists(file)) return nullptr;
  const json record = json::parse(map_file(file).text(), nullptr, false);
  if (!record.is_object() || !record.contains("content") || !record.contains("sha256") || !record.contains("config"))
    return nullptr;
  if (record["config"] != config_hash_) return nullptr;
  if (record["sha256"] != sha256(record["content"].dump())) return nullptr;
  return record["content"];
}

bool RunDirectory::done(const std::string& name) const { return !stored(name).is_null(); }

json RunDirectory::unit(const std::string& name, const std::function<json()>& compute) {
  json content = stored(name);
  if (!content.is_null()) return content;
  const std::string text = compute().dump();
  content = json::parse(text);
  const json record = {
      {"unit", name}, {"config", config_hash_}, {"sha256", sha256(content.dump())}, {"content", content}};
  write_atomically(file_of(name), record.dump());
  return content;
}

void RunDirectory::write(const std::string& file, std::string_view content) const {
  write_atomically(folder_ / file, content);
}

void RunDirectory::log(const std::string& line) const {
  std::ofstream(folder_ / "log.txt", std::ios::app) << line << '\n';
}

fs::path fresh_folder(const fs::path& base) {
  fs::path folder = base;
  for (int i = 2; fs::exists(folder); ++i) folder = base.string() + "-" + std::to_string(i);
  return folder;
}

}  // namespace denoiscope::study
