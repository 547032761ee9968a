#include "denoiscope/experiments/analyze/analyze_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/engine/kernels/kernel.hpp"
#include "denoiscope/experiments/analyze/findings_model.hpp"
#include "denoiscope/experiments/analyze/tables.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/population.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/study/plan.hpp"
#include "denoiscope/study/provenance.hpp"

namespace denoiscope::experiments {

using observables::Population;
using observables::PopulationSlice;

namespace {

constexpr Index kPilotQueries = 64;
constexpr const char* kSchema = "denoiscope.analyze-model/1";

std::vector<double> given_samples(const Settings& settings) {
  std::vector<double> samples = settings.numbers("samples");
  for (double n : samples)
    if (!(n >= 2 && n <= 1e300)) throw UsageError("samples: {}; give numbers of data from 2 to 1e300.", n);
  std::sort(samples.begin(), samples.end());
  samples.erase(std::unique(samples.begin(), samples.end()), samples.end());
  return samples;
}

std::vector<PopulationSlice> measure_all(Plan& plan, const char* prefix, const std::vector<double>& times,
                                         const Population& population) {
  std::vector<PopulationSlice> slices;
  for (std::size_t i = 0; i < times.size(); ++i)
    slices.push_back(observables::population_from(plan.unit(
        fmt::format("{}-{:02d}", prefix, i), [&] { return to_record(observables::measure(population, times[i])); })));
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

Record result_of(const Settings& settings, const MeasuredModel& measured) {
  Record result = {{"schema", kSchema},
                   {"model", model_record(measured.model)},
                   {"seed", settings.integer("seed")},
                   {"queries", settings.integer("queries")}};
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

Model model_of(const Settings& settings) {
  settings.require_only(Use::model, "model " + settings.text("model"));
  std::vector<std::string> parameters = split(settings.text("parameters"), ' ');
  std::erase(parameters, "");  // several blanks in a row
  Model model = make_model(settings.text("model"), parameters);
  static_cast<void>(model.posterior());  // refuses a model that has none before anything is written
  return model;
}

Record analyze_model(const Settings& settings, const std::filesystem::path& folder, IfExists if_exists,
                     const std::string& argv, Progress& progress) {
  const Index m = given_queries(settings);
  const std::vector<double> fixed = given_times(settings), samples = given_samples(settings);
  const Model model = model_of(settings);
  const Noise noise(static_cast<std::uint64_t>(settings.integer("seed")));
  RunDirectory run(folder, fmt::format("{}# {}\n# denoiscope {}\n", settings.toml(Use::model), model.text(), version()),
                   if_exists);

  Plan plan(&run, progress, fixed.empty() ? 2 * kTimes : static_cast<int>(fixed.size()));
  std::vector<double> times = fixed;
  if (times.empty())
    times = placed(
        measure_all(plan, "pilot", even_grid(), Population{model.posterior(), std::min(m, kPilotQueries), noise}),
        samples);
  const std::vector<PopulationSlice> slices = measure_all(plan, "time", times, Population{model.posterior(), m, noise});

  const Record result = result_of(settings, {model, slices, samples});
  write_model_tables(run, result);
  run.write("result.json", json_text(result, 1));
  Record record = provenance(settings, Use::model, kernel::best().name, argv);
  record["model"] = model.text();
  run.write("provenance.json", json_text(record, 1));
  plan.finish();
  return result;
}

}  // namespace denoiscope::experiments
