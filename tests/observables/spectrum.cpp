// Covariance spectra against the dense computation, and the facts of Fashion-MNIST.
#include "denoiscope/observables/spectrum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/linear_algebra.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::normals;
using testing::with_classes;

// Normals with the spectrum 1/k^2, turned by a reflection, off the origin.
RowMatrix stretched(Index n, Index d, std::uint64_t seed) {
  RowMatrix values = normals(n, d, seed);
  for (Index k = 0; k < d; ++k) values.col(k) /= static_cast<double>(k + 1);
  const Vector axis = Vector::LinSpaced(d, 1.0, 2.0).normalized();
  values -= (2 * values * axis * axis.transpose()).eval();
  values.array() += 5;
  return values;
}

struct Dense {
  Vector values;  // descending
  Eigen::MatrixXd vectors;
  double trace, square;
};
Dense dense(const RowMatrix& rows) {
  const RowMatrix centred = rows.rowwise() - rows.colwise().mean();
  const Eigen::MatrixXd covariance = centred.transpose() * centred / static_cast<double>(rows.rows());
  const Eigenpairs eigen = symmetric_eigen(covariance);
  return {eigen.values.reverse(), eigen.vectors.rowwise().reverse(), covariance.trace(), covariance.squaredNorm()};
}

// Tolerance: eigenvalues of two summation orders differ by a few roundings of the largest.
void expect_same(const Spectrum& ours, const Dense& theirs, double tolerance = 1e-12) {
  const double scale = theirs.values[0];
  EXPECT_NEAR(ours.trace, theirs.trace, tolerance * theirs.trace);
  EXPECT_NEAR(ours.participation_dimension, theirs.trace * theirs.trace / theirs.square,
              10 * tolerance * ours.participation_dimension);
  for (std::size_t k = 0; k < ours.eigenvalues.size(); ++k)
    EXPECT_NEAR(ours.eigenvalues[k], theirs.values[static_cast<Index>(k)], tolerance * scale) << k;
}

TEST(Covariances, EqualTheDenseComputation) {
  for (const auto& [n, d] : {std::pair<Index, Index>{200, 5}, {513, 24}, {600, 25}, {1025, 40}, {3, 8}, {50, 1}}) {
    const RowMatrix rows = stretched(n, d, 1);
    const Covariances ours = covariances(Dataset::from_rows(rows));
    ASSERT_EQ(ours.spectrum.eigenvalues.size(), static_cast<std::size_t>(d));
    EXPECT_TRUE(ours.spectrum.complete);
    EXPECT_TRUE(ours.pairs.empty());
    expect_same(ours.spectrum, dense(rows));
    for (std::size_t k = static_cast<std::size_t>(n) - 1; k < ours.spectrum.eigenvalues.size(); ++k)
      EXPECT_EQ(ours.spectrum.eigenvalues[k], 0) << "rank is n - 1";
  }
}

TEST(Covariances, OfPairsEqualTheDenseComputationOfTheirRows) {
  for (Index d : {5, 8, 9, 40}) {
    RowMatrix rows = stretched(700, d, 2);
    for (Index i = 0; i < 700; i += 3) rows(i, d - 1) += 1;  // part of the classes' difference
    const Dataset data = with_classes(rows, {100, 250, 350});
    const Covariances ours = covariances(data);
    expect_same(ours.spectrum, dense(rows));
    ASSERT_EQ(ours.pairs.size(), 3u);
    for (long long a = 0; a < 3; ++a)
      for (long long b = a + 1; b < 3; ++b) {
        const auto rows_of = [&](std::vector<long long> labels) {
          const std::vector<Index> chosen = data.rows_of_classes(labels);
          RowMatrix out(static_cast<Index>(chosen.size()), d);
          data.read(chosen, out);
          return out;
        };
        const Dense both = dense(rows_of({a, b}));
        const Vector half = 0.5 * (rows_of({a}).colwise().mean() - rows_of({b}).colwise().mean()).transpose();
        const PairSpectrum& p = ours.pairs[a][b];
        EXPECT_NEAR(p.eigenvalue, both.values[0], 1e-9 * both.values[0]);  // Lanczos stops at 1e-10
        EXPECT_NEAR(p.half_distance2, half.squaredNorm(), 1e-12 * (25 + half.squaredNorm()));
        EXPECT_NEAR(p.overlap, std::abs(both.vectors.col(0).dot(half)) / half.norm(), 1e-8);
      }
  }
}

TEST(Covariances, OfEqualMeansHaveNoClassDirection) {
  RowMatrix rows = normals(40, 3, 3);
  rows.bottomRows(20) = rows.topRows(20);
  std::vector<long long> labels(20, 0);
  labels.resize(40, 1);
  Dataset data = Dataset::from_rows(rows);
  data.set_labels(labels, "test");
  const PairSpectrum p = covariances(data).pairs[0][1];
  EXPECT_EQ(p.half_distance2, 0);
  EXPECT_EQ(p.overlap, 0);
}

TEST(Covariances, UseTheGramMatrixWhereRowsAreFew) {
  const RowMatrix rows = stretched(20, 1600, 4);
  const Spectrum ours = covariances(Dataset::from_rows(rows)).spectrum;
  const RowMatrix centred = rows.rowwise() - rows.colwise().mean();
  const Eigen::MatrixXd gram = centred * centred.transpose() / 20.0;
  const Vector eigenvalues = symmetric_eigenvalues(gram);
  ASSERT_EQ(ours.eigenvalues.size(), 20u);
  expect_same(ours, {eigenvalues.reverse(), {}, gram.trace(), gram.squaredNorm()});
  EXPECT_EQ(ours.eigenvalues[19], 0);
  const std::vector<double> all = ours.all(1600, 20);
  EXPECT_EQ(all.size(), 1600u);
  EXPECT_NEAR(std::accumulate(all.begin(), all.end(), 0.0), ours.trace, 1e-12 * ours.trace);
}

TEST(Covariances, OfManyDimensionsHaveLeadingEigenvaluesAndExactTrace) {
  // One row a direction, twice with both signs: covariance diagonal, eigenvalues 2 s_k^2 / n known without solving.
  constexpr Index d = 1600;
  RowMatrix rows = RowMatrix::Zero(2 * d, d);
  Vector squares(d);
  for (Index k = 0; k < d; ++k) {
    const double s = 100.0 / std::sqrt(static_cast<double>(k + 1));
    rows(2 * k, k) = s;
    rows(2 * k + 1, k) = -s;
    squares[k] = 2 * s * s / (2.0 * d);
  }
  const Spectrum ours = covariances(Dataset::from_rows(rows)).spectrum;
  EXPECT_FALSE(ours.complete);
  ASSERT_EQ(ours.eigenvalues.size(), 64u);
  expect_same(ours, {squares, {}, squares.sum(), squares.squaredNorm()}, 1e-9);
  const std::vector<double> all = ours.all(d, 2 * d);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(d));
  EXPECT_NEAR(std::accumulate(all.begin(), all.end(), 0.0), ours.trace, 1e-9 * ours.trace);
  EXPECT_LE(all[64], all[63]);
}

// Without a matrix: eigenvalues to the square of the solver's 1e-4 over the gaps here, trace to rounding. The
// participation dimension rests on 16 probes of what the leading eigenvalues leave: sum of the other squares, each
// probe with relative deviation below sqrt(2).
TEST(StreamedSpectrum, AgreesWithTheDenseOne) {
  const Dataset data = Dataset::from_rows(stretched(700, 60, 9));
  const Spectrum dense = covariances(data).spectrum, ours = streamed_spectrum(data, 5);
  ASSERT_EQ(ours.eigenvalues.size(), 5u);
  EXPECT_FALSE(ours.complete);
  double rest = 0;
  for (std::size_t k = 0; k < dense.eigenvalues.size(); ++k) {
    if (k < 5) {
      EXPECT_NEAR(ours.eigenvalues[k], dense.eigenvalues[k], 1e-6 * dense.eigenvalues[0]);
    } else {
      rest += dense.eigenvalues[k] * dense.eigenvalues[k];
    }
  }
  EXPECT_NEAR(ours.trace, dense.trace, 1e-12 * dense.trace);
  const auto square = [](const Spectrum& s) { return s.trace * s.trace / s.participation_dimension; };
  EXPECT_LT(std::abs(square(ours) - square(dense)), 4.9 * std::sqrt(2.0 / 16) * rest);
  EXPECT_GT(rest, 0);
}

TEST(StreamedSpectrum, OfDataWithoutVarianceIsZero) {
  EXPECT_NEAR(streamed_spectrum(Dataset::from_rows(RowMatrix::Constant(9, 12, 0.5)), 2).trace, 0, 1e-28);
}

TEST(Covariances, OfDataWithoutVarianceAreZero) {
  for (Index n : {1, 7}) {
    const Spectrum ours = covariances(Dataset::from_rows(RowMatrix::Constant(n, 4, 0.1))).spectrum;
    EXPECT_EQ(ours.trace, 0) << "the mean of equal numbers may err by a rounding; the spectrum may not";
    EXPECT_EQ(ours.participation_dimension, 0);
    for (double v : ours.eigenvalues) EXPECT_EQ(v, 0);
  }
}

class FashionMnist : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist"))
      GTEST_SKIP() << "the package dataset-fashion-mnist is not installed";
  }
};

TEST_F(FashionMnist, HasItsKnownSpectrum) {  // facts known to six digits from an independent computation
  Dataset data = data::open("fashion-mnist");
  data.set_preprocess(data::preprocess_for(data, ""));
  const Covariances ours = covariances(data);
  const auto near = [](double value, double fact) { return std::abs(value - fact) <= 1e-4 * fact; };
  EXPECT_PRED2(near, ours.spectrum.trace, 272.865);
  const double leading[] = {79.238, 48.448, 16.424, 13.527};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_PRED2(near, ours.spectrum.eigenvalues[k], leading[k]);
  const struct {
    std::size_t a, b;
    double eigenvalue, half_distance2;
  } facts[] = {{1, 9, 122.749, 115.391}, {0, 6, 69.151, 13.809}, {7, 9, 73.748, 52.044}, {2, 4, 63.649, 6.164}};
  for (const auto& f : facts) {
    EXPECT_PRED2(near, ours.pairs[f.a][f.b].eigenvalue, f.eigenvalue);
    EXPECT_PRED2(near, ours.pairs[f.a][f.b].half_distance2, f.half_distance2);
  }
  EXPECT_GT(ours.pairs[1][9].overlap, 0.9);
  EXPECT_LT(ours.pairs[0][6].overlap, 0.5) << "the leading mode of T-shirt/shirt is not the class direction";
}

}  // namespace
}  // namespace denoiscope::observables
