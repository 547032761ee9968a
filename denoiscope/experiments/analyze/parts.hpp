// What the job on data and the job on a model have in common.
#pragma once

#include <vector>

#include "denoiscope/experiments/measurement.hpp"
#include "denoiscope/study/run.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope::experiments {

struct AnalyzeSettings {
  MeasurementSettings measurement;
  long long seed = 0;
  double collapse_below = 0;         ///< of data
  Index strips = 0;                  ///< of data
  std::vector<double> samples = {};  ///< of a model: numbers of data, in increasing order
};

Record analyze_model(const Subject& subject, const AnalyzeSettings& settings, Run& run);

/// Writes curves.csv (one row a time), and pairs.csv where there are pairs, for people who plot elsewhere. Undefined
/// numbers are empty fields.
void write_tables(Run& run, const Record& result);
/// The same for a model, and collapse.csv (one row a number of data).
void write_model_tables(Run& run, const Record& result);

}  // namespace denoiscope::experiments
