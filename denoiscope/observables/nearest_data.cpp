#include "denoiscope/observables/nearest_data.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/observables/copy_tests.hpp"

namespace denoiscope::observables {
namespace {

constexpr Index kFewDimensions = 8;  // in which the posterior leaves single precision
constexpr Index kTile = 512;         // data read at a time
constexpr Index kBlock = 64;         // points of a task

// Noise level at which the logits of all data lie within one nat: the order of distances is theirs, and none of the
// sums that the posterior makes besides has to be taken apart.
double level_for(const Dataset& data) {
  double width = 0;
  if (data.scalar() == Scalar::u8) {
    for (const double factor : data.preprocess().factor) width = std::max(width, 255 * std::abs(factor));
  } else {
    const data::Range range = data::finite_range(data);
    width = range.maximum - range.minimum;
  }
  return 0.5 * std::log1p(static_cast<double>(data.dimension()) * width * width + 1e-6);
}

double distance_between(const Eigen::Ref<const Eigen::RowVectorXd>& a, const Eigen::Ref<const Eigen::RowVectorXd>& b) {
  return (a - b).norm();
}

void take(TwoNearest& best, Index row, double distance) {
  const auto before = [&](std::size_t i) {
    return distance < best.distance[i] || (distance == best.distance[i] && (best.row[i] < 0 || row < best.row[i]));
  };
  if (!before(1)) return;
  const std::size_t place = before(0) ? 0 : 1;
  if (place == 0) {
    best.distance[1] = best.distance[0];
    best.row[1] = best.row[0];
  }
  best.distance[place] = distance;
  best.row[place] = row;
}

}  // namespace

NearestData::NearestData(const Dataset& data)
    : data_(data), model_(data, {}, 1, {Precision::f32, nullptr, false}), t_(level_for(data)) {}

std::vector<TwoNearest> NearestData::find(Rows x, std::span<const Index> leave_out) const {
  if (x.cols() != data_.dimension())
    throw UsageError("nearest data of {}: points of dimension {}, expected {}.", data_.name(), x.cols(),
                     data_.dimension());
  if (data_.dimension() <= kFewDimensions) return compare_with_all(x, leave_out);
  const double shrink = std::exp(-t_);
  Wanted what;
  what.neighbours = true;
  what.leave_out = leave_out;
  Summary summary;
  model_.summarize(t_, shrink * x, what, summary);
  std::vector<TwoNearest> found(x.rows());
  parallel_for((x.rows() + kBlock - 1) / kBlock, [&](Index block) {
    RowMatrix datum(1, data_.dimension());
    for (Index q = block * kBlock; q < std::min(x.rows(), (block + 1) * kBlock); ++q)
      for (Index i = 0; i < 2; ++i) {
        const Index row = summary.nearest(q, i);
        if (row < 0) continue;
        data_.read(row, datum);
        take(found[q], row, distance_between(x.row(q), datum.row(0)));
      }
  });
  return found;
}

std::vector<TwoNearest> NearestData::compare_with_all(Rows x, std::span<const Index> leave_out) const {
  std::vector<TwoNearest> found(x.rows());
  parallel_for((x.rows() + kBlock - 1) / kBlock, [&](Index block) {
    RowMatrix data(kTile, data_.dimension());
    for (Index begin = 0; begin < data_.rows(); begin += kTile) {
      const Index rows = std::min(kTile, data_.rows() - begin);
      data_.read(begin, data.topRows(rows));
      for (Index q = block * kBlock; q < std::min(x.rows(), (block + 1) * kBlock); ++q) {
        const Index out = leave_out.empty() ? -1 : leave_out[q];
        for (Index r = 0; r < rows; ++r)
          if (begin + r != out) take(found[q], begin + r, distance_between(x.row(q), data.row(r)));
      }
    }
  });
  return found;
}

std::vector<double> gap_ratios(std::span<const TwoNearest> found) {
  std::vector<double> ratios(found.size());
  std::transform(found.begin(), found.end(), ratios.begin(),
                 [](const TwoNearest& two) { return gap_ratio(two.distance[0], two.distance[1]); });
  return ratios;
}

std::vector<TwoNearest> nearest_directly(const Dataset& data, Rows x, std::span<const Index> leave_out) {
  std::vector<TwoNearest> found(x.rows());
  RowMatrix datum(1, data.dimension());
  for (Index row = 0; row < data.rows(); ++row) {
    data.read(row, datum);
    for (Index q = 0; q < x.rows(); ++q)
      if (leave_out.empty() || leave_out[q] != row) take(found[q], row, distance_between(x.row(q), datum.row(0)));
  }
  return found;
}

std::vector<std::vector<Index>> rows_within(const Dataset& data, Rows points, double radius) {
  // Products in double precision err by less than this share of the squares; what they leave open is measured again.
  constexpr double kDoubt = 1e-11;
  const Index k = points.rows(), tiles = (data.rows() + kTile - 1) / kTile;
  const Vector squares = points.rowwise().squaredNorm();
  std::vector<std::vector<std::pair<Index, Index>>> hits(tiles);  // (point, row)
  parallel_for(tiles, [&](Index tile) {
    const Index begin = tile * kTile, rows = std::min(kTile, data.rows() - begin);
    RowMatrix block(rows, data.dimension());
    data.read(begin, block);
    const RowMatrix products = points * block.transpose();
    for (Index r = 0; r < rows; ++r) {
      const double own = block.row(r).squaredNorm();
      for (Index p = 0; p < k; ++p) {
        const double scale = squares[p] + own;
        if (scale - 2 * products(p, r) > radius * radius + kDoubt * scale) continue;
        if (distance_between(points.row(p), block.row(r)) <= radius) hits[tile].emplace_back(p, begin + r);
      }
    }
  });
  std::vector<std::vector<Index>> out(k);
  for (const auto& tile : hits)
    for (const auto& hit : tile) out[hit.first].push_back(hit.second);
  return out;
}

}  // namespace denoiscope::observables
