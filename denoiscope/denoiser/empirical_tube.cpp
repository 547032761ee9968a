// What is known of the data before a scan, and of a tube after it.
#include <algorithm>
#include <cmath>

#include "denoiscope/denoiser/empirical_scan.hpp"

namespace denoiscope {
namespace {

constexpr Index kBlock = 128;  // rows read at a time

}  // namespace

ScanData::ScanData(const Dataset& points) : data(points), centre(Vector::Zero(points.dimension())) {
  const Index n = data.rows();
  RowMatrix block(kBlock, data.dimension());
  for (Index begin = 0; begin < n; begin += kBlock) {
    const Index rows = std::min(kBlock, n - begin);
    data.read(begin, block.topRows(rows));
    centre += block.topRows(rows).colwise().sum().transpose();
  }
  centre /= static_cast<double>(n);
  norm.resize(static_cast<std::size_t>(n));
  for (Index begin = 0; begin < n; begin += kBlock) {
    const Index rows = std::min(kBlock, n - begin);
    data.read(begin, block.topRows(rows));
    block.topRows(rows).rowwise() -= centre.transpose();
    for (Index r = 0; r < rows; ++r) norm[static_cast<std::size_t>(begin + r)] = block.row(r).squaredNorm();
  }
  largest = std::sqrt(*std::max_element(norm.begin(), norm.end()));
  centre_norm = centre.norm();
}

double ScanData::rounding(double centred_norm) const {
  const double size = centred_norm + largest;
  return 2 * sum_rounding(data.dimension() + 16) * size * (size + centre_norm);
}

double Tube::radius(double c) const {
  if (window < 0 || !(c <= 1) || !(c >= kTubeNodes[static_cast<std::size_t>(window)])) return -1;
  if (window == 0 || c == 1) return wall[0];
  std::size_t j = 1;
  while (c < kTubeNodes[j]) ++j;
  const double part = (kTubeNodes[j - 1] - c) / (kTubeNodes[j - 1] - kTubeNodes[j]);
  return (1 - part) * wall[j - 1] + part * wall[j];
}

double Tube::departure(const Vector& y, const Vector& from, double c) const {
  const double far = (y - anchor_point - c * (from - anchor_point)).norm();
  return far * (1 + sum_rounding(y.size() + 16)) + 64 * kUnitRoundoff * (y.norm() + from.norm() + anchor_point.norm());
}

}  // namespace denoiscope
