// Decompositions against what defines them, and leading eigenpairs against all of them.
#include "denoiscope/base/linear_algebra.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "tests/base/points.hpp"

namespace denoiscope {
namespace {

constexpr double kRounding = 1e-12;  // of matrices of some 30 rows and magnitude 1: a thousand roundings

Eigen::MatrixXd random_symmetric(Index n) {
  const RowMatrix a = points::normals(n, n, 1);
  return (a + a.transpose()) / std::sqrt(8.0 * static_cast<double>(n));  // eigenvalues fill (-1, 1)
}

bool orthonormal(const Eigen::MatrixXd& columns) { return (columns.transpose() * columns).isIdentity(kRounding); }

TEST(LinearAlgebra, EigenpairsAreThoseOfTheMatrix) {
  const Eigen::MatrixXd matrix = random_symmetric(31);
  const Eigenpairs all = symmetric_eigen(matrix);
  EXPECT_TRUE(orthonormal(all.vectors));
  EXPECT_LT((matrix * all.vectors - all.vectors * all.values.asDiagonal()).norm(), kRounding);
  EXPECT_TRUE(std::is_sorted(all.values.begin(), all.values.end()));
  EXPECT_LT((symmetric_eigenvalues(matrix) - all.values).norm(), kRounding);
  Eigen::MatrixXd lower = matrix;
  lower.triangularView<Eigen::StrictlyUpper>().setConstant(7);
  EXPECT_EQ(symmetric_eigen(lower).values, all.values);  // the lower triangle alone is read
}

TEST(LinearAlgebra, TridiagonalEigenvaluesAreThoseOfTheFullMatrix) {
  const RowMatrix entries = points::normals(2, 9, 2);
  const Vector diagonal = entries.row(0), beside = entries.row(1).head(8);
  Eigen::MatrixXd full = diagonal.asDiagonal();
  full.diagonal(-1) = beside;
  full.diagonal(1) = beside;
  EXPECT_LT((tridiagonal_eigenvalues(diagonal, beside) - symmetric_eigenvalues(full)).norm(), kRounding);
  EXPECT_EQ(tridiagonal_eigenvalues(diagonal.head(1), beside.head(0))[0], diagonal[0]);
}

TEST(LinearAlgebra, LeftSingularVectorsMakeTheMatrixTimesItsTranspose) {
  for (const auto& [n, k] : {std::pair<Index, Index>{30, 5}, {6, 40}}) {
    const Eigen::MatrixXd a = points::normals(n, k, 3) / std::sqrt(static_cast<double>(n + k));
    const Eigenpairs svd = left_singular(a);
    EXPECT_EQ(svd.values.size(), std::min(n, k));
    EXPECT_TRUE(orthonormal(svd.vectors));
    EXPECT_TRUE(std::is_sorted(svd.values.begin(), svd.values.end(), std::greater<>()));
    const Eigen::MatrixXd again = svd.vectors * svd.values.cwiseAbs2().asDiagonal() * svd.vectors.transpose();
    EXPECT_LT((again - a * a.transpose()).norm(), kRounding);
  }
}

TEST(LinearAlgebra, AFrameSpansWhatItIsMadeOf) {
  const Eigen::MatrixXd columns = points::normals(20, 4, 4);
  const Eigen::MatrixXd frame = orthonormal_frame(columns);
  EXPECT_EQ(frame.cols(), 4);
  EXPECT_TRUE(orthonormal(frame));
  EXPECT_LT((columns - frame * (frame.transpose() * columns)).norm(), 10 * kRounding);
}

TEST(LinearAlgebra, LeadingEigenpairsAreTheLargestOfAll) {
  const Index n = 60;
  const Eigen::MatrixXd matrix = random_symmetric(n);
  const Eigenpairs all = symmetric_eigen(matrix);
  const LeadingEigenpairs found = leading_eigenpairs(matrix, {3, 24, 1000, 1e-10});
  ASSERT_TRUE(found.converged);
  ASSERT_EQ(found.values.size(), 3);
  EXPECT_LT((found.values - all.values.reverse().head(3)).norm(), 1e-9);
  EXPECT_LT((matrix * found.vectors - found.vectors * found.values.asDiagonal()).norm(), 1e-8);
  EXPECT_GT(std::abs(found.values[2] - all.values[n - 2]), 1e-3);  // the neighbour is seen to be another
  // An operator that multiplies as the matrix does gives its bits.
  const auto multiply = [&](const double* in, double* out) {
    Eigen::Map<Vector>(out, n) = matrix.selfadjointView<Eigen::Lower>() * Eigen::Map<const Vector>(in, n);
  };
  EXPECT_EQ(leading_eigenpairs(n, multiply, {3, 24, 1000, 1e-10}).vectors, found.vectors);
}

TEST(LinearAlgebra, TooFewRestartsAreSeen) {
  const LeadingEigenpairs found = leading_eigenpairs(random_symmetric(200), {4, 6, 1, 1e-13});
  EXPECT_FALSE(found.converged);
  EXPECT_LT(found.values.size(), 4);
}

}  // namespace
}  // namespace denoiscope
