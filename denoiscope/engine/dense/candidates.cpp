#include "denoiscope/engine/dense/candidates.hpp"

#include <algorithm>

namespace denoiscope {

void Candidates::add(Index row, double logit) {
  if (!(logit >= level_)) return;
  data_.push_back({row, logit});
  best_ = std::max(best_, logit);
  settle();
}

void Candidates::append(const Candidates& later) {
  lost_ = std::max(lost_, later.lost_);
  best_ = std::max(best_, later.best_);
  data_.insert(data_.end(), later.data_.begin(), later.data_.end());
  settle();
}

void Candidates::prune() {
  std::erase_if(data_, [&](const Datum& datum) { return !(datum.logit >= best_ - reach_); });
}

// A list that has become too long is dropped. It starts again, for a much better datum may make the lost ones light.
void Candidates::settle() {
  if (static_cast<Index>(data_.size()) > 2 * cap_) {
    prune();
    if (static_cast<Index>(data_.size()) > cap_) {
      data_ = {};
      lost_ = best_;
    }
  }
  level_ = std::max({level_, best_ - reach_, lost_});
}

}  // namespace denoiscope
