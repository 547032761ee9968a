#include "denoiscope/denoiser/empirical_path.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/denoiser/empirical_path_step.hpp"
#include "denoiscope/denoiser/empirical_sweep.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr double kProductsDo = 1.0 / 64;  // part of the tolerance that logits from products may err by
constexpr Index kRefresh = 16;            // distances more than that, so that short lists are left alone
constexpr Index kProbes = 8 * kLanes;     // probes of one scan, so that lists in the making take little memory
constexpr Index kLongestList = 8192;
constexpr double kScanAgain = 0.7;  // after a list that was too long the next is tried at this part of s
constexpr double kTubeAgain = 0.8;  // likewise after a tube that did not pay
constexpr double kSpread = 16;      // data that a list needs for each that carries weight, at least
constexpr Index kPays = 2;          // later steps that pay for the second product of a tube

}  // namespace

EmpiricalPath::EmpiricalPath(const Dataset& data, Index trajectories, double tolerance)
    : dense_(data), data_(data), tolerance_(tolerance), states_(static_cast<std::size_t>(trajectories)) {
  if (!(tolerance >= 0 && tolerance < 1))
    throw UsageError("empirical path: tolerance {}; expected a total variation in [0, 1).", tolerance);
  // Half of the tolerance for what is left out; theta is raised by more than its own rounding.
  const auto n = static_cast<double>(data.rows());
  if (tolerance > 0) theta_ = std::log(2 * n / tolerance) * (1 + 1e-9) + 1e-9;
  cap_ = std::min(kLongestList, std::max<Index>(64, data.rows() / 8));
}

void EmpiricalPath::summarize(double t, Rows x, const Wanted& what, Summary& out) {
  require_query(dense_, t, x, "empirical path");
  const Index m = x.rows(), k = dense_.classes();
  if (m != static_cast<Index>(states_.size()))
    throw UsageError("empirical path: {} points for {} trajectories.", m, states_.size());
  if (!what.leave_out.empty()) throw UsageError("empirical path: it cannot leave data out; Empirical can.");
  out = Summary{};
  resize(out.all, m, k, what.entropy);
  out.bound.resize(m);
  total_variation_.resize(m);
  if (what.mean) out.mean.resize(m, x.cols());
  if (what.neighbours) {
    out.nearest.setConstant(m, 2, -1);
    out.distance.setConstant(m, 2, kInfinity);
  }
  const Step step{t, std::expm1(2 * t), std::exp(-t), std::exp(2 * t), noise_variance(t), x, what};
  std::vector<char> done(states_.size(), 0);
  const bool certifies = tolerance_ > 0 && std::isfinite(step.s);
  for (State& state : states_)
    if (state.s > step.s) state.ratio = step.s / state.s;
  if (certifies) parallel_for(m, [&](Index q) { done[static_cast<std::size_t>(q)] = follow(step, q, out); });
  std::vector<Index> tubes, scans, dense;
  for (Index q = 0; q < m; ++q) {
    if (done[static_cast<std::size_t>(q)] != 0) continue;
    const Way way = certifies ? choose(step, states_[static_cast<std::size_t>(q)]) : Way::dense;
    (way == Way::tube ? tubes : way == Way::scan ? scans : dense).push_back(q);
  }
  const Index listed = m - static_cast<Index>(tubes.size() + scans.size() + dense.size());
  for (const Index q : scan_some(step, tubes, Way::tube, out)) scans.push_back(q);
  for (const Index q : scan_some(step, scans, Way::scan, out)) dense.push_back(q);
  run_dense(step, dense, out);
  work_.listed += listed;
  work_.tubes += static_cast<Index>(tubes.size());
  work_.scanned += static_cast<Index>(scans.size());
  work_.dense += static_cast<Index>(dense.size());
  for (std::size_t q = 0; q < done.size(); ++q) {
    if (done[q] == 0) continue;
    work_.list_rows += static_cast<Index>(states_[q].tube.list.size());
    work_.read_rows += static_cast<Index>(states_[q].summed.size());
  }
  for (State& state : states_) state.s = step.s;
}

// From the tube at hand, if it holds.
bool EmpiricalPath::follow(const Step& step, Index q, Summary& out) {
  State& state = states_[static_cast<std::size_t>(q)];
  if (!state.leads) return false;
  const double c = step.s / state.tube.s, radius = state.tube.radius(c);
  if (radius < 0) return false;
  const Vector y = step.point(q);
  Stand stand{c, state.tube.departure(y, state.tube.reference, c)};
  if (!(stand.departure <= radius)) return false;
  if (state.tube.refreshed.size() > 0 && step.s <= state.tube.refreshed_s) {
    stand.refreshed_c = step.s / state.tube.refreshed_s;
    stand.refreshed_departure = state.tube.departure(y, state.tube.refreshed, stand.refreshed_c);
  }
  if (!sum_list(step, q, stand, false, out)) return false;
  ++state.served;
  return true;
}

// Bound on the rounding of |x - e^{-t} a|^2 summed from differences.
double EmpiricalPath::square_error(const Step& step, double square) const {
  const double size = step.shrink * (data_.largest + data_.centre_norm);
  return sum_rounding(dense_.dimension() + 16) * square + 8 * kUnitRoundoff * std::sqrt(square) * size +
         16 * kUnitRoundoff * kUnitRoundoff * size * size;
}

// The posterior over the listed data. fresh: the list was made at this very step. False where the second neighbour is
// wanted and may be outside the list.
bool EmpiricalPath::sum_list(const Step& step, Index q, const Stand& stand, bool fresh, Summary& out) {
  State& state = states_[static_cast<std::size_t>(q)];
  Tube& tube = state.tube;
  Sum sum(data_.data);
  sum.query = q;
  sum.taken.assign(tube.list.size(), 0);
  if (fresh && tube.doubt < kProductsDo * tolerance_ * 2 * step.s) take_squares(step, tube, sum);
  for (std::size_t i = 0; i < sum.taken.size(); ++i)  // written so that what is not a number is read
    if (sum.taken[i] == 0 && !(stand.room(tube.list[i]) >= 0)) sum.read(step, tube, i);
  if (step.what.neighbours) {
    read_neighbours(step, tube, stand, sum);
    if (!fresh && !knows_second(step, tube, stand, sum)) return false;
  }
  if (!fresh) refresh(step, stand, tube, sum);
  for (std::size_t i = 0; i < 2; ++i) state.near[i] = sum.nearest[i].second;
  fill(step, q, sum, out);
  state.summed = std::move(sum.rows);
  return true;
}

// Once as many distances were computed as a new comparison of these data costs, they are compared with the present
// point: then most of them are too far again for a while.
void EmpiricalPath::refresh(const Step& step, const Stand& stand, Tube& tube, Sum& sum) const {
  tube.spent += static_cast<Index>(sum.rows.size());
  if (tube.spent < tube.stock + kRefresh) return;
  const Stand outer{stand.c, stand.departure};
  for (std::size_t i = 0; i < sum.taken.size(); ++i) {
    tube.list[i].refreshed = -std::numeric_limits<float>::infinity();
    if (sum.taken[i] == 0 && !(outer.room(tube.list[i]) >= 0)) sum.read(step, tube, i);
  }
  tube.refreshed = step.point(sum.query);
  tube.refreshed_s = step.s;
  tube.spent = 0;
  tube.stock = static_cast<Index>(sum.rows.size());
  const double anchor = sum.anchor_square, size = tube.refreshed.norm();
  for (std::size_t k = 0; k < sum.rows.size(); ++k) {
    Listed& listed = tube.list[sum.place[k]];
    const double square = sum.squares[k], span = static_cast<double>(listed.span) * (1 + 1e-6);  // it was rounded down
    const double gap = step.grow_square * (square - anchor - square_error(step, square) - square_error(step, anchor)) -
                       8 * kUnitRoundoff * size * span - 2 * step.s * tube.theta;
    if (gap >= 0 && span > 0)
      listed.refreshed = std::nextafter(static_cast<float>(gap / span), -std::numeric_limits<float>::infinity());
  }
}

// Squares from products where they are exact enough; not of those that may be among the two nearest.
void EmpiricalPath::take_squares(const Step& step, const Tube& tube, Sum& sum) const {
  if (tube.squares.empty()) return;  // a tube: its data were compared with the anchor only
  double first = kInfinity, second = kInfinity;
  for (const double square : tube.squares) {
    second = std::min(second, std::max(first, square));
    first = std::min(first, square);
  }
  for (std::size_t i = 0; i < tube.squares.size(); ++i) {
    if (!(tube.squares[i] > second + 4 * tube.doubt)) continue;
    sum.taken[i] = 1;
    sum.rows.push_back(tube.list[i].row);
    sum.place.push_back(i);
    sum.squares.push_back(tube.squares[i] / step.grow_square);
    sum.square_doubt = tube.doubt / step.grow_square;
  }
}

// Reads listed data that are too far to weigh anything but may be the second neighbour, most promising first.
void EmpiricalPath::read_neighbours(const Step& step, const Tube& tube, const Stand& stand, Sum& sum) const {
  const auto least_gap = [&](std::size_t i) {
    return 2 * step.s * tube.theta + static_cast<double>(tube.list[i].span) * stand.room(tube.list[i]);
  };
  std::size_t first = tube.list.size();
  for (std::size_t i = 0; i < tube.list.size(); ++i)
    if (sum.taken[i] == 0 && (first == tube.list.size() || least_gap(i) < least_gap(first))) first = i;
  if (first == tube.list.size()) return;
  sum.read(step, tube, first);
  for (std::size_t i = 0; i < tube.list.size(); ++i) {
    const double second = sum.nearest[1].first,
                 error = square_error(step, second) + square_error(step, sum.anchor_square);
    if (sum.taken[i] == 0 && !(least_gap(i) > step.grow_square * (second - sum.anchor_square + error)))
      sum.read(step, tube, i);
  }
}

bool EmpiricalPath::knows_second(const Step& step, const Tube& tube, const Stand& stand, const Sum& sum) const {
  if (static_cast<Index>(tube.list.size()) == data_.data.rows()) return true;
  const double second = sum.nearest[1].first,
               error = square_error(step, second) + square_error(step, sum.anchor_square);
  const double outside = 2 * step.s * tube.theta + 2 * tube.keep_within * (tube.radius(stand.c) - stand.departure);
  return outside > step.grow_square * (second - sum.anchor_square + error);
}

EmpiricalPath::Way EmpiricalPath::choose(const Step& step, const State& state) const {
  if (step.s > state.scan_below) return Way::dense;
  return state.is_short && state.near[0] >= 0 && step.s <= state.tube_below ? Way::tube : Way::scan;
}

// What a scan teaches about the next steps.
void EmpiricalPath::settle(const Step& step, Way way, Tube tube, State& state) const {
  const bool found = tube.window >= 0;
  const bool disappointed = way == Way::tube && state.leads && state.served < kPays;
  if (way == Way::scan) state.is_short = found && tube.in_sight >= 0 && tube.in_sight <= cap_;
  state.leads = false;
  state.served = 0;
  if (!found && way == Way::scan) state.scan_below = kScanAgain * step.s;
  if (way == Way::tube) {
    if (!found && step.what.neighbours) state.keep /= 2;
    // Steps until the window ends, if s goes on falling as it did.
    const double end = found ? kTubeNodes[static_cast<std::size_t>(tube.window)] : 1;
    state.leads = std::log(end) <= static_cast<double>(kPays) * std::log(state.ratio);
    if (!state.leads || disappointed) state.tube_below = kTubeAgain * step.s;
  }
  state.tube = std::move(tube);
}

// Sums over fresh lists; returns those whose lists were too long.
std::vector<Index> EmpiricalPath::scan_some(const Step& step, std::span<const Index> who, Way way, Summary& out) {
  std::vector<Index> failed;
  RowMatrix pair(2, dense_.dimension());
  for (std::size_t begin = 0; begin < who.size(); begin += static_cast<std::size_t>(kProbes)) {
    const auto some = who.subspan(begin, std::min(who.size() - begin, static_cast<std::size_t>(kProbes)));
    std::vector<Probe> probes;
    for (const Index q : some) {
      const State& state = states_[static_cast<std::size_t>(q)];
      Probe probe{step.point(q),       step.s, theta_, {state.near[0], state.near[1]}, way == Way::tube,
                  step.what.neighbours};
      if (probe.tube && probe.neighbours && state.near[1] >= 0) {
        data_.data.read(std::span(state.near), pair);
        probe.keep_within = (1 + state.keep) * (pair.row(1) - pair.row(0)).norm();
      }
      probes.push_back(std::move(probe));
    }
    std::vector<Tube> tubes = scan(data_, probes, cap_);
    for (std::size_t i = 0; i < some.size(); ++i)
      settle(step, way, std::move(tubes[i]), states_[static_cast<std::size_t>(some[i])]);
    parallel_for(static_cast<Index>(some.size()), [&](Index i) {
      const Index q = some[static_cast<std::size_t>(i)];
      if (states_[static_cast<std::size_t>(q)].tube.window >= 0) sum_list(step, q, Stand{}, true, out);
    });
    for (const Index q : some)
      if (states_[static_cast<std::size_t>(q)].tube.window < 0) failed.push_back(q);
  }
  return failed;
}

void EmpiricalPath::run_dense(const Step& step, std::span<const Index> who, Summary& out) {
  if (who.empty()) return;
  const std::vector<Index> rows(who.begin(), who.end());
  const RowMatrix x = step.x(rows, Eigen::all);
  Wanted what = step.what;
  what.entropy = true;  // costs next to nothing, and tells when lists may be short enough
  Summary some;
  dense_.summarize(step.t, x, what, some);
  for (Index i = 0; i < x.rows(); ++i) {
    const Index q = rows[static_cast<std::size_t>(i)];
    State& state = states_[static_cast<std::size_t>(q)];
    out.all.log_density[q] = some.all.log_density[i];
    out.all.class_log_weight.row(q) = some.all.class_log_weight.row(i);
    out.bound[q] = some.bound[i];
    total_variation_[q] = std::min(1.0, some.bound[i]);  // weights err by less than twice that, relative
    if (step.what.mean) out.mean.row(q) = some.mean.row(i);
    if (step.what.entropy) {
      out.all.class_entropy.row(q) = some.all.class_entropy.row(i);
      out.all.class_participation.row(q) = some.all.class_participation.row(i);
      out.all.entropy[q] = some.all.entropy[i];
      out.all.participation[q] = some.all.participation[i];
    }
    if (what.neighbours) {
      out.nearest.row(q) = some.nearest.row(i);
      out.distance.row(q) = some.distance.row(i);
    }
    state.leads = false;
    state.summed.clear();
    // A posterior with participation ratio Y needs at least 1 / Y data, and many times that for a small tolerance.
    if (some.all.participation[i] * static_cast<double>(cap_) < kSpread) {
      state.scan_below = 0;
    } else if (state.scan_below == 0) {
      state.scan_below = kInfinity;
    }
  }
}

}  // namespace denoiscope
