// When backward trajectories change their nearest datum for the last time.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/experiments/collapse/collapse_parts.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/last_switch.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

namespace {

constexpr Index kPathsOfUnit = 128;
constexpr int kSwitchTimes = 64;  // of the grid on which last switches are sought
constexpr int kBins = 20;         // of histograms

// The time, or null for what has none.
Record positive(double t) { return t > 0 ? finite(t) : Record(); }

}  // namespace

Record quantiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  Record out = {{"reason", nullptr}};
  for (const int percent : {5, 25, 50, 75, 95}) {
    const std::string name = fmt::format("q{:02d}", percent);
    out[name] = positive(values[(values.size() - 1) * percent / 100]);
    if (out[name].is_null()) out["reason"] = "what has no time counts as below or above all times, as its reason says";
  }
  return out;
}

Record histogram(const std::vector<double>& values, double low, double high) {
  Record bins = Record::list();
  const std::vector<double> edges = log_times(low, high, kBins + 1);
  for (int k = 0; k < kBins; ++k) {
    const double from = edges[k], to = edges[static_cast<std::size_t>(k) + 1];
    const bool last = k + 1 == kBins;
    bins.push_back(
        {{"t_low", from}, {"t_high", to}, {"count", std::count_if(values.begin(), values.end(), [&](double v) {
                                             return v >= from && (v < to || (last && v <= to));
                                           })}});
  }
  return bins;
}

Record last_switch_record(const Dataset& data, const CollapseSettings& settings, const std::vector<Index>& same,
                          double from, const Noise& noise, Run& run) {
  const Index trajectories = settings.trajectories;
  Record record = {{"trajectories", trajectories}, {"reason", nullptr}};
  for (const char* name : {"mean", "stderr", "quantiles", "t_low", "t_high", "ratio", "never", "below", "histogram"})
    record[name] = nullptr;
  if (trajectories == 0) {
    record["reason"] = "no trajectories were asked for";
    return record;
  }
  const std::vector<double> times = log_times(from, std::max(kLastTime, 2 * from), kSwitchTimes);
  const Empirical model(data, {}, 1, settings.measurement.arithmetic);
  std::vector<double> found;
  Index never = 0, below = 0;
  const auto switches = [&](Index block) {
    const Index begin = block * kPathsOfUnit, count = std::min(kPathsOfUnit, trajectories - begin);
    std::vector<std::uint64_t> names(static_cast<std::size_t>(count));
    std::iota(names.begin(), names.end(), static_cast<std::uint64_t>(begin));
    const auto made = observables::last_switches(data, model, same, times, names, noise);
    return Record{{"t", made.t}, {"never", made.never}, {"below", made.below}};
  };
  for (const Record& unit : run.map("switches", units_of(trajectories, kPathsOfUnit), switches)) {
    for (const Record& t : unit["t"]) found.push_back(t.number());
    never += unit["never"].whole();
    below += unit["below"].whole();
  }
  record["t_low"] = times.front();
  record["t_high"] = times.back();
  record["ratio"] = times[1] / times[0];
  record["never"] = never;
  record["below"] = below;
  if (never == trajectories) {
    record["reason"] = fmt::format("the nearest datum never changes up to t = {:.3g}", times.back());
    return record;
  }
  const Estimate mean = mean_of(found);
  record["mean"] = mean.value;
  record["stderr"] = finite(mean.standard_error);
  record["quantiles"] = quantiles(found);
  record["histogram"] = histogram(found, times.front(), times.back());
  return record;
}

}  // namespace denoiscope::experiments
