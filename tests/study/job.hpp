// A job on data made by the test.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "denoiscope/data/write.hpp"
#include "denoiscope/study/analyze.hpp"
#include "tests/data/files.hpp"

namespace denoiscope::testing {

using Given = std::vector<std::pair<std::string, std::string>>;

inline study::Settings settings_of(const Given& given) {
  study::Settings settings(study::analyze_settings());
  for (const auto& [key, value] : given) settings.set(key, value, "test");
  return settings;
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

inline nlohmann::json run(const Given& given, const std::string& folder,
                          study::IfExists if_exists = study::IfExists::refuse) {
  Silent nobody;
  return study::analyze(settings_of(given), folder, if_exists, "test", nobody);
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

}  // namespace denoiscope::testing
