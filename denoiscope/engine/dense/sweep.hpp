// One sweep of queries over the data of an Empirical: tiles of logits, exact where it matters. Private to this room.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/engine/aligned_rows.hpp"
#include "denoiscope/engine/dense/candidates.hpp"
#include "denoiscope/engine/dense/prepared.hpp"

namespace denoiscope {

inline constexpr Index kBatch = 32 * kLanes;  // queries packed at a time, so that memory does not grow with m
inline constexpr double kTolerance = 1e-7;  // nats: rounding bound above which logits are summed again from differences
inline constexpr double kReach = 50.0;      // nats below a cell's best at which a datum stops mattering (e^-50 = 2e-22)

/// A datum's share of a cell's tile.
struct Segment {
  int cell;
  Index begin, end;  // rows within the tile
};

/// Buffers of one task.
struct TileBuffer {
  RowMatrix raw, centred;    // (kTile, d)
  std::vector<double> norm;  // (kTile)
  std::vector<Segment> segments;
  Index begin = 0, rows = 0;
  AlignedRows storage;
  double* logits = nullptr;  // (kTile, 24), in storage
  explicit TileBuffer(Index d);
  TileBuffer(const TileBuffer&) = delete;
};

/// Queries packed by lanes, with all that one noise level needs.
class Sweep {
 public:
  /// leave_out: rows of the caller's data set, or empty.
  Sweep(const Prepared& model, double t, const RowMatrix& x, std::span<const Index> leave_out);

  Index queries() const { return x_.rows(); }
  Index groups() const { return (x_.rows() + kLanes - 1) / kLanes; }
  Index dimension() const { return d_; }
  Index rows() const { return model_.data.rows(); }
  int cell_of(Index row) const { return model_.cell_of(row); }
  Index chunks() const { return (model_.data.rows() + kChunk - 1) / kChunk; }
  const kernel::Functions& kernel() const { return kernel_; }

  /// Reads and centres the tile that starts at row `begin` of the ordered data.
  void load(Index begin, TileBuffer& tile) const;
  /// Logits -|x - e^{-t} a|^2 / (2 Delta_t) of the tile's rows for one group by products, right to within doubt(), into
  /// tile.logits. A left-out row comes out as -inf.
  void products(TileBuffer& tile, Index group) const;
  /// Logits that products leave in doubt by more than kTolerance, from differences. cells[cell].top[lane]: the largest
  /// logit seen so far (or -inf); rows more than kReach below it may come out as -inf.
  void refine(TileBuffer& tile, Index group, std::span<kernel::Sums> cells, int first_cell) const;
  void logits(TileBuffer& tile, Index group, std::span<kernel::Sums> cells, int first_cell) const {
    products(tile, group);
    refine(tile, group, cells, first_cell);
  }
  /// Bound on the error of a query's logits by products.
  double doubt(Index query) const { return rounding_[query]; }
  /// Exact logit of one datum (row of the ordered data) for one query.
  double exact_logit(Index query, const double* datum) const;
  /// |x - e^{-t} a| of one datum for one query, summed from differences.
  double distance(Index query, const double* datum) const { return std::sqrt(-2 * delta_ * exact_logit(query, datum)); }
  /// Row of the ordered data left out for a query, or -1.
  Index left_out(Index query) const { return left_out_.empty() ? -1 : left_out_[query]; }
  /// Bound on the error of log P_t(x) for one query, given |x - e^{-t} a|^2 of its nearest datum.
  double bound(Index query, double nearest_square, double log_density) const;
  const double* packed(Index group) const { return packed_.row(group * d_); }

 private:
  void refine(TileBuffer& tile, Index group, const Segment& segment, Index lane, double best) const;

  const Prepared& model_;
  Eigen::Ref<const RowMatrix> x_;  // a view: the caller keeps the queries
  const kernel::Functions& kernel_;
  Index d_;
  double t_, shrink_, delta_;
  AlignedRows packed_;            // (groups * d, 24): x - e^{-t} centre
  AlignedRows offset_;            // (groups, 24): |x - e^{-t} centre|^2 / (2 Delta)
  std::vector<double> rounding_;  // (groups, 24): bound on the error of a logit from products
  std::vector<Index> left_out_;
};

/// The two nearest data of every query: rows of the ordered data and their logits; ties to the lower row.
struct Nearest {
  Eigen::Matrix<Index, Eigen::Dynamic, 2, Eigen::RowMajor> row;
  Eigen::Matrix<double, Eigen::Dynamic, 2, Eigen::RowMajor> closeness;
  explicit Nearest(Index queries);
  void add(Index query, Index datum, double logit);
};

/// What a sweep collects besides sums.
struct Asked {
  bool neighbours = false;
  double reach = 0;  ///< nats below the best within which data are listed; 0: none are
};

/// Sums of one chunk of the data for every group of queries, what was nearest, and what carries weight.
struct ChunkSums {
  int first_cell = 0;
  Index cells = 0;
  std::vector<kernel::Sums> sums;  // (groups, cells)
  Nearest nearest{0};
  std::vector<Candidates> lists;
};

/// take(chunk, sums) for every chunk, in the order of the data; few are in memory at a time.
void collect(const Sweep& sweep, const Asked& asked, const std::function<void(Index, const ChunkSums&)>& take);

/// What a sweep has found of all data.
struct Totals {
  std::vector<kernel::Sums> sums;  // (groups, cells)
  Index cells = 1;
  Nearest nearest{0};
  std::vector<Candidates> lists;  // (m), where asked for
  std::span<kernel::Sums> of_group(Index group) {
    return {sums.data() + group * cells, static_cast<std::size_t>(cells)};
  }
  /// Log of a query's summed weights.
  double log_total(Index query) const;
  /// Sums of some of the queries.
  Totals of(std::span<const Index> queries) const;
};
Totals collect(const Sweep& sweep, Index cells, const Asked& asked);

/// Makes room for m queries and k classes, filled with what an empty measure has.
void resize(Weights& weights, Index m, Index k, bool entropy);

}  // namespace denoiscope
