#include "denoiscope/study/run_directory.hpp"

#include <algorithm>
#include <fstream>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/file_system.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope {

namespace fs = std::filesystem;
namespace {

constexpr const char* kMark = "config.resolved.toml";
constexpr const char* kParts[] = {"units", "figures", "samples"};
constexpr const char* kManifest = "manifest.txt";
// What says of a run that it finished: gone first when it is overwritten, lest a kill leave it beside other settings.
constexpr const char* kFinished[] = {"result.json", "report.html"};

// A run has its mark; one that was killed before it got there has nothing but our own empty folders and a temporary.
bool holds_a_run(const fs::path& folder) {
  if (fs::exists(folder / kMark)) return true;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool part = std::find(std::begin(kParts), std::end(kParts), name) != std::end(kParts);
    const bool ours = (part && entry.is_directory() && fs::is_empty(entry)) ||
                      (is_temporary(entry.path()) && name.rfind(kMark, 0) == 0);
    if (!ours) return false;
  }
  return true;
}

void remove_file(const fs::path& file) {
  std::error_code fault;
  fs::remove(file, fault);
  if (fault) throw ResourceError("{}: cannot remove: {}.", file.string(), fault.message());
}

// What killed processes left half-written.
void remove_temporaries(const fs::path& folder) {
  for (const fs::path& part : {folder, folder / kParts[0], folder / kParts[1], folder / kParts[2]})
    for (const fs::directory_entry& entry : fs::directory_iterator(part))
      if (is_temporary(entry.path())) remove_file(entry.path());
}

}  // namespace

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
  if (taken && !holds_a_run(folder_))
    throw UsageError("{}: holds files but no run of denoiscope (no {}); left as it is. Choose another --out.",
                     folder_.string(), kMark);
  const fs::path mark = folder_ / kMark;
  if (taken && if_exists == IfExists::resume && fs::exists(mark) && map_file(mark).text() != config)
    throw UsageError(
        "{}: holds a run with other settings or data (see config.resolved.toml there); repeat those, use --force to "
        "overwrite, or another --out.",
        folder_.string());
  make_folders(folder_);
  for (const char* part : kParts) make_folders(folder_ / part);
  if (taken) remove_temporaries(folder_);
  if (taken && if_exists == IfExists::overwrite) {
    for (const char* name : kFinished) remove_file(folder_ / name);
    for (const std::string& name : written()) remove_file(folder_ / name);
    remove_file(folder_ / kManifest);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "units")) remove_file(entry.path());
  }
  write_atomically(mark, config);
}

fs::path RunDirectory::file_of(const std::string& name) const { return folder_ / "units" / (name + ".json"); }

Record RunDirectory::stored(const std::string& name) const {
  const fs::path file = file_of(name);
  if (!fs::exists(file)) return nullptr;
  return unit_content(map_file(file).text(), config_hash_);
}

Record unit_content(std::string_view text, const std::string& config_hash) {
  constexpr std::size_t kDeepest = 64;
  if (json_depth(text) > kDeepest) return nullptr;
  Record record;
  try {
    record = parse_record(text);
  } catch (const RecordError&) {
    return nullptr;
  }
  if (!record.is_object() || !record.contains("content") || !record.contains("sha256") || !record.contains("config"))
    return nullptr;
  if (record["config"] != config_hash) return nullptr;
  if (record["sha256"] != sha256(json_text(record["content"]))) return nullptr;
  return record["content"];
}

bool RunDirectory::done(const std::string& name) const { return !stored(name).is_null(); }

Record RunDirectory::unit(const std::string& name, const std::function<Record()>& compute) {
  Record content = stored(name);
  if (!content.is_null()) return content;
  const std::string text = json_text(compute());
  content = parse_record(text);
  const Record record = {
      {"unit", name}, {"config", config_hash_}, {"sha256", sha256(json_text(content))}, {"content", content}};
  write_atomically(file_of(name), json_text(record));
  return content;
}

std::vector<std::string> RunDirectory::written() const {
  const fs::path manifest = folder_ / kManifest;
  if (!fs::exists(manifest)) return {};
  std::vector<std::string> names = split(map_file(manifest).text(), '\n');
  // The name of a file under the folder, whatever stands there.
  std::erase_if(names, [](const std::string& name) {
    const fs::path path = fs::path(name).lexically_normal();
    return name.empty() || path.is_absolute() || *path.begin() == "..";
  });
  return names;
}

void RunDirectory::write(const std::string& file, std::string_view content) const {
  std::vector<std::string> names = written();
  if (std::find(names.begin(), names.end(), file) == names.end()) {
    names.push_back(file);
    write_atomically(folder_ / kManifest, fmt::format("{}\n", fmt::join(names, "\n")));
  }
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

}  // namespace denoiscope
