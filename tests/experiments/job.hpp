// A job on data made by the test.
#pragma once

#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "denoiscope/base/files.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "tests/data/files.hpp"

namespace denoiscope::testing {

using Given = std::vector<std::pair<std::string, std::string>>;

inline Request request_of(const Given& given) {
  Request request(experiments::analyze_experiment().parameters);
  for (const auto& [key, value] : given) request.set(key, value, "test");
  return request;
}

/// Asks to stop before unit number `limit` (from 0).
class StopAt final : public Progress {
 public:
  explicit StopAt(int limit) : limit_(limit) {}
  void at(int done, int, const std::string&) override { done_ = done; }
  void note(const std::string&) override {}
  bool stop_requested() const override { return done_ >= limit_; }

 private:
  int limit_, done_ = 0;
};

/// analyze as the program runs it; returns what result.json holds.
inline Record run(const Request& request, const std::string& folder, IfExists if_exists, Progress& progress) {
  Run job(request, {folder, if_exists, "test"}, progress);
  return job.finish(experiments::analyze(request, job));
}
inline Record run(const Given& given, const std::string& folder, IfExists if_exists = IfExists::refuse) {
  Silent nobody;
  return run(request_of(given), folder, if_exists, nobody);
}

/// Writes rows as NAME.npy in the folder; returns its path.
inline std::string store(const Folder& folder, const std::string& name, const RowMatrix& rows,
                         std::span<const Index> shape = {}) {
  data::write_npy(folder.path(name), rows, shape);
  return folder.path(name);
}
inline std::string store(const Folder& folder, const std::string& name, const std::vector<long long>& labels) {
  data::write_npy(folder.path(name), labels);
  return folder.path(name);
}

// Nulls without a reason in the object that holds them. Errors of numbers from one sample, answers about held-out data
// that were not given, and steps of the DDPM schedule for times outside it need none.
inline void unexplained(const Record& value, const std::string& path, std::vector<std::string>& out) {
  if (value.is_list())
    for (const Record& item : value) unexplained(item, path, out);
  if (!value.is_object()) return;
  bool reason = false;
  for (const auto& [key, item] : value.fields())
    if (key.find("reason") != std::string::npos && item.is_text()) reason = !item.text().empty();
  for (const auto& [key, item] : value.fields()) {
    const bool free = key.find("reason") != std::string::npos || key.find("stderr") != std::string::npos ||
                      key.find("_test") != std::string::npos || key == "ddpm_step";
    if (item.is_null() && !free && !reason) out.push_back(path + "." + key);
    if (!(key == "clocks" && reason)) unexplained(item, path + "." + key, out);
  }
}

#ifdef DENOISCOPE_SOURCE
/// Top-level names that docs/result-schema.md lists under `heading`.
inline std::set<std::string> promised(const std::string& heading) {
  const Bytes schema = map_file(DENOISCOPE_SOURCE "/docs/result-schema.md");
  std::set<std::string> names;
  bool here = false;
  std::string line;
  for (std::istringstream lines{std::string(schema.text())}; std::getline(lines, line);) {
    if (line.rfind("# ", 0) == 0) here = line == "# " + heading;
    if (here && line.rfind("| `", 0) == 0) names.insert(line.substr(3, line.find_first_of("`.", 3) - 3));
  }
  return names;
}
#endif

inline std::set<std::string> names_in(const Record& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.fields()) names.insert(name);
  return names;
}

/// Everything undefined in a result has its reason, and no sentence of the verdict says nan.
inline void expect_reasons(const Record& computed) {
  const Record result = parse_record(json_text(computed));  // as stored: a NaN becomes null
  for (const char* section : {"speciation", "collapse", "guidance"}) {
    std::vector<std::string> paths;
    unexplained(result.at(section), section, paths);
    for (const std::string& path : paths) ADD_FAILURE() << "null without a reason: " << path;
  }
  EXPECT_FALSE(result.at("verdict").empty());
  for (const Record& line : result.at("verdict"))
    EXPECT_EQ(line.at("text").text().find("nan"), std::string::npos) << json_text(line);
}

}  // namespace denoiscope::testing
