// The only door to matrix decompositions: Eigen's solvers and Spectra are instantiated in linear_algebra.cpp and
// nowhere else, as they cost more to compile than all that calls them. Matrices are column-major, as the solvers keep
// them.
#pragma once

#include <functional>

#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// Eigenvalues or singular values, (k), and their vectors of length 1 as columns, (n, k).
struct Eigenpairs {
  Vector values;
  Eigen::MatrixXd vectors;
};

/// All eigenpairs of a symmetric matrix (n, n), ascending: O(n^3). Only its lower triangle is read.
Eigenpairs symmetric_eigen(const Eigen::MatrixXd& matrix);
/// The eigenvalues alone, ascending, for a fraction of the work.
Vector symmetric_eigenvalues(const Eigen::MatrixXd& matrix);
/// Eigenvalues, ascending, of the symmetric matrix with this diagonal, (n), and these entries beside it, (n - 1).
Vector tridiagonal_eigenvalues(const Vector& diagonal, const Vector& beside);

/// Singular values, descending, and left singular vectors of a matrix (n, k): the min(n, k) of a thin decomposition.
Eigenpairs left_singular(const Eigen::MatrixXd& matrix);

/// Orthonormal columns that span the columns of a matrix (n, k), k <= n, by Householder reflections: Q of Q R, whose
/// signs are those that reflections leave.
Eigen::MatrixXd orthonormal_frame(const Eigen::MatrixXd& columns);

/// How leading eigenpairs are looked for: by Lanczos' method, restarted implicitly.
struct Lanczos {
  Index count = 1;           ///< eigenpairs, below n
  Index basis = 20;          ///< vectors kept between restarts; above count, at most n
  Index restarts = 1000;     ///< at most
  double tolerance = 1e-10;  ///< relative, of a vector's residual
};

/// Largest first. Where not `converged` some or all are missing.
struct LeadingEigenpairs : Eigenpairs {
  bool converged = false;
};

/// Those of the largest eigenvalues of a symmetric operator on n numbers: apply(in, out) writes its product with `in`.
LeadingEigenpairs leading_eigenpairs(Index n, const std::function<void(const double* in, double* out)>& apply,
                                     const Lanczos& how);
/// Those of a symmetric matrix (n, n), of which the lower triangle is read.
LeadingEigenpairs leading_eigenpairs(const Eigen::MatrixXd& matrix, const Lanczos& how);

}  // namespace denoiscope
