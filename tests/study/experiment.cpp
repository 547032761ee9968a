// Experiments in units: the same numbers whole, in blocks, kept, and resumed.
#include "denoiscope/study/experiment.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "denoiscope/base/error.hpp"
#include "denoiscope/experiments/clone.hpp"

namespace denoiscope {
using namespace experiments;
namespace {

namespace fs = std::filesystem;

CloneSettings settings_of(Index pairs) {
  CloneSettings s;
  s.times = {1, 2};
  s.pairs = pairs;
  s.method = CloneMethod::sde;
  s.stepper = &find_stepper("euler-maruyama");
  s.steps = 40;
  return s;
}

CloneSubject subject() {
  CloneSubject made =
      clone_subject(make_model("gaussian-mixture", std::vector<std::string>{"d=16", "mu2=1", "variance=1"}), false);
  made.work = 4e7;  // units of a few pairs
  return made;
}

struct Folder {
  fs::path path = fs::temp_directory_path() / ("denoiscope-experiment-" + std::to_string(::getpid()));
  Folder() { fs::remove_all(path); }
  ~Folder() { fs::remove_all(path); }
};

void expect_same(const std::vector<ClonePoint>& a, const std::vector<ClonePoint>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_EQ(a[k].phi.value, b[k].phi.value);
    EXPECT_EQ(a[k].phi.standard_error, b[k].phi.standard_error);
    EXPECT_EQ(a[k].expected.value, b[k].expected.value);
  }
}

TEST(ExperimentRun, ClonesAreTheSameWholeInBlocksAndResumed) {
  const CloneSubject made = subject();
  const CloneSettings settings = settings_of(100);
  const Noise noise(3);
  const auto whole = clone(*made.posterior, *made.score, settings, noise);
  ASSERT_GT(clone_units(made, settings), 4);
  Silent silent;
  const Folder folder;
  const auto run = [&](const fs::path& where, IfExists if_exists) {
    ExperimentRun kept({{"seed", 3}, {"model", "m"}}, where, if_exists, silent, clone_units(made, settings));
    return clone_in_units(made, settings, noise, kept);
  };
  expect_same(whole, run({}, IfExists::refuse));
  expect_same(whole, run(folder.path, IfExists::refuse));
  // One unit is gone and one is damaged: both are computed again.
  std::vector<fs::path> units;
  for (const auto& file : fs::directory_iterator(folder.path / "units")) units.push_back(file.path());
  ASSERT_EQ(static_cast<int>(units.size()), clone_units(made, settings));
  fs::remove(units[0]);
  std::ofstream(units[1]) << "{}";
  expect_same(whole, run(folder.path, IfExists::resume));
  EXPECT_THROW(run(folder.path, IfExists::refuse), UsageError);
}

TEST(ExperimentRun, OtherSettingsAreNotResumed) {
  Silent silent;
  const Folder folder;
  const auto open = [&](int seed, IfExists if_exists) {
    ExperimentRun({{"seed", seed}}, folder.path, if_exists, silent, 0);
  };
  open(1, IfExists::refuse);
  open(1, IfExists::resume);
  EXPECT_THROW(open(2, IfExists::resume), UsageError);
  open(2, IfExists::overwrite);
}

TEST(ExperimentRun, SettingsAreTomlAndPointsAreFinite) {
  EXPECT_EQ(toml_of({{"a", 1.5}, {"b", "x \"y\""}, {"c", nullptr}, {"d", ""}, {"e", {1, 2}}}),
            "a = 1.5\nb = \"x \\\"y\\\"\"\ne = [1,2]\n");
  CurveFigure figure;
  figure.curves = {{"a", true, {{1, 2, 0.5}, {2, kNaN, 0.1}, {3, 4, kNaN}}}};
  const auto rows = to_record(figure)["curves"][0]["rows"];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["low"], 1.5);
  EXPECT_EQ(rows[1]["high"], 4.0);
}

}  // namespace
}  // namespace denoiscope
