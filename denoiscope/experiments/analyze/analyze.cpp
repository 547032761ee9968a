#include "denoiscope/experiments/analyze/analyze.hpp"

#include <algorithm>
#include <set>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/pixels.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/experiments/analyze/tables.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/experiments/measurement.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/observables/slice.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoiscope/study/plan.hpp"
#include "denoiscope/study/provenance.hpp"

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

Record draw_strips(const RunDirectory& run, const observables::Probe& probe, const std::vector<Slice>& slices,
                   long long count, const Record& range) {
  Record strips = Record::list();
  if (!probe.data.is_image() || count < 1) return strips;
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

// All that results depend on, as one TOML text: settings, and what the data were.
std::string configuration(const Settings& settings, const Dataset& data, const std::optional<Dataset>& test) {
  std::string labels;
  for (int label : data.labels()) labels += fmt::format("{},", label);
  std::string names;
  for (const ClassInfo& c : data.classes()) names += fmt::format("{}:{},", c.label, c.name);
  return fmt::format("{}# data sha256 {}\n# labels sha256 {}\n# test sha256 {}\n# denoiscope {}, kernel {}\n",
                     settings.toml(Use::data), data.hash(), sha256(labels + names), test ? test->hash() : "none",
                     version(), kernel_of(arithmetic_of(settings), data));
}

Record result_of(const Settings& settings, const Record& data, const std::vector<Slice>& slices,
                 const observables::Shells& shells) {
  const Measured measured{data, slices, shells, settings.number("collapse_below")};
  Record result = {{"schema", kSchema}, {"data", data}, {"seed", settings.integer("seed")}};
  double bound = 0;
  for (const Slice& slice : slices) bound = std::max(bound, slice.largest_bound);
  result["arithmetic"] = {{"precision", settings.text("precision")}, {"largest_bound", bound}};
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

}  // namespace

Record analyze(const Settings& settings, const std::filesystem::path& folder, IfExists if_exists,
               const std::string& argv, Progress& progress) {
  given_queries(settings);
  require_time("collapse_below", settings.number("collapse_below"));
  given_times(settings);
  arithmetic_of(settings);  // refused before a run directory is made
  const Loaded loaded = load(settings);
  const Dataset& data = loaded.data;
  const std::optional<Dataset> test = load_test(settings, data);
  const Noise noise(static_cast<std::uint64_t>(settings.integer("seed")));
  RunDirectory run(folder, configuration(settings, data, test), if_exists);

  Measurement measurement(data, test, settings, noise);
  Plan plan(&run, progress, 2 + measurement.units());
  Record description = plan.unit("data", [&] { return describe(loaded, settings); });
  if (test) description["test"] = {{"rows", test->rows()}, {"name", test->name()}};
  const std::vector<Slice> slices = measurement.measure(plan);
  const Record strips = plan.unit("strips", [&] {
    return draw_strips(run, measurement.probe(), slices, settings.integer("strips"), description.at("range"));
  });

  Record result = result_of(settings, description, slices, measurement.probe().shells);
  result["strips"] = strips;
  write_tables(run, result);
  run.write("result.json", json_text(result, 1));
  Record record = provenance(settings, Use::data, kernel_of(arithmetic_of(settings), data), argv);
  record["data_sha256"] = data.hash();
  run.write("provenance.json", json_text(record, 1));
  plan.finish();
  return result;
}

}  // namespace denoiscope::experiments
