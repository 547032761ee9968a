// Data at the edges: each is refused in one line, or answered with a reason for everything undefined.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/noise.hpp"
#include "tests/experiments/job.hpp"

namespace denoiscope::experiments {
namespace {

using testing::Folder;
using testing::Given;

RowMatrix normals(Index n, Index d) {
  RowMatrix out(n, d);
  for (Index i = 0; i < n; ++i)
    Noise(11).normal(Stream::prior, static_cast<std::uint64_t>(i), 0, {out.row(i).data(), static_cast<std::size_t>(d)});
  return out;
}

std::vector<long long> labels(Index n, const std::function<long long(Index)>& label) {
  std::vector<long long> out;
  for (Index i = 0; i < n; ++i) out.push_back(label(i));
  return out;
}

struct Case {
  const char* name;
  RowMatrix rows;
  std::vector<long long> labels;
  Given more;
  std::function<void(const Record&)> expect = [](const Record&) {};
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

constexpr long long kFarthest = std::numeric_limits<long long>::max();

// Every unit is synced to disk, so that most cases look at six times; these leave the grid to the program.
const Given kAdapted = {{"times", ""}};

class Degenerate : public ::testing::TestWithParam<Case> {};

TEST_P(Degenerate, IsAnsweredWithReasons) {
  const Case& c = GetParam();
  const Folder folder;
  Given given = {
      {"data", testing::store(folder, "data.npy", c.rows)}, {"queries", "40"}, {"times", "0.01,0.02,0.1,0.5,2,6"}};
  if (!c.labels.empty()) given.emplace_back("labels", testing::store(folder, "labels.npy", c.labels));
  given.insert(given.end(), c.more.begin(), c.more.end());
  const Record result = testing::run(given, folder.path("run"));
  testing::expect_reasons(result);
  c.expect(result);
}

// Phrases in the reason of a missing collapse time.
std::function<void(const Record&)> no_collapse(const char* why) {
  return [why](const Record& result) {
    EXPECT_TRUE(result["collapse"]["t_c"].is_null());
    EXPECT_NE(result["collapse"]["reason"].text().find(why), std::string::npos)
        << json_text(result["collapse"]["reason"]);
  };
}
std::function<void(const Record&)> no_classes(const char* why) {
  return [why](const Record& result) {
    EXPECT_TRUE(result["speciation"]["tree"].is_null());
    EXPECT_NE(result["speciation"]["reason"].text().find(why), std::string::npos)
        << json_text(result["speciation"]["reason"]);
  };
}

RowMatrix with_nonfinite() {
  RowMatrix rows = normals(60, 4);
  rows(3, 1) = std::nan("");
  rows(8, 0) = rows(8, 3) = -std::numeric_limits<double>::infinity();
  return rows;
}

// Two classes of one point each, so that log-odds do not spread.
RowMatrix far_apart() {
  RowMatrix rows = RowMatrix::Constant(60, 3, 4.0);
  for (Index i = 0; i < 60; i += 2) rows.row(i) *= -1;
  return rows;
}

RowMatrix with_twins() {
  RowMatrix rows = normals(60, 8);
  rows.row(1) = rows.row(0);
  return rows;
}

std::vector<Case> cases() {
  const auto alternate = labels(60, [](Index i) { return i % 2; });
  return {
      {"one_datum", normals(1, 4), {}, kAdapted, no_collapse("one datum")},
      {"one_number", normals(1, 1), {}, {}, no_collapse("one datum")},
      {"one_labelled_datum", normals(1, 4), {3}, {}, no_classes("one class")},
      {"two_data", normals(2, 4), {}, {}, no_classes("no labels")},
      {"two_classes_of_one",
       normals(2, 4),
       {0, 1},
       {},
       [](const Record& r) {
         EXPECT_NE(r["speciation"]["pairs"][0]["reason_loo"].text().find("no other member"), std::string::npos);
       }},
      {"five_data", normals(5, 3), {0, 0, 0, 1, 1}, {}},
      {"one_dimension", normals(60, 1), alternate, {}},
      {"constant", RowMatrix::Constant(40, 3, 0.1), {}, kAdapted, no_collapse("duplicates")},
      {"constant_scaled", RowMatrix::Constant(40, 3, 0.1), {}, {{"scale", "pm1"}}, no_collapse("duplicates")},
      {"constant_standardized",
       RowMatrix::Constant(40, 3, 0.1),
       {},
       {{"scale", "standardize"}},
       no_collapse("duplicates")},
      {"equal_rows",
       RowMatrix(normals(1, 5).replicate(30, 1)),
       {},
       {},
       [](const Record& r) {
         no_collapse("duplicates")(r);
         EXPECT_EQ(r["data"]["duplicates"]["exact"], 29);
         EXPECT_EQ(r["data"]["trace"], 0.0);
         EXPECT_TRUE(r["collapse"]["t_c_gaussian"].is_null());
       }},
      {"equal_rows_of_two_classes", RowMatrix(normals(1, 5).replicate(60, 1)), alternate, {}},
      {"duplicates",
       with_twins(),
       {},
       {},
       [](const Record& r) {
         EXPECT_EQ(r["data"]["duplicates"]["exact"], 1);
         EXPECT_NE(json_text(r["verdict"]).find("Remove 1 exact duplicate row (1 group)"), std::string::npos);
       }},
      {"one_class", normals(60, 4), std::vector<long long>(60, 7), {}, no_classes("one class")},
      {"class_of_one", normals(60, 4), labels(60, [](Index i) { return i == 59 ? 1 : 0; }), kAdapted},
      {"far_classes_at_tiny_times",
       far_apart(),
       alternate,
       {{"times", "1e-12,6"}},
       [](const Record& r) { EXPECT_TRUE(r["speciation"]["pairs"][0]["t_rs"].is_number()); }},
      {"far_labels",
       normals(60, 4),
       labels(60, [](Index i) { return i % 2 == 0 ? -5 : 1000000007; }),
       {},
       [](const Record& r) {
         EXPECT_EQ(r["speciation"]["pairs"][0]["a"], -5);
         EXPECT_EQ(r["speciation"]["tree"][0]["id"], 1000000008);
       }},
      {"farthest_labels",
       normals(60, 4),
       labels(60, [](Index i) { return i % 2 == 0 ? -kFarthest - 1 : kFarthest; }),
       {},
       [](const Record& r) { EXPECT_EQ(r["speciation"]["tree"][0]["id"], 0); }},
      {"forty_classes",
       normals(80, 4),
       labels(80, [](Index i) { return i % 40; }),
       {},
       [](const Record& r) {
         EXPECT_NE(r["speciation"]["reason"].text().find("40 classes are too many"), std::string::npos);
         EXPECT_FALSE(r["speciation"]["phi"].is_null());
       }},
      {"every_row_a_class", normals(60, 4), labels(60, [](Index i) { return i; }), {}},
      {"one_query", normals(60, 4), {}, {{"queries", "1"}}},
      {"one_query_of_two_classes", normals(60, 4), alternate, {{"queries", "1"}}, no_classes("only 0 queries")},
      {"few_queries_a_class", normals(60, 4), alternate, {{"queries", "31"}}, no_classes("only 15 queries")},
      {"more_queries_than_rows", normals(20, 4), {}, {{"queries", "300"}}},
      {"two_times", normals(60, 4), alternate, {{"times", "0.3,3"}}},
      {"far_times", normals(60, 4), alternate, {{"times", "20,40"}}, no_collapse("already above")},
      {"near_times", normals(60, 4), alternate, {{"times", "1e-6,1e-5"}}, no_collapse("below")},
      {"one_row_used", normals(60, 4), {}, {{"rows", "1"}}, no_collapse("one datum")},
      {"nonfinite_rows_left_out",
       with_nonfinite(),
       alternate,
       {{"drop_nonfinite", "true"}},
       [](const Record& r) {
         EXPECT_EQ(r["data"]["rows"], 58);
         EXPECT_EQ(r["data"]["nonfinite"], 3);
         EXPECT_EQ(r["data"]["dropped_rows"], 2);
         EXPECT_EQ(r["data"]["classes"][1]["count"], 29);
       }},
      {"tiny_numbers", 1e-200 * normals(60, 4), {}, {}},
      {"large_numbers", 1e20 * normals(60, 4), alternate, kAdapted},
  };
}
INSTANTIATE_TEST_SUITE_P(Data, Degenerate, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return std::string(info.param.name); });

struct Refusal {
  const char* name;
  RowMatrix rows;
  std::vector<long long> labels;
  Given more;
  ExitCode code;
  std::vector<std::string> parts;
  friend void PrintTo(const Refusal& c, std::ostream* out) { *out << c.name; }
};

class Refused : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refused, InOneLineThatNamesTheCulprit) {
  const Refusal& c = GetParam();
  const Folder folder;
  Given given = {{"data", testing::store(folder, "data.npy", c.rows)}};
  if (!c.labels.empty()) given.emplace_back("labels", testing::store(folder, "labels.npy", c.labels));
  try {
    given.insert(given.end(), c.more.begin(), c.more.end());
    testing::run(given, folder.path("run"));
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), c.code);
    for (const std::string& part : c.parts) EXPECT_TRUE(testing::has(error.what(), {part}));
    EXPECT_FALSE(std::filesystem::exists(folder.path("run"))) << "nothing was begun, so nothing is left";
  }
}

std::vector<Refusal> refusals() {
  const std::vector<long long> two = labels(60, [](Index i) { return i % 2; });
  return {
      {"labels_of_wrong_length",
       normals(60, 4),
       labels(10, [](Index i) { return i; }),
       {},
       ExitCode::data,
       {"labels.npy", "10 labels", "60 rows", "data.npy"}},
      {"nan",
       with_nonfinite(),
       {},
       {},
       ExitCode::data,
       {"data.npy", "3 values", "row 3", "column 1", "--drop-nonfinite"}},
      {"nothing_but_nan",
       RowMatrix::Constant(60, 4, std::nan("")),
       {},
       {{"drop_nonfinite", "true"}},
       ExitCode::data,
       {"data.npy", "all 60 rows"}},
      {"overflowing", 1e200 * normals(60, 4), {}, {}, ExitCode::data, {"data.npy", "1e+100", "--scale pm1"}},
      {"no_queries", normals(60, 4), {}, {{"queries", "0"}}, ExitCode::usage, {"queries = 0"}},
      {"too_many_rows", normals(60, 4), {}, {{"rows", "61"}}, ExitCode::usage, {"rows: 61", "60"}},
      {"negative_rows", normals(60, 4), {}, {{"rows", "-1"}}, ExitCode::usage, {"rows = -1"}},
      {"time_zero", normals(60, 4), {}, {{"times", "0,1"}}, ExitCode::usage, {"times = 0"}},
      {"time_nan", normals(60, 4), {}, {{"times", "nan,1"}}, ExitCode::usage, {"times = nan"}},
      {"one_time", normals(60, 4), {}, {{"times", "1,1"}}, ExitCode::usage, {"times", "two different"}},
      {"no_such_class", normals(60, 4), two, {{"classes", "77"}}, ExitCode::usage, {"label 77", "0, 1"}},
      {"classes_without_labels", normals(60, 4), {}, {{"classes", "1"}}, ExitCode::usage, {"no labels"}},
      {"too_few_names", normals(60, 4), two, {{"class_names", "cat"}}, ExitCode::usage, {"1 class names", "2 classes"}},
      {"unknown_scale",
       normals(60, 4),
       {},
       {{"scale", "pm2"}},
       ExitCode::usage,
       {"scale = pm2", "Did you mean 'pm1'?"}},
      {"unknown_depth", normals(60, 4), {}, {{"duplicates", "all"}}, ExitCode::usage, {"duplicates = all"}},
      {"collapse_below_zero", normals(60, 4), {}, {{"collapse_below", "0"}}, ExitCode::usage, {"collapse_below"}},
  };
}
INSTANTIATE_TEST_SUITE_P(Data, Refused, ::testing::ValuesIn(refusals()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(HeldOut, DataOfAnotherDimensionAreRefused) {
  const Folder folder;
  const std::string data = testing::store(folder, "data.npy", normals(60, 4)),
                    test = testing::store(folder, "test.npy", normals(60, 3));
  EXPECT_TRUE(testing::has(testing::refusal([&] {
                             testing::run({{"data", data}, {"test", test}}, folder.path("run"));
                           }),
                           {"test.npy", "dimension 3", "data.npy", "4"}));
}

}  // namespace
}  // namespace denoiscope::experiments
