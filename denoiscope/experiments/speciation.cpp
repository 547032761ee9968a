// Speciation of a data set: which classes part when, the tree they form, and classes found where there are none.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/pixels.hpp"
#include "denoiscope/experiments/describe.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/experiments/measurement.hpp"
#include "denoiscope/observables/found_classes.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

using observables::FoundClasses;
using observables::FoundGroup;

namespace {

constexpr Index kFewestRows = 64;
constexpr Index kDraws = 16;            // noisy versions of a row, to tell its class
constexpr double kMostDescribed = 1e8;  // numbers of a data set whose mean pictures are made

struct SpeciationSettings {
  bool find = false;  // classes also where there are labels; they are found anyway where there are none
  Index most = 0;     // classes found
  Index landmarks = 0;
  Index resamples = 0;  // of the landmarks: how stable the classes are
  std::uint64_t seed = 0;
};

SpeciationSettings settings_of(const Request& request) {
  return {request.flag("find"), request.whole("most_classes"), request.whole("landmarks"), request.whole("resamples"),
          static_cast<std::uint64_t>(request.whole("seed"))};
}

// One resample: landmarks, groups, and the label of every row of the data.
Record found_record(const Dataset& data, const SpeciationSettings& own, const Noise& noise) {
  std::vector<Index> rows = noise.permutation(data.rows(), Order::apart);
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
Record find_and_label(Dataset& data, const SpeciationSettings& own, Run& run) {
  const Noise noise(own.seed);
  const std::vector<Record> resamples = run.map("classes", own.resamples, [&](Index r) {
    return found_record(data, own, r == 0 ? noise : noise.derived(static_cast<std::uint64_t>(r)));
  });
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
Record draw_nodes(const Dataset& data, const Record& range, const Record& tree, Run& run) {
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

std::string class_names(const Record& labels, const Record& classes) {
  std::string text;
  for (const Record& label : labels)
    for (const Record& c : classes)
      if (c["label"] == label) text += (text.empty() ? "" : ", ") + c["name"].text();
  return text;
}

void show_found(const Record& found, Frame& frame) {
  Table table{
      fmt::format("classes found among {} landmarks by the chain of U-turns, from the top", found["landmarks"].whole()),
      {"group", "% of the data", "parts at t", "clarity", "into"}};
  const Record& groups = found["groups"];
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const Record& group = groups[g];
    const std::string into = group["t"].is_null()
                                 ? fmt::format("class {}: {}", group["class"].whole(), group["reason"].text())
                                 : fmt::format("groups {} and {}", group["left"].whole(), group["right"].whole());
    table.add({g, 100 * group["share"].number(), group["t"], group["clarity"], into});
  }
  frame.table(table);
  const Record& stability = found["stability"];
  std::string others;
  for (std::size_t r = 0; r < stability["adjusted_rand"].size(); ++r)
    others += fmt::format("{} {} classes (adjusted Rand index {:.2f})", r > 0 ? "," : "",
                          stability["classes"][r + 1].whole(), stability["adjusted_rand"][r].number());
  if (!others.empty()) frame.text(fmt::format("Other landmarks find{}.", others));
}

void show_tree(const Record& tree, const Record& classes, Frame& frame) {
  Table table{"as noise falls, classes part", {"split", "t", "by", "classes"}};
  for (std::size_t i = tree.size(); i-- > 0;) {
    const Record& merge = tree[i];
    const std::size_t split = tree.size() - i;
    table.add({split, merge["t"], merge["basis"],
               class_names(merge["classes_a"], classes) + " | " + class_names(merge["classes_b"], classes)});
    frame.number(fmt::format("split {}", split), merge["t"], "OU time");
  }
  frame.table(table);
}

void show_pairs(const Record& pairs, Frame& frame) {
  Table table{"times at which the two classes of a pair part", {"a", "b", "leave-one-out", "perfect machine"}};
  for (const Record& pair : pairs)
    table.add({pair["a_name"], pair["b_name"],
               measured(number_from(pair["t_rs_loo"]), number_from(pair["t_rs_loo_stderr"])),
               measured(number_from(pair["t_rs"]), number_from(pair["t_rs_stderr"]))});
  frame.table(table);
}

void show(const Record& record, Frame& frame) {
  const Record &speciation = record["speciation"], &data = record["data"], &found = record["found"];
  frame.title("Speciation of " + record["source"].text());
  frame.question("Which classes part when, as noise falls, and what tree do they form?");
  if (!speciation["reason"].is_null()) frame.verdict(Level::note, "No tree: " + speciation["reason"].text() + ".");
  if (const Index leaked = data["duplicates"]["cross_class"].whole(); leaked > 0)
    frame.verdict(Level::warn, fmt::format("{} rows repeat a row of another class: of these the class is undecided at "
                                           "every noise level.",
                                           leaked));
  frame.number("rows", data["rows"]);
  frame.number("classes", data["classes"].size());
  if (!found.is_null()) {
    if (!found["agreement_with_labels"].is_null())
      frame.number("adjusted Rand index with the labels", found["agreement_with_labels"]);
    show_found(found, frame);
  }
  if (!speciation["tree"].is_null() && !speciation["tree"].empty())
    show_tree(speciation["tree"], data["classes"], frame);
  if (!speciation["pairs"].is_null()) show_pairs(speciation["pairs"], frame);
  for (const Record& node : record["nodes"]) frame.image(node["file"].text(), node["text"].text());
}

// The classes to find, or to use, are refused before anything is kept.
void require_classes(const Dataset& data, bool finds) {
  if (finds && data.rows() < kFewestRows)
    throw DataError("{}: {} rows, expected at least {} to find classes in. Give --labels FILE.", data.name(),
                    data.rows(), kFewestRows);
  if (!finds && data.classes().size() < 2)
    throw DataError("{}: one class only, expected two or more. --find looks for classes inside it.", data.name());
}

Record run_speciation(const Request& request, Run& run) {
  const SpeciationSettings own = settings_of(request);
  const MeasurementSettings settings = measurement_settings(request);
  const Subject about(request, Needs::data);
  Dataset data = about.data();
  const bool finds = own.find || !data.labelled();
  require_classes(data, finds);
  run.start(about.identity());
  run.expect(1 + settings.units() + (finds ? static_cast<int>(own.resamples) : 0));
  Record found;
  if (finds) {
    found = find_and_label(data, own, run);
    if (data.classes().size() < 2)
      throw DataError("{}: no classes: {}. Nothing parts in these data.", data.name(),
                      found["groups"][0]["reason"].text());
  }
  Record description = run.unit("data", [&] { return describe(data, about.dropped(), request); });
  const Noise noise(own.seed);
  const Measurement measurement(data, std::nullopt, settings, noise);
  const std::vector<observables::Slice> slices = measurement.measure(run);
  const Measured measured{description, slices, measurement.probe().shells};
  Record record = {{"source", about.name()}, {"seed", request.whole("seed")}, {"times", Record::list()}};
  for (const observables::Slice& slice : slices) record["times"].push_back(clock_record(slice.t));
  record["speciation"] = speciation_record(measured);
  record["guidance"] = guidance_record(measured, record["speciation"]);
  description.erase("pair_spectra");
  record["data"] = description;
  record["found"] = found;
  const Record& tree = record["speciation"]["tree"];
  record["nodes"] = draw_nodes(data, description["range"], tree.is_null() ? Record::list() : tree, run);
  show(record, run.frame());
  return record;
}

constexpr Parameter kOwn[] = {
    parameter::flag("find", "find classes from the posterior although there are labels, and compare"),
    parameter::whole("most_classes", 10, 2, 1e9, "K", "of classes that are found"),
    parameter::whole("landmarks", 1024, static_cast<double>(kFewestRows), 1e12, "M",
                     "random data among which classes are sought"),
    parameter::whole("resamples", 3, 1, 1e6, "R", "sets of landmarks, to see how stable found classes are"),
};

}  // namespace

Experiment speciation_experiment() {
  static const std::vector<Parameter> parameters =
      joined({kDataParameters, kArithmeticParameters, kDuplicatesParameters, kGridParameters, kSeedParameters, kOwn});
  return {"speciation",
          "which classes of a data set part when, and the tree they form; finds classes where there are none",
          parameters, Needs::data, run_speciation};
}

}  // namespace denoiscope::experiments
