// One run of an experiment: units of work that are kept and resumed, files beside them, and the frame of its result.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parameters.hpp"
#include "denoiscope/base/progress.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/study/frame.hpp"
#include "denoiscope/study/run_directory.hpp"

namespace denoiscope {

/// Where a run is kept.
struct RunOutput {
  std::filesystem::path folder = {};  ///< empty: nowhere
  IfExists if_exists = IfExists::refuse;
  std::string command_line = {};  ///< for provenance.json
};

class Run {
 public:
  /// `request` names the run together with what `start` is told, and must outlive it.
  Run(const Request& request, RunOutput output, Progress& progress);

  /// To be called once all input is read and found usable, before the first unit: makes or takes up the run directory.
  /// identity: a flat object, what results depend on beside the request (hashes of data, kernel). Throws as
  /// RunDirectory.
  void start(const Record& identity = {});

  /// How many units there will be at least, for those who watch; units that come count by themselves.
  void expect(int units);
  /// The record of unit `name`: read back where it is kept, else computed, the same bits either way, as both have gone
  /// through JSON. `compute` is pure: a function of the request and the input. Throws Stopped where a stop was asked
  /// for before it.
  Record unit(const std::string& name, const std::function<Record()>& compute);
  /// Units name-000, name-001, ..., which do not depend on each other.
  std::vector<Record> map(const std::string& name, Index count, const std::function<Record(Index)>& compute);

  /// A file of the run directory; nothing happens where the run is not kept.
  void write(const std::string& file, std::string_view content);
  bool kept() const { return !output_.folder.empty(); }
  /// The run directory; empty where the run is not kept.
  const std::filesystem::path& folder() const { return output_.folder; }
  /// Whether it goes on with, or overwrites, what an earlier run left.
  IfExists if_exists() const { return output_.if_exists; }

  /// What was asked to hold and does not, or cannot be judged: the result is kept and printed all the same, then
  /// `raise` throws it.
  void fail(ExitCode code, std::string text) { failure_.emplace(code, std::move(text)); }
  void raise() const {
    if (failure_) throw Error(*failure_);
  }

  /// A remark for the user that belongs to no result.
  void note(const std::string& text) { progress_.note(text); }
  /// How to go on: verdicts, numbers, tables and figures of the result.
  Frame& frame() { return frame_; }

  /// Writes result.json (`record`, and the frame as its `page`) and provenance.json. Returns what result.json holds.
  Record finish(Record record);
  double seconds() const;  ///< since `start`

 private:
  const Request& request_;
  RunOutput output_;
  Progress& progress_;
  std::unique_ptr<RunDirectory> directory_;
  Record identity_;
  Frame frame_;
  std::optional<Error> failure_;
  bool started_ = false;
  int done_ = 0, total_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace denoiscope
