#include "denoiscope/experiments/analyze/findings_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/model_theory.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/observables/speciation.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"

namespace denoiscope::experiments {

using observables::Crossing;
using observables::PopulationSlice;

namespace {

std::vector<double> times_of(const std::vector<PopulationSlice>& slices) {
  std::vector<double> times;
  for (const PopulationSlice& slice : slices) times.push_back(slice.t);
  return times;
}

// One estimate of every slice, as {t, <name>, stderr}.
template <class Of>
Record curve(const std::vector<PopulationSlice>& slices, const char* name, Of&& of) {
  Record out = Record::list();
  for (const PopulationSlice& slice : slices) {
    const Estimate& e = of(slice);
    out.push_back({{"t", slice.t}, {name, finite(e.value)}, {"stderr", finite(e.standard_error)}});
  }
  return out;
}

// A closed form at the times of the slices; null where it is undefined.
Record theory_curve(const MeasuredModel& measured, double (*form)(const Arguments&, double), const char* name) {
  if (!form) return nullptr;
  Record out = Record::list();
  for (const PopulationSlice& slice : measured.slices) {
    const double value = form(measured.model.arguments, slice.t);
    if (!std::isfinite(value)) return nullptr;
    out.push_back({{"t", slice.t}, {name, value}});
  }
  return out;
}

double (*theory_phi(const Model& model))(const Arguments&, double) {
  const ModelTheory* theory = theory_of(model.entry->name);
  return theory ? theory->phi : nullptr;
}

double (*theory_information(const Model& model))(const Arguments&, double) {
  const ModelTheory* theory = theory_of(model.entry->name);
  return theory ? theory->information : nullptr;
}

Record clock_or_null(const std::optional<double>& t) { return t ? clock_record(*t) : Record(nullptr); }

Record reason_of(const Crossing& crossing) { return crossing.t ? Record(nullptr) : Record(crossing.reason); }

Record odds(const std::vector<PopulationSlice>& slices, Index from, Index other) {
  Record out = Record::list();
  for (const PopulationSlice& slice : slices)
    out.push_back({{"t", slice.t},
                   {"mean", finite(slice.classes.odds_mean(from, other))},
                   {"deviation", finite(slice.classes.odds_dev(from, other))}});
  return out;
}

Record pairs_of(const std::vector<PopulationSlice>& slices, Index k) {
  observables::ClassHistory history{times_of(slices), {}, slices.front().class_queries};
  for (const PopulationSlice& slice : slices) history.curves.push_back(&slice.classes);
  Record pairs = Record::list();
  for (Index a = 0; a < k; ++a)
    for (Index b = a + 1; b < k; ++b) {
      const observables::PairTimes found = observables::pair_times(history, a, b);
      pairs.push_back({{"a", a},
                       {"b", b},
                       {"t_rs", finite(found.both.t)},
                       {"t_rs_stderr", finite(found.both.standard_error)},
                       {"t_rs_ab", finite(found.ab.t)},
                       {"t_rs_ba", finite(found.ba.t)},
                       {"reason", reason_of(found.both)},
                       {"odds_ab", odds(slices, a, b)},
                       {"odds_ba", odds(slices, b, a)}});
    }
  return pairs;
}

}  // namespace

Record model_record(const Model& model) {
  Record parameters = Record::object();
  for (const Argument& a : model.arguments.used()) {
    const std::string name(a.name);
    if (a.kind == denoiscope::Kind::word)
      parameters[name] = a.text();
    else if (a.kind == denoiscope::Kind::list)
      parameters[name] = a.values;
    else
      parameters[name] = a.values.front();
  }
  const Vector weights = model.posterior().class_weights();
  return {{"name", model.entry->name},
          {"text", model.text()},
          {"description", model.entry->description},
          {"citation", model.entry->citation},
          {"parameters", parameters},
          {"dimension", model.posterior().dimension()},
          {"classes", model.posterior().classes()},
          {"class_weights", std::vector<double>(weights.begin(), weights.end())}};
}

Record model_speciation_record(const MeasuredModel& measured) {
  const std::vector<PopulationSlice>& slices = measured.slices;
  Record record = {{"chance", nullptr},       {"level", nullptr},      {"phi", nullptr},
                   {"phi_theory", nullptr},   {"accuracy", nullptr},   {"class_entropy", nullptr},
                   {"t_s", nullptr},          {"t_s_stderr", nullptr}, {"t_s_theory", nullptr},
                   {"t_s_reason", nullptr},   {"clocks", nullptr},     {"pairs", nullptr},
                   {"pairs_reason", nullptr}, {"reason", nullptr},     {"theory_reason", nullptr}};
  if (!slices.front().has_classes) {
    record["reason"] = "the model has one class";
    return record;
  }
  const Vector weights = measured.model.posterior().class_weights();
  const double chance = weights.squaredNorm();
  // Of the way from chance to certainty, what kappa = 1 is of it for two equal classes: there phi = F(1) = 0.7752.
  const double level = chance + (2 * theory::same_class(1) - 1) * (1 - chance);
  record["chance"] = chance;
  record["level"] = level;
  std::vector<Estimate> phi;
  for (const PopulationSlice& slice : slices) phi.push_back(slice.classes.phi);
  record["phi"] = curve(slices, "phi", [](const auto& s) { return s.classes.phi; });
  record["accuracy"] = curve(slices, "value", [](const auto& s) { return s.classes.accuracy; });
  record["class_entropy"] = curve(slices, "value", [](const auto& s) { return s.classes.class_entropy; });
  const auto form = theory_phi(measured.model);
  record["phi_theory"] = theory_curve(measured, form, "phi");
  if (form) record["t_s_theory"] = finite(theory_crossing(form, measured.model.arguments, level));
  if (record["t_s_theory"].is_null())
    record["theory_reason"] = form ? "the closed form crosses the level nowhere" : "no closed form is known";
  const Crossing found = observables::last_fall_through(times_of(slices), phi, level);
  record["t_s"] = finite(found.t);
  record["t_s_stderr"] = finite(found.standard_error);
  record["t_s_reason"] = found.t ? Record(nullptr) : Record("phi is " + found.reason);
  record["clocks"] = clock_or_null(found.t);
  const Index k = measured.model.posterior().classes();
  if (k > observables::kMaxOddsClasses)
    record["pairs_reason"] =
        fmt::format("{} classes are too many for log-odds of pairs (at most {})", k, observables::kMaxOddsClasses);
  else
    record["pairs"] = pairs_of(slices, k);
  return record;
}

namespace {

// H(x_0) = I + H(x_0|x_t) is the same number at every t: the most precise one, and how far the others are from it.
Record source_entropy(const std::vector<PopulationSlice>& slices) {
  const auto error = [](const PopulationSlice& s) {
    return std::isfinite(s.source_entropy.standard_error) ? s.source_entropy.standard_error : kInfinity;
  };
  const auto best =
      std::min_element(slices.begin(), slices.end(), [&](const auto& a, const auto& b) { return error(a) < error(b); });
  double deviation = 0, pull = 0;
  for (const PopulationSlice& slice : slices) {
    const double apart = std::abs(slice.source_entropy.value - best->source_entropy.value);
    // The same points at every t: errors may be aligned, so they add.
    const double errors = error(slice) + error(*best);
    deviation = std::max(deviation, apart);
    if (apart > 1e-9 * (1 + std::abs(best->source_entropy.value))) pull = std::max(pull, apart / errors);
  }
  return {{"value", finite(best->source_entropy.value)},
          {"stderr", finite(best->source_entropy.standard_error)},
          {"t", best->t},
          {"largest_deviation", finite(deviation)},
          {"largest_pull", finite(pull)}};
}

}  // namespace

Record information_record(const MeasuredModel& measured) {
  const std::vector<PopulationSlice>& slices = measured.slices;
  const double d = static_cast<double>(measured.model.posterior().dimension());
  Record record = {{"i", curve(slices, "value", [](const auto& s) { return s.information; })},
                   {"i_theory", theory_curve(measured, theory_information(measured.model), "value")},
                   {"posterior_variance", curve(slices, "value", [](const auto& s) { return s.posterior_variance; })},
                   {"posterior_entropy", nullptr},
                   {"source_entropy", nullptr},
                   {"source_entropy_curve", nullptr},
                   {"largest_bound", nullptr},
                   {"entropy_reason", nullptr},
                   {"theory_reason", nullptr}};
  for (Record& point : record["i"]) point["per_dimension"] = finite(number_from(point.at("value")) / d);
  if (record["i_theory"].is_null()) record["theory_reason"] = "no closed form is known at these parameters";
  double bound = 0;
  for (const PopulationSlice& slice : slices) bound = std::max(bound, slice.largest_bound);
  record["largest_bound"] = bound;
  if (!slices.front().discrete) {
    record["entropy_reason"] = "the model is no measure on single points: its posterior has no entropy";
    return record;
  }
  record["posterior_entropy"] = curve(slices, "value", [](const auto& s) { return s.posterior_entropy; });
  record["source_entropy_curve"] = curve(slices, "value", [](const auto& s) { return s.source_entropy; });
  record["source_entropy"] = source_entropy(slices);
  return record;
}

namespace {

std::string no_collapse(const MeasuredModel& measured, const Record& information, double log_n, double least_t) {
  const Record& source = information.at("source_entropy");
  if (!source.is_null() && log_n >= number_from(source.at("value")))
    return fmt::format(
        "log n = {:.4g} nats is no less than H(x_0) = {:.4g} nats: so many data hold every state, and I never exceeds "
        "log n",
        log_n, number_from(source.at("value")));
  if (measured.slices.back().information.value >= log_n)
    return fmt::format("I is still above log n = {:.4g} nats at the largest time {:g}; give larger times", log_n,
                       measured.slices.back().t);
  return fmt::format("I is below log n = {:.4g} nats down to the smallest time {:g}; give smaller times", log_n,
                     least_t);
}

}  // namespace

namespace {

// The largest t at which I reaches log n, by interpolation linear in log Delta_t: a Gaussian of unit variance has
// I = -d/2 log Delta_t, and others share its limits, log t at small t and e^{-2t} at large. sqrt(Delta_t) takes the
// place of the time, whose logarithm last_fall_through is linear in.
Crossing collapse_time(const std::vector<PopulationSlice>& slices, double log_n) {
  std::vector<double> noise;
  std::vector<Estimate> information;
  for (const PopulationSlice& slice : slices) {
    noise.push_back(std::sqrt(noise_variance(slice.t)));
    information.push_back(slice.information);
  }
  Crossing found = observables::last_fall_through(noise, information, log_n);
  if (!found.t) return found;
  const double delta = *found.t * *found.t;
  found.standard_error *= *found.t / (1 - delta);  // dt / d sqrt(Delta)
  found.t = std::min(-0.5 * std::log1p(-delta), slices.back().t);
  return found;
}

}  // namespace

Record model_collapse_record(const MeasuredModel& measured, const Record& information) {
  const std::vector<PopulationSlice>& slices = measured.slices;
  const double d = static_cast<double>(measured.model.posterior().dimension());
  const auto form = theory_information(measured.model);
  Record out = Record::list();
  for (double n : measured.samples) {
    const double log_n = std::log(n);
    const Crossing found = collapse_time(slices, log_n);
    Record f = Record::list();
    for (const PopulationSlice& slice : slices)
      f.push_back({{"t", slice.t},
                   {"value", finite((log_n - slice.information.value) / d)},
                   {"stderr", finite(slice.information.standard_error / d)}});
    const double theory = form ? theory_crossing(form, measured.model.arguments, log_n) : kNaN;
    out.push_back(
        {{"n", n},
         {"alpha", log_n / d},
         {"t_c", finite(found.t)},
         {"t_c_stderr", finite(found.standard_error)},
         {"t_c_theory", finite(theory)},
         {"clocks", clock_or_null(found.t)},
         {"reason", found.t ? Record(nullptr) : Record(no_collapse(measured, information, log_n, slices.front().t))},
         {"theory_reason", std::isfinite(theory) ? Record(nullptr)
                           : form ? Record("the closed form does not cross log n, or none is known at these "
                                           "parameters")
                                  : Record("no closed form is known")},
         {"f", f}});
  }
  return out;
}

}  // namespace denoiscope::experiments
