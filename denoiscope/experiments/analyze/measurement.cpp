#include "denoiscope/experiments/analyze/measurement.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "denoiscope/experiments/analyze/grid.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/study/arithmetic.hpp"

namespace denoiscope::experiments {

using observables::Slice;

namespace {

constexpr Index kPilotQueries = 64;

std::vector<Slice> measure_all(Plan& plan, const char* prefix, const std::vector<double>& times,
                               const observables::Probe& probe) {
  std::vector<Slice> slices;
  for (std::size_t i = 0; i < times.size(); ++i)
    slices.push_back(observables::slice_from(plan.unit(
        fmt::format("{}-{:02d}", prefix, i), [&] { return to_record(observables::measure(probe, times[i])); })));
  return slices;
}

}  // namespace

Measurement::Measurement(const Dataset& data, const std::optional<Dataset>& test, const Settings& settings,
                         const Noise& noise)
    : data_(data),
      m_(given_queries(settings)),
      fixed_(given_times(settings)),
      shells_(observables::nested_shells(data.rows(), noise)),
      model_(data, observables::cells_of(data, shells_),
             std::max<Index>(1, static_cast<Index>(data.classes().size())) * observables::kLevels,
             arithmetic_of(settings)),
      queries_(observables::choose_queries(data, shells_, m_)),
      test_queries_(test ? observables::choose_test_queries(*test, std::min<Index>(m_, test->rows()), noise)
                         : observables::Queries{}),
      probe_{data_, shells_, model_, queries_, test ? &*test : nullptr, test_queries_, noise} {}

int Measurement::units() const { return fixed_.empty() ? 2 * kTimes : static_cast<int>(fixed_.size()); }

std::vector<Slice> Measurement::measure(Plan& plan) const {
  std::vector<double> times = fixed_;
  if (times.empty()) {
    const Index least = std::max<Index>(kPilotQueries, 4 * static_cast<Index>(data_.classes().size()));
    const observables::Queries few = observables::choose_queries(data_, shells_, std::min<Index>(m_, least));
    const observables::Probe pilot{data_, shells_, model_, few, nullptr, test_queries_, probe_.noise};
    times = adapted_grid(measure_all(plan, "pilot", even_grid(), pilot), data_.rows());
  }
  return measure_all(plan, "time", times, probe_);
}

}  // namespace denoiscope::experiments
