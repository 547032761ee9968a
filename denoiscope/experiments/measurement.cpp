#include "denoiscope/experiments/measurement.hpp"

#include <algorithm>

#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/records.hpp"
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
  if (!settings_.times.empty()) return measure_all(run, "time", settings_.times, probe_);
  run.expect(2 * kTimes);
  const Index least = std::max<Index>(kPilotQueries, 4 * static_cast<Index>(data_.classes().size()));
  const observables::Queries few = observables::choose_queries(data_, shells_, std::min(settings_.queries, least));
  const observables::Probe pilot{data_, shells_, model_, few, nullptr, test_queries_, probe_.noise};
  const std::vector<Slice> seen = measure_all(run, "pilot", even_grid(), pilot);
  return measure_all(run, "time", adapted_grid(seen, data_.rows()), probe_);
}

}  // namespace denoiscope::experiments
