#include "denoiscope/study/analyze.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/json.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/observables/slice.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoiscope/study/findings.hpp"
#include "denoiscope/study/grid.hpp"
#include "denoiscope/study/plan.hpp"
#include "denoiscope/study/provenance.hpp"
#include "denoiscope/study/records.hpp"
#include "denoiscope/study/tables.hpp"

namespace denoiscope::study {

using nlohmann::json;
using observables::Slice;

namespace {

constexpr Index kPilotQueries = 64;
constexpr int kStripTimes = 8;
constexpr const char* kSchema = "denoiscope.analyze/1";

std::vector<Slice> measure_all(Plan& plan, const char* prefix, const std::vector<double>& times,
                               const observables::Probe& probe) {
  std::vector<Slice> slices;
  for (std::size_t i = 0; i < times.size(); ++i)
    slices.push_back(slice_from(plan.unit(fmt::format("{}-{:02d}", prefix, i),
                                          [&] { return to_json(observables::measure(probe, times[i])); })));
  return slices;
}

// 8-bit pixels of points, whatever their scale: the preprocessing undone for 8-bit data, else the data's range spread.
std::string picture(const Dataset& data, const json& range, const Eigen::Ref<const Eigen::RowVectorXd>& point) {
  const Preprocess& p = data.preprocess();
  const double low = range.at(0).get<double>(), high = range.at(1).get<double>();
  std::vector<unsigned char> pixels;
  for (Index k = 0; k < point.size(); ++k) {
    const auto at = [k](const std::vector<double>& v) { return v[v.size() > 1 ? static_cast<std::size_t>(k) : 0]; };
    const double value =
        data.scalar() == Scalar::u8 ? point[k] / at(p.factor) + at(p.shift) : 255 * (point[k] - low) / (high - low);
    pixels.push_back(
        static_cast<unsigned char>(std::lround(std::clamp(std::isfinite(value) ? value : 0.0, 0.0, 255.0))));
  }
  const std::vector<Index>& shape = data.shape();
  return data::encode_png(pixels, shape[0], shape[1], shape.size() > 2 ? shape[2] : 1);
}

// Times of the strips: evenly over the measured change of phi and f, which is what the grid is spaced by.
std::vector<double> strip_times(const std::vector<Slice>& slices) {
  std::vector<double> times;
  const std::size_t last = slices.size() - 1;
  for (int k = 0; k < kStripTimes; ++k) {
    const double t = slices[last - last * static_cast<std::size_t>(k) / (kStripTimes - 1)].t;
    if (times.empty() || t < times.back()) times.push_back(t);
  }
  return times;
}

json draw_strips(const RunDirectory& run, const observables::Probe& probe, const std::vector<Slice>& slices,
                 long long count, const json& range) {
  json strips = json::array();
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
    const std::string label =
        probe.data.labelled()
            ? probe.data.classes()[static_cast<std::size_t>(probe.data.labels()[static_cast<std::size_t>(row)])].name
            : "";
    strips.push_back({{"label", label}, {"row", probe.data.original_row(row)}, {"images", json::array()}});
  }
  for (double t : strip_times(slices)) {
    const RowMatrix x = observables::noisy(probe.data, chosen, t, probe.noise);
    RowMatrix mean(x.rows(), x.cols());
    probe.model.denoise(t, x, mean);
    for (Index i = 0; i < x.rows(); ++i) {
      json& strip = strips[static_cast<std::size_t>(i)];
      const std::string stem = fmt::format("samples/strip-{}-{}", i, strip["images"].size());
      run.write(stem + "-noisy.png", picture(probe.data, range, x.row(i)));
      run.write(stem + "-mean.png", picture(probe.data, range, mean.row(i)));
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

json result_of(const Settings& settings, const json& data, const std::vector<Slice>& slices,
               const observables::Shells& shells) {
  const Measured measured{data, slices, shells, settings.number("collapse_below")};
  json result = {{"schema", kSchema}, {"data", data}, {"seed", settings.integer("seed")}};
  double bound = 0;
  for (const Slice& slice : slices) bound = std::max(bound, slice.largest_bound);
  result["arithmetic"] = {{"precision", settings.text("precision")}, {"largest_bound", bound}};
  result["times"] = json::array();
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

json analyze(const Settings& settings, const std::filesystem::path& folder, IfExists if_exists, const std::string& argv,
             Progress& progress) {
  const Index m = given_queries(settings);
  require_time("collapse_below", settings.number("collapse_below"));
  const std::vector<double> fixed = given_times(settings);
  arithmetic_of(settings);  // refused before a run directory is made
  const Loaded loaded = load(settings);
  const Dataset& data = loaded.data;
  const std::optional<Dataset> test = load_test(settings, data);
  const Noise noise(static_cast<std::uint64_t>(settings.integer("seed")));
  RunDirectory run(folder, configuration(settings, data, test), if_exists);

  const int pilot_units = fixed.empty() ? kTimes : 0,
            main_units = fixed.empty() ? kTimes : static_cast<int>(fixed.size());
  Plan plan(&run, progress, 2 + pilot_units + main_units);
  json description = plan.unit("data", [&] { return describe(loaded, settings); });

  const observables::Shells shells = observables::nested_shells(data.rows(), noise);
  const Index cells = std::max<Index>(1, static_cast<Index>(data.classes().size())) * observables::kLevels;
  const Empirical model(data, observables::cells_of(data, shells), cells, arithmetic_of(settings));
  const observables::Queries queries = observables::choose_queries(data, shells, m);
  observables::Queries test_queries;
  if (test) {
    test_queries = observables::choose_test_queries(*test, std::min<Index>(m, test->rows()), noise);
    description["test"] = {{"rows", test->rows()}, {"name", test->name()}};
  }
  const observables::Probe probe{data, shells, model, queries, test ? &*test : nullptr, test_queries, noise};

  std::vector<double> times = fixed;
  if (times.empty()) {
    const observables::Queries few = observables::choose_queries(
        data, shells,
        std::min<Index>(m, std::max<Index>(kPilotQueries, 4 * static_cast<Index>(data.classes().size()))));
    const observables::Probe pilot{data, shells, model, few, nullptr, test_queries, noise};
    times = adapted_grid(measure_all(plan, "pilot", even_grid(), pilot), data.rows());
  }
  const std::vector<Slice> slices = measure_all(plan, "time", times, probe);
  const json strips = plan.unit(
      "strips", [&] { return draw_strips(run, probe, slices, settings.integer("strips"), description.at("range")); });

  json result = result_of(settings, description, slices, shells);
  result["strips"] = strips;
  write_tables(run, result);
  run.write("result.json", json_text(result, 1));
  json record = provenance(settings, Use::data, kernel_of(arithmetic_of(settings), data), argv);
  record["data_sha256"] = data.hash();
  run.write("provenance.json", json_text(record, 1));
  plan.finish();
  return result;
}

}  // namespace denoiscope::study
