// What is known of the data before a scan, and what the arithmetic of a scan may do to them.
#include <algorithm>
#include <cmath>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/path/scan.hpp"

namespace denoiscope {
namespace {

constexpr Index kBlock = 128;                   // rows read at a time
constexpr double kRaised = 1 + 1e-9;            // covers the rounding of norms
constexpr double kSmallest = 0x1.0p-120;        // more than what denormal numbers taken for zero can do to a product
constexpr double kSmallestSquare = 0x1.0p-148;  // the same of squares that single precision rounds to zero

}  // namespace

ScanData::ScanData(const Dataset& points, const kernel::Functions* wanted)
    : data(points),
      centre(points.mean()),
      kernel(wanted != nullptr ? *wanted : kernel::best()),
      half(wanted != nullptr ? nullptr : kernel::best_half()) {
  const Index n = data.rows(), d = data.dimension();
  rounded = std::make_shared<const HalfPanels>(data, centre, HalfPanels::Content::rounded_panels);
  norm.resize(n);
  residual.resize(norm.size());
  parallel_for((n + kBlock - 1) / kBlock, [&](Index task) {
    const Index begin = task * kBlock, rows = std::min(kBlock, n - begin);
    RowMatrix some(rows, d);
    data.read(begin, some);
    some.rowwise() -= centre.transpose();
    for (Index r = 0; r < rows; ++r) {
      const auto i = static_cast<std::size_t>(begin + r);
      norm[i] = some.row(r).squaredNorm();
      const std::uint16_t* half_row = rounded->row(begin + r);
      double square = 0;
      for (Index k = 0; k < d; ++k) {
        const double off = some(r, k) - static_cast<double>(widened_half(half_row[k / 32 * 512 + k % 32]));
        square += off * off;
      }
      residual[i] = std::sqrt(square) * kRaised;
    }
  });
  single_norm.assign(norm.begin(), norm.end());
  single_residual.assign(residual.begin(), residual.end());
  largest = std::sqrt(*std::max_element(norm.begin(), norm.end()));
  centre_norm = centre.norm();
}

double ScanData::rounding(double centred_norm) const {
  const double size = centred_norm + largest;
  return 2 * sum_rounding(data.dimension() + 16) * size * (size + centre_norm);
}

Doubt ScanData::doubt(double centred_norm, double residual_norm) const {
  const auto d = static_cast<double>(data.dimension());
  // A datum's bfloat16 numbers are at most 2^-8 larger than it; a query lies in two numbers at most, of which the
  // second is at most 2^-8 of the first and summed before it.
  const double size = largest * (1 + 0x1.0p-8), reach = centred_norm * (1 + 0x1.0p-8);
  const double products = residual_norm * size +
                          1.02 * sum_rounding(data.dimension() + 8, kSingleRoundoff) * reach * size +
                          d * kSmallest * (1 + reach + size);
  return {trust * (2 * products * kRaised + rounding(centred_norm)), trust * 2 * centred_norm * kRaised};
}

double ScanData::least_distance(const float* y, double residual_norm, Index row, Index soon) const {
  const auto d = static_cast<double>(data.dimension());
  const double square =
      static_cast<double>(kernel.half_distance2(rounded->row(row), rounded->depth(), y, rounded->row(soon)));
  const double rounded_away = sum_rounding(data.dimension() + 40, kSingleRoundoff);
  return std::sqrt(square) * (1 - trust * rounded_away) -
         trust * (residual_norm + residual[row] + std::sqrt(d * kSmallestSquare));
}

}  // namespace denoiscope
