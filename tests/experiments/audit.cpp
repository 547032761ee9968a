// The audit: planted copies beside every pair compared, what is not comparable, data that repeat, metrics.
#include "denoiscope/experiments/audit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/observables/nearest_data.hpp"
#include "tests/data/files.hpp"
#include "tests/experiments/job.hpp"

namespace denoiscope::experiments {
namespace {

using observables::Metric;
using testing::Folder;

RowMatrix normals(Index n, Index d, std::uint64_t seed) {
  RowMatrix out(n, d);
  for (Index i = 0; i < n; ++i)
    Noise(seed).normal(Stream::prior, static_cast<std::uint64_t>(i), 0,
                       {out.row(i).data(), static_cast<std::size_t>(d)});
  return out;
}

Dataset named(RowMatrix rows, const char* name) { return Dataset::from_rows(std::move(rows), name); }

Dataset shaped(const RowMatrix& rows, const std::vector<Index>& shape, const char* name) {
  auto [bytes, at] = allocate_bytes(static_cast<std::size_t>(rows.size()) * sizeof(double));
  std::memcpy(at, rows.data(), static_cast<std::size_t>(rows.size()) * sizeof(double));
  return Dataset::from_bytes(std::move(bytes), 0, rows.rows(), shape, Scalar::f64, false, name);
}

Record run_audit(const AuditSets& sets, const AuditSettings& settings = {}, const std::string& folder = "",
                 IfExists if_exists = IfExists::refuse) {
  Silent silent;
  const auto [seen, note] = in_metric(sets, settings);
  const Request request;
  Run run(request, {folder, if_exists}, silent);
  run.start({{"threshold", settings.threshold}});
  Record record = audit(sets, seen, settings, run);
  run.finish(record);
  return record;
}

// 300 samples of which the first 30 are training data 1e-3 away.
AuditSets planted(Index d, Index n = 800) {
  RowMatrix train = normals(n, d, 1), samples = normals(300, d, 2);
  samples.topRows(30) = train.middleRows(100, 30) + 1e-3 * normals(30, d, 3);
  return {named(samples, "samples"), named(train, "train"), named(normals(400, d, 4), "fresh")};
}

std::string refusal(const AuditSets& given, const std::optional<SampleRange>& range = std::nullopt) {
  AuditSets sets = given;
  try {
    prepare(sets, range);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(Audit, FindsPlantedCopiesAndSaysWhatEveryPairSays) {
  const AuditSets sets = planted(12);
  const Record record = run_audit(sets);
  RowMatrix x(300, 12);
  sets.samples.read(0, x);
  const auto expected = observables::nearest_directly(sets.train, x);
  ASSERT_EQ(record["samples"].size(), 300u);
  Index copies = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    const Record& row = record["samples"][i];
    EXPECT_EQ(row["index"], i);
    EXPECT_EQ(row["nearest"], expected[i].row[0]);
    EXPECT_EQ(row["second"], expected[i].row[1]);
    EXPECT_EQ(row["d1"], expected[i].distance[0]);
    EXPECT_EQ(row["ratio"].number(), expected[i].distance[0] / expected[i].distance[1]);
    EXPECT_EQ(row["copied"].flag(), row["ratio"].number() < 1.0 / 3);
    copies += row["copied"].flag() ? 1 : 0;
    EXPECT_TRUE(row["copied"].flag() || i >= 30);
    EXPECT_GE(row["q_value"].number(), row["p_value"].number());
    EXPECT_GE(row["p_value"].number(), 1.0 / 401);
  }
  EXPECT_EQ(copies, 30) << "by chance 270 / 3^12 = 5e-4 more";
  EXPECT_EQ(record["f_mem"], 0.1);
  EXPECT_LT(record["f_mem_low"].number(), 0.1);
  EXPECT_GT(record["f_mem_high"].number(), 0.1);
  EXPECT_NEAR(record["null_rate"].number() * std::pow(3.0, 12), 1, 1e-13) << "roundings of a twelfth power";
  EXPECT_NEAR(record["null"]["intrinsic_dimension"].number(), 12,
              4 * record["null"]["intrinsic_dimension_stderr"].number() + 2)
      << "edges bias it by a tenth or so";
  EXPECT_LE(record["held_out"]["discoveries"]["count"].whole(), 36) << "30 and their share of false ones";
  EXPECT_GE(record["held_out"]["discoveries"]["count"].whole(), 30);
  std::vector<Index> first(30);
  std::iota(first.begin(), first.end(), Index{0});
  const Record copied = run_audit({sets.samples.select(first), sets.train, sets.held_out});
  // All of 30 below all of 400: u = 0, z = -sqrt(3 * 30 * 400 / 431).
  EXPECT_NEAR(copied["held_out"]["data_copying"]["z"].number(), -9.139, 1e-3);
  EXPECT_EQ(copied["held_out"]["authentic"]["count"], 0);
  EXPECT_EQ(record["held_out"]["in_training_data"], 0);
  EXPECT_NEAR(record["threshold_curve"][16]["threshold"].number(), 0.34, 1e-12);
  EXPECT_EQ(record["threshold_curve"][16]["f"], 0.1);

  const std::string csv = audit_csv(record);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 301);
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "index,nearest,second,d1,d2,ratio,copied,p_value,q_value,likelihood_ratio,authentic");
  const auto worst = worst_samples(record, 40);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_LT(worst[i], 30u);
}

TEST(Audit, HeldOutDataThatAreTrainingDataHideNothing) {
  AuditSets sets = planted(12);
  RowMatrix rows(800, 12), fresh(404, 12);
  sets.train.read(0, rows);
  sets.held_out->read(0, fresh.topRows(400));
  fresh.bottomRows(4) = rows.middleRows(200, 4);
  const Record clean = run_audit(sets);
  sets.held_out = named(fresh, "leaked");
  const Record leaked = run_audit(sets);
  EXPECT_EQ(leaked["held_out"]["in_training_data"], 4);
  EXPECT_EQ(leaked["samples"], clean["samples"]);
  EXPECT_EQ(leaked["held_out"]["discoveries"], clean["held_out"]["discoveries"]);
  sets.held_out = named(rows.middleRows(5, 20), "none");
  EXPECT_THROW(run_audit(sets), DataError);
}

TEST(Audit, IsTheSameInPartsAndResumed) {
  const Folder folder;
  const AuditSets sets = planted(3, 5000);  // more rows than a unit has
  const Record whole = run_audit(sets);
  EXPECT_EQ(run_audit(sets, {}, folder.path("run")), whole);
  std::filesystem::remove(folder.path("run") + "/units/samples-000.json");
  EXPECT_EQ(run_audit(sets, {}, folder.path("run"), IfExists::resume), whole);
}

TEST(Audit, SampleAloneIsTheSampleAmongOthers) {
  const AuditSets sets = planted(20);
  const Record whole = run_audit({sets.samples, sets.train, std::nullopt});
  const std::vector<Index> one = {17};
  const Record alone = run_audit({sets.samples.select(one), sets.train, std::nullopt});
  EXPECT_EQ(alone["samples"][0], whole["samples"][17]) << "its index is its row in the file";
}

TEST(Audit, RefusesWhatCannotBeCompared) {
  const RowMatrix unit = (normals(50, 12, 5).array().abs() / 6).min(1.0);
  RowMatrix bright = unit;
  bright(0, 0) = 1;
  const Dataset train = named(bright, "train"), other = named(2 * bright.array() - 1.0, "samples");
  EXPECT_NE(refusal({other, train, {}}).find("reads as -1..1, the other as 0..1"), std::string::npos)
      << refusal({other, train, {}});
  EXPECT_NE(refusal({named(255 * bright, "samples"), train, {}}).find("--samples-range"), std::string::npos);
  EXPECT_NE(refusal({named(unit * 0.9, "samples"), train, other}).find("Store them alike"), std::string::npos);
  EXPECT_EQ(refusal({named(unit * 0.9, "samples"), train, {}}), "");
  EXPECT_EQ(refusal({named(unit.array() * 1.06 - 0.03, "samples"), train, {}}), "")
      << "models miss the ends by a little";
  EXPECT_EQ(refusal({named(normals(50, 3, 6), "a"), named(0.3 * normals(50, 3, 7), "b"), {}}), "")
      << "no convention: said, not refused";
  EXPECT_NE(
      refusal({named(normals(5, 3, 6), "a"), named(normals(5, 4, 7), "b"), {}}).find("(3), expected those of b: (4)"),
      std::string::npos);
  EXPECT_NE(refusal({shaped(unit, {3, 2, 2}, "a"), shaped(bright, {2, 2, 3}, "b"), {}}).find("(3, 2, 2)"),
            std::string::npos)
      << "colours first and colours last are not one shape";
  EXPECT_EQ(refusal({shaped(unit, {3, 4, 1}, "a"), shaped(bright, {3, 4}, "b"), {}}), "");
  EXPECT_EQ(refusal({named(unit, "a"), shaped(bright, {3, 4}, "b"), {}}), "") << "flat rows";
  EXPECT_NE(refusal({train, train, {}}).find("the same data"), std::string::npos);
  EXPECT_NE(refusal({named(unit, "a"), train, train}).find("not held out"), std::string::npos);
  EXPECT_NE(refusal({named(unit, "a"), named(bright.topRows(1), "b"), {}}).find("one training datum"),
            std::string::npos);
  RowMatrix broken = unit;
  broken(7, 3) = std::nan("");
  const std::string said = refusal({named(broken, "a"), train, {}});
  EXPECT_TRUE(said.find("row 7") != std::string::npos && said.find("column 3") != std::string::npos) << said;
}

TEST(Audit, RangeOfSamplesBringsThemToTheDataAndIsSaid) {
  AuditSets sets = planted(12);
  RowMatrix rows(800, 12), samples(300, 12);
  sets.train.read(0, rows);
  sets.samples.read(0, samples);
  const auto squeeze = [](const RowMatrix& x) { return RowMatrix((0.5 + 0.1 * x.array()).min(1.0).max(0.0)); };
  const Record expected = run_audit({named(squeeze(samples), "s"), named(squeeze(rows), "t"), {}});
  AuditSets other{named(2 * squeeze(samples).array() - 1.0, "s"), named(squeeze(rows), "t"), {}};
  const auto notes = prepare(other, SampleRange{-1, 1});
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("-1 to 1 are taken for 0 to 1"), std::string::npos) << notes[0];
  const Record found = run_audit(other);
  EXPECT_EQ(found["copies"], expected["copies"]);
  for (std::size_t i = 0; i < 300; ++i)  // 2 x - 1 and back: roundings of numbers of size 1
    EXPECT_NEAR(found["samples"][i]["d2"].number(), expected["samples"][i]["d2"].number(), 1e-14);
  EXPECT_THROW(prepare(other, SampleRange{1, 1}), UsageError);
}

TEST(Audit, DuplicatesHideCopiesUnlessTheyCountAsOne) {
  AuditSets sets = planted(12);
  RowMatrix rows(860, 12);
  sets.train.read(0, rows.topRows(800));
  rows.middleRows(800, 30) = rows.middleRows(100, 30);                 // equal
  rows.middleRows(830, 30) = rows.middleRows(100, 30).array() + 1e-4;  // nearly so
  const auto copies = [&](Index n, Repeats repeats) {
    AuditSettings settings;
    settings.repeats = repeats;
    return run_audit({sets.samples, named(rows.topRows(n), "train"), {}}, settings)["copies"].whole();
  };
  EXPECT_EQ(copies(830, Repeats::each), 0) << "every copy is as near to the duplicate";
  EXPECT_EQ(copies(830, Repeats::equal), 30);
  EXPECT_EQ(copies(860, Repeats::equal), 0);
  EXPECT_EQ(copies(860, Repeats::near), 30);
  EXPECT_EQ(copies(800, Repeats::near), 30);
  const AuditSets one{named(normals(5, 3, 1), "s"), named(RowMatrix::Ones(9, 3), "ones"), {}};
  EXPECT_THROW(run_audit(one), DataError) << "all training data are one";
}

TEST(Audit, MetricsSeeWhatTheyPromise) {
  AuditSets sets = planted(30);
  RowMatrix rows(800, 30), samples(300, 30);
  sets.train.read(0, rows);
  sets.samples.read(0, samples);
  for (Index i = 0; i < 30; ++i) samples.row(i) = 0.5 * rows.row(i).array() + 3;  // darker, and brighter
  const AuditSets shifted{named(samples, "s"), sets.train, {}};
  const auto copies = [&](const AuditSets& of, Metric metric, const std::string& features = "") {
    AuditSettings settings;
    settings.metric = metric;
    settings.features = features;
    settings.components = 20;
    return run_audit(of, settings)["copies"].whole();
  };
  EXPECT_EQ(copies(shifted, Metric::pixels), 0);
  EXPECT_EQ(copies(shifted, Metric::standardized), 30);
  EXPECT_EQ(copies(sets, Metric::pca), 30);
  RowMatrix features(300 + 800, 30);
  features << samples, rows;
  for (Index i = 0; i < features.rows(); ++i)
    features.row(i) = (features.row(i).array() - features.row(i).mean()) /
                      (features.row(i).array() - features.row(i).mean()).matrix().norm();
  const Folder folder;
  EXPECT_EQ(copies(shifted, Metric::features, testing::store(folder, "features.npy", features)), 30);
  EXPECT_THROW(copies(sets, Metric::features, testing::store(folder, "few.npy", features.topRows(1000))), DataError);
  EXPECT_THROW(metric_of("pixel", "--metric"), UsageError);
}

TEST(Audit, RefusesSettingsThatCannotBe) {
  const Experiment experiment = audit_experiment();
  const std::pair<const char*, const char*> settings[] = {
      {"threshold", "0"},    {"threshold", "1.5"},  {"threshold", "-1"}, {"threshold", "nan"},  {"components", "0"},
      {"duplicates", "nea"}, {"fail_above", "1.1"}, {"radius", "-1"},    {"samples_range", "a"}};
  for (const auto& [name, value] : settings) {
    Request request(experiment.parameters);
    EXPECT_THROW(request.set(name, value, "test"), UsageError) << name << " = " << value;
  }
}

}  // namespace
}  // namespace denoiscope::experiments
