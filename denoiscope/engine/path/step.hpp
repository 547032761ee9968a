// What one step of PathFollower is about, and what it has read. Private to PathFollower.
#pragma once

#include <utility>
#include <vector>

#include "denoiscope/engine/path/follower.hpp"

namespace denoiscope {

struct PathFollower::Step {
  double t, s, shrink, grow_square, delta;  // shrink = e^{-t}, grow_square = e^{2t}
  const Eigen::Ref<const RowMatrix>& x;
  const Wanted& what;
  Vector point(Index q) const { return x.row(q).transpose() / shrink; }  // y
  const double* at(Index q) const { return x.data() + q * x.outerStride(); }
};

// Rows whose distance to the query was computed, in no particular order.
struct PathFollower::Sum {
  void add(Index row, double square) {
    rows.push_back(row);
    squares.push_back(square);
    const std::pair<double, Index> it(square, row);
    if (it < nearest[0]) {
      nearest[1] = nearest[0];
      nearest[0] = it;
    } else if (it < nearest[1]) {
      nearest[1] = it;
    }
  }
  std::vector<Index> rows;
  std::vector<double> squares;  // |x - e^{-t} a|^2
  std::pair<double, Index> nearest[2] = {{kInfinity, -1}, {kInfinity, -1}};
  // sum of e^{-(square - reference) / (2 Delta_t)} a, (d); empty where fill() is to read the rows again
  Vector mean;
  double reference = 0;
};

// What a step has read of one list. A datum is first measured by its bfloat16 numbers: that tells of most that they are
// too far.
class PathFollower::Reading {
 public:
  Reading(const PathFollower& path, const Step& step, Index q, const Tube& tube);
  enum State : char { unread, checked, read };
  /// Reads datum i of the list, unless it certainly weighs at most e^{-theta} of the anchor.
  /// soon: the next to be visited.
  void visit(std::size_t i, std::size_t soon);
  void measure(std::size_t i);
  State state(std::size_t i) const { return state_[i]; }
  Index visits() const { return static_cast<Index>(checked_.size() + place_.size()); }
  /// Bounds on the gaps of the list's data; infinite for those that were read.
  std::vector<double> least_gaps(const Stand& stand) const;
  /// Stores in the tube where the data visited stand now.
  void refresh(Tube& tube) const;
  double anchor_square() const { return anchor_square_; }
  Sum sum;

 private:
  double error(double square) const { return path_.square_error(step_, square); }
  const PathFollower& path_;
  const Step& step_;
  const Tube& tube_;
  Index query_;
  Vector y_;
  RowMatrix datum_;                                      // (1, d)
  std::vector<float> single_;                            // (depth) y, centred
  double slack_ = 0;                                     // of distances to it; infinite where they say nothing
  double anchor_square_ = 0;                             // in units of x
  double anchor_most_ = 0;                               // the most that it may be in units of y
  double far_;                                           // 2 s theta
  std::vector<State> state_;                             // of the list
  std::vector<std::size_t> place_;                       // in the list, of the rows of the sum
  std::vector<std::pair<std::size_t, double>> checked_;  // places, and bounds on their gaps
};

}  // namespace denoiscope
