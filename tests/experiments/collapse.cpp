// The verb collapse on data whose answers are known: two classes, repeats, an outlier, few dimensions.
#include "denoiscope/experiments/collapse/collapse.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/experiments/describe.hpp"
#include "denoiscope/study/subject.hpp"
#include "tests/experiments/job.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::experiments {
namespace {

using testing::Folder;
using testing::Given;
using testing::kSigmas;
using testing::normals;

/// How many trajectories, single data and noises.
struct Counts {
  const char *trajectories, *data_times, *noises;
};

Request request_of(const Given& given, const Counts& counts) {
  static const Experiment experiment = collapse_experiment();
  Request request(experiment.parameters);
  request.set("trajectories", counts.trajectories, "test");
  request.set("data_times", counts.data_times, "test");
  request.set("noises", counts.noises, "test");
  for (const auto& [name, value] : given) request.set(name, value, "test");
  return request;
}

Record measure(const Dataset& data, const Given& given, const Counts& counts = {"64", "64", "4"},
               const std::string& folder = {}) {
  Silent nobody;
  const Request request = request_of(given, counts);
  Run run(request, {folder}, nobody);
  const CollapseSettings settings = collapse_settings(request);
  run.start();
  Record record = collapse(settings, describe(data, {}, request), data, nullptr, run);
  EXPECT_FALSE(collapse_figures(record).empty());
  std::vector<std::string> paths;
  for (const char* section : {"collapse", "phi_c_half", "finite_size", "last_switch", "data_times", "duplicates"})
    testing::unexplained(record.at(section), section, paths);
  for (const std::string& path : paths)
    if (!path.ends_with(".class")) {  // null where data have no classes
      ADD_FAILURE() << "null without a reason: " << path;
    }
  return record;
}

double number(const Record& value) { return value.is_null() ? std::nan("") : value.number(); }

// 2000 data of two Gaussian classes in d = 64. Competition with the other data bounds f from above and phi_C from
// below, up to what is averaged over data sets; as one Gaussian of the same spectrum they would be sharper than they
// are.
TEST(TwoClasses, AreBoundedByTheirOwnFormAndNotByOneGaussian) {
  const Dataset data =
      synthesize(make_model("gaussian-mixture", std::vector<std::string>{"d=64", "mu2=1", "variance=1"}), 2000, 3);
  const Record record =
      measure(data, {{"queries", "1600"}, {"times", "0.5,0.7,0.9,1.05,1.2,1.4,1.7,2,2.5,3"}}, {"0", "0", "1"});
  const Record &f = record["collapse"]["f"], &one = record["collapse"]["f_softplus"],
               &two = record["finite_size"]["two_classes"]["curve"], &phi = record["collapse"]["phi_c"];
  double most_below = 0, farthest = 0;
  for (std::size_t k = 0; k < f.size(); ++k) {
    const double value = number(f[k]["f_over_alpha"]), error = number(f[k]["stderr"]);
    const double bound = number(two[k]["f_over_alpha"]);
    EXPECT_LT(value, bound + kSigmas * error + 1.0 / 2000)
        << json_text(f[k]);  // the datum itself is none of its competitors
    EXPECT_GT(number(phi[k]["value"]), number(two[k]["phi_c"]) - kSigmas * number(phi[k]["stderr"]))
        << json_text(phi[k]);
    if (number(f[k]["t"]) > 1.1) {
      most_below = std::max(most_below, (value - number(one[k]["f_over_alpha"])) / error);
      farthest = std::max(farthest, bound - value);
    }
  }
  EXPECT_GT(most_below, kSigmas);  // one Gaussian says less than is measured
  EXPECT_LT(farthest, 0.03);       // close from 1.7 t_C on
  // mixture_kappa is the truth here: its mean of rows has |m|^2 = 64 up to d/n.
  EXPECT_NEAR(number(two[3]["kappa"]), 8 * std::exp(-1.05), 0.1);
  const Record unbalanced =
      measure(testing::with_classes(normals(60, 3, 1), {10, 50}), {{"times", "0.1,1"}}, {"0", "0", "1"});
  EXPECT_TRUE(unbalanced["finite_size"]["two_classes"]["curve"].is_null());
}

TEST(Repeats, LeaveAFloorAndClustersCollapseAsTheRowsOnce) {
  const RowMatrix rows = normals(150, 8, 4);
  const Given given = {{"queries", "1200"}, {"times", "0.02,0.05,0.08,0.1,0.12,0.15,0.2,0.3,0.5,1,3"}};
  const Record twice = measure(Dataset::from_rows(rows.replicate(2, 1)), given),
               once = measure(Dataset::from_rows(rows), given);
  const Record& repeats = twice["duplicates"];
  EXPECT_NEAR(number(repeats["floor"]), std::log(2.0), 1e-12);  // rounding
  EXPECT_EQ(repeats["clusters"], 150);
  EXPECT_TRUE(twice["collapse"]["t_c"].is_null());  // 0.12 of log 300 stays, above the criterion
  const double error = std::hypot(number(repeats["t_c_clusters_stderr"]), number(once["collapse"]["t_c_stderr"]));
  EXPECT_LT(std::abs(number(repeats["t_c_clusters"]) - number(once["collapse"]["t_c"])), kSigmas * error);
  EXPECT_LT(error, 0.02);
  EXPECT_EQ(twice["data_times"]["undefined"], 64);
  EXPECT_EQ(once["data_times"]["undefined"], 0);
  EXPECT_TRUE(once["duplicates"]["f_clusters"].is_null());
  const auto gap = [&](double scale) {
    return std::abs(number(twice["last_switch"]["mean"]) - scale * number(once["last_switch"]["mean"])) /
           std::hypot(number(twice["last_switch"]["stderr"]), number(once["last_switch"]["stderr"]));
  };
  EXPECT_LT(gap(1), kSigmas);
  EXPECT_GT(gap(3), kSigmas);
  const Record equal = measure(Dataset::from_rows(RowMatrix::Ones(20, 2)), {});
  EXPECT_TRUE(equal["last_switch"]["mean"].is_null());
  EXPECT_TRUE(equal["duplicates"]["t_c_clusters"].is_null());
}

TEST(SingleData, OutliersComeFirstAndStandInAFile) {
  RowMatrix rows = normals(200, 9, 5);
  rows.row(123) *= 5;
  const Dataset stored = Dataset::from_rows(rows);
  const std::vector<Index> reversed = [] {
    std::vector<Index> order;
    for (Index i = 200; i-- > 0;) order.push_back(i);
    return order;
  }();
  const Folder folder;
  const Record record = measure(stored.select(reversed), {}, {"0", "200", "4"}, folder.path("run"));
  const Record& list = record["data_times"]["data"];
  ASSERT_EQ(list.size(), 200u);
  EXPECT_EQ(list[0]["row"], 123);  // rows are those of the file
  for (std::size_t i = 1; i < list.size(); ++i) EXPECT_GE(number(list[i - 1]["t_c"]), number(list[i]["t_c"]));
  EXPECT_GT(number(list[0]["t_c"]), 1.5 * number(list[1]["t_c"]));
  const Bytes table = map_file(folder.path("run/data_times.csv"));
  EXPECT_EQ(std::count(table.text().begin(), table.text().end(), '\n'), 201);
  EXPECT_EQ(table.text().find("row,class,t_c,"), 0u);
  // Half of the weight is the own one where half of the data have more than half of theirs, more or less.
  const double median = number(record["data_times"]["quantiles"]["q50"]);
  EXPECT_NEAR(number(record["phi_c_half"]["t"]), median, 0.15 * median);
  EXPECT_LT(number(record["phi_c_half"]["stderr"]), 0.1 * median);
}

TEST(FewDimensions, AreFollowedBelowTheUsualGrid) {
  const Record record = measure(Dataset::from_rows(normals(400, 2, 6)), {});
  EXPECT_LT(number(record["collapse"]["t_c"]), 0.005);
  EXPECT_GT(number(record["collapse"]["t_c"]), 0);
  EXPECT_EQ(record["data_times"]["undefined"], 0);
  // The user's times are the user's.
  const Record given = measure(Dataset::from_rows(normals(400, 2, 6)), {{"times", "0.1,1"}});
  EXPECT_TRUE(given["collapse"]["t_c"].is_null());
  EXPECT_EQ(given["times"].size(), 2u);
}

TEST(FewData, AreExplained) {
  for (const Index n : {1, 2, 3}) measure(Dataset::from_rows(normals(n, 3, 7)), {});
  const Record none = measure(Dataset::from_rows(normals(9, 3, 7)), {{"times", "0.1,1"}}, {"0", "0", "1"});
  EXPECT_TRUE(none["last_switch"]["mean"].is_null());
  EXPECT_TRUE(none["data_times"]["data"].is_null());
}

TEST(CollapseSettings, ThatCannotBeAreRefused) {
  const auto refused = [&](const Counts& counts, const Given& given = {}) {
    EXPECT_THROW(collapse_settings(request_of(given, counts)), UsageError);
  };
  refused({"-1", "0", "1"});
  refused({"0", "-1", "1"});
  refused({"0", "0", "0"});
  refused({"0", "0", "25"});
  refused({"0", "0", "1"}, {{"queries", "0"}});
  refused({"0", "0", "1"}, {{"times", "1"}});
  refused({"0", "0", "1"}, {{"collapse_below", "0"}});
}

}  // namespace
}  // namespace denoiscope::experiments
