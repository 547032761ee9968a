#include "denoiscope/base/linear_algebra.hpp"

#include <Spectra/SymEigsSolver.h>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <stdexcept>

namespace denoiscope {
namespace {

using Symmetric = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>;

// In the form that Spectra asks for.
struct Operator {
  using Scalar = double;
  Index n;
  const std::function<void(const double*, double*)>& apply;
  Index rows() const { return n; }
  Index cols() const { return n; }
  void perform_op(const double* in, double* out) const { apply(in, out); }
};

}  // namespace

Eigenpairs symmetric_eigen(const Eigen::MatrixXd& matrix) {
  const Symmetric eigen(matrix);
  return {eigen.eigenvalues(), eigen.eigenvectors()};
}

Vector symmetric_eigenvalues(const Eigen::MatrixXd& matrix) {
  return Symmetric(matrix, Eigen::EigenvaluesOnly).eigenvalues();
}

Vector tridiagonal_eigenvalues(const Vector& diagonal, const Vector& beside) {
  Symmetric eigen;
  eigen.computeFromTridiagonal(diagonal, beside, Eigen::EigenvaluesOnly);
  return eigen.eigenvalues();
}

Eigenpairs left_singular(const Eigen::MatrixXd& matrix) {
  const Eigen::BDCSVD<Eigen::MatrixXd> svd(matrix, Eigen::ComputeThinU);
  return {svd.singularValues(), svd.matrixU()};
}

Eigen::MatrixXd orthonormal_frame(const Eigen::MatrixXd& columns) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(columns);
  return qr.householderQ() * Eigen::MatrixXd::Identity(columns.rows(), columns.cols());
}

LeadingEigenpairs leading_eigenpairs(Index n, const std::function<void(const double* in, double* out)>& apply,
                                     const Lanczos& how) {
  Operator product{n, apply};
  LeadingEigenpairs out;
  try {
    Spectra::SymEigsSolver<Operator> solver(product, how.count, how.basis);
    solver.init();
    solver.compute(Spectra::SortRule::LargestAlge, how.restarts, how.tolerance);
    out.values = solver.eigenvalues();
    out.vectors = solver.eigenvectors();
    out.converged = solver.info() == Spectra::CompInfo::Successful;
  } catch (const std::runtime_error&) {  // its inner QR gave up, as on some matrices of low rank
    return {};
  }
  return out;
}

LeadingEigenpairs leading_eigenpairs(const Eigen::MatrixXd& matrix, const Lanczos& how) {
  const auto apply = [&matrix](const double* in, double* out) {
    const Eigen::Map<const Vector> v(in, matrix.rows());
    Eigen::Map<Vector>(out, matrix.rows()).noalias() = matrix.selfadjointView<Eigen::Lower>() * v;
  };
  return leading_eigenpairs(matrix.rows(), apply, how);
}

}  // namespace denoiscope
