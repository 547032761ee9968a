// The two nearest data of a point: what an audit of samples rests on.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/engine/empirical.hpp"

namespace denoiscope::observables {

/// Rows of the data and Euclidean distances, in the numbers that Dataset::read gives; -1 and infinity where there is no
/// such datum. Equal distances: the lower row first.
struct TwoNearest {
  std::array<Index, 2> row{-1, -1};
  std::array<double, 2> distance{kInfinity, kInfinity};
};

/// Finds them exactly. In more than eight dimensions a shortlist comes from the products of the posterior in single
/// precision, with every datum on it that rounding leaves in doubt; in fewer all data are on it. Distances are summed
/// from differences in double precision. Data of more than 2^30 numbers are compared by products in double precision
/// instead, and two of them whose squared distances agree to 1e-12 of the squares of the numbers may change places.
class NearestData {
 public:
  /// Keeps the data once more, in 4 bytes a number or fewer. Throws DataError as finite_range does.
  explicit NearestData(const Dataset& data);

  /// x: (m, d); leave_out: one row of the data a query that does not count (-1: none), or empty. Returns (m). Throws
  /// UsageError for another dimension.
  std::vector<TwoNearest> find(Rows x, std::span<const Index> leave_out = {}) const;

 private:
  std::vector<TwoNearest> compare_with_all(Rows x, std::span<const Index> leave_out) const;

  Dataset data_;
  Empirical model_;
  double t_;
};

/// d1 / d2 of each (copy_tests.hpp).
std::vector<double> gap_ratios(std::span<const TwoNearest> found);

/// The obvious computation, for tests.
std::vector<TwoNearest> nearest_directly(const Dataset& data, Rows x, std::span<const Index> leave_out = {});

/// Rows of the data within `radius` of each point, in ascending order. points: (k, d).
std::vector<std::vector<Index>> rows_within(const Dataset& data, Rows points, double radius);

/// Lets data that lie within `radius` of one another, or are joined by a chain of such, count as one: where the two
/// nearest of a point do, the second becomes the nearest datum outside of that cluster (none where all data are in it).
/// Radius 0: data that are equal. x: (m, d); found: what NearestData found. Returns how many were changed.
Index join_clusters(const Dataset& data, Rows x, double radius, std::vector<TwoNearest>& found);

}  // namespace denoiscope::observables
