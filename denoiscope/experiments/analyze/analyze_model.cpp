#include <algorithm>
#include <cmath>

#include "denoiscope/experiments/analyze/findings_model.hpp"
#include "denoiscope/experiments/analyze/parts.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/population.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

using observables::Population;
using observables::PopulationSlice;

namespace {

constexpr const char* kSchema = "denoiscope.analyze-model/1";

std::vector<PopulationSlice> measure_all(Run& run, const char* name, const std::vector<double>& times,
                                         const Population& population) {
  std::vector<PopulationSlice> slices;
  for (const Record& unit : run.map(name, static_cast<Index>(times.size()),
                                    [&](Index i) { return to_record(observables::measure(population, times[i])); }))
    slices.push_back(observables::population_from(unit));
  return slices;
}

// Spaced by the changes of phi and of I over the log of the numbers of data, where it is not beyond.
std::vector<double> placed(const std::vector<PopulationSlice>& pilot, const std::vector<double>& samples) {
  std::vector<double> times;
  std::vector<std::vector<double>> curves(2);
  for (const PopulationSlice& slice : pilot) {
    times.push_back(slice.t);
    curves[0].push_back(slice.has_classes ? slice.classes.phi.value : kNaN);
    double share = 0;
    for (double n : samples) share += std::clamp(slice.information.value / std::log(n), 0.0, 1.0);
    curves[1].push_back(samples.empty() ? kNaN : share / static_cast<double>(samples.size()));
  }
  return adapted_grid(times, curves);
}

Record result_of(const AnalyzeSettings& settings, const MeasuredModel& measured) {
  Record result = {{"schema", kSchema},
                   {"model", model_record(measured.model)},
                   {"seed", settings.seed},
                   {"queries", settings.measurement.queries}};
  result["times"] = Record::list();
  for (const PopulationSlice& slice : measured.slices) result["times"].push_back(clock_record(slice.t));
  result["speciation"] = model_speciation_record(measured);
  result["information"] = information_record(measured);
  result["collapse"] = model_collapse_record(measured, result["information"]);
  result["theory"] = theory_record(measured, result["speciation"]);
  result["verdict"] = model_verdict(result);
  return result;
}

}  // namespace

Record analyze_model(const Subject& subject, const AnalyzeSettings& settings, Run& run) {
  const Model& model = subject.model();
  const Noise noise = subject.noise();
  const Index m = settings.measurement.queries;
  run.start(subject.identity());
  run.expect(settings.measurement.units());
  const Population population{model.posterior(), m, noise};
  std::vector<double> times = settings.measurement.times;
  const bool given = !times.empty();
  if (!given)
    times =
        placed(measure_all(run, "pilot", even_grid(), Population{model.posterior(), std::min(m, kPilotQueries), noise}),
               settings.samples);
  std::vector<PopulationSlice> slices = measure_all(run, "time", times, population);
  if (!given) {
    const Record first = result_of(settings, {model, slices, settings.samples});
    std::vector<double> found = {number_from(first.at("speciation").at("t_s"))};
    for (const Record& of_n : first.at("collapse")) found.push_back(number_from(of_n.at("t_c")));
    for (PopulationSlice& slice : measure_all(run, "crossing", not_near(times, found), population))
      slices.push_back(std::move(slice));
    std::sort(slices.begin(), slices.end(),
              [](const PopulationSlice& a, const PopulationSlice& b) { return a.t < b.t; });
  }
  const Record result = result_of(settings, {model, slices, settings.samples});
  write_model_tables(run, result);
  return result;
}

}  // namespace denoiscope::experiments
