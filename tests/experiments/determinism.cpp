// One job, many ways to compute it: the same bits. Batches of queries are compared in tests/denoiser/empirical.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "denoiscope/base/files.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/generated.hpp"
#include "tests/experiments/job.hpp"

namespace denoiscope::experiments {
namespace {

namespace fs = std::filesystem;
using testing::Folder;
using testing::Given;

class Determinism : public ::testing::Test {
 protected:
  Determinism() {
    // More rows than one chunk of the sweep holds (2048), so that threads have something to share.
    const Dataset data = data::three_level_mixture(0, 2500);
    RowMatrix values(2500, 64);
    data.read(0, values);
    job_ = {{"data", testing::store(folder, "data.npy", values)},
            {"labels",
             testing::store(folder, "labels.npy", std::vector<long long>(data.labels().begin(), data.labels().end()))},
            {"queries", "48"},
            {"times", "0.1,0.5,1,1.5,2,3"}};
  }
  ~Determinism() override { set_threads(0); }

  std::string hash(const std::string& run) const { return sha256(map_file(folder.path(run + "/result.json")).span()); }

  Folder folder;
  Given job_;
};

// Every unit is computed alone, by resuming a finished run that lacks it, on changing numbers of threads and in a
// random order; the result is then put together from those units.
TEST_F(Determinism, ThreadsTimesOrderOfUnits) {
  set_threads(1);
  testing::run(job_, folder.path("one"));
  const std::string expected = hash("one");
  std::vector<std::string> units;
  for (const auto& entry : fs::directory_iterator(folder.path("one/units")))
    units.push_back(entry.path().filename().string());
  std::sort(units.begin(), units.end());
  ASSERT_EQ(units.size(), 8u);  // data, six times, strips
  std::mt19937 random(5);
  for (int threads : {1, 2, 3, 4}) {
    set_threads(threads);
    const std::string together = folder.path(fmt::format("t{}", threads));
    fs::create_directories(together + "/units");
    fs::copy_file(folder.path("one/config.resolved.toml"), together + "/config.resolved.toml");
    for (std::size_t i = units.size(); i > 1; --i) std::swap(units[i - 1], units[random() % i]);
    for (const std::string& unit : units) {
      fs::copy(folder.path("one"), folder.path("alone"), fs::copy_options::recursive);
      fs::remove(folder.path("alone/units/" + unit));
      testing::run(job_, folder.path("alone"), IfExists::resume);
      EXPECT_EQ(hash("alone"), expected) << threads << " threads, " << unit;
      fs::rename(folder.path("alone/units/" + unit), together + "/units/" + unit);
      fs::remove_all(folder.path("alone"));
    }
    testing::run(job_, together, IfExists::resume);
    EXPECT_EQ(hash(fmt::format("t{}", threads)), expected) << threads << " threads";
    testing::run(job_, folder.path(fmt::format("whole{}", threads)));
    EXPECT_EQ(hash(fmt::format("whole{}", threads)), expected) << threads << " threads";
  }
}

// The comparison above can fail: another seed is another result.
TEST_F(Determinism, AnotherSeedIsAnotherResult) {
  testing::run(job_, folder.path("one"));
  Given other = job_;
  other.emplace_back("seed", "1");
  testing::run(other, folder.path("two"));
  EXPECT_NE(hash("one"), hash("two"));
}

}  // namespace
}  // namespace denoiscope::experiments
