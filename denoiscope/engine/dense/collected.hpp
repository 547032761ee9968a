// What one query has collected from a part of the data, and how parts are put together. Private to this room.
#pragma once

#include <vector>

#include "denoiscope/base/rows.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope {

/// What one query has of one cell so far, in logits of its own: sum = S e^{s - top}, first = S e^{s - top} (s - top),
/// second = S e^{2 (s - top)}.
struct CellSums {
  double top = -kInfinity, sum = 0, first = 0, second = 0;
  void add(double logit);
  void merge(const CellSums& other);
};

/// Everything one query has collected from the data.
struct Collected {
  std::vector<CellSums> cells;
  Vector mean;  ///< sum of w (a - centre), w = e^{s - mean_top}; (d), empty where not wanted
  double mean_top = -kInfinity;
  CellSums coarse;              ///< what was summed in single precision, of all cells
  double error = 0;             ///< bound on the error of a logit in single precision
  Index nearest[2] = {-1, -1};  ///< rows of the ordered data
  double square[2] = {kInfinity, kInfinity};
  void merge(const Collected& other);
  void merge_mean(const Collected& other);
};

}  // namespace denoiscope
