#include "denoiscope/experiments/measurement.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/observables/collapse.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/observables/speciation.hpp"
#include "denoiscope/study/arithmetic.hpp"

namespace denoiscope::experiments {

using observables::Slice;

namespace {

std::vector<Slice> measure_all(Run& run, const char* name, const std::vector<double>& times,
                               const observables::Probe& probe) {
  std::vector<Slice> slices;
  for (const Record& unit : run.map(name, static_cast<Index>(times.size()),
                                    [&](Index i) { return to_record(observables::measure(probe, times[i])); }))
    slices.push_back(observables::slice_from(unit));
  return slices;
}

// Where times are read off the curves.
std::vector<double> crossings(const std::vector<double>& times, const std::vector<Slice>& slices,
                              const observables::Probe& probe) {
  std::vector<double> found;
  std::vector<Estimate> distinct, phi[2];
  for (const Slice& slice : slices) {
    distinct.push_back(slice.collapse[observables::kLevels - 1].participation);
    phi[0].push_back(slice.as_is.phi);
    phi[1].push_back(slice.left_out.phi);
  }
  const auto take = [&](const observables::Crossing& crossing) { found.push_back(crossing.t.value_or(kNaN)); };
  for (int level = 0; level < observables::kLevels; ++level) {
    const Index n = probe.shells.size[level];
    if (n < 2) continue;
    const std::vector<Estimate> f = observables::excess_entropy(slices, level, n);
    take(observables::rise_through(times, f, kCollapsed));
    if (level == observables::kLevels - 1) take(observables::rise_through(times, f, 0.5));
  }
  take(observables::last_fall_through(times, distinct, 0.5));
  if (!slices.front().has_classes) return found;
  double chance = 0;
  for (const ClassInfo& c : probe.data.classes())
    chance += std::pow(static_cast<double>(c.count) / static_cast<double>(probe.data.rows()), 2);
  for (const std::vector<Estimate>& curve : phi) {
    const observables::GuidanceWindow window = observables::guidance_window(times, curve, chance);
    take(window.high);
    take(window.low);
  }
  return found;
}

}  // namespace

MeasurementSettings measurement_settings(const Request& request) {
  return {request.whole("queries"), given_times(request), arithmetic_of(request)};
}

Measurement::Measurement(const Dataset& data, const std::optional<Dataset>& test, const MeasurementSettings& settings,
                         const Noise& noise)
    : data_(data),
      settings_(settings),
      shells_(observables::nested_shells(data.rows(), noise)),
      model_(data, observables::cells_of(data, shells_),
             std::max<Index>(1, static_cast<Index>(data.classes().size())) * observables::kLevels, settings.arithmetic),
      queries_(observables::choose_queries(data, shells_, settings.queries)),
      test_queries_(test ? observables::choose_test_queries(*test, std::min(settings.queries, test->rows()), noise)
                         : observables::Queries{}),
      probe_{data_, shells_, model_, queries_, test ? &*test : nullptr, test_queries_, noise} {}

std::vector<Slice> Measurement::measure(Run& run) const {
  std::vector<double> times = settings_.times;
  if (times.empty()) {
    run.expect(2 * kTimes);
    const Index least = std::max<Index>(kPilotQueries, 4 * static_cast<Index>(data_.classes().size()));
    const observables::Queries few = observables::choose_queries(data_, shells_, std::min(settings_.queries, least));
    const observables::Probe pilot{data_, shells_, model_, few, nullptr, test_queries_, probe_.noise};
    times = adapted_grid(measure_all(run, "pilot", even_grid(), pilot), data_.rows());
  }
  std::vector<Slice> slices = measure_all(run, "time", times, probe_);
  if (!settings_.times.empty() && !settings_.look_again) return slices;
  for (Slice& slice : measure_all(run, "crossing", not_near(times, crossings(times, slices, probe_)), probe_))
    slices.push_back(std::move(slice));
  std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.t < b.t; });
  return slices;
}

}  // namespace denoiscope::experiments
