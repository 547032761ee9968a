// A tube after its scan.
#include <cmath>

#include "denoiscope/engine/path/scan.hpp"

namespace denoiscope {

double Tube::radius(double c) const {
  if (window < 0 || !(c <= 1) || !(c >= kTubeNodes[window])) return -1;
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
