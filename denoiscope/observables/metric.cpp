#include "denoiscope/observables/metric.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <functional>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"

namespace denoiscope::observables {
namespace {

constexpr MetricEntry kMetrics[] = {
    {Metric::pixels, "pixels", "Euclidean distance of the numbers as they stand"},
    {Metric::pca, "pca",
     "Euclidean distance along the leading principal axes of the training data: fine detail and "
     "pixel noise do not count"},
    {Metric::standardized, "standardized",
     "each row less its mean, over its standard deviation: brightness and contrast do not count"},
    {Metric::features, "features", "Euclidean distance of features that a file holds"},
};

constexpr Index kBlock = 256;              // rows of a task
constexpr Index kFitted = Index{1} << 23;  // numbers that axes are found from
constexpr Index kFewestRows = 1024;        // rows of them, at least
constexpr std::uint64_t kFittedRows = 6;   // name of the permutation that chooses the rows
constexpr Index kSpare = 10;               // axes carried beside those wanted: they converge faster so
constexpr int kRounds = 6;                 // of the iteration: what is left of a beside b is (b/a)^6

// Rows of `width` numbers in single precision that `make` turns blocks of data into.
Dataset transformed(const Dataset& data, Index width, const std::function<RowMatrix(const RowMatrix&)>& make) {
  auto [bytes, at] = allocate_bytes(static_cast<std::size_t>(data.rows() * width) * sizeof(float));
  float* out = reinterpret_cast<float*>(at);
  parallel_for((data.rows() + kBlock - 1) / kBlock, [&, to = out](Index task) {
    const Index begin = task * kBlock, rows = std::min(kBlock, data.rows() - begin);
    RowMatrix block(rows, data.dimension());
    data.read(begin, block);
    const RowMatrix made = make(block);
    for (Index i = 0; i < made.size(); ++i) to[begin * width + i] = static_cast<float>(made.data()[i]);
  });
  return Dataset::from_bytes(std::move(bytes), 0, data.rows(), {width}, Scalar::f32, false, data.name());
}

}  // namespace

std::span<const MetricEntry> metrics() { return kMetrics; }

Dataset standardized(const Dataset& data) {
  return transformed(data, data.dimension(), [](const RowMatrix& block) {
    RowMatrix out = block.colwise() - block.rowwise().mean();
    for (Index i = 0; i < out.rows(); ++i) {
      const double deviation = std::sqrt(out.row(i).squaredNorm() / static_cast<double>(out.cols()));
      // Told by the range: the mean of equal numbers may be off by a rounding.
      const bool constant = block.row(i).minCoeff() == block.row(i).maxCoeff();
      out.row(i) *= constant || !(deviation > 0) ? 0.0 : 1 / deviation;
    }
    return out;
  });
}

PrincipalAxes::PrincipalAxes(const Dataset& data, Index count, const Noise& noise) {
  if (count < 1) throw UsageError("principal axes: {} asked for, expected at least 1.", count);
  const Index d = data.dimension();
  std::vector<Index> rows = noise.permutation(data.rows(), kFittedRows);
  rows.resize(std::min(data.rows(), std::max(kFewestRows, kFitted / d)));
  std::sort(rows.begin(), rows.end());
  RowMatrix x(static_cast<Index>(rows.size()), d);
  data.read(rows, x);
  mean_ = x.colwise().mean().transpose();
  x.rowwise() -= mean_.transpose();

  const Index carried = std::min({count + kSpare, d, x.rows()});
  const auto covariance_times = [&](const Eigen::MatrixXd& v) {
    const Index tasks = (x.rows() + kBlock - 1) / kBlock, parts = std::min<Index>(16, tasks);
    std::vector<Eigen::MatrixXd> part(parts, Eigen::MatrixXd::Zero(d, v.cols()));
    parallel_for(parts, [&](Index p) {
      for (Index task = p * tasks / parts; task < (p + 1) * tasks / parts; ++task) {
        const auto block = x.middleRows(task * kBlock, std::min(kBlock, x.rows() - task * kBlock));
        part[p].noalias() += block.transpose() * (block * v);
      }
    });
    for (std::size_t p = 1; p < part.size(); ++p) part[0] += part[p];
    return Eigen::MatrixXd(part[0] / static_cast<double>(x.rows()));
  };
  const auto orthonormal = [&](const Eigen::MatrixXd& v) {
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(v);
    return Eigen::MatrixXd(qr.householderQ() * Eigen::MatrixXd::Identity(d, carried));
  };
  RowMatrix start(carried, d);
  std::vector<std::uint64_t> names(carried);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = i;
  noise.normal({Stream::choice, names, 2}, start);
  Eigen::MatrixXd q = orthonormal(start.transpose());
  for (int round = 0; round < kRounds; ++round) q = orthonormal(covariance_times(q));
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(q.transpose() * covariance_times(q));
  const Index kept = std::min(count, carried);
  axes_ = q * eigen.eigenvectors().rowwise().reverse().leftCols(kept);
  const double trace = x.squaredNorm() / static_cast<double>(x.rows());
  share_ = trace > 0 ? eigen.eigenvalues().reverse().head(kept).sum() / trace : 0;
}

Dataset PrincipalAxes::project(const Dataset& data) const {
  if (data.dimension() != mean_.size())
    throw UsageError("{}: rows of dimension {}, the axes are of dimension {}.", data.name(), data.dimension(),
                     mean_.size());
  return transformed(data, count(), [this](const RowMatrix& block) {
    return RowMatrix((block.rowwise() - mean_.transpose()) * axes_);
  });
}

}  // namespace denoiscope::observables
