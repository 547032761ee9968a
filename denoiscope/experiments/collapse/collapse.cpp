#include "denoiscope/experiments/collapse/collapse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/text.hpp"
#include "denoiscope/data/duplicates.hpp"
#include "denoiscope/experiments/collapse/collapse_parts.hpp"
#include "denoiscope/experiments/describe.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/cluster_entropy.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope::experiments {

using observables::Slice;

namespace {

constexpr double kSettled = 0.99;    // phi_C at which hardly anything switches any more
constexpr double kForgotten = 1e-4;  // phi_C at which no more than 2e-4 of the data hold half of their weight

constexpr double kKnown = 0.02;   // share of its largest value to which the entropy should have fallen on the grid
constexpr double kLowest = 1e-9;  // OU time; data whose distances are 1e-5 of their spread collapse there
constexpr int kLongTimes = 48;

double phi_of(const Slice& slice) { return slice.collapse[observables::kLevels - 1].participation.value; }

// Where half of the clones that part end on the same datum.
Record half_record(const std::vector<double>& times, const std::vector<Slice>& slices) {
  std::vector<Estimate> phi;
  phi.reserve(slices.size());
  for (const Slice& slice : slices) phi.push_back(slice.collapse[observables::kLevels - 1].participation);
  const observables::Crossing half = observables::last_fall_through(times, phi, 0.5);
  return {{"t", finite(half.t)},
          {"stderr", finite(half.standard_error)},
          {"reason", half.t ? Record() : Record("phi_C is " + half.reason)}};
}

// Where the entropy of the cluster has fallen to kKnown of what it can be, in powers of ten from the usual grid
// downward; the usual grid's first time where it has there. Data in few dimensions, or in clusters of near duplicates,
// collapse that late.
double lowest_time(const Dataset& data, const observables::Clusters& clusters, const Noise& noise) {
  if (clusters.count() < 2) return kFirstTime;
  const double most = std::log(static_cast<double>(data.rows())) - clusters.floor();
  const observables::Queries few =
      observables::choose_queries(data, observables::nested_shells(data.rows(), noise), kPilotQueries);
  double t = kFirstTime;
  while (t > kLowest && clusters.entropy(few, t, noise).value > kKnown * most) t /= 10;
  return t;
}

// Times for the curves where the usual ones begin too late, to four digits.
std::vector<double> long_grid(double lowest) {
  std::vector<double> times;
  for (const double t : log_times(lowest, kLastTime, kLongTimes))
    times.push_back(parse_number(fmt::format("{:.4g}", t), "time"));
  return times;
}

// Between which times trajectories settle on a datum, and own weights of data fade. Where the slices do not show it
// (the times are the user's), the ends of the usual grid.
struct Reach {
  double settled, first, forgotten;
};

Reach reach_of(const std::vector<Slice>& slices) {
  Reach reach{kNaN, std::min(slices.front().t, kFirstTime), kNaN};
  for (const Slice& slice : slices)
    if (phi_of(slice) >= kSettled) reach.settled = slice.t;
  if (std::isnan(reach.settled)) reach.settled = reach.first;  // repeats keep phi_C below
  for (auto slice = slices.rbegin(); slice != slices.rend() && phi_of(*slice) <= kForgotten; ++slice)
    reach.forgotten = slice->t;
  if (!(reach.forgotten > 2 * reach.first)) reach.forgotten = std::max(slices.back().t, kLastTime);
  return reach;
}

// What repeats do: the floor of the entropy, and the collapse with each cluster counted as one.
Record duplicates_record(const Dataset& data, const observables::Clusters& clusters, const Record& description,
                         const Record& found, const observables::Probe& probe, Run& run) {
  const Record& audit = description.at("duplicates");
  Record record = {{"t_c", found.at("t_c")}, {"t_c_stderr", found.at("t_c_stderr")}, {"reason", found.at("reason")}};
  for (const char* name : {"exact", "groups", "largest_group", "near", "near_checked", "near_threshold"})
    record[name] = audit.at(name);
  for (const char* name :
       {"clusters", "floor", "floor_over_log_n", "f_clusters", "t_c_clusters", "t_c_clusters_stderr"})
    record[name] = nullptr;
  if (audit.at("exact").whole() == 0) {
    record["reason"] = "no row repeats another: every datum is a cluster of its own";
    return record;
  }
  const double log_n = std::log(static_cast<double>(data.rows())), most = log_n - clusters.floor();
  record["clusters"] = clusters.count();
  record["floor"] = clusters.floor();
  record["floor_over_log_n"] = clusters.floor() / log_n;
  if (clusters.count() < 2) {
    record["reason"] = "all rows are equal: one cluster, on which every trajectory ends";
    return record;
  }
  const Record unit = run.unit("clusters", [&] {
    Record curve = Record::list();
    for (const Record& point : found.at("f")) {
      const double t = point.at("t").number();
      Record e = to_record(clusters.entropy(probe.queries, t, probe.noise));
      curve.push_back({{"t", t}, {"entropy", std::move(e)}});
    }
    return curve;
  });
  std::vector<double> times;
  std::vector<Estimate> f;
  record["f_clusters"] = Record::list();
  for (const Record& point : unit) {
    const Estimate e = estimate_from(point.at("entropy"));
    times.push_back(point.at("t").number());
    f.push_back({e.value / most, e.standard_error / most, e.n});
    record["f_clusters"].push_back(
        {{"t", times.back()}, {"f_over_alpha", finite(f.back().value)}, {"stderr", finite(f.back().standard_error)}});
  }
  const observables::Crossing t_c = observables::rise_through(times, f, kCollapsed);
  record["t_c_clusters"] = finite(t_c.t);
  record["t_c_clusters_stderr"] = finite(t_c.standard_error);
  if (!t_c.t) record["reason"] = "f/alpha of the clusters is " + t_c.reason;
  return record;
}

Record run_collapse(const Request& request, Run& run) {
  const CollapseSettings settings = collapse_settings(request);
  const Subject subject(request, Needs::data);
  const Dataset& data = subject.data();
  const std::optional<Dataset> held_out = load_test(request, data);
  const Dataset* given = held_out ? &*held_out : nullptr;
  if (settings.generalization) require_generalizable(data, given, *settings.generalization);
  Record identity = subject.identity();
  identity["test_sha256"] = held_out ? Record(held_out->hash()) : Record();
  run.start(identity);
  const Record description = run.unit("data", [&] { return describe(data, subject.dropped(), request); });
  Record record = collapse(settings, description, data, given, run);
  show_collapse(record, run.frame());
  return record;
}

constexpr Parameter kOwn[] = {
    parameter::whole("trajectories", 256, 0, 1e6, "M",
                     "exact backward trajectories whose last change of the nearest datum is found (0: none)"),
    parameter::whole("data_times", 512, 0, 1e15, "N", "random data whose own collapse time is found (0: none)"),
    parameter::whole("noises", 8, 1, 24, "K", "noisy versions of each of these"),
    parameter::flag("generalization",
                    "also where the empirical measure is best for held-out points (--test, or a random tenth of the "
                    "data), and where it traps"),
};

}  // namespace

CollapseSettings collapse_settings(const Request& request) {
  CollapseSettings s;
  s.measurement = measurement_settings(request);
  s.collapse_below = request["collapse_below"];
  s.seed = request.whole("seed");
  s.trajectories = request.whole("trajectories");
  s.data_times = request.whole("data_times");
  s.noises = request.whole("noises");
  if (!request.flag("generalization") && !request.has("test")) return s;
  s.generalization.emplace();
  s.generalization->seed = static_cast<std::uint64_t>(s.seed);
  s.generalization->arithmetic = s.measurement.arithmetic;
  // A thousand queries a time: single precision unless something else was asked for, with its bound far below errors.
  if (!request.given("precision")) s.generalization->arithmetic.precision = Precision::f32;
  return s;
}

Record collapse(const CollapseSettings& settings, const Record& description, const Dataset& data,
                const Dataset* held_out, Run& run) {
  const Noise noise(static_cast<std::uint64_t>(settings.seed));
  const std::vector<Index> same = data::first_equal(data);
  const observables::Clusters clusters(data, same);
  run.expect(2 + settings.measurement.units());
  const double lowest = run.unit("lowest-time",
                                 [&] {
                                   return Record{{"t", lowest_time(data, clusters, noise)}};
                                 })["t"]
                            .number();
  MeasurementSettings grid = settings.measurement;
  if (grid.times.empty() && lowest < kFirstTime) {
    grid.times = long_grid(lowest);
    grid.look_again = true;
  }
  const Measurement measurement(data, std::nullopt, grid, noise);
  const std::vector<Slice> slices = measurement.measure(run);
  const Measured measured{description, slices, measurement.probe().shells, settings.collapse_below};
  Record record = {{"source", data.name()}, {"seed", settings.seed}, {"times", Record::list()}};
  std::vector<double> times;
  for (const Slice& slice : slices) {
    times.push_back(slice.t);
    record["times"].push_back(clock_record(slice.t));
  }
  record["collapse"] = collapse_record(measured, speciation_record(measured));
  record["phi_c_half"] = half_record(times, slices);
  record["finite_size"] = run.unit("finite-size", [&] { return finite_size_record(data, description, times); });
  const Reach reach = reach_of(slices);
  record["last_switch"] = last_switch_record(data, settings, same, reach.settled, noise, run);
  record["data_times"] =
      data_times_record(data, settings, same, description.at("range"), reach.first, reach.forgotten, noise, run);
  record["duplicates"] = duplicates_record(data, clusters, description, record["collapse"], measurement.probe(), run);
  record["generalization"] = nullptr;
  if (settings.generalization) {
    const observables::SampleLaw law = observables::sample_law(collapse_at_sizes(measured));
    record["generalization"] = generalization_record(data, held_out, *settings.generalization, &law, run);
  }
  record["data"] = description;
  record["data"].erase("pair_spectra");
  return record;
}

Experiment collapse_experiment() {
  static const std::vector<Parameter> parameters =
      joined({kDataParameters, kTestParameters, kArithmeticParameters, kDuplicatesParameters, kGridParameters,
              kTargetParameters, kSeedParameters, kOwn});
  return {"collapse",
          "when trajectories belong to one datum, how many data would delay it, and which data are memorized first",
          parameters, Needs::data, run_collapse};
}

}  // namespace denoiscope::experiments
