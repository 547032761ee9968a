// The empirical posterior along trajectories t_0 > t_1 > ...: what a dense sweep has shown about the data that matter
// is kept, with a certificate of how long it stays true, so that late steps read a handful of data each.
#pragma once

#include <memory>
#include <vector>

#include "denoiscope/engine/empirical.hpp"

namespace denoiscope {

class PathFollower;

/// Total variation between the weights used and the exact ones where nobody says otherwise.
inline constexpr double kPathTolerance = 1e-6;

/// Empirical for points that move, within a tolerance in total variation. Bits depend on the data, the trajectory's own
/// points and times, and the kernel; not on threads, nor on which trajectories share the object. Times may also rise or
/// repeat: certificates are checked, not assumed. What it has seen changes how it sums, not what; but it remembers, and
/// so one thread at a time may ask.
class EmpiricalPath final : public Denoiser {
 public:
  /// How the steps of all trajectories were summed so far; each is counted once for each scan it needed.
  struct Work {
    Index dense = 0, scanned = 0, tubes = 0,
          listed = 0;     ///< (trajectory, step) pairs; `listed` read no data but a list
    Index list_rows = 0;  ///< rows kept in lists, summed over listed steps
    Index read_rows = 0;  ///< of these, rows whose distance was computed
  };

  /// Classes are the data set's labels. tolerance: bound on the total variation between the posterior used and the
  /// exact one, rounding apart; 0: always dense. Throws UsageError unless 0 <= tolerance < 1.
  /// arithmetic: of dense steps. In single precision they cost a fourth, and total_variation() says what that may do:
  /// up to some 1e-2, far above what is seen.
  explicit EmpiricalPath(const Dataset& data, Index trajectories, double tolerance = kPathTolerance,
                         Arithmetic arithmetic = {});
  ~EmpiricalPath() override;

  Index dimension() const override { return dimension_; }
  /// Row i of x, (m, d), is the present point of trajectory i, here and below.
  void denoise(double t, Rows x, MutRows mean) const override;
  /// Fills `out` as Empirical::summarize does, where a class without any datum in the list has log weight -inf;
  /// out.bound bounds the error of log P_t(x). Throws UsageError where what.leave_out is given, or m is not the number
  /// of trajectories.
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const;

  /// (m) For the last step: bound on the total variation between the weights used and the exact ones, rounding
  /// included.
  const Vector& total_variation() const;
  /// For the last step: rows of the data set over which trajectory q was summed; empty where it was dense.
  const std::vector<Index>& rows_summed(Index q) const;
  const Work& work() const;

 private:
  Index dimension_;
  std::unique_ptr<PathFollower> follower_;
};

}  // namespace denoiscope
