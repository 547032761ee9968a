// Batches of points: one point a row, double precision, row-major.
#pragma once

#include <Eigen/Core>
#include <cstddef>

namespace denoiscope {

using Index = std::ptrdiff_t;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

/// A batch to read, shape (rows, d). For parameters only: it binds to matrices and blocks without a copy.
using Rows = const Eigen::Ref<const RowMatrix>&;
/// A batch to write, shape (rows, d).
using MutRows = Eigen::Ref<RowMatrix>;

}  // namespace denoiscope
