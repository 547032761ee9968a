// Which rows are asked, and that the names of their noise depend on nothing else.
#include "denoiscope/observables/queries.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "denoiscope/process/clock.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;
using testing::normals;
using testing::with_classes;

TEST(Shells, NestOneEighthToAll) {
  for (Index n : {1, 2, 7, 8, 9, 1000}) {
    const Shells shells = nested_shells(n, Noise(3));
    for (int level = 0; level < kLevels; ++level) {
      EXPECT_EQ(shells.size[level], n >> (kLevels - 1 - level));
      EXPECT_EQ(std::count_if(shells.shell.begin(), shells.shell.end(), [&](int s) { return s <= level; }),
                shells.size[level]);
      for (Index i = 0; i < n; ++i) EXPECT_EQ(shells.shell[shells.order[i]] <= level, i < shells.size[level]);
    }
    std::vector<Index> sorted = shells.order, all(n);
    std::sort(sorted.begin(), sorted.end());
    std::iota(all.begin(), all.end(), Index{0});
    EXPECT_EQ(sorted, all);
  }
}

TEST(Shells, AreAFunctionOfTheSeed) {
  EXPECT_EQ(nested_shells(500, Noise(3)).order, nested_shells(500, Noise(3)).order);
  EXPECT_NE(nested_shells(500, Noise(3)).order, nested_shells(500, Noise(4)).order);
}

// Mean row number of k rows drawn from n without return: deviation sqrt((n+1)(n-k)/(12 k)).
double distance_from_random(const std::vector<Index>& rows, Index n) {
  const double k = static_cast<double>(rows.size()), all = static_cast<double>(n);
  const double mean = static_cast<double>(std::accumulate(rows.begin(), rows.end(), Index{0})) / k;
  return std::abs(mean - (all - 1) / 2) / std::sqrt((all + 1) * (all - k) / (12 * k));
}

TEST(Shells, TakeRowsFromEverywhere) {  // files are often sorted by class
  const Shells shells = nested_shells(4096, Noise(3));
  std::vector<Index> first(shells.order.begin(), shells.order.begin() + shells.size[0]);
  EXPECT_LT(distance_from_random(first, 4096), kSigmas);
  std::iota(first.begin(), first.end(), Index{0});
  EXPECT_GT(distance_from_random(first, 4096), kSigmas);
}

TEST(Queries, SpreadEvenlyOverClassesWithWeightsThatRestoreTheData) {
  const Dataset data = with_classes(normals(1000, 2, 1), {10, 100, 890});
  const Shells shells = nested_shells(1000, Noise(3));
  const Queries queries = choose_queries(data, shells, 62);
  EXPECT_EQ(queries.size(), 62);
  const std::vector<double> shares = {0.01, 0.1, 0.89};
  ASSERT_EQ(queries.weight.size(), 3u);
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(std::count(queries.stratum.begin(), queries.stratum.end(), c), c < 2 ? 21 : 20);
    EXPECT_DOUBLE_EQ(queries.weight[c], shares[c]);
  }
  std::set<std::uint64_t> names(queries.trajectory.begin(), queries.trajectory.end());
  EXPECT_EQ(names.size(), 62u) << "the class of ten is asked twice a row, each time with noise of its own";
  for (std::size_t q = 0; q < 62; ++q) EXPECT_EQ(queries.stratum[q], data.labels()[queries.row[q]]);
}

TEST(Queries, MoreExtendFewer) {
  const Dataset data = with_classes(normals(1000, 2, 1), {10, 100, 890});
  const Shells shells = nested_shells(1000, Noise(3));
  const Queries few = choose_queries(data, shells, 60), many = choose_queries(data, shells, 301);
  for (int c = 0; c < 3; ++c) {
    std::vector<std::pair<Index, std::uint64_t>> in_few, in_many;
    for (std::size_t q = 0; q < few.row.size(); ++q)
      if (few.stratum[q] == c) in_few.emplace_back(few.row[q], few.trajectory[q]);
    for (std::size_t q = 0; q < many.row.size(); ++q)
      if (many.stratum[q] == c) in_many.emplace_back(many.row[q], many.trajectory[q]);
    ASSERT_LT(in_few.size(), in_many.size());
    EXPECT_TRUE(std::equal(in_few.begin(), in_few.end(), in_many.begin()));
  }
}

TEST(Queries, TakeTheSmallestSubsetFirst) {
  const Dataset data = with_classes(normals(800, 2, 1), {400, 400});
  const Shells shells = nested_shells(800, Noise(3));
  const Queries queries = choose_queries(data, shells, 400);
  for (std::size_t q = 1; q < queries.row.size(); ++q) {
    if (queries.stratum[q] != queries.stratum[q - 1]) continue;
    EXPECT_LE(shells.shell[queries.row[q - 1]], shells.shell[queries.row[q]]);
  }
}

TEST(Queries, AreOneStratumWhereClassesAreNoneOneOrTooMany) {
  const Shells shells = nested_shells(60, Noise(3));
  const Dataset plain = Dataset::from_rows(normals(60, 2, 1));
  const Dataset one = with_classes(normals(60, 2, 1), {60}), many = with_classes(normals(60, 2, 1), {20, 20, 20});
  for (const auto& [data, m] : {std::pair{plain, 100}, std::pair{one, 100}, std::pair{many, 11}, std::pair{many, 1}}) {
    const Queries queries = choose_queries(data, shells, m);
    EXPECT_EQ(queries.size(), m);
    EXPECT_EQ(queries.weight, std::vector<double>{1.0});
    EXPECT_EQ(std::count(queries.stratum.begin(), queries.stratum.end(), 0), m);
  }
}

TEST(Queries, HeldOutOnesAreDistinctRowsWithNoiseOfTheirOwn) {
  const Dataset test = Dataset::from_rows(normals(50, 3, 2));
  const Queries queries = choose_test_queries(test, 50, Noise(3));
  EXPECT_EQ(std::set<Index>(queries.row.begin(), queries.row.end()).size(), 50u);
  Queries as_training = queries;
  as_training.stream = Stream::query;
  EXPECT_GT((noisy(test, queries, 1.0, Noise(3)) - noisy(test, as_training, 1.0, Noise(3))).norm(), 1.0);
}

TEST(Noisy, PointsAreTheSameAloneAndInACrowd) {
  const Dataset data = Dataset::from_rows(normals(100, 5, 1));
  const Queries all = choose_queries(data, nested_shells(100, Noise(3)), 100);
  const RowMatrix x = noisy(data, all, 0.7, Noise(3));
  for (std::size_t q : {0u, 17u, 99u}) {
    const Queries alone{{all.row[q]}, {all.trajectory[q]}, {0}, {1.0}, all.stream};
    EXPECT_EQ(noisy(data, alone, 0.7, Noise(3)), x.row(static_cast<Index>(q)));
  }
}

TEST(Noisy, PointsHaveTheForwardLaw) {  // chi-square of the noise, md degrees of freedom: deviation sqrt(2 md)
  const Dataset data = Dataset::from_rows(normals(1000, 10, 1));
  const Queries queries = choose_queries(data, nested_shells(1000, Noise(3)), 1000);
  for (double t : {0.01, 0.5, 3.0}) {
    RowMatrix clean(1000, 10);
    data.read(queries.row, clean);
    const RowMatrix noise = noisy(data, queries, t, Noise(3)) - std::exp(-t) * clean;
    const auto off = [&](double variance) { return std::abs(noise.squaredNorm() / variance - 1e4) / std::sqrt(2e4); };
    EXPECT_LT(off(noise_variance(t)), kSigmas);
    EXPECT_LT(std::abs(noise.sum()) / std::sqrt(1e4 * noise_variance(t)), kSigmas);
    EXPECT_GT(off(noise_variance(t) * 1.1), kSigmas);
  }
}

}  // namespace
}  // namespace denoiscope::observables
