// What a model's measured curves amount to: how they stand to the closed forms, and in a few sentences.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/experiments/analyze/findings_model.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/model_theory.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

using observables::PopulationSlice;

namespace {

// A warning in this many standard errors: of 24 normal numbers one lies so far out in 2e-4 of all runs.
constexpr double kFar = 4.5;

struct Check {
  double deviation = 0, pull = 0;
  void add(double apart, double error) {
    deviation = std::max(deviation, std::abs(apart));
    if (error > 0) pull = std::max(pull, std::abs(apart) / error);
  }
  Record record() const { return {{"largest_deviation", finite(deviation)}, {"largest_pull", finite(pull)}}; }
};

// Where all but rare points are of certain class, the measured error knows nothing of the rare ones. So deviations are
// in units of the largest error that numbers in [1/K, 1] of mean phi can have (Bhatia and Davis 2000).
Record check_phi(const MeasuredModel& measured, const ModelTheory& theory) {
  Check check;
  const double least = 1.0 / static_cast<double>(measured.model.posterior().classes());
  for (const PopulationSlice& slice : measured.slices) {
    const double phi = theory.phi(measured.model.arguments, slice.t);
    const double variance = std::max(0.0, (1 - phi) * (phi - least));
    check.add(slice.classes.phi.value - phi, std::sqrt(variance / static_cast<double>(slice.classes.phi.n)));
  }
  return check.record();
}

Record check_information(const MeasuredModel& measured, const ModelTheory& theory) {
  Check check;
  for (const PopulationSlice& slice : measured.slices)
    check.add(slice.information.value - theory.information(measured.model.arguments, slice.t),
              slice.information.standard_error);
  return check.record();
}

}  // namespace

Record theory_record(const MeasuredModel& measured, const Record& speciation) {
  Record record = {{"citation", nullptr},
                   {"times", Record::list()},
                   {"phi", nullptr},
                   {"information", nullptr},
                   {"reason", nullptr}};
  const ModelTheory* theory = theory_of(measured.model.entry->name);
  if (!theory) {
    record["reason"] = fmt::format("no closed form is known for {}", measured.model.entry->name);
    return record;
  }
  record["citation"] = theory->citation;
  if (theory->times)
    for (const auto& [name, t] : theory->times(measured.model.arguments))
      if (std::isfinite(t)) record["times"].push_back({{"name", name}, {"t", t}});
  if (theory->phi && !speciation.at("phi").is_null()) record["phi"] = check_phi(measured, *theory);
  if (theory->information && std::isfinite(theory->information(measured.model.arguments, measured.slices.front().t)))
    record["information"] = check_information(measured, *theory);
  if (record["phi"].is_null() || record["information"].is_null())
    record["reason"] = "where there is nothing, the model has one class or no closed form is known at these parameters";
  return record;
}

namespace {

Record line(const char* level, std::string text) { return {{"level", level}, {"text", std::move(text)}}; }

Record speciation_line(const Record& speciation) {
  if (speciation.at("phi").is_null()) return line("note", "The model has one class: nothing speciates.");
  if (speciation.at("t_s").is_null())
    return line("note", "No speciation time: " + speciation.at("t_s_reason").text() + ".");
  return line("note",
              fmt::format("Classes form at t_S = {:.3g}: there the probability that two clones end in one class falls "
                          "through {:.4f}, as it does at signal = noise between two equal classes.",
                          speciation.at("t_s").number(), speciation.at("level").number()));
}

Record collapse_line(const Record& collapse) {
  std::string found, missing;
  for (const Record& entry : collapse) {
    const std::string n = fmt::format("n = {:g}", entry.at("n").number());
    if (entry.at("t_c").is_null())
      missing += (missing.empty() ? "" : ", ") + n;
    else
      found += fmt::format("{}{} at t_C = {:.3g}", found.empty() ? "" : ", ", n, entry.at("t_c").number());
  }
  std::string text = found.empty() ? "No collapse time was found on these times"
                                   : "The score of n data collapses on one of them: " + found;
  if (!missing.empty()) text += (found.empty() ? ", for " : "; none found for ") + missing;
  return line("note", text + ".");
}

void add_check(const char* what, const Record& check, Record& lines) {
  if (check.is_null()) return;
  const double pull = number_from(check.at("largest_pull"));
  lines.push_back(line(pull < kFar ? "good" : "warn",
                       fmt::format("{} is {} its closed form: at most {:.2g} away, {:.2g} standard errors.", what,
                                   pull < kFar ? "on" : "off", check.at("largest_deviation").number(), pull)));
}

}  // namespace

Record model_verdict(const Record& result) {
  Record lines = Record::list({speciation_line(result.at("speciation")), collapse_line(result.at("collapse"))});
  add_check("phi", result.at("theory").at("phi"), lines);
  add_check("I(x_0; x_t)", result.at("theory").at("information"), lines);
  const Record& source = result.at("information").at("source_entropy");
  if (!source.is_null()) {
    const double pull = number_from(source.at("largest_pull"));
    lines.push_back(
        line(pull < kFar ? "good" : "warn",
             fmt::format("I and the posterior's entropy add up to H(x_0) = {:.5g} nats at every t, to {:.2g} "
                         "nats ({:.2g} standard errors).",
                         number_from(source.at("value")), number_from(source.at("largest_deviation")), pull)));
  }
  return lines;
}

}  // namespace denoiscope::experiments
