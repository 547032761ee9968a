#include "denoiscope/observables/spectrum.hpp"

#include <Spectra/MatOp/DenseSymMatProd.h>
#include <Spectra/SymEigsSolver.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/aligned_rows.hpp"
#include "denoiscope/engine/kernel.hpp"

namespace denoiscope::observables {
namespace {

using kernel::kLanes;
constexpr Index kFull = 1536;     // largest matrix whose whole spectrum is computed: seconds
constexpr Index kLargest = 4096;  // largest matrix formed: 128 MiB
constexpr Index kLeading = 64;    // eigenvalues computed where not all are
constexpr Index kBlock = 512;     // rows read at a time
constexpr Index kStreamed =
    12;  // eigenvalues computed where no matrix is formed: each takes a few passes over the data
constexpr double kResidual = 1e-7;  // of unit eigenvectors of a matrix of magnitude 1; Lanczos is asked for 1e-10
constexpr double kGramBytes = 512.0 * 1024 * 1024;
constexpr double kPairBytes = 512.0 * 1024 * 1024;

// product += rows^T rows, the (d, d) Gram matrix of columns, lower half by panels of 24 columns.
void add_outer(const RowMatrix& rows, Index count, RowMatrix& product) {
  const Index d = rows.cols();
  const kernel::Functions& kernel = kernel::best();
  parallel_for((d + kLanes - 1) / kLanes, [&](Index panel) {
    const Index column = panel * kLanes, width = std::min(kLanes, d - column);
    AlignedRows packed(count, kLanes), out(d - column, kLanes);
    for (Index r = 0; r < count; ++r)
      for (Index j = 0; j < width; ++j) packed.row(r)[j] = rows(r, column + j);
    kernel.multiply(rows.data() + column, 1, d, d - column, count, packed.row(0), out.row(0), false);
    for (Index i = 0; i < d - column; ++i)
      for (Index j = 0; j < width; ++j) product(column + i, column + j) += out.row(i)[j];
  });
}

void mirror(RowMatrix& lower) {
  for (Index i = 0; i < lower.rows(); ++i)
    for (Index j = i + 1; j < lower.cols(); ++j) lower(i, j) = lower(j, i);
}

// Largest magnitude in a matrix, by which eigensolvers see it divided: they square what they are given. 1 for zeros.
double magnitude(const RowMatrix& matrix) {
  const double largest = matrix.cwiseAbs().maxCoeff();
  return largest > 0 ? largest : 1.0;
}

Eigen::MatrixXd leading_of_all(const Eigen::MatrixXd& matrix, Index count, Vector& values) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(matrix);
  values = eigen.eigenvalues().reverse().head(count);
  return eigen.eigenvectors().rowwise().reverse().leftCols(count);
}

// Leading eigenpairs of a matrix of magnitude 1, by implicitly restarted Lanczos. For some matrices of low rank it
// gives up, or says it succeeded with vectors that are none: those matrices are diagonalised in full.
Eigen::MatrixXd leading(const Eigen::MatrixXd& matrix, Index count, Vector& values) {
  const Index d = matrix.rows();
  count = std::min(count, d);
  if (d <= 8) return leading_of_all(matrix, count, values);
  try {
    Spectra::DenseSymMatProd<double> operation(matrix);
    Spectra::SymEigsSolver<Spectra::DenseSymMatProd<double>> solver(
        operation, count, std::min(d, std::max<Index>(2 * count, count + 20)));
    solver.init();
    solver.compute(Spectra::SortRule::LargestAlge, 1000, 1e-10);
    if (solver.info() == Spectra::CompInfo::Successful) {
      values = solver.eigenvalues();
      const Eigen::MatrixXd vectors = solver.eigenvectors();
      const double residual = (matrix * vectors - vectors * values.asDiagonal()).norm();
      if (residual <= kResidual && (vectors.colwise().norm().array() - 1).abs().maxCoeff() <= kResidual) return vectors;
    }
  } catch (const std::runtime_error&) {  // its inner QR gave up
  }
  return leading_of_all(matrix, count, values);
}

Spectrum spectrum_of(const RowMatrix& covariance) {
  Spectrum out;
  out.trace = covariance.trace();
  const double unit = magnitude(covariance);
  const Eigen::MatrixXd scaled = covariance / unit;
  const double trace = scaled.trace(), square = scaled.squaredNorm();
  out.participation_dimension = square > 0 ? trace * trace / square : 0.0;
  Vector values;
  if (covariance.rows() <= kFull) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(scaled, Eigen::EigenvaluesOnly);
    values = eigen.eigenvalues().reverse();
  } else {
    leading(scaled, kLeading, values);
    out.complete = false;
  }
  values *= unit;
  // Rounding leaves eigenvalues that are zero by construction slightly off zero, on either side.
  const double floor =
      values.size() > 0 ? 1e-13 * static_cast<double>(covariance.rows()) * std::max(values[0], 0.0) : 0.0;
  for (double v : values) out.eigenvalues.push_back(v > floor ? v : 0.0);
  return out;
}

// Rows of one class (or of all), their mean as seen from the first row of the data, and the sum of outer products about
// it.
struct Group {
  std::vector<Index> rows;
  Vector mean;
  RowMatrix scatter;
};

// origin: the first row of the data. Seen from there, features that never vary are exactly zero, and so is their
// variance.
void gather(const Dataset& data, const RowMatrix& origin, Group& group) {
  const Index d = data.dimension(), n = static_cast<Index>(group.rows.size());
  RowMatrix block(kBlock, d);
  group.mean = Vector::Zero(d);
  const auto read = [&](Index begin, Index count) {
    data.read(std::span(group.rows).subspan(begin, count), block.topRows(count));
    block.topRows(count).rowwise() -= origin.row(0);
  };
  for (Index begin = 0; begin < n; begin += kBlock) {
    const Index count = std::min(kBlock, n - begin);
    read(begin, count);
    group.mean += block.topRows(count).colwise().sum().transpose();
  }
  group.mean /= static_cast<double>(n);
  group.scatter = RowMatrix::Zero(d, d);
  for (Index begin = 0; begin < n; begin += kBlock) {
    const Index count = std::min(kBlock, n - begin);
    read(begin, count);
    block.topRows(count).rowwise() -= group.mean.transpose();
    add_outer(block, count, group.scatter);
  }
  mirror(group.scatter);
}

// Covariance of groups taken together: scatter within plus scatter of their means.
RowMatrix pooled(std::span<const Group* const> groups) {
  double n = 0;
  Vector mean = Vector::Zero(groups[0]->mean.size());
  for (const Group* g : groups) {
    n += static_cast<double>(g->rows.size());
    mean += static_cast<double>(g->rows.size()) * g->mean;
  }
  mean /= n;
  RowMatrix covariance = RowMatrix::Zero(mean.size(), mean.size());
  for (const Group* g : groups) {
    const Vector apart = g->mean - mean;
    covariance += g->scatter + static_cast<double>(g->rows.size()) * apart * apart.transpose();
  }
  return covariance / n;
}

PairSpectrum pair_of(const Group& a, const Group& b) {
  const Group* both[2] = {&a, &b};
  Vector values;
  const RowMatrix covariance = pooled(both);
  const double unit = magnitude(covariance);
  const Eigen::MatrixXd vectors = leading(covariance / unit, 1, values);
  const Vector half = 0.5 * (a.mean - b.mean);
  PairSpectrum out;
  out.eigenvalue = unit * values[0];
  out.half_distance2 = half.squaredNorm();
  out.overlap = out.half_distance2 > 0 ? std::abs(vectors.col(0).dot(half)) / half.norm() : 0.0;
  return out;
}

// d > n: the nonzero eigenvalues of the (n, n) Gram matrix of centred rows.
Spectrum spectrum_by_gram(const Dataset& data) {
  const Index n = data.rows(), d = data.dimension();
  RowMatrix rows(n, d);
  data.read(Index{0}, rows);
  rows.rowwise() -= rows.row(0).eval();
  rows.rowwise() -= rows.colwise().mean().eval();
  const RowMatrix columns = rows.transpose();
  RowMatrix gram = RowMatrix::Zero(n, n);
  add_outer(columns, d, gram);
  mirror(gram);
  return spectrum_of(gram / static_cast<double>(n));
}

}  // namespace

std::vector<double> Spectrum::all(Index d, Index n) const {
  std::vector<double> out = eigenvalues;
  double known = 0;
  for (double v : eigenvalues) known += v;
  const Index rest = std::min(d, n - 1) - static_cast<Index>(out.size());
  if (!complete && rest > 0)
    out.insert(out.end(), rest, std::min(out.back(), std::max(0.0, trace - known) / static_cast<double>(rest)));
  out.resize(d, 0.0);
  return out;
}

Covariances covariances(const Dataset& data) {
  const Index n = data.rows(), d = data.dimension();
  Covariances out;
  if (d > kFull && n < d && n <= kLargest && static_cast<double>(n * d) * 16 <= kGramBytes) {
    out.spectrum = spectrum_by_gram(data);
    return out;
  }
  if (d > kLargest) {
    out.spectrum = streamed_spectrum(data, std::clamp<Index>(std::min(n - 1, d) / 2, 1, kStreamed));
    return out;
  }
  const auto k = static_cast<Index>(data.classes().size());
  const bool by_class = k > 1 && k <= 32 && static_cast<double>(k * d * d) * 8 <= kPairBytes;
  std::vector<Group> groups(by_class ? k : 1);
  for (Index i = 0; i < n; ++i) groups[by_class ? static_cast<std::size_t>(data.labels()[i]) : 0].rows.push_back(i);
  RowMatrix origin(1, d);
  data.read(Index{0}, origin);
  std::vector<const Group*> all;
  for (Group& group : groups) {
    gather(data, origin, group);
    all.push_back(&group);
  }
  out.spectrum = spectrum_of(pooled(all));
  if (!by_class) return out;
  out.pairs.assign(groups.size(), std::vector<PairSpectrum>(groups.size()));
  const Index count = k * k;
  parallel_for(count, [&](Index i) {
    const auto a = static_cast<std::size_t>(i / k), b = static_cast<std::size_t>(i % k);
    if (a < b) out.pairs[a][b] = pair_of(groups[a], groups[b]);
  });
  return out;
}

}  // namespace denoiscope::observables
