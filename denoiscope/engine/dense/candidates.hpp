// The data that carry the weight of one query, listed while a sweep passes them, so that their mean needs no second
// sweep. Private to this room.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "denoiscope/base/stats.hpp"

namespace denoiscope {

/// Data whose logits lie at most `reach` nats below the best that the query has met.
class Candidates {
 public:
  struct Datum {
    Index row;  ///< of the ordered data
    double logit;
  };

  /// cap: longest list.
  Candidates(double reach, Index cap) : reach_(reach), cap_(cap) {}
  void add(Index row, double logit);
  /// Those of a later part of the data.
  void append(const Candidates& later);
  /// Logit below which a datum is not listed.
  double level() const { return level_; }
  /// False where data within reach of the best were lost because there were too many.
  bool complete() const { return lost_ < best_ - reach_ && static_cast<Index>(data_.size()) <= cap_; }
  /// Removes what is out of reach of the best.
  void prune();
  std::span<const Datum> data() const { return data_; }

 private:
  void settle();

  double reach_;
  Index cap_;
  double best_ = -kInfinity, level_ = -std::numeric_limits<double>::max();
  double lost_ = -kInfinity;  // no datum that is missing, though within reach when it was met, has a larger logit
  std::vector<Datum> data_;
};

}  // namespace denoiscope
