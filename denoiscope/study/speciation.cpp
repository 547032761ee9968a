#include "denoiscope/study/speciation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/observables/found_classes.hpp"
#include "denoiscope/study/analyze.hpp"
#include "denoiscope/study/findings.hpp"
#include "denoiscope/study/grid.hpp"
#include "denoiscope/study/measurement.hpp"
#include "denoiscope/study/pixels.hpp"
#include "denoiscope/study/records.hpp"

namespace denoiscope::study {

using nlohmann::json;
using observables::FoundClasses;
using observables::FoundGroup;

namespace {

constexpr std::uint64_t kLandmarks = 5;  // name of the permutation that chooses them
constexpr Index kFewestRows = 64;
constexpr Index kDraws = 16;            // noisy versions of a row, to tell its class
constexpr double kMostDescribed = 1e8;  // numbers of a data set whose mean pictures are made

bool finds(const SpeciationSettings& own, const Dataset& data) { return own.find || !data.labelled(); }

// One resample: landmarks, groups, and the label of every row of the data.
json found_record(const Dataset& data, const SpeciationSettings& own, const Noise& noise) {
  std::vector<Index> rows = noise.permutation(data.rows(), kLandmarks);
  rows.resize(static_cast<std::size_t>(std::min(own.landmarks, data.rows())));
  RowMatrix points(static_cast<Index>(rows.size()), data.dimension());
  data.read(rows, points);
  observables::FoundSettings settings;
  settings.most = own.most;
  const FoundClasses found = observables::find_classes(points, settings, noise);
  json groups = json::array();
  int leaf = 0;
  for (const FoundGroup& group : found.groups) {
    const bool parts = group.left >= 0;
    groups.push_back({{"share", static_cast<double>(group.landmarks.size()) / static_cast<double>(rows.size())},
                      {"t", parts ? json(group.t) : json()},
                      {"clarity", parts ? json(group.clarity) : json()},
                      {"left", parts ? json(group.left) : json()},
                      {"right", parts ? json(group.right) : json()},
                      {"class", parts ? json() : json(leaf)},
                      {"reason", parts ? json() : json(group.reason)}});
    leaf += parts ? 0 : 1;
  }
  return {{"groups", groups},
          {"t", found.lowest},
          {"labels", observables::assign_classes(data, data.select(rows), found, kDraws, noise)}};
}

// The classes that are found, their stability, and how they agree with given ones. Sets the labels of `data`.
json find_and_label(Dataset& data, const SpeciationSettings& own, std::uint64_t seed, ExperimentRun& run) {
  std::vector<json> resamples;
  for (Index r = 0; r < own.resamples; ++r)
    resamples.push_back(run.unit(fmt::format("classes-{:02}", r), [&] {
      return found_record(data, own, r == 0 ? Noise(seed) : Noise(seed).derived(static_cast<std::uint64_t>(r)));
    }));
  const auto labels_of = [](const json& record) { return record["labels"].get<std::vector<int>>(); };
  const std::vector<int> labels = labels_of(resamples[0]);
  json rand = json::array(), counts = json::array();
  for (std::size_t r = 0; r < resamples.size(); ++r) {
    const std::vector<int> other = labels_of(resamples[r]);
    if (r > 0) rand.push_back(observables::adjusted_rand(labels, other));
    counts.push_back(std::set<int>(other.begin(), other.end()).size());
  }
  json record = {
      {"landmarks", std::min(own.landmarks, data.rows())},
      {"groups", resamples[0]["groups"]},
      {"t", resamples[0]["t"]},
      {"stability", {{"adjusted_rand", rand}, {"classes", counts}}},
      {"agreement_with_labels", data.labelled() ? json(observables::adjusted_rand(labels, data.labels())) : json()}};
  data.set_labels(std::vector<long long>(labels.begin(), labels.end()), "classes found");
  return record;
}

// The mean picture of every class and of every merge, where data are pictures.
json draw_nodes(const Dataset& data, const json& range, const json& tree, const ExperimentRun& run) {
  json nodes = json::array();
  if (!data.is_image() || !run.kept() || static_cast<double>(data.rows() * data.dimension()) > kMostDescribed)
    return nodes;
  const std::vector<ClassInfo>& classes = data.classes();
  RowMatrix sum = RowMatrix::Zero(static_cast<Index>(classes.size()), data.dimension());
  RowMatrix row(1, data.dimension());
  for (Index i = 0; i < data.rows(); ++i) {
    data.read(i, row);
    sum.row(data.labels()[static_cast<std::size_t>(i)]) += row;
  }
  const auto draw = [&](const json& labels, const std::string& id, const json& t) {
    Eigen::RowVectorXd mean = Eigen::RowVectorXd::Zero(data.dimension());
    double count = 0;
    std::string text;
    for (std::size_t c = 0; c < classes.size(); ++c) {
      if (std::find(labels.begin(), labels.end(), json(classes[c].label)) == labels.end()) continue;
      mean += sum.row(static_cast<Index>(c));
      count += static_cast<double>(classes[c].count);
      text += (text.empty() ? "" : ", ") + classes[c].name;
    }
    const std::string file = fmt::format("samples/node-{}.png", id);
    run.write(file, picture(data, range, mean / count));
    if (!t.is_null()) text += fmt::format(": parts at t = {:.2f}", t.get<double>());
    nodes.push_back({{"file", file}, {"text", text}});
  };
  for (auto merge = tree.rbegin(); merge != tree.rend(); ++merge) {
    json both = (*merge)["classes_a"];
    for (const json& label : (*merge)["classes_b"]) both.push_back(label);
    draw(both, fmt::format("{}", (*merge)["id"].get<long long>()), (*merge)["t"]);
  }
  for (const ClassInfo& c : classes) draw(json::array({c.label}), fmt::format("class-{}", c.label), nullptr);
  return nodes;
}

}  // namespace

int speciation_units(const Settings& settings, const SpeciationSettings& own, const Dataset& data) {
  const std::vector<double> fixed = given_times(settings);
  const int times = fixed.empty() ? 2 * kTimes : static_cast<int>(fixed.size());
  return 1 + times + (finds(own, data) ? static_cast<int>(own.resamples) : 0);
}

json speciation(const Settings& settings, const SpeciationSettings& own, ExperimentRun& run, const Dataset& given) {
  if (own.most < 2 || own.resamples < 1 || own.landmarks < kFewestRows)
    throw UsageError("speciation: {} classes, {} resamples, {} landmarks; expected at least 2, 1 and {}.", own.most,
                     own.resamples, own.landmarks, kFewestRows);
  Dataset data = given;
  const auto seed = static_cast<std::uint64_t>(settings.integer("seed"));
  const Noise noise(seed);
  json found;
  if (finds(own, data)) {
    if (data.rows() < kFewestRows)
      throw DataError("{}: {} rows, expected at least {} to find classes in. Give --labels FILE.", data.name(),
                      data.rows(), kFewestRows);
    found = find_and_label(data, own, seed, run);
    if (data.classes().size() < 2)
      throw DataError("{}: no classes: {}. Nothing parts in these data.", data.name(),
                      found["groups"][0]["reason"].get<std::string>());
  } else if (data.classes().size() < 2) {
    throw DataError("{}: one class only, expected two or more. --find looks for classes inside it.", data.name());
  }
  const Loaded loaded{data, {}};
  json description = run.unit("data", [&] { return describe(loaded, settings); });
  const Measurement measurement(data, std::nullopt, settings, noise);
  const std::vector<observables::Slice> slices = measurement.measure(run.plan());
  const Measured measured{description, slices, measurement.probe().shells, settings.number("collapse_below")};
  json record = {{"source", given.name()}, {"seed", settings.integer("seed")}, {"times", json::array()}};
  for (const observables::Slice& slice : slices) record["times"].push_back(clock_record(slice.t));
  record["speciation"] = speciation_record(measured);
  record["guidance"] = guidance_record(measured, record["speciation"]);
  description.erase("pair_spectra");
  record["data"] = description;
  record["found"] = found;
  const json& tree = record["speciation"]["tree"];
  record["nodes"] = draw_nodes(data, description["range"], tree.is_null() ? json::array() : tree, run);
  return record;
}

}  // namespace denoiscope::study
