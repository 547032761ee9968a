// The exact denoiser of data along the paths of one batch: late steps read the few data that matter, by certified
// lists.
#pragma once

#include "denoiscope/engine/path/path.hpp"

namespace denoiscope {

/// One batch of `paths` rows, asked over and over as it moves.
class AlongPaths final : public Denoiser {
 public:
  AlongPaths(const Dataset& data, Index paths, const Arithmetic& arithmetic)
      : dimension_(data.dimension()), posterior_(data, paths, kTolerance, arithmetic) {}
  Index dimension() const override { return dimension_; }
  void denoise(double t, Rows x, MutRows mean) const override {
    Wanted what;
    what.mean = true;
    Summary s;
    posterior_.summarize(t, x, what, s);
    mean = s.mean;
  }

 private:
  static constexpr double kTolerance = 1e-6;  // total variation between the weights used and the exact ones
  Index dimension_;
  mutable EmpiricalPath posterior_;  // what it has seen changes how it sums, not what
};

}  // namespace denoiscope
