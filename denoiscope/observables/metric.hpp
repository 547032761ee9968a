// In which space two data are near: what is compared when samples are held against the data.
#pragma once

#include <span>
#include <string_view>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/data/dataset.hpp"

namespace denoiscope::observables {

enum class Metric { pixels, pca, standardized, features };

struct MetricEntry {
  Metric metric;
  std::string_view name, description;
};
/// The table, in the order it is shown.
std::span<const MetricEntry> metrics();

/// Every row less its own mean, over its own standard deviation (dividing by d): neither brightness nor contrast of a
/// picture counts, and the squared distance of two rows is 2 d (1 - correlation). A constant row becomes 0. In single
/// precision, unlabelled.
Dataset standardized(const Dataset& data);

/// The leading principal axes of data: coordinates in which fine detail does not count.
class PrincipalAxes {
 public:
  /// At most `count` axes, from the covariance of at most 2^23 numbers in random rows of `data` (1024 rows at least),
  /// by subspace iteration. Throws UsageError for count < 1.
  PrincipalAxes(const Dataset& data, Index count, const Noise& noise);
  Index count() const { return axes_.cols(); }
  /// Share of the variance that lies along the axes.
  double share() const { return share_; }
  /// (d, count), orthonormal, by falling variance.
  const Eigen::MatrixXd& axes() const { return axes_; }
  /// Coordinates along the axes; rows of shape (count), in single precision, unlabelled.
  Dataset project(const Dataset& data) const;

 private:
  Vector mean_;
  Eigen::MatrixXd axes_;
  double share_ = 0;
};

}  // namespace denoiscope::observables
