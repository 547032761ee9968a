#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope {
namespace {

TEST(Stats, SumsOfExponentialsSurviveExtremes) {
  EXPECT_EQ(log_sum_exp({}), -kInfinity);
  const double none[] = {-kInfinity, -kInfinity}, far[] = {-1e308, 700.0, -kInfinity}, equal[] = {3.0, 3.0, 3.0};
  EXPECT_EQ(log_sum_exp(none), -kInfinity);
  EXPECT_EQ(log_sum_exp(far), 700.0);
  EXPECT_NEAR(log_sum_exp(equal), 3 + std::log(3.0), 1e-15);
  EXPECT_EQ(log_add(-kInfinity, -kInfinity), -kInfinity);
  EXPECT_EQ(log_add(-kInfinity, 2.0), 2.0);
}

TEST(Stats, StratifiedMeanRestoresProportions) {
  // Two strata of weights 0.9 and 0.1, sampled equally: the mean is 0.9 * 1 + 0.1 * 10, the variance the sum of
  // squares.
  const double values[] = {0, 2, 9, 11};
  const int stratum[] = {0, 0, 1, 1};
  const double weight[] = {0.9, 0.1};
  const Estimate e = stratified_mean(values, stratum, weight);
  EXPECT_NEAR(e.value, 1.9, 1e-15);
  EXPECT_NEAR(e.standard_error, std::sqrt(0.81 * 2 / 2 + 0.01 * 2 / 2), 1e-15);
  EXPECT_TRUE(std::isnan(mean_of(std::span(values, 1)).standard_error));
}

// Of n = 200 Bernoulli samples, over all outcomes with their probabilities, how often the true share is further from
// the mean than twice the error: at most 10 %, at every share; of mean_of nearly always where samples are rare.
TEST(Stats, ErrorsOfSharesKnowTheBoundary) {
  constexpr int n = 200;
  double worst = 0, worst_plain = 0;
  for (const double p : {1e-4, 1e-3, 0.003, 0.01, 0.014, 0.02, 0.05, 0.2, 0.5, 0.97, 0.999}) {
    double beyond = 0, beyond_plain = 0;
    for (int k = 0; k <= n; ++k) {
      std::vector<double> values(n, 0.0);
      std::fill_n(values.begin(), k, 1.0);
      const double law = std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) +
                                  k * std::log(p) + (n - k) * std::log1p(-p));
      const auto far = [&](const Estimate& e) { return std::abs(e.value - p) > 2 * e.standard_error; };
      if (far(share_of(values))) beyond += law;
      if (far(mean_of(values))) beyond_plain += law;
    }
    worst = std::max(worst, beyond);
    worst_plain = std::max(worst_plain, beyond_plain);
  }
  EXPECT_LT(worst, 0.1);
  EXPECT_GT(worst_plain, 0.9);
  const std::vector<double> half(n, 0.5);  // no event is missing
  EXPECT_EQ(share_of(half).standard_error, 0);
  const std::vector<int> stratum = {0, 0, 0, 1};
  const std::vector<double> ones(4, 1.0), weight = {0.5, 0.5};  // worth 1/(0.25/3 + 0.25) = 3 samples
  EXPECT_NEAR(stratified_share(ones, stratum, weight).standard_error, 1.5 / 4, 1e-15);
}

TEST(Text, NamesAreCutBetweenCodePoints) {
  EXPECT_EQ(shortened("naïve", 5), "naïve");
  EXPECT_EQ(shortened("naïveté", 4), "naï…");
  EXPECT_EQ(shortened("", 4), "");
  EXPECT_EQ(shortened(std::string(61, 'a')), std::string(59, 'a') + "…");
}

TEST(Json, IsValidUtf8WhateverTheNamesHold) {
  EXPECT_EQ(json_text({{"name", "caf\xe9 \xff"}}), "{\"name\":\"caf\uFFFD \uFFFD\"}");
  EXPECT_EQ(json_text({{"name", "数据"}}), "{\"name\":\"数据\"}");
  EXPECT_EQ(json_text({{"a", {1, 2}}}, 1), "{\n \"a\": [\n  1,\n  2\n ]\n}");
}

TEST(Parallel, EveryTaskRunsOnceAndErrorsArrive) {
  for (int k : {1, 3}) {
    set_threads(k);
    std::vector<int> count(100, 0);
    parallel_for(100, [&](Index i) { ++count[i]; });
    EXPECT_EQ(count, std::vector<int>(100, 1));
    EXPECT_THROW(parallel_for(10,
                              [](Index i) {
                                if (i == 7) throw DataError("seven");
                              }),
                 DataError);
  }
  set_threads(0);
}

// Tasks within tasks, many times over: no deadlock (the test would time out), every task once, exceptions through both.
TEST(Parallel, TasksOfTasksRunOnce) {
  set_threads(4);
  for (int repetition = 0; repetition < 300; ++repetition) {
    std::vector<std::atomic<int>> count(64);
    parallel_for(8, [&](Index i) { parallel_for(8, [&](Index j) { ++count[8 * i + j]; }); });
    for (const auto& c : count) ASSERT_EQ(c, 1);
  }
  EXPECT_THROW(parallel_for(4, [](Index) { parallel_for(4, [](Index) { throw UsageError("inner"); }); }), UsageError);
  std::atomic<int> after = 0;
  parallel_for(4, [&](Index) { ++after; });
  EXPECT_EQ(after, 4);
  set_threads(0);
}

TEST(Quadrature, KnownIntegralsAndRoots) {
  EXPECT_NEAR(gaussian_mean([](double x) { return x * x * x * x; }), 3.0, 1e-12);
  EXPECT_NEAR(integrate([](double x) { return std::exp(-x); }, 0.0, 1.0), 1 - std::exp(-1.0), 1e-14);
  EXPECT_NEAR(*find_root([](double x) { return std::cos(x); }, 0.0, 3.0), std::numbers::pi / 2, 1e-15);
  EXPECT_FALSE(find_root([](double x) { return x * x + 1; }, -1.0, 1.0));
}

TEST(Text, SuggestsOnlyNearNames) {
  EXPECT_EQ(did_you_mean("quereis", {"queries", "rows"}), " Did you mean 'queries'?");
  EXPECT_EQ(did_you_mean("zzzzzz", {"queries", "rows"}), "");
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_TRUE(split("", ',').empty());
  EXPECT_EQ(parse_number("1e-3", "x"), 1e-3);
  EXPECT_THROW(parse_number("1,5", "x"), UsageError);
  EXPECT_THROW(parse_number("", "x"), UsageError);
  EXPECT_THROW(parse_integer("1.5", "x"), UsageError);
}

TEST(Text, ErrorsKeepToOneLine) {
  EXPECT_STREQ(DataError("a\nb\t{}", "\x1b[2J\xc3\xbc").what(), "a\\x0ab\\x09\\x1b[2J\xc3\xbc");
}

TEST(Text, DepthOfJsonIgnoresQuotes) {
  EXPECT_EQ(json_depth(R"({"a": [1, {"]\"": "[[["}], "b": 2})"), 3u);
  EXPECT_EQ(json_depth("]]]["), 1u);
  EXPECT_EQ(json_depth(""), 0u);
}

TEST(Files, WriteIsReadBackAndHashIsThePublishedOne) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "denoiscope-test-files";
  std::filesystem::create_directories(folder);
  write_atomically(folder / "a", "first");
  write_atomically(folder / "a", "abc");
  EXPECT_EQ(map_file(folder / "a").text(), "abc");
  EXPECT_FALSE(std::filesystem::exists(folder / "a.tmp"));
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
  EXPECT_THROW(map_file(folder / "missing"), DataError);
  EXPECT_THROW(map_file(folder), DataError);
  EXPECT_THROW(write_atomically(folder / "no" / "where", "x"), ResourceError);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace denoiscope
