#include "denoiscope/experiments/analyze/analyze.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "denoiscope/data/pixels.hpp"
#include "denoiscope/experiments/analyze/parts.hpp"
#include "denoiscope/experiments/analyze/verdict.hpp"
#include "denoiscope/experiments/describe.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/grid.hpp"

namespace denoiscope::experiments {

using observables::Slice;

namespace {

constexpr int kStripTimes = 8;
constexpr const char* kSchema = "denoiscope.analyze/1";

// Times of the strips: evenly over the measured change of phi and f, which is what the grid is spaced by.
std::vector<double> strip_times(const std::vector<Slice>& slices) {
  std::vector<double> times;
  const std::size_t last = slices.size() - 1;
  for (int k = 0; k < kStripTimes; ++k) {
    const double t = slices[last - last * k / (kStripTimes - 1)].t;
    if (times.empty() || t < times.back()) times.push_back(t);
  }
  return times;
}

Record draw_strips(Run& run, const observables::Probe& probe, const std::vector<Slice>& slices, Index count,
                   const Record& range) {
  Record strips = Record::list();
  if (!run.kept() || !probe.data.is_image() || count < 1) return strips;
  // One query a class, classes in turn; without classes the first queries.
  observables::Queries chosen = probe.queries;
  std::vector<std::size_t> order;
  std::set<int> seen;
  for (std::size_t q = 0; q < chosen.row.size(); ++q)
    if (seen.insert(chosen.stratum[q]).second) order.push_back(q);
  for (std::size_t q = 0; q < chosen.row.size() && order.size() < static_cast<std::size_t>(count); ++q)
    if (std::find(order.begin(), order.end(), q) == order.end()) order.push_back(q);
  chosen.row.clear();
  chosen.trajectory.clear();
  const std::size_t drawn = std::min(order.size(), static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < drawn; ++i) {
    const std::size_t q = order[i * order.size() / drawn];
    chosen.row.push_back(probe.queries.row[q]);
    chosen.trajectory.push_back(probe.queries.trajectory[q]);
  }
  for (Index row : chosen.row) {
    const std::string label = probe.data.labelled() ? probe.data.classes()[probe.data.labels()[row]].name : "";
    strips.push_back({{"label", label}, {"row", probe.data.original_row(row)}, {"images", Record::list()}});
  }
  for (double t : strip_times(slices)) {
    const RowMatrix x = observables::noisy(probe.data, chosen, t, probe.noise);
    RowMatrix mean(x.rows(), x.cols());
    probe.model.denoise(t, x, mean);
    for (Index i = 0; i < x.rows(); ++i) {
      Record& strip = strips[i];
      const std::string stem = fmt::format("samples/strip-{}-{}", i, strip["images"].size());
      run.write(stem + "-noisy.png", data::picture(probe.data, range, x.row(i)));
      run.write(stem + "-mean.png", data::picture(probe.data, range, mean.row(i)));
      strip["images"].push_back({{"t", t}, {"noisy", stem + "-noisy.png"}, {"mean", stem + "-mean.png"}});
    }
  }
  return strips;
}

Record result_of(const AnalyzeSettings& settings, const std::string& precision, const Record& data,
                 const std::vector<Slice>& slices, const observables::Shells& shells) {
  const Measured measured{data, slices, shells, settings.collapse_below};
  Record result = {{"schema", kSchema}, {"data", data}, {"seed", settings.seed}};
  double bound = 0;
  for (const Slice& slice : slices) bound = std::max(bound, slice.largest_bound);
  result["arithmetic"] = {{"precision", precision}, {"largest_bound", bound}};
  result["times"] = Record::list();
  for (const Slice& slice : slices) result["times"].push_back(clock_record(slice.t));
  result["speciation"] = speciation_record(measured);
  result["collapse"] = collapse_record(measured, result["speciation"]);
  result["guidance"] = guidance_record(measured, result["speciation"]);
  result["regimes"] = regimes_record(result);
  result["window"] = window_record(result);
  result["verdict"] = verdict_record(result);
  result["data"].erase("pair_spectra");
  return result;
}

Record analyze_data(const Request& request, const AnalyzeSettings& settings, const Subject& subject, Run& run) {
  const Dataset& data = subject.data();
  const std::optional<Dataset> test = load_test(request, data);
  Record identity = subject.identity();
  identity["test_sha256"] = test ? Record(test->hash()) : Record();
  run.start(identity);
  run.expect(2 + settings.measurement.units());
  Record description = run.unit("data", [&] { return describe(data, subject.dropped(), request); });
  if (test) description["test"] = {{"rows", test->rows()}, {"name", test->name()}};
  const Noise noise = subject.noise();
  const Measurement measurement(data, test, settings.measurement, noise);
  const std::vector<Slice> slices = measurement.measure(run);
  const Record strips = run.unit("strips", [&] {
    return draw_strips(run, measurement.probe(), slices, settings.strips, description.at("range"));
  });
  Record result = result_of(settings, request.text("precision"), description, slices, measurement.probe().shells);
  result["strips"] = strips;
  write_tables(run, result);
  return result;
}

AnalyzeSettings settings_of(const Request& request) {
  AnalyzeSettings s{measurement_settings(request), request.whole("seed"), request["collapse_below"],
                    request.whole("strips"), request.numbers("samples")};
  std::sort(s.samples.begin(), s.samples.end());
  s.samples.erase(std::unique(s.samples.begin(), s.samples.end()), s.samples.end());
  return s;
}

// denoiscope-NAME, of the data or the model.
std::string usual_folder(const Request& request) {
  if (request.has("model")) return "denoiscope-" + request.text("model");
  const std::string& data = request.text("data");
  const std::string stem =
      data.empty() ? "fashion-mnist" : std::filesystem::path(data).lexically_normal().stem().string();
  return "denoiscope-" + (stem.empty() || stem == "." ? "run" : stem);
}

constexpr Parameter kOwn[] = {
    parameter::about(About::data,
                     parameter::whole("strips", 4, 0, 1e6, "N",
                                      "data whose noisy versions and posterior means are drawn (images only)")),
    parameter::about(About::model, parameter::list("samples", "1e3,1e4,1e5,1e6", 2, 1e300, false, "n,n,...",
                                                   "numbers of data for which a model's collapse time is computed")),
};

}  // namespace

Record analyze(const Request& request, Run& run) {
  const AnalyzeSettings settings = settings_of(request);
  const Subject subject(request, Needs::posterior);
  return subject.of_model() ? analyze_model(subject, settings, run) : analyze_data(request, settings, subject, run);
}

Experiment analyze_experiment() {
  static const std::vector<Parameter> parameters =
      joined({kDataParameters, kTestParameters, kArithmeticParameters, kDuplicatesParameters, kModelParameters,
              kGridParameters, kSeedParameters, kTargetParameters, kOwn});
  return {
      "analyze",  "from a data set, or a model, to its phase diagram: when classes form, when trajectories collapse",
      parameters, Needs::posterior,
      analyze,    usual_folder};
}

}  // namespace denoiscope::experiments
