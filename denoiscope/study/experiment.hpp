// An experiment: what it is called, what it takes, and the function that runs it. A row of experiments/experiments.cpp;
// the program, the gallery and bindings read that table.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "denoiscope/base/parameters.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/study/run.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope {

struct Experiment {
  std::string_view name, description;
  std::span<const Parameter> parameters;
  Needs needs = Needs::nothing;
  /// Runs it: reads the input, starts the run, computes units, fills the frame. Returns the record of its result.
  Record (*run)(const Request&, Run&) = nullptr;
  /// Where it is kept when nobody says where; null: nowhere.
  std::string (*folder)(const Request&) = nullptr;
};

}  // namespace denoiscope
