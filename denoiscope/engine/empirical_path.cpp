#include "denoiscope/engine/empirical_path.hpp"

#include "denoiscope/engine/path/follower.hpp"

namespace denoiscope {

EmpiricalPath::EmpiricalPath(const Dataset& data, Index trajectories, double tolerance, Arithmetic arithmetic)
    : dimension_(data.dimension()),
      follower_(std::make_unique<PathFollower>(data, trajectories, tolerance, arithmetic)) {}

EmpiricalPath::~EmpiricalPath() = default;

void EmpiricalPath::denoise(double t, Rows x, MutRows mean) const {
  Wanted what;
  what.mean = true;
  Summary s;
  summarize(t, x, what, s);
  mean = s.mean;
}

void EmpiricalPath::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  follower_->summarize(t, x, what, out);
}

const Vector& EmpiricalPath::total_variation() const { return follower_->total_variation(); }

const std::vector<Index>& EmpiricalPath::rows_summed(Index q) const { return follower_->rows_summed(q); }

const EmpiricalPath::Work& EmpiricalPath::work() const { return follower_->work(); }

}  // namespace denoiscope
