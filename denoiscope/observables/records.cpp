#include "denoiscope/observables/records.hpp"

#include <cmath>

namespace denoiscope::observables {

using observables::ClassCurves;
using observables::kLevels;
using observables::PopulationSlice;
using observables::Slice;

namespace {

RowMatrix matrix_from(const Record& record) {
  const auto n = static_cast<Index>(record.size());
  RowMatrix out(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) out(i, j) = number_from(record[i][j]);
  return out;
}

}  // namespace

Record to_record(const ClassCurves& c) {
  return {{"phi", to_record(c.phi)},
          {"class_entropy", to_record(c.class_entropy)},
          {"accuracy", to_record(c.accuracy)},
          {"confusion", matrix_record(c.confusion)},
          {"odds_mean", matrix_record(c.odds_mean)},
          {"odds_dev", matrix_record(c.odds_dev)},
          {"odds_right", matrix_record(c.odds_right)},
          {"odds_scatter", matrix_record(c.odds_scatter)}};
}

ClassCurves curves_from(const Record& record) {
  return {estimate_from(record.at("phi")),      estimate_from(record.at("class_entropy")),
          estimate_from(record.at("accuracy")), matrix_from(record.at("confusion")),
          matrix_from(record.at("odds_mean")),  matrix_from(record.at("odds_dev")),
          matrix_from(record.at("odds_right")), matrix_from(record.at("odds_scatter"))};
}

Record to_record(const Slice& slice) {
  Record collapse = Record::list();
  for (const observables::CollapseAt& c : slice.collapse)
    collapse.push_back({{"entropy", to_record(c.entropy)},
                        {"participation", to_record(c.participation)},
                        {"other_entropy", finite(c.other_entropy)}});
  Record out = {{"t", slice.t},
                {"collapse", collapse},
                {"log_density", to_record(slice.log_density)},
                {"largest_bound", slice.largest_bound}};
  if (slice.has_classes) {
    out["as_is"] = to_record(slice.as_is);
    out["left_out"] = to_record(slice.left_out);
    out["class_queries"] = slice.class_queries;
  }
  if (slice.has_test) {
    out["test_log_density"] = to_record(slice.test_log_density);
    out["test_phi"] = to_record(slice.test_phi);
  }
  return out;
}

Slice slice_from(const Record& record) {
  Slice slice;
  slice.t = record.at("t").number();
  for (int level = 0; level < kLevels; ++level) {
    const Record& c = record.at("collapse").at(level);
    slice.collapse[level] = {estimate_from(c.at("entropy")), estimate_from(c.at("participation")),
                             number_from(c.at("other_entropy"))};
  }
  slice.log_density = estimate_from(record.at("log_density"));
  slice.largest_bound = number_from(record.at("largest_bound"));
  slice.has_classes = record.contains("as_is");
  if (slice.has_classes) {
    slice.as_is = curves_from(record.at("as_is"));
    slice.left_out = curves_from(record.at("left_out"));
    slice.class_queries = record.at("class_queries").wholes();
  }
  slice.has_test = record.contains("test_log_density");
  if (slice.has_test) {
    slice.test_log_density = estimate_from(record.at("test_log_density"));
    slice.test_phi = estimate_from(record.at("test_phi"));
  }
  return slice;
}

Record to_record(const PopulationSlice& slice) {
  Record out = {{"t", slice.t},
                {"information", to_record(slice.information)},
                {"posterior_variance", to_record(slice.posterior_variance)},
                {"largest_bound", slice.largest_bound}};
  if (slice.discrete) {
    out["posterior_entropy"] = to_record(slice.posterior_entropy);
    out["source_entropy"] = to_record(slice.source_entropy);
  }
  if (slice.has_classes) {
    out["classes"] = to_record(slice.classes);
    out["class_queries"] = slice.class_queries;
  }
  return out;
}

PopulationSlice population_from(const Record& record) {
  PopulationSlice slice;
  slice.t = record.at("t").number();
  slice.information = estimate_from(record.at("information"));
  slice.posterior_variance = estimate_from(record.at("posterior_variance"));
  slice.largest_bound = number_from(record.at("largest_bound"));
  slice.discrete = record.contains("posterior_entropy");
  if (slice.discrete) {
    slice.posterior_entropy = estimate_from(record.at("posterior_entropy"));
    slice.source_entropy = estimate_from(record.at("source_entropy"));
  }
  slice.has_classes = record.contains("classes");
  if (slice.has_classes) {
    slice.classes = curves_from(record.at("classes"));
    slice.class_queries = record.at("class_queries").wholes();
  }
  return slice;
}

}  // namespace denoiscope::observables
