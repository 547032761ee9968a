// The main job on a small planted data set: the same bits whoever computes them, and every field that is promised.
#include "denoiscope/experiments/analyze/analyze.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/generated.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "tests/experiments/job.hpp"

namespace denoiscope::experiments {
namespace {

namespace fs = std::filesystem;
using testing::Folder;
using testing::Given;

class Planted : public ::testing::Test {
 protected:
  Planted() {
    const Index shape[] = {8, 8};
    const auto write = [&](const char* name, Index first, Index rows) {
      const Dataset data = data::three_level_mixture(first, rows);
      RowMatrix values(rows, 64);
      data.read(0, values);
      testing::store(folder, fmt::format("{}.npy", name), values, shape);
      testing::store(folder, fmt::format("{}-labels.npy", name),
                     std::vector<long long>(data.labels().begin(), data.labels().end()));
    };
    write("train", 0, 320);
    write("test", 4096, 40);
  }
  ~Planted() override { set_threads(0); }

  Given job(Given more = {}) const {
    Given given = {{"data", folder.path("train.npy")},
                   {"labels", folder.path("train-labels.npy")},
                   {"test", folder.path("test.npy")},
                   {"queries", "64"},
                   {"strips", "2"}};
    given.insert(given.end(), more.begin(), more.end());
    return given;
  }
  // Everything a run leaves that depends on the job alone.
  std::map<std::string, std::string> files(const std::string& run) const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path(run)))
      if (entry.is_regular_file() && entry.path().filename() != "provenance.json" &&
          entry.path().filename() != "log.txt")
        out[fs::relative(entry.path(), folder.path(run)).string()] = std::string(map_file(entry.path()).text());
    return out;
  }
  std::map<std::string, fs::file_time_type> unit_times(const std::string& run) const {
    std::map<std::string, fs::file_time_type> out;
    for (const auto& entry : fs::directory_iterator(folder.path(run) + "/units"))
      out[entry.path().filename().string()] = entry.last_write_time();
    return out;
  }

  Folder folder;
};

TEST_F(Planted, GivesTheSameBitsOnAnyNumberOfThreads) {
  for (int threads : {1, 2, 3}) {
    set_threads(threads);
    testing::run(job(), folder.path(fmt::format("t{}", threads)));
  }
  const auto one = files("t1");
  EXPECT_GT(one.size(), 50u);
  EXPECT_TRUE(one.contains("result.json") && one.contains("curves.csv") && one.contains("pairs.csv") &&
              one.contains("samples/strip-1-7-mean.png"));
  EXPECT_EQ(files("t2"), one);
  EXPECT_EQ(files("t3"), one);
}

TEST_F(Planted, GivesTheSameBitsWhenInterruptedAndResumed) {
  const Given given = job({{"times", "0.1,0.5,1,1.5,2,3"}});
  testing::run(given, folder.path("whole"));
  for (int stop : {0, 1, 4, 7}) {  // before anything, after the data, among the times, before the strips
    const std::string run = fmt::format("stopped{}", stop);
    testing::StopAt progress(stop);
    const std::string said = testing::refusal<Stopped>(
        [&] { testing::run(testing::request_of(given), folder.path(run), IfExists::refuse, progress); });
    EXPECT_TRUE(testing::has(said, {folder.path(run), "--resume"}));
    EXPECT_FALSE(fs::exists(folder.path(run) + "/result.json"));
    const auto before = unit_times(run);
    EXPECT_EQ(before.size(), static_cast<std::size_t>(stop));
    testing::run(given, folder.path(run), IfExists::resume);
    const auto after = unit_times(run);
    for (const auto& [unit, time] : before) EXPECT_EQ(after.at(unit), time) << unit << " was computed again";
    EXPECT_EQ(files(run), files("whole"));
  }
}

TEST_F(Planted, DoesNotResumeOtherSettingsOrData) {
  const Given given = job({{"times", "0.5,1"}});
  testing::run(given, folder.path("run"));
  const std::string result = files("run").at("result.json");
  Given other = given;
  other.emplace_back("seed", "1");
  EXPECT_TRUE(
      testing::has(testing::refusal<UsageError>([&] { testing::run(other, folder.path("run"), IfExists::resume); }),
                   {"other settings or data"}));
  // The same names, one label changed.
  std::vector<long long> labels = data::open_labels(folder.path("train-labels.npy"));
  labels[5] = (labels[5] + 1) % 8;
  fs::remove(folder.path("train-labels.npy"));  // it is mapped: a new file, not new content
  testing::store(folder, "train-labels.npy", labels);
  EXPECT_TRUE(
      testing::has(testing::refusal<UsageError>([&] { testing::run(given, folder.path("run"), IfExists::resume); }),
                   {"other settings or data"}));
  EXPECT_EQ(files("run").at("result.json"), result);
}

// Paths of nulls below `value`, list positions dropped.
void nulls(const Record& value, const std::string& path, std::set<std::string>& out) {
  if (value.is_null()) out.insert(path);
  if (value.is_list())
    for (const Record& item : value) nulls(item, path, out);
  if (value.is_object())
    for (const auto& [name, item] : value.fields()) nulls(item, path + "." + name, out);
}

TEST_F(Planted, HoldsEveryFieldOfTheSchema) {
  const Record result = testing::run(job({{"queries", "320"}}), folder.path("run"));
  const Record stored = parse_record(map_file(folder.path("run/result.json")).text());
  EXPECT_EQ(stored, result);
  // Top-level names as docs/result-schema.md lists them.
  EXPECT_EQ(testing::names_in(result), testing::promised("result.json of `denoiscope analyze`"));
  const std::map<std::string, std::vector<std::string>> fields = {
      {"data",
       {"name", "rows", "dimension", "shape", "stored_type", "scale", "range", "hash", "nonfinite", "dropped_rows",
        "constant_features", "duplicates", "classes", "trace", "participation_dimension", "eigenvalues",
        "eigenvalues_complete", "test"}},
      {"speciation",
       {"half_log", "half_log1p", "half_asinh", "modes", "chance", "phi", "phi_loo", "phi_test", "accuracy_loo",
        "class_entropy", "class_entropy_loo", "confusion", "pairs", "tree", "trust", "reason"}},
      {"collapse",
       {"alpha", "f", "f_published", "f_gaussian", "f_softplus", "phi_c", "t_c", "t_c_stderr", "t_c_half",
        "t_c_half_stderr", "t_c_gaussian", "band", "subsets", "samples", "cross_entropy_test", "reason"}},
      {"guidance", {"t_high", "t_low", "t_high_loo", "t_low_loo", "clocks", "convention", "reason"}},
      {"window", {"coarsest", "finest"}}};
  for (const auto& [section, names] : fields)
    for (const std::string& name : names) EXPECT_TRUE(result.at(section).contains(name)) << section << "." << name;
  const auto holds = [](const Record& record, std::initializer_list<const char*> names) {
    for (const char* name : names) EXPECT_TRUE(record.contains(name)) << name << " in " << json_text(record);
  };
  holds(result["data"]["duplicates"], {"exact", "groups", "largest_group", "cross_class", "near", "near_checked",
                                       "typical_distance", "near_threshold", "closest"});
  holds(result["data"]["classes"][0], {"label", "name", "count"});
  holds(result["times"][0], {"t", "sigma", "log_snr", "alpha_bar", "ddpm_step", "flow_s"});
  holds(result["speciation"]["pairs"][0],
        {"a", "b", "a_name", "b_name", "t_rs_ab", "t_rs_ba", "t_rs", "t_rs_stderr", "t_rs_loo", "t_rs_loo_stderr",
         "reason", "reason_loo", "saturation_loo", "accuracy_loo", "spectral", "means", "overlap"});
  holds(result["speciation"]["tree"][0], {"a", "b", "t", "basis", "id", "classes_a", "classes_b"});
  holds(result["collapse"]["subsets"][0], {"n", "t_c", "t_c_stderr", "f"});
  holds(result["collapse"]["samples"], {"law", "slope", "slope_stderr", "targets"});
  holds(result["collapse"]["samples"]["targets"][0], {"what", "t", "n", "n_low", "n_high", "reason"});
  holds(result["regimes"][0], {"name", "t_from", "t_to", "text"});
  holds(result["window"]["finest"], {"t_speciation", "t_collapse", "width"});
  holds(result["strips"][0], {"label", "row", "images"});
  ASSERT_FALSE(result["verdict"].empty());
  for (const Record& v : result["verdict"])
    EXPECT_TRUE((std::set<std::string>{"good", "note", "warn"}.contains(v.at("level").text())) &&
                !v.at("text").empty());

  // Every curve runs over the same times, in increasing t.
  const Record& times = result["times"];
  const std::size_t many = times.size();  // of the grid, and of crossings
  ASSERT_GT(many, 24u);
  ASSERT_LE(many, 34u);
  for (std::size_t i = 1; i < many; ++i) EXPECT_LT(times[i - 1]["t"].number(), times[i]["t"].number());
  const auto over_times = [&](const Record& curve) {
    ASSERT_EQ(curve.size(), many);
    for (std::size_t i = 0; i < many; ++i) EXPECT_EQ(curve[i].at("t"), times[i].at("t"));
  };
  for (const char* name :
       {"phi", "phi_loo", "phi_test", "accuracy_loo", "class_entropy", "class_entropy_loo", "confusion"})
    over_times(result["speciation"][name]);
  for (const char* name : {"f", "f_published", "f_gaussian", "f_softplus", "phi_c", "cross_entropy_test"})
    over_times(result["collapse"][name]);
  for (const Record& subset : result["collapse"]["subsets"]) over_times(subset["f"]);
  EXPECT_EQ(result["speciation"]["pairs"].size(), 28u);
  EXPECT_EQ(result["speciation"]["tree"].size(), 7u);

  // What may be undefined here, and why.
  std::set<std::string> undefined;
  nulls(result, "", undefined);
  for (const std::string& path : undefined) {
    static const std::set<std::string> allowed = {".times.ddpm_step",  // before the schedule's first step
                                                  ".regimes.t_from",
                                                  ".regimes.t_to",  // infinity and 0
                                                  ".speciation.pairs.t_rs_loo",
                                                  ".speciation.pairs.t_rs_loo_stderr",  // siblings: too few data
                                                  ".speciation.modes.half_log"};        // noise directions
    EXPECT_TRUE(allowed.contains(path) || path.find("reason") != std::string::npos) << path;
  }
  for (const Record& pair : result["speciation"]["pairs"])
    EXPECT_EQ(pair["t_rs_loo"].is_null(), !pair["reason_loo"].is_null());
}

// The planted answers: the first mode has eigenvalue 64 + 1 (balanced signs; the noise of 320 rows adds (1 + d/n) or so
// to the 1), classes of the coarsest split merge at 1/2 log 74 (arithmetic in tests/observables/speciation.cpp).
TEST_F(Planted, FindsWhatWasPlanted) {
  const Record result = testing::run(job({{"queries", "320"}}), folder.path("run"));
  EXPECT_NEAR(result["speciation"]["half_log"].number(), 0.5 * std::log(65.0), 0.02);
  EXPECT_NEAR(result["speciation"]["chance"].number(), 1.0 / 8, 1e-12);
  const Record& coarsest = result["speciation"]["tree"].back();
  EXPECT_EQ(coarsest["classes_a"].size(), 4u);
  // 40 queries a class: a pair time errs by sqrt(1.5/40)/sqrt(2) = 0.14, a mean over sixteen pairs of eight classes by
  // less.
  EXPECT_NEAR(coarsest["t"].number(), 0.5 * std::log(74.0), 4.9 * 0.14 / 2);
  const Record& guidance = result["guidance"];
  EXPECT_GT(guidance["t_high"].number(), guidance["t_low"].number());
  EXPECT_NEAR(guidance["clocks"]["high"]["sigma"].number(), std::sqrt(std::expm1(2 * guidance["t_high"].number())),
              1e-12);
  EXPECT_LT(result["collapse"]["t_c"].number(), result["collapse"]["t_c_half"].number());
  EXPECT_NEAR(result["collapse"]["alpha"].number(), std::log(320.0) / 64, 1e-15);
}

// Times read off the usual grid are those of a grid five times as fine, of the same noise, to a fifth of their errors;
// without the second look the collapse time is off by more than that.
TEST_F(Planted, TheGridIsFineWhereTimesAreReadOff) {
  const std::vector<double> fine = log_times(kFirstTime, kLastTime, 5 * kTimes);
  const Record usual = testing::run(job({{"queries", "320"}}), folder.path("usual"));
  std::vector<double> first;
  for (const Record& time : usual["times"]) first.push_back(time["t"].number());
  const auto collapse_of = [&](const std::vector<double>& times, const char* name) {
    return testing::run(job({{"queries", "320"}, {"times", fmt::format("{}", fmt::join(times, ","))}}),
                        folder.path(name))["collapse"];
  };
  const Record exact = collapse_of(fine, "fine");
  for (const char* name : {"t_c", "t_c_half"}) {
    const double error = usual["collapse"][std::string(name) + "_stderr"].number();
    EXPECT_NEAR(usual["collapse"][name].number(), exact[name].number(), 0.2 * error) << name;
  }
  const double t_c = exact["t_c"].number();
  std::erase_if(first, [&](double t) { return std::abs(std::log(t / t_c)) < 0.1; });
  EXPECT_GT(std::abs(collapse_of(first, "coarse")["t_c"].number() - t_c), 0.2 * exact["t_c_stderr"].number());
}

TEST_F(Planted, OffersASettingsFileThatRepeatsTheRun) {
  testing::run(job({{"times", "0.5,1"}}), folder.path("run"));
  Request again = testing::request_of({});
  again.read_toml(folder.path("run/config.resolved.toml"));
  Silent nobody;
  testing::run(again, folder.path("again"), IfExists::refuse, nobody);
  EXPECT_EQ(files("again"), files("run"));
}

}  // namespace
}  // namespace denoiscope::experiments
