#include "denoiscope/experiments/speciation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/pixels.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/experiments/measurement.hpp"
#include "denoiscope/observables/found_classes.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

using observables::FoundClasses;
using observables::FoundGroup;

namespace {

constexpr std::uint64_t kLandmarks = 5;  // name of the permutation that chooses them
constexpr Index kFewestRows = 64;
constexpr Index kDraws = 16;            // noisy versions of a row, to tell its class
constexpr double kMostDescribed = 1e8;  // numbers of a data set whose mean pictures are made

bool finds(const SpeciationSettings& own, const Dataset& data) { return own.find || !data.labelled(); }

// One resample: landmarks, groups, and the label of every row of the data.
Record found_record(const Dataset& data, const SpeciationSettings& own, const Noise& noise) {
  std::vector<Index> rows = noise.permutation(data.rows(), kLandmarks);
  rows.resize(std::min(own.landmarks, data.rows()));
  RowMatrix points(static_cast<Index>(rows.size()), data.dimension());
  data.read(rows, points);
  observables::FoundSettings settings;
  settings.most = own.most;
  const FoundClasses found = observables::find_classes(points, settings, noise);
  Record groups = Record::list();
  int leaf = 0;
  for (const FoundGroup& group : found.groups) {
    const bool parts = group.left >= 0;
    groups.push_back({{"share", static_cast<double>(group.landmarks.size()) / static_cast<double>(rows.size())},
                      {"t", parts ? Record(group.t) : Record()},
                      {"clarity", parts ? Record(group.clarity) : Record()},
                      {"left", parts ? Record(group.left) : Record()},
                      {"right", parts ? Record(group.right) : Record()},
                      {"class", parts ? Record() : Record(leaf)},
                      {"reason", parts ? Record() : Record(group.reason)}});
    leaf += parts ? 0 : 1;
  }
  return {{"groups", groups},
          {"t", found.lowest},
          {"labels", observables::assign_classes(data, data.select(rows), found, kDraws, noise)}};
}

// The classes that are found, their stability, and how they agree with given ones. Sets the labels of `data`.
Record find_and_label(Dataset& data, const SpeciationSettings& own, std::uint64_t seed, ExperimentRun& run) {
  std::vector<Record> resamples;
  for (Index r = 0; r < own.resamples; ++r)
    resamples.push_back(run.unit(fmt::format("classes-{:02}", r), [&] {
      return found_record(data, own, r == 0 ? Noise(seed) : Noise(seed).derived(static_cast<std::uint64_t>(r)));
    }));
  const auto labels_of = [](const Record& record) {
    const std::vector<Index> labels = record["labels"].wholes();
    return std::vector<int>(labels.begin(), labels.end());
  };
  const std::vector<int> labels = labels_of(resamples[0]);
  Record rand = Record::list(), counts = Record::list();
  for (std::size_t r = 0; r < resamples.size(); ++r) {
    const std::vector<int> other = labels_of(resamples[r]);
    if (r > 0) rand.push_back(observables::adjusted_rand(labels, other));
    counts.push_back(std::set<int>(other.begin(), other.end()).size());
  }
  Record record = {{"landmarks", std::min(own.landmarks, data.rows())},
                   {"groups", resamples[0]["groups"]},
                   {"t", resamples[0]["t"]},
                   {"stability", {{"adjusted_rand", rand}, {"classes", counts}}},
                   {"agreement_with_labels",
                    data.labelled() ? Record(observables::adjusted_rand(labels, data.labels())) : Record()}};
  data.set_labels(std::vector<long long>(labels.begin(), labels.end()), "classes found");
  return record;
}

// The mean picture of every class and of every merge, where data are pictures.
Record draw_nodes(const Dataset& data, const Record& range, const Record& tree, const ExperimentRun& run) {
  Record nodes = Record::list();
  if (!data.is_image() || !run.kept() || static_cast<double>(data.rows() * data.dimension()) > kMostDescribed)
    return nodes;
  const std::vector<ClassInfo>& classes = data.classes();
  RowMatrix sum = RowMatrix::Zero(static_cast<Index>(classes.size()), data.dimension());
  RowMatrix row(1, data.dimension());
  for (Index i = 0; i < data.rows(); ++i) {
    data.read(i, row);
    sum.row(data.labels()[i]) += row;
  }
  const auto draw = [&](const Record& labels, const std::string& id, const Record& t) {
    Eigen::RowVectorXd mean = Eigen::RowVectorXd::Zero(data.dimension());
    double count = 0;
    std::string text;
    for (std::size_t c = 0; c < classes.size(); ++c) {
      if (std::find(labels.begin(), labels.end(), Record(classes[c].label)) == labels.end()) continue;
      mean += sum.row(static_cast<Index>(c));
      count += static_cast<double>(classes[c].count);
      text += (text.empty() ? "" : ", ") + classes[c].name;
    }
    const std::string file = fmt::format("samples/node-{}.png", id);
    run.write(file, data::picture(data, range, mean / count));
    if (!t.is_null()) text += fmt::format(": parts at t = {:.2f}", t.number());
    nodes.push_back({{"file", file}, {"text", text}});
  };
  for (std::size_t i = tree.size(); i-- > 0;) {
    const Record& merge = tree[i];
    Record both = merge["classes_a"];
    for (const Record& label : merge["classes_b"]) both.push_back(label);
    draw(both, fmt::format("{}", merge["id"].whole()), merge["t"]);
  }
  for (const ClassInfo& c : classes) draw(Record::list({c.label}), fmt::format("class-{}", c.label), nullptr);
  return nodes;
}

}  // namespace

int speciation_units(const Settings& settings, const SpeciationSettings& own, const Dataset& data) {
  const std::vector<double> fixed = given_times(settings);
  const int times = fixed.empty() ? 2 * kTimes : static_cast<int>(fixed.size());
  return 1 + times + (finds(own, data) ? static_cast<int>(own.resamples) : 0);
}

Record speciation(const Settings& settings, const SpeciationSettings& own, ExperimentRun& run, const Dataset& given) {
  if (own.most < 2 || own.resamples < 1 || own.landmarks < kFewestRows)
    throw UsageError("speciation: {} classes, {} resamples, {} landmarks; expected at least 2, 1 and {}.", own.most,
                     own.resamples, own.landmarks, kFewestRows);
  Dataset data = given;
  const auto seed = static_cast<std::uint64_t>(settings.integer("seed"));
  const Noise noise(seed);
  Record found;
  if (finds(own, data)) {
    if (data.rows() < kFewestRows)
      throw DataError("{}: {} rows, expected at least {} to find classes in. Give --labels FILE.", data.name(),
                      data.rows(), kFewestRows);
    found = find_and_label(data, own, seed, run);
    if (data.classes().size() < 2)
      throw DataError("{}: no classes: {}. Nothing parts in these data.", data.name(),
                      found["groups"][0]["reason"].text());
  } else if (data.classes().size() < 2) {
    throw DataError("{}: one class only, expected two or more. --find looks for classes inside it.", data.name());
  }
  const Loaded loaded{data, {}};
  Record description = run.unit("data", [&] { return describe(loaded, settings); });
  const Measurement measurement(data, std::nullopt, settings, noise);
  const std::vector<observables::Slice> slices = measurement.measure(run.plan());
  const Measured measured{description, slices, measurement.probe().shells, settings.number("collapse_below")};
  Record record = {{"source", given.name()}, {"seed", settings.integer("seed")}, {"times", Record::list()}};
  for (const observables::Slice& slice : slices) record["times"].push_back(clock_record(slice.t));
  record["speciation"] = speciation_record(measured);
  record["guidance"] = guidance_record(measured, record["speciation"]);
  description.erase("pair_spectra");
  record["data"] = description;
  record["found"] = found;
  const Record& tree = record["speciation"]["tree"];
  record["nodes"] = draw_nodes(data, description["range"], tree.is_null() ? Record::list() : tree, run);
  return record;
}

}  // namespace denoiscope::experiments
