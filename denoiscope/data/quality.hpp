// What a data set is, before anything is computed with it: faults, duplicates, constant features.
#pragma once

#include <cstdint>
#include <vector>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

struct Quality {
  double minimum = 0, maximum = 0;   ///< after preprocessing
  Index constant_features = 0;       ///< features with one value in all rows
  Index exact_duplicates = 0;        ///< rows that repeat an earlier row byte for byte (-0.0 is not 0.0)
  Index duplicate_groups = 0;        ///< groups of two or more equal rows
  Index largest_group = 1;           ///< rows in the largest such group
  Index cross_class_duplicates = 0;  ///< repeats whose class differs from that of the first of their group
};

/// One pass over the data (hash of every row, ranges), then a comparison of the rows whose hashes meet; 16 bytes a row.
/// Throws DataError naming file, row and feature when values are not finite.
Quality examine(const Dataset& data);

/// Smallest and largest number of the data, in one pass of bounded memory, after preprocessing. Throws DataError as
/// `examine` does.
struct Range {
  double minimum = 0, maximum = 0;
};
Range finite_range(const Dataset& data);

/// What drop_nonfinite left out.
struct Dropped {
  Index values = 0;  ///< NaN or infinite values
  Index rows = 0;    ///< rows that held them
};

/// Leaves out the rows that hold NaN or infinite values. Throws DataError when no row would be left.
Dropped drop_nonfinite(Dataset& data);

/// Near-duplicates among sampled rows: a sampled row whose nearest other row lies closer than `threshold_ratio` times
/// the median nearest-neighbour distance of the sample.
struct NearDuplicates {
  Index checked = 0;            ///< rows examined, against all rows
  Index near = 0;               ///< of those, rows with a near (not byte-equal) duplicate
  double typical_distance = 0;  ///< median nearest-neighbour distance, Euclidean, after preprocessing
  double threshold = 0;         ///< distance below which a row counts
  struct Pair {
    Index row, other;
    double distance;
  };
  std::vector<Pair> closest;  ///< the closest pairs, at most 20, by distance
};
inline constexpr double kNearRatio = 0.25;

}  // namespace denoiscope::data
