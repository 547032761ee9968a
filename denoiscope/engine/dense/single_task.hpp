// One block of queries over one part of the data: what one thread does in SingleSweep::collect. Private to it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "denoiscope/engine/dense/single.hpp"

namespace denoiscope {

struct SingleSweep::Task {
  static constexpr Index kWide = kernel::kSingleLanes;
  static constexpr Index kTogether = 4;        // groups of queries that share a tile of data in the second cache
  static constexpr Index kTileRows = 128;      // rows of a tile, at most
  static constexpr double kExactReach = 14.0;  // nats below a cell's best: data that matter
  // Products of a query and a datum that are summed at a time: short sums keep what single precision has, and in few
  // dimensions cost little.
  static Index block_of(Index d) { return d <= kFewDimensions ? 16 : 98; }
  // In few dimensions the distance of the data that compete is not small beside sqrt(d Delta), so that the score shows
  // the rounding of a logit.
  static constexpr Index kFewDimensions = 512;

  struct alignas(64) Lanes {
    float at[kWide];
  };
  struct Running {  // a cell, for the queries of a group
    Lanes top;
    double sum[kWide], first[kWide], second[kWide];
  };
  struct Group {
    Index first_query, lanes;
    std::vector<Running> cells;
    Lanes reference;               // of the mean
    float* narrow = nullptr;       // weighted sums since the last flush, (depth, 32)
    std::vector<double> wide;      // and before, (depth, 32)
    std::vector<Collected> exact;  // of the lanes summed apart
    bool apart[kWide] = {};
  };

  const SingleSweep& sweep;
  const kernel::Single& kernel;
  bool mean, neighbours;
  std::vector<Group> groups;
  std::unique_ptr<float[], void (*)(void*)> logits = aligned<float>(kTileRows * kWide);
  std::unique_ptr<std::uint16_t[], void (*)(void*)> pairs = aligned<std::uint16_t>(3 * kTileRows * kWide);
  std::unique_ptr<float[], void (*)(void*)> narrow{nullptr, std::free};  // of all groups
  RowMatrix datum;

  Task(const SingleSweep& s, Index first_group, bool with_mean, bool with_neighbours);
  void run(Index first_panel, Index last_panel, Index panels_a_tile);
  void products(const Group& g, Index panel, Index count, const float* later, Index available, Index& fetched);
  void tile(Group& g, Index row, Index rows);
  void sum_apart(Group& g, Index row, Index begin, Index end, int cell);
  void note_close(Group& g, Index row, Index begin, Index end);
  bool prepare_mean(Group& g, Index row, Index rows);
  void flush(Group& g);
  Collected finish(Group& g, Index lane);
  double error(const Group& g, Index lane) const { return sweep.error_[g.first_query + lane]; }
  double offset(const Group& g, Index lane) const { return sweep.offset_[g.first_query + lane]; }
  // |x - e^{-t} a|^2 of a query and the datum last read, from differences.
  double distance2(Index query) const { return (sweep.x_.row(query) - sweep.shrink_ * datum.row(0)).squaredNorm(); }
  // visit(begin, end, cell) for the rows of a tile, cell by cell; rows that only fill a panel go with the last.
  template <class Visit>
  void for_cells(Index row, Index rows, Visit&& visit) const {
    const std::vector<Index>& first = sweep.model_.first;
    const Index last = sweep.model_.rows() - 1;
    for (Index begin = 0, end = 0; begin < rows; begin = end) {
      const int cell = sweep.model_.cell_of(std::min(row + begin, last));
      const Index next = first[cell + 1];
      end = next > last ? rows : std::min(rows, next - row);
      visit(begin, end, cell);
    }
  }
};

}  // namespace denoiscope
