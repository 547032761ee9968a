#include "denoiscope/study/records.hpp"

#include <cmath>

namespace denoiscope::study {

using nlohmann::json;
using observables::ClassCurves;
using observables::kLevels;
using observables::PopulationSlice;
using observables::Slice;

json finite(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
json finite(const std::optional<double>& value) { return value ? finite(*value) : json(nullptr); }
double number_from(const json& value) { return value.is_null() ? kNaN : value.get<double>(); }

json matrix_to_json(const RowMatrix& matrix) {
  json out = json::array();
  for (Index i = 0; i < matrix.rows(); ++i) {
    json row = json::array();
    for (Index j = 0; j < matrix.cols(); ++j) row.push_back(finite(matrix(i, j)));
    out.push_back(std::move(row));
  }
  return out;
}

json to_json(const Estimate& e) {
  return {{"value", finite(e.value)}, {"stderr", finite(e.standard_error)}, {"n", e.n}};
}

Estimate estimate_from(const json& record) {
  return {number_from(record.at("value")), number_from(record.at("stderr")), record.at("n").get<Index>()};
}

namespace {

RowMatrix matrix_from(const json& record) {
  const auto n = static_cast<Index>(record.size());
  RowMatrix out(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      out(i, j) = number_from(record[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]);
  return out;
}

}  // namespace

json to_json(const ClassCurves& c) {
  return {{"phi", to_json(c.phi)},
          {"class_entropy", to_json(c.class_entropy)},
          {"accuracy", to_json(c.accuracy)},
          {"confusion", matrix_to_json(c.confusion)},
          {"odds_mean", matrix_to_json(c.odds_mean)},
          {"odds_dev", matrix_to_json(c.odds_dev)},
          {"odds_right", matrix_to_json(c.odds_right)}};
}

ClassCurves curves_from(const json& record) {
  return {estimate_from(record.at("phi")),      estimate_from(record.at("class_entropy")),
          estimate_from(record.at("accuracy")), matrix_from(record.at("confusion")),
          matrix_from(record.at("odds_mean")),  matrix_from(record.at("odds_dev")),
          matrix_from(record.at("odds_right"))};
}

json to_json(const Slice& slice) {
  json collapse = json::array();
  for (const observables::CollapseAt& c : slice.collapse)
    collapse.push_back({{"entropy", to_json(c.entropy)}, {"participation", to_json(c.participation)}});
  json out = {{"t", slice.t},
              {"collapse", collapse},
              {"log_density", to_json(slice.log_density)},
              {"largest_bound", slice.largest_bound}};
  if (slice.has_classes) {
    out["as_is"] = to_json(slice.as_is);
    out["left_out"] = to_json(slice.left_out);
    out["class_queries"] = slice.class_queries;
  }
  if (slice.has_test) {
    out["test_log_density"] = to_json(slice.test_log_density);
    out["test_phi"] = to_json(slice.test_phi);
  }
  return out;
}

Slice slice_from(const json& record) {
  Slice slice;
  slice.t = record.at("t").get<double>();
  for (int level = 0; level < kLevels; ++level) {
    const json& c = record.at("collapse").at(static_cast<std::size_t>(level));
    slice.collapse[level] = {estimate_from(c.at("entropy")), estimate_from(c.at("participation"))};
  }
  slice.log_density = estimate_from(record.at("log_density"));
  slice.largest_bound = number_from(record.at("largest_bound"));
  slice.has_classes = record.contains("as_is");
  if (slice.has_classes) {
    slice.as_is = curves_from(record.at("as_is"));
    slice.left_out = curves_from(record.at("left_out"));
    slice.class_queries = record.at("class_queries").get<std::vector<Index>>();
  }
  slice.has_test = record.contains("test_log_density");
  if (slice.has_test) {
    slice.test_log_density = estimate_from(record.at("test_log_density"));
    slice.test_phi = estimate_from(record.at("test_phi"));
  }
  return slice;
}

json to_json(const PopulationSlice& slice) {
  json out = {{"t", slice.t},
              {"information", to_json(slice.information)},
              {"posterior_variance", to_json(slice.posterior_variance)},
              {"largest_bound", slice.largest_bound}};
  if (slice.discrete) {
    out["posterior_entropy"] = to_json(slice.posterior_entropy);
    out["source_entropy"] = to_json(slice.source_entropy);
  }
  if (slice.has_classes) {
    out["classes"] = to_json(slice.classes);
    out["class_queries"] = slice.class_queries;
  }
  return out;
}

PopulationSlice population_from(const json& record) {
  PopulationSlice slice;
  slice.t = record.at("t").get<double>();
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
    slice.class_queries = record.at("class_queries").get<std::vector<Index>>();
  }
  return slice;
}

}  // namespace denoiscope::study
