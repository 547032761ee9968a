// Jobs drawn at random with a bias to the edges: whatever is asked of whatever data, the job ends with a result that
// gives a reason for everything undefined, or with one line that names the culprit. A crash ends the test. How many:
// DENOISCOPE_RANDOM_JOBS (default 250; ./dev nightly takes 10,000); from which: DENOISCOPE_RANDOM_FIRST.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <random>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/report/report.hpp"
#include "tests/base/trials.hpp"
#include "tests/experiments/job.hpp"

namespace denoiscope::experiments {
namespace {

using testing::Folder;
using testing::Given;

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  template <class T, std::size_t N>
  T of(const std::array<T, N>& choices) {
    return choices[below(N)];
  }

 private:
  std::mt19937_64 engine_;
};

constexpr std::array<Index, 10> kRows = {1, 2, 2, 3, 5, 8, 17, 40, 129, 300};
constexpr std::array<Index, 8> kDimensions = {1, 1, 2, 3, 7, 25, 48, 130};
constexpr std::array<double, 9> kScales = {1, 1, 1, 1e-3, 1e3, 1e-170, 5e-324, 1e99, 1e160};
constexpr std::array<const char*, 7> kTimes = {"1e-8,50",      "0.5,0.6",   "1e-12,1",   "20,40",
                                               "0.01,0.1,1,3", "1e-8,1e-7", "0.02,0.2,2"};
// Settings that are asked for, and how often in a hundred jobs.
struct Wish {
  const char* key;
  int often;
  std::array<const char*, 4> values;
};
constexpr Wish kWishes[] = {{"scale", 30, {"pm1", "unit", "none", "standardize"}},
                            {"rows", 15, {"1", "2", "5", "17"}},
                            {"classes", 10, {"0", "0,1", "7", "-9223372036854775808"}},
                            {"class_names", 5, {"a", "a,b", "<b>,\xff", "x,y"}},
                            {"drop_nonfinite", 50, {"true", "true", "true", "false"}},
                            {"duplicates", 20, {"full", "full", "sample", "sample"}},
                            {"collapse_below", 20, {"1e-300", "40", "0.1", "1e-12"}},
                            {"strips", 20, {"0", "-1", "1000", "1"}},
                            {"times", 5, {"1e-300,2", "inf,1", "1,,2,x", "0.3"}},
                            {"queries", 2, {"0", "-1", "1e9", ""}},
                            {"scale", 2, {"pm2", "PM1", "\n", "0"}},
                            {"seed", 2, {"-1", "1.5", "99999999999999999999", ""}}};

RowMatrix rows(Draw& draw, Index n, Index d) {
  const double scale = draw.of(kScales);
  const std::uint64_t kind = draw.below(7);
  RowMatrix out(n, d);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < d; ++j) {
      const double u = draw.uniform() - 0.5;
      out(i, j) = scale * (kind == 0   ? 0.25                       // constant
                           : kind == 1 ? (u > 0 ? 1.0 : 0.0)        // hypercube
                           : kind == 2 ? static_cast<double>(i)     // on a line
                           : kind == 3 ? (i % 2 == 0 ? -3 : 3) + u  // two far classes
                           : kind == 4 ? u * (j == 0 ? 1 : 1e-9)    // nearly one-dimensional
                                       : u);
    }
  if (kind == 5)
    for (Index i = 1; i < n; i += 2) out.row(i) = out.row(i - 1);  // duplicates
  if (draw.chance(5)) out(n - 1, d - 1) = draw.chance(50) ? std::nan("") : std::numeric_limits<double>::infinity();
  if (draw.chance(5)) out(0, 0) = scale * 1e30;
  return out;
}

std::vector<long long> labels(Draw& draw, Index n) {
  const std::uint64_t kind = draw.below(6);
  const Index count = draw.chance(5) ? n + 1 : n;  // sometimes of the wrong length
  std::vector<long long> out;
  for (Index i = 0; i < count; ++i)
    out.push_back(kind == 0   ? 7
                  : kind == 1 ? i
                  : kind == 2 ? (i == 0 ? 0 : 1)
                  : kind == 3
                      ? (i % 2 == 0 ? std::numeric_limits<long long>::min() : std::numeric_limits<long long>::max())
                  : kind == 4 ? i % 2
                              : static_cast<long long>(draw.below(5)));
  return out;
}

Given job(Draw& draw, const Folder& folder) {
  const Index n = draw.of(kRows), d = draw.of(kDimensions);
  Given given;
  if (draw.chance(15)) {  // small pictures of 8-bit pixels
    std::string pixels(n * 3 * 4, '\0');
    for (char& p : pixels) p = static_cast<char>(draw.chance(50) ? draw.below(256) : 255 * draw.below(2));
    given.emplace_back(
        "data",
        folder.write("data.npy", testing::npy(testing::described("|u1", fmt::format("({}, 3, 4)", n)), pixels)));
  } else {
    given.emplace_back("data", testing::store(folder, "data.npy", rows(draw, n, d)));
  }
  if (draw.chance(60)) given.emplace_back("labels", testing::store(folder, "labels.npy", labels(draw, n)));
  given.emplace_back("times", draw.chance(10) ? "" : draw.of(kTimes));
  given.emplace_back("queries", draw.of(std::array<const char*, 6>{"1", "2", "7", "31", "64", "150"}));
  if (draw.chance(20))
    given.emplace_back("test",
                       draw.chance(80) ? given.front().second : testing::store(folder, "test.npy", rows(draw, 3, d)));
  given.emplace_back("seed", std::to_string(draw.below(1000)));
  for (const Wish& wish : kWishes)
    if (draw.chance(wish.often)) given.emplace_back(wish.key, draw.of(wish.values));
  return given;
}

std::string command(const Given& given) {
  std::string text = "analyze";
  for (const auto& [key, value] : given) text += " --" + key + " '" + value + "'";
  return text;
}

TEST(RandomJobs, EndInAResultWithReasonsOrInOneLine) {
  const int jobs = testing::trials("DENOISCOPE_RANDOM_JOBS", 250),
            first = testing::asked_for("DENOISCOPE_RANDOM_FIRST", 0);
  std::map<int, int> ended;
  for (int i = first; i < first + jobs; ++i) {
    Draw draw(static_cast<std::uint64_t>(i));
    const Folder folder;
    const Given given = job(draw, folder);
    SCOPED_TRACE(fmt::format("job {}: {}", i, command(given)));
    set_threads(1 + i % 3);
    try {
      const Record result = testing::run(given, folder.path("run"));
      testing::expect_reasons(result);
      report::write(folder.path("run"));
      EXPECT_EQ(report::table(result).find("nan"), std::string::npos) << report::table(result);
      ++ended[0];
    } catch (const Error& error) {
      ++ended[static_cast<int>(error.code())];
      EXPECT_TRUE(error.code() == ExitCode::usage || error.code() == ExitCode::data) << error.what();
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "not an error of ours: " << error.what();
    }
    if (HasFailure()) break;
  }
  set_threads(0);
  // The generator reaches both ends often enough to say anything.
  EXPECT_GT(ended[0], jobs / 5);
  EXPECT_GT(ended[static_cast<int>(ExitCode::usage)], jobs / 50);
  EXPECT_GT(ended[static_cast<int>(ExitCode::data)], jobs / 50);
  std::cout << ended[0] << " results, " << ended[2] << " usage errors, " << ended[3] << " data errors\n";
}

}  // namespace
}  // namespace denoiscope::experiments
