// Units of a run in order, with progress and a place to stop between them.
#pragma once

#include <functional>
#include <string>

#include "denoiscope/base/progress.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/study/run_directory.hpp"

namespace denoiscope {

class Plan {
 public:
  /// run: where results are kept; null: nowhere.
  Plan(RunDirectory* run, Progress& progress, int total) : run_(run), progress_(progress), total_(total) {}

  /// The record of unit `name`, read back or computed: the same bits either way, as both have gone through JSON. Throws
  /// Stopped where a stop was asked for before it.
  Record unit(const std::string& name, const std::function<Record()>& compute);
  void finish() { progress_.at(total_, total_, "done"); }

 private:
  RunDirectory* run_;
  Progress& progress_;
  int total_, done_ = 0;
};

}  // namespace denoiscope
