// The empirical posterior along trajectories, step by step. Private to this room.
#pragma once

#include <vector>

#include "denoiscope/engine/empirical_path.hpp"
#include "denoiscope/engine/path/scan.hpp"

namespace denoiscope {

/// What EmpiricalPath does, and has seen of its trajectories. Every trajectory chooses for each step by itself, from
/// what its last steps measured, how the posterior is summed:
///  - dense: by Empirical, over all data;
///  - scanned: one product with every datum, in few digits, finds those that can weigh more than the tolerance allows;
///    the sums are over these, in double from differences;
///  - tube: a second product, with the datum nearest to the point, makes the list valid for all later noise levels
///    while the point stays in a tube around the line to that datum (docs/certificates.md); until it leaves the tube no
///    data but the list are read.
class PathFollower {
 public:
  PathFollower(const Dataset& data, Index trajectories, double tolerance, const Arithmetic& arithmetic);
  void summarize(double t, Rows x, const Wanted& what, Summary& out);
  const Vector& total_variation() const { return total_variation_; }
  const std::vector<Index>& rows_summed(Index q) const { return states_[q].summed; }
  const EmpiricalPath::Work& work() const { return work_; }

 private:
  enum class Way { dense, scan, tube };
  struct State {
    Tube tube;
    Index near[2] = {-1, -1};                               // the two nearest rows, as last seen
    double s = 0;                                           // of the last step; 0 before the first
    double ratio = 0.95;                                    // of s between the last two steps at which it fell
    double scan_below = kInfinity, tube_below = kInfinity;  // levels s above which they are not tried
    double keep = 0.2;      // a tube lists all data within 1 + keep times the distance of the two nearest
    bool is_short = false;  // the last list: worth a tube
    bool leads = false;     // the tube is meant for later steps
    Index served = 0;       // steps that it has served after its first
    std::vector<Index> summed;
  };
  struct Step;
  struct Sum;
  class Reading;

  bool follow(const Step& step, Index q, Summary& out);
  bool sum_list(const Step& step, Index q, const Stand& stand, bool fresh, Summary& out);
  void read_neighbours(const Step& step, const Stand& stand, Reading& reading) const;
  double second_gap(const Step& step, const Reading& reading) const;
  bool knows_second(const Step& step, const Tube& tube, const Stand& stand, const Reading& reading) const;
  void fill(const Step& step, Index q, const Sum& sum, Summary& out);
  double square_error(const Step& step, double square) const;
  Way choose(const Step& step, const State& state) const;
  Probe probe_of(const Step& step, Index q) const;
  void settle(const Step& step, Tube tube, State& state) const;
  void settle(const Step& step, const Survey& survey, State& state) const;
  std::vector<Index> make_tubes(const Step& step, std::span<const Index> who, Summary& out);
  std::vector<Index> survey_some(const Step& step, std::span<const Index> who, Summary& out);
  std::vector<Sum> gather(const Step& step, std::span<const Index> who, const std::vector<Survey>& surveys) const;
  void run_dense(const Step& step, std::span<const Index> who, Summary& out);

  Empirical dense_;
  ScanData data_;
  double tolerance_, theta_ = 0;
  Index tube_cap_ = 0, survey_cap_ = 0;  // longest lists
  std::vector<State> states_;
  Vector total_variation_;
  EmpiricalPath::Work work_;
};

}  // namespace denoiscope
