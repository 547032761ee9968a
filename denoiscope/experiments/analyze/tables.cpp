#include <fmt/format.h>

#include <span>

#include "denoiscope/experiments/analyze/parts.hpp"

namespace denoiscope::experiments {

namespace {

std::string field(const Record& value) {
  if (value.is_null()) return "";
  if (!value.is_text()) return json_text(value);
  std::string quoted = "\"";
  for (char c : value.text()) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

struct Column {
  const char* name;
  const char* section;
  const char* curve;
  const char* value;
};

constexpr Column kCurves[] = {
    {"phi", "speciation", "phi", "phi"},
    {"phi_stderr", "speciation", "phi", "stderr"},
    {"phi_loo", "speciation", "phi_loo", "phi"},
    {"phi_loo_stderr", "speciation", "phi_loo", "stderr"},
    {"phi_test", "speciation", "phi_test", "phi"},
    {"accuracy_loo", "speciation", "accuracy_loo", "value"},
    {"class_entropy", "speciation", "class_entropy", "value"},
    {"class_entropy_loo", "speciation", "class_entropy_loo", "value"},
    {"f_over_alpha", "collapse", "f", "f_over_alpha"},
    {"f_over_alpha_stderr", "collapse", "f", "stderr"},
    {"f_over_alpha_published", "collapse", "f_published", "f_over_alpha"},
    {"f_over_alpha_published_stderr", "collapse", "f_published", "stderr"},
    {"f_over_alpha_gaussian", "collapse", "f_gaussian", "f_over_alpha"},
    {"f_over_alpha_softplus", "collapse", "f_softplus", "f_over_alpha"},
    {"phi_c", "collapse", "phi_c", "value"},
    {"phi_c_stderr", "collapse", "phi_c", "stderr"},
    {"cross_entropy_test", "collapse", "cross_entropy_test", "value"},
};

constexpr Column kModelCurves[] = {
    {"phi", "speciation", "phi", "phi"},
    {"phi_stderr", "speciation", "phi", "stderr"},
    {"phi_theory", "speciation", "phi_theory", "phi"},
    {"accuracy", "speciation", "accuracy", "value"},
    {"class_entropy", "speciation", "class_entropy", "value"},
    {"information", "information", "i", "value"},
    {"information_stderr", "information", "i", "stderr"},
    {"information_theory", "information", "i_theory", "value"},
    {"posterior_variance", "information", "posterior_variance", "value"},
    {"posterior_entropy", "information", "posterior_entropy", "value"},
    {"posterior_entropy_stderr", "information", "posterior_entropy", "stderr"},
};

std::string curves(const Record& result, std::span<const Column> columns) {
  std::string out = "t,sigma,log_snr,alpha_bar,ddpm_step,flow_s";
  for (const Column& column : columns) out += fmt::format(",{}", column.name);
  out += '\n';
  const Record& times = result.at("times");
  for (std::size_t i = 0; i < times.size(); ++i) {
    for (const char* clock : {"t", "sigma", "log_snr", "alpha_bar", "ddpm_step", "flow_s"})
      out += (clock[0] == 't' ? "" : ",") + field(times[i].at(clock));
    for (const Column& column : columns) {
      const Record& curve = result.at(column.section).at(column.curve);
      out += "," + (curve.is_null() ? std::string() : field(curve[i].at(column.value)));
    }
    out += '\n';
  }
  return out;
}

// One row an entry: the fields of these names.
std::string rows(const Record& entries, std::span<const char* const> names) {
  std::string out = fmt::format("{}\n", fmt::join(names, ","));
  for (const Record& entry : entries) {
    std::string row;
    for (const char* name : names) row += (name == names[0] ? "" : ",") + field(entry.at(name));
    out += row + '\n';
  }
  return out;
}

constexpr const char* kPairs[] = {
    "a",        "b",       "a_name",   "b_name",          "t_rs",           "t_rs_stderr",
    "t_rs_ab",  "t_rs_ba", "t_rs_loo", "t_rs_loo_stderr", "saturation_loo", "accuracy_loo",
    "spectral", "means",   "overlap",  "reason",          "reason_loo"};
constexpr const char* kModelPairs[] = {"a", "b", "t_rs", "t_rs_stderr", "t_rs_ab", "t_rs_ba", "reason"};
constexpr const char* kModelCollapse[] = {"n", "alpha", "t_c", "t_c_stderr", "t_c_theory", "reason"};

}  // namespace

void write_tables(Run& run, const Record& result) {
  run.write("curves.csv", curves(result, kCurves));
  const Record& all = result.at("speciation").at("pairs");
  if (!all.is_null()) run.write("pairs.csv", rows(all, kPairs));
}

void write_model_tables(Run& run, const Record& result) {
  run.write("curves.csv", curves(result, kModelCurves));
  run.write("collapse.csv", rows(result.at("collapse"), kModelCollapse));
  const Record& all = result.at("speciation").at("pairs");
  if (!all.is_null()) run.write("pairs.csv", rows(all, kModelPairs));
}

}  // namespace denoiscope::experiments
