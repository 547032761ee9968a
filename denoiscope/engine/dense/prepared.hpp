// The data of an empirical posterior as its sweeps read them. Private to this room.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "denoiscope/data/dataset.hpp"
#include "denoiscope/engine/arithmetic.hpp"
#include "denoiscope/engine/dense/panels.hpp"

namespace denoiscope {

inline constexpr Index kLanes = kernel::kLanes;
inline constexpr Index kTile = 128;          // data rows centred and multiplied at a time
inline constexpr Index kChunk = 16 * kTile;  // data rows of one task

/// Ordered by cell, so that every cell (class) is a range of places. A row is where the caller's data set has a datum,
/// its place where it stands here.
struct Prepared {
  /// cells: of every row, 0 .. count - 1; empty: all are in the first. Throws DataError for an empty data set,
  /// UsageError for a precision that this CPU lacks.
  Prepared(const Dataset& given, std::span<const int> cells, Index count, const Arithmetic& arithmetic);

  Index rows() const { return data.rows(); }
  Index dimension() const { return data.dimension(); }
  Index row_of(Index at) const { return order.empty() ? at : order[at]; }
  Index place_of(Index row) const { return place.empty() ? row : place[row]; }
  int cell_of(Index at) const {
    return static_cast<int>(std::upper_bound(first.begin(), first.end(), at) - first.begin()) - 1;
  }
  /// Whether single precision or bfloat16 numbers do everything in one pass.
  bool in_one_pass() const { return panels || half_panels; }
  /// Bound on the error of a logit summed from differences, for a datum at that squared distance from the query.
  double difference_error(double t, double square) const;

  Dataset data;              // in cell order
  std::vector<Index> order;  // row of every place; empty: the same
  std::vector<Index> place;  // the inverse, likewise
  std::vector<Index> first;  // (cells + 1) first place of every cell
  Index cells;
  Vector centre;             // (d) mean of the data
  std::vector<double> norm;  // |a - centre|^2 of every place; empty: computed as data are read
  double largest_norm = 0;   // the largest of them
  const kernel::Functions& kernel;
  std::unique_ptr<const Panels> panels;           // in single precision only, and where they fit into memory
  std::unique_ptr<const HalfPanels> half_panels;  // in bfloat16 likewise

 private:
  void sort_by_cell(const Dataset& given, std::span<const int> cell);
  void measure_norms(bool keep);
  void make_panels(const Arithmetic& arithmetic);
};

}  // namespace denoiscope
