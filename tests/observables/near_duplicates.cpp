// Near-duplicates: planted ones are found with their distances, plain data have none.
#include "denoiscope/observables/near_duplicates.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::normals;

TEST(NearDuplicates, PlantedTwinsAreFoundWithTheirDistances) {
  RowMatrix values = normals(2000, 32, 1);
  values.array() += 3;  // off the origin, where products cancel
  const double distance[] = {1e-6, 1e-3, 0.5};
  for (Index k = 0; k < 3; ++k) {
    values.row(100 + k) = values.row(k);
    values(100 + k, k) += distance[k];
  }
  const data::NearDuplicates found = near_duplicates(Dataset::from_rows(values), 2000, Noise(1));
  EXPECT_EQ(found.checked, 2000);
  EXPECT_EQ(found.near, 6) << "both of every pair";
  ASSERT_EQ(found.closest.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto k = static_cast<Index>(i / 2);
    EXPECT_EQ(found.closest[i].row, i % 2 == 0 ? k : 100 + k);
    EXPECT_EQ(found.closest[i].other, i % 2 == 0 ? 100 + k : k);
    // e^{-t} and e^{t} around the sweep, and 3 + distance - 3: roundings of numbers of size 3.
    EXPECT_NEAR(found.closest[i].distance, distance[k], 1e-14);
  }
}

TEST(NearDuplicates, TypicalDistanceIsTheMedianOfNearestNeighbours) {
  const RowMatrix values = normals(301, 8, 2);
  std::vector<double> nearest;
  for (Index i = 0; i < 301; ++i) {
    double least = kInfinity;
    for (Index j = 0; j < 301; ++j)
      if (j != i) least = std::min(least, (values.row(i) - values.row(j)).norm());
    nearest.push_back(least);
  }
  std::sort(nearest.begin(), nearest.end());
  const data::NearDuplicates found = near_duplicates(Dataset::from_rows(values), 301, Noise(1));
  EXPECT_NEAR(found.typical_distance, nearest[150], 1e-13);
  EXPECT_DOUBLE_EQ(found.threshold, data::kNearRatio * found.typical_distance);
}

TEST(NearDuplicates, PlainDataHaveNone) {  // at d = 32 nearest distances scatter by a few per cent around the median
  const data::NearDuplicates found = near_duplicates(Dataset::from_rows(normals(3000, 32, 3)), 1000, Noise(1));
  EXPECT_EQ(found.checked, 1000);
  EXPECT_EQ(found.near, 0);
  EXPECT_TRUE(found.closest.empty());
}

TEST(NearDuplicates, SamplesAreLookedUpAgainstAllRows) {
  RowMatrix values = normals(400, 16, 4);
  for (Index i = 0; i < 200; ++i) {
    values.row(200 + i) = values.row(i);
    values(200 + i, 0) += 1e-3;
  }
  // A tenth of all rows twin beyond half: the median is the twins' distance, so nothing stands out.
  EXPECT_EQ(near_duplicates(Dataset::from_rows(values), 50, Noise(1)).near, 0);
  values.bottomRows(160) = normals(160, 16, 5);
  const data::NearDuplicates found = near_duplicates(Dataset::from_rows(values), 100, Noise(1));
  EXPECT_EQ(found.checked, 100);
  EXPECT_GT(found.near, 0) << "80 of 400 rows have a twin; most twins lie outside the sample";
  for (const auto& pair : found.closest) EXPECT_EQ(std::abs(pair.row - pair.other), 200);
}

TEST(NearDuplicates, ExactCopiesAreNotNear) {
  RowMatrix values = normals(100, 8, 6);
  values.row(1) = values.row(0);
  EXPECT_EQ(near_duplicates(Dataset::from_rows(values), 100, Noise(1)).near, 0);
}

TEST(NearDuplicates, DegenerateDataHaveNone) {
  const data::NearDuplicates single = near_duplicates(Dataset::from_rows(normals(1, 3, 1)), 2048, Noise(1));
  EXPECT_EQ(single.checked, 0);
  EXPECT_EQ(single.near, 0);
  const data::NearDuplicates equal =
      near_duplicates(Dataset::from_rows(RowMatrix::Constant(50, 3, 0.1)), 2048, Noise(1));
  EXPECT_EQ(equal.checked, 50);
  EXPECT_EQ(equal.near, 0);
  EXPECT_EQ(equal.typical_distance, 0);
}

}  // namespace
}  // namespace denoiscope::observables
