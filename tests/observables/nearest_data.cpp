// The two nearest data: beside every pair compared, where rounding would decide, and with clusters that count as one.
#include "denoiscope/observables/nearest_data.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "denoiscope/base/error.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::normals;

Dataset bytes_like(const RowMatrix& values) {
  auto [bytes, at] = allocate_bytes(values.size());
  for (Index i = 0; i < values.size(); ++i)
    at[i] = static_cast<std::byte>(std::lround(std::clamp(127 + 60 * values.data()[i], 0.0, 255.0)));
  return Dataset::from_bytes(std::move(bytes), 0, values.rows(), {values.cols()}, Scalar::u8, false, "bytes");
}

void expect_same(const std::vector<TwoNearest>& found, const std::vector<TwoNearest>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t q = 0; q < found.size(); ++q)
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(found[q].row[i], expected[q].row[i]) << "query " << q << " place " << i;
      EXPECT_EQ(found[q].distance[i], expected[q].distance[i]);
    }
}

TEST(NearestData, AreThoseOfAllPairs) {
  for (const Index d : {1, 3, 8, 9, 64, 600}) {
    const RowMatrix x = normals(70, d, 2);
    for (const double scale : {1e-6, 1.0, 1e6}) {
      RowMatrix values = scale * normals(900, d, 1);
      values.array() += 3 * scale;  // off the origin, where products cancel
      const RowMatrix queries = (scale * x).array() + 3 * scale;
      const Dataset data = Dataset::from_rows(values);
      expect_same(NearestData(data).find(queries), nearest_directly(data, queries));
    }
    const Dataset data = bytes_like(normals(900, d, 1));
    const RowMatrix queries = 127 + 60 * x.array();
    expect_same(NearestData(data).find(queries), nearest_directly(data, queries));
  }
}

// Twins a rounding of single precision apart, in either order, and a query upon one of them.
TEST(NearestData, NearTiesAreDecidedInDoublePrecision) {
  RowMatrix values = normals(600, 40, 3);
  for (Index k = 0; k < 100; ++k) {
    values.row(300 + k) = values.row(k);
    values(300 + k, k % 40) += 1e-9;
  }
  const Dataset data = Dataset::from_rows(values);
  const RowMatrix at = values.middleRows(300, 100);
  const auto found = NearestData(data).find(at);
  expect_same(found, nearest_directly(data, at));
  for (Index k = 0; k < 100; ++k) {
    EXPECT_EQ(found[k].row[0], 300 + k);
    EXPECT_EQ(found[k].distance[0], 0);
    EXPECT_NEAR(found[k].distance[1], 1e-9, 1e-15);  // 1 ulp of numbers of size 3
  }
}

TEST(NearestData, LeaveOneOutAndFewData) {
  for (const Index d : {2, 30}) {
    const RowMatrix values = normals(200, d, 4);
    const Dataset data = Dataset::from_rows(values);
    std::vector<Index> own;
    for (Index k = 0; k < 200; ++k) own.push_back(k % 3 == 0 ? -1 : k);
    const auto found = NearestData(data).find(values, own);
    expect_same(found, nearest_directly(data, values, own));
    for (std::size_t k = 0; k < 200; ++k) EXPECT_EQ(found[k].distance[0] == 0, k % 3 == 0);

    const Dataset alone = Dataset::from_rows(values.topRows(1));
    const auto only = NearestData(alone).find(values.topRows(2));
    EXPECT_EQ(only[1].row[0], 0);
    EXPECT_EQ(only[1].row[1], -1);
    EXPECT_EQ(only[1].distance[1], kInfinity);
    EXPECT_THROW(NearestData(alone).find(normals(1, d + 1, 5)), UsageError);
  }
}

TEST(NearestData, RowsWithinARadiusAreThoseOfAllPairs) {
  RowMatrix values = normals(700, 5, 6);
  values.array() += 1e4;
  values.row(650) = values.row(10);
  const Dataset data = Dataset::from_rows(values);
  const auto found = rows_within(data, values.topRows(40), 0.8);
  std::size_t total = 0;
  for (Index p = 0; p < 40; ++p) {
    std::vector<Index> expected;
    for (Index row = 0; row < 700; ++row)
      if ((values.row(p) - values.row(row)).norm() <= 0.8) expected.push_back(row);
    EXPECT_EQ(found[p], expected);
    total += expected.size();
  }
  EXPECT_GT(total, 60u) << "no row has company: nothing is tested";
  EXPECT_EQ(rows_within(data, values.middleRows(10, 1), 0)[0], (std::vector<Index>{10, 650}));
}

// Clusters by single linkage of all pairs, then the nearest datum of every cluster.
std::vector<TwoNearest> joined_directly(const RowMatrix& values, const RowMatrix& x, double radius) {
  const Index n = values.rows();
  std::vector<Index> cluster(n);
  for (Index i = 0; i < n; ++i) cluster[i] = i;
  for (bool moved = true; moved;) {
    moved = false;
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) {
        Index &a = cluster[i], &b = cluster[j];
        if (a <= b || (values.row(i) - values.row(j)).norm() > radius) continue;
        a = b;
        moved = true;
      }
  }
  std::vector<TwoNearest> out;
  for (Index q = 0; q < x.rows(); ++q) {
    TwoNearest best;
    for (int place = 0; place < 2; ++place)
      for (Index i = 0; i < n; ++i) {
        const double distance = (x.row(q) - values.row(i)).norm();
        const auto at = static_cast<std::size_t>(place);
        if (place == 1 && cluster[i] == cluster[best.row[0]]) continue;
        if (!(distance < best.distance[at])) continue;
        best.distance[at] = distance;
        best.row[at] = i;
      }
    out.push_back(best);
  }
  return out;
}

TEST(NearestData, ClustersCountAsOne) {
  for (const Index d : {2, 20}) {
    RowMatrix values = normals(300, d, 7);
    for (Index k = 0; k < 30; ++k)  // chains of four: the ends are farther apart than the radius
      for (Index link = 1; link < 4; ++link) {
        values.row(100 + 3 * k + link) = values.row(k);
        values(100 + 3 * k + link, 0) += 0.009 * static_cast<double>(link);
      }
    values.row(250) = values.row(200);  // equal ones
    RowMatrix x(80, d);
    x << values.topRows(30).array() + 1e-3, values.middleRows(190, 30).array() + 1e-3, normals(20, d, 8);
    const Dataset data = Dataset::from_rows(values);
    for (const double radius : {0.0, 0.01}) {
      std::vector<TwoNearest> found = NearestData(data).find(x);
      const std::vector<TwoNearest> apart = found;
      const Index changed = join_clusters(data, x, radius, found);
      expect_same(found, joined_directly(values, x, radius));
      EXPECT_GE(changed, radius > 0 ? 30 : 1);
      Index seen = 0;
      for (std::size_t q = 0; q < found.size(); ++q) seen += found[q].row[1] != apart[q].row[1] ? 1 : 0;
      EXPECT_EQ(changed, seen);
    }
  }
  const Dataset one = Dataset::from_rows(RowMatrix::Ones(5, 3));
  std::vector<TwoNearest> found = NearestData(one).find(RowMatrix::Zero(1, 3));
  EXPECT_EQ(join_clusters(one, RowMatrix::Zero(1, 3), 0, found), 1);
  EXPECT_EQ(found[0].row[1], -1) << "all data are one cluster";
  EXPECT_EQ(found[0].distance[1], kInfinity);
}

}  // namespace
}  // namespace denoiscope::observables
