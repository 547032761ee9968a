// Clusters of equal rows: their entropy is that of the data without repeats, where those have the clusters' weights.
#include "denoiscope/observables/cluster_entropy.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/data/duplicates.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;
using testing::normals;

// Every row `times` over.
Dataset repeated(const RowMatrix& rows, Index times) { return Dataset::from_rows(rows.replicate(times, 1)); }

TEST(Clusters, OfEvenRepeatsHaveTheEntropyOfTheRowsOnce) {
  const RowMatrix rows = normals(40, 5, 1);
  const Dataset once = Dataset::from_rows(rows), thrice = repeated(rows, 3);
  const Clusters clusters(thrice, data::first_equal(thrice)), plain(once, data::first_equal(once));
  EXPECT_EQ(clusters.count(), 40);
  EXPECT_NEAR(clusters.floor(), std::log(3.0), 1e-14);  // rounding
  EXPECT_EQ(plain.floor(), 0);
  const Noise noise(7);
  Queries queries = choose_queries(once, nested_shells(40, noise), 64);
  for (const double t : {0.01, 0.2, 1.0, 4.0}) {
    const Estimate a = clusters.entropy(queries, t, noise), b = plain.entropy(queries, t, noise);
    EXPECT_NEAR(a.value, b.value, 1e-7) << t;  // certified log-weights: 1e-7 nats
    EXPECT_NEAR(a.standard_error, b.standard_error, 1e-7) << t;
  }
  EXPECT_NEAR(clusters.entropy(queries, 12, noise).value, std::log(40.0), 1e-6);
}

TEST(Clusters, OfUnevenRepeatsSumDirectly) {
  RowMatrix rows = normals(30, 3, 2);
  for (const Index copy : {7, 11, 25}) rows.row(copy) = rows.row(3);
  rows.row(20) = rows.row(21);
  const Dataset data = Dataset::from_rows(rows);
  const std::vector<Index> same = data::first_equal(data);
  EXPECT_EQ(same[25], 3);
  EXPECT_EQ(same[21], 20);
  const Clusters clusters(data, same);
  EXPECT_EQ(clusters.count(), 26);
  EXPECT_NEAR(clusters.floor(), (4 * std::log(4.0) + 2 * std::log(2.0)) / 30, 1e-14);
  const Noise noise(3);
  const Queries queries = choose_queries(data, nested_shells(30, noise), 50);
  for (const double t : {0.05, 0.5, 2.0}) {
    const RowMatrix x = noisy(data, queries, t, noise);
    double mean = 0;
    for (Index q = 0; q < x.rows(); ++q) {
      std::vector<double> p(30, 0.0);
      double total = 0;
      for (Index i = 0; i < 30; ++i) {
        const double w = std::exp(-0.5 * (x.row(q) - std::exp(-t) * rows.row(i)).squaredNorm() / -std::expm1(-2 * t));
        p[same[i]] += w;
        total += w;
      }
      for (const double w : p)
        if (w > 0) mean -= w / total * std::log(w / total) / static_cast<double>(x.rows());
    }
    EXPECT_NEAR(clusters.entropy(queries, t, noise).value, mean, 1e-7) << t;
  }
  // What the chain rule takes off matters: at small t nothing is left, where the datum keeps the floor.
  EXPECT_LT(clusters.entropy(queries, 1e-4, noise).value, 1e-6);
  EXPECT_GT(clusters.floor(), 0.2);
}

}  // namespace
}  // namespace denoiscope::observables
