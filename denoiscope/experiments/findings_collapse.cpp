// When trajectories collapse on one datum, and how many data would delay it.
#include <fmt/format.h>

#include <cmath>

#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/observables/collapse.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/observables/spectrum.hpp"
#include "denoiscope/theory/collapse.hpp"

namespace denoiscope::experiments {

using observables::Crossing;
using observables::kLevels;
using observables::Slice;

namespace {

constexpr double kHalf = 0.5;
constexpr Index kSmallestSubset = 16;

Record curve(const std::vector<double>& times, const std::vector<Estimate>& values) {
  Record out = Record::list();
  for (std::size_t i = 0; i < times.size(); ++i)
    out.push_back(
        {{"t", times[i]}, {"f_over_alpha", finite(values[i].value)}, {"stderr", finite(values[i].standard_error)}});
  return out;
}

void add_theory(const std::vector<double>& times, const Record& data, double n, Record& record) {
  const std::vector<double> spectrum = full_spectrum(data);
  const double d = data.at("dimension").number(), log_n = std::log(n);
  record["f_gaussian"] = Record::list();
  record["f_softplus"] = Record::list();
  for (double t : times) {
    const double f = theory::excess_entropy(n, d, spectrum, t) * d / log_n;
    record["f_gaussian"].push_back({{"t", t}, {"f_over_alpha", finite(std::max(0.0, f))}});
    const double finite_size = theory::softplus_entropy(theory::competition(n, spectrum, t)) / log_n;
    record["f_softplus"].push_back({{"t", t}, {"f_over_alpha", finite(finite_size)}});
  }
  record["t_c_gaussian"] = finite(theory::collapse_time(n, spectrum));
  if (const auto band = theory::collapse_band(n, spectrum))
    record["band"] = {finite(band->low), finite(band->high)};
  else
    record["band_reason"] =
        n <= 2 ? "two data: no others compete with a datum and its neighbour" : "the data do not vary";
}

Record target_record(const char* what, double t, const observables::SampleLaw& law) {
  observables::SamplesNeeded needed = observables::samples_for(law, t);
  if (needed.reason.empty() && !std::isfinite(std::exp(needed.high)))
    needed.reason = "more than a floating-point number holds; see log10_n";
  return {{"what", what},
          {"t", t},
          {"n", finite(std::exp(needed.log_n))},
          {"n_low", finite(std::exp(needed.low))},
          {"n_high", finite(std::exp(needed.high))},
          {"log10_n", finite(needed.log_n / std::log(10.0))},
          {"reason", needed.reason.empty() ? Record(nullptr) : Record(needed.reason)}};
}

void add_samples(const Measured& measured, const std::vector<double>& times, const Record& speciation, Record& record) {
  const std::vector<observables::CollapseAtSize> sizes = collapse_at_sizes(measured);
  record["subsets"] = Record::list();
  for (int level = kLevels - static_cast<int>(sizes.size()), i = 0; level < kLevels; ++level, ++i) {
    const auto& [n, t_c] = sizes[i];
    record["subsets"].push_back({{"n", n},
                                 {"t_c", finite(t_c.t)},
                                 {"t_c_stderr", finite(t_c.standard_error)},
                                 {"reason", t_c.t ? Record(nullptr) : Record(t_c.reason)},
                                 {"f", curve(times, observables::excess_entropy(measured.slices, level, n))}});
  }
  const observables::SampleLaw law = observables::sample_law(sizes);
  Record targets = Record::list({target_record("collapse below the chosen time", measured.collapse_below, law)});
  double finest = kInfinity;
  if (!speciation.at("tree").is_null())
    for (const Record& merge : speciation.at("tree"))
      if (merge.at("basis") != "empirical") finest = std::min(finest, merge.at("t").number());
  if (std::isfinite(finest))
    targets.push_back(target_record("collapse below the finest speciation of the data's own", finest, law));
  record["samples"] = {{"law", "log t_c = intercept + slope log n over n/8, n/4, n/2, n"},
                       {"intercept", finite(law.intercept)},
                       {"slope", finite(law.slope)},
                       {"slope_stderr", finite(std::sqrt(law.slope_variance))},
                       {"reason", law.reason.empty() ? Record(nullptr) : Record(law.reason)},
                       {"targets", targets}};
}

}  // namespace

std::vector<observables::CollapseAtSize> collapse_at_sizes(const Measured& measured) {
  return observables::collapse_at_sizes(measured.slices, measured.shells, kCollapsed, kSmallestSubset);
}

std::vector<double> full_spectrum(const Record& data) {
  observables::Spectrum spectrum;
  spectrum.eigenvalues = data.at("eigenvalues").numbers();
  spectrum.complete = data.at("eigenvalues_complete").flag();
  spectrum.trace = data.at("trace").number();
  return spectrum.all(data.at("dimension").whole(), data.at("rows").whole());
}

Record collapse_record(const Measured& measured, const Record& speciation) {
  const Record& data = measured.data;
  const Index n = data.at("rows").whole(), d = data.at("dimension").whole();
  Record record;
  for (const char* name :
       {"f", "f_published", "f_gaussian", "f_softplus", "phi_c", "t_c", "t_c_stderr", "t_c_half", "t_c_half_stderr",
        "t_c_gaussian", "band", "band_reason", "subsets", "samples", "cross_entropy_test", "reason"})
    record[name] = nullptr;
  record["alpha"] = std::log(static_cast<double>(n)) / static_cast<double>(d);
  std::vector<double> times;
  record["phi_c"] = Record::list();
  double largest_bound = 0;
  for (const Slice& slice : measured.slices) {
    times.push_back(slice.t);
    const Estimate& phi = slice.collapse[kLevels - 1].participation;
    record["phi_c"].push_back({{"t", slice.t}, {"value", finite(phi.value)}, {"stderr", finite(phi.standard_error)}});
    largest_bound = std::max(largest_bound, slice.largest_bound);
  }
  record["log_density_bound"] = finite(largest_bound);
  if (measured.slices.front().has_test) {
    record["cross_entropy_test"] = Record::list();
    for (const Slice& slice : measured.slices) {
      const Estimate& e = slice.test_log_density;
      record["cross_entropy_test"].push_back({{"t", slice.t},
                                              {"value", finite(-e.value / static_cast<double>(d))},
                                              {"stderr", finite(e.standard_error / static_cast<double>(d))}});
    }
  }
  if (n < 2) {
    record["reason"] = "one datum: alpha = 0, every trajectory ends on it";
    return record;
  }
  const std::vector<Estimate> f = observables::excess_entropy(measured.slices, kLevels - 1, n);
  record["f"] = curve(times, f);
  for (Record& point : record["f"])
    point["f"] = point.at("f_over_alpha").is_null()
                     ? Record(nullptr)
                     : Record(point.at("f_over_alpha").number() * record["alpha"].number());
  record["f_published"] = curve(times, observables::excess_entropy_published(measured.slices, n, d));
  add_theory(times, data, static_cast<double>(n), record);
  const auto store = [&](const char* name, double level) {
    const Crossing crossing = observables::rise_through(times, f, level);
    record[name] = finite(crossing.t);
    record[std::string(name) + "_stderr"] = finite(crossing.standard_error);
    if (!crossing.t && record["reason"].is_null()) record["reason"] = "f/alpha is " + crossing.reason;
  };
  store("t_c", kCollapsed);
  store("t_c_half", kHalf);
  const Record& duplicates = data.at("duplicates");
  if (record["t_c"].is_null() && duplicates.at("exact").whole() > 0)
    record["reason"] = fmt::format(
        "undefined: duplicates. {} rows repeat others exactly, so that no trajectory can tell them apart at any t; "
        "remove them",
        duplicates.at("exact").whole());
  add_samples(measured, times, speciation, record);
  return record;
}

}  // namespace denoiscope::experiments
