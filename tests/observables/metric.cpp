// What metrics see and what they do not.
#include "denoiscope/observables/metric.hpp"

#include <gtest/gtest.h>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/linear_algebra.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::normals;

RowMatrix all_of(const Dataset& data) {
  RowMatrix out(data.rows(), data.dimension());
  data.read(0, out);
  return out;
}

constexpr double kSingle = 0x1.0p-23;  // of numbers of size 1, stored in single precision

TEST(Metric, StandardizedSeesNeitherBrightnessNorContrast) {
  RowMatrix values = normals(6, 50, 1);
  values.row(1) = 3 * values.row(0).array() + 7;
  values.row(2).setConstant(0.1);
  values.row(3) = -values.row(0);
  const RowMatrix seen = all_of(standardized(Dataset::from_rows(values)));
  EXPECT_LT((seen.row(0) - seen.row(1)).cwiseAbs().maxCoeff(), 4 * kSingle);
  EXPECT_TRUE((seen.row(2).array() == 0).all());
  EXPECT_NEAR((seen.row(0) - seen.row(3)).squaredNorm(), 4 * 50, 1e-4) << "2 d (1 - correlation) at -1";
  for (const Index i : {0, 4}) {
    EXPECT_NEAR(seen.row(i).mean(), 0, kSingle);
    EXPECT_NEAR(seen.row(i).squaredNorm(), 50, 50 * 4 * kSingle);
  }
}

TEST(Metric, PrincipalAxesAreThoseOfTheCovariance) {
  const Index n = 3000, d = 40;
  RowMatrix values = normals(n, d, 2);
  for (Index k = 0; k < d; ++k) values.col(k) *= std::pow(0.8, static_cast<double>(k));
  values.array() += 5;
  const Dataset data = Dataset::from_rows(values);
  const PrincipalAxes axes(data, 6, Noise(3));
  const RowMatrix centred = values.rowwise() - values.colwise().mean();
  const Eigenpairs eigen = symmetric_eigen(centred.transpose() * centred / static_cast<double>(n));
  EXPECT_NEAR(axes.share(), eigen.values.tail(6).sum() / eigen.values.sum(), 1e-9);
  for (Index k = 0; k < 6; ++k)  // 16 axes carried, 6 rounds: what is left is 0.64^(6 * 10) = 2e-12
    EXPECT_NEAR(std::abs(axes.axes().col(k).dot(eigen.vectors.col(d - 1 - k))), 1, 1e-9) << k;
  const RowMatrix seen = all_of(axes.project(data));
  EXPECT_LT((seen - centred * axes.axes()).cwiseAbs().maxCoeff(), 20 * kSingle);

  const PrincipalAxes all(Dataset::from_rows(normals(10, 40, 4)), 30, Noise(3));
  EXPECT_EQ(all.count(), 10) << "no more axes than data";
  EXPECT_NEAR(all.share(), 1, 1e-12);
  EXPECT_THROW(PrincipalAxes(data, 0, Noise(3)), UsageError);
  EXPECT_THROW((void)axes.project(Dataset::from_rows(normals(4, 39, 5))), UsageError);
}

}  // namespace
}  // namespace denoiscope::observables
