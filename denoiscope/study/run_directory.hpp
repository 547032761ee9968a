// The run directory is the checkpoint: a unit's result is a file written atomically; existing and valid means done.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/base/record.hpp"

namespace denoiscope {

enum class IfExists { refuse, resume, overwrite };

class RunDirectory {
 public:
  /// Makes the folder, or takes up an existing one. `config` is all that results depend on. Throws UsageError when the
  /// folder holds something and may not be touched, holds no run, or one of another configuration; ResourceError when
  /// it cannot be written. What killed processes left half-written is removed, so a folder is for one process at a
  /// time.
  RunDirectory(std::filesystem::path folder, const std::string& config, IfExists if_exists);

  const std::filesystem::path& path() const { return folder_; }

  /// The record of unit `name`: read back where it is done and intact, else computed and stored. Either way it has gone
  /// through JSON, so that a resumed run sees the same bits as an uninterrupted one.
  Record unit(const std::string& name, const std::function<Record()>& compute);
  /// True where unit(name) would not compute.
  bool done(const std::string& name) const;

  /// A file that is part of the result: it is named in manifest.txt and goes where the run is overwritten.
  void write(const std::string& file, std::string_view content) const;
  /// The files of the manifest.
  std::vector<std::string> written() const;
  /// Appends a line to log.txt, which is for people: no result depends on it.
  void log(const std::string& line) const;

 private:
  std::filesystem::path file_of(const std::string& name) const;
  Record stored(const std::string& name) const;  // null where absent, damaged or of another configuration
  std::filesystem::path folder_;
  std::string config_hash_;
};

/// The content of a unit's file; null where the text is damaged or belongs to another configuration.
Record unit_content(std::string_view text, const std::string& config_hash);

/// `base`, or `base-2`, `base-3`, ... : the first that does not exist.
std::filesystem::path fresh_folder(const std::filesystem::path& base);

}  // namespace denoiscope
