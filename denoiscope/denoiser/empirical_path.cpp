#include "denoiscope/denoiser/empirical_path.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/denoiser/empirical_sweep.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr double kUnit = 0x1.0p-53;
constexpr double kProductsDo = 1.0 / 64;  // part of the tolerance that logits from products may err by
constexpr double kTrimmed = 1.0 / 8;      // part of the tolerance that the mean may leave out besides
constexpr double kWeighty = 60;           // nats below the nearest beyond which rounding of a logit is no matter
constexpr Index kProbes = 8 * kLanes;     // probes of one scan, so that lists in the making take little memory
constexpr Index kLongestList = 8192;
constexpr double kScanAgain = 0.7;  // after a list that was too long the next is tried at this part of s
constexpr double kTubeAgain = 0.8;  // likewise after a tube that did not pay
constexpr double kSpread = 16;      // data that a list needs for each that carries weight, at least
constexpr Index kPays = 2;          // later steps that pay for the second product of a tube

double gamma_of(Index terms) {
  const double u = static_cast<double>(terms) * kUnit;
  return u / (1 - u);
}

}  // namespace

struct EmpiricalPath::Step {
  double t, s, shrink, grow_square, delta;  // shrink = e^{-t}, grow_square = e^{2t}
  const Eigen::Ref<const RowMatrix>& x;
  const Wanted& what;
  Vector point(Index q) const { return x.row(q).transpose() / shrink; }  // y
};

// Rows whose distance to the query was computed, in no particular order.
struct EmpiricalPath::Sum {
  explicit Sum(const Dataset& points) : data(points), datum(1, points.dimension()) {}
  void read(const Step& step, Index q, const Listed& listed, Index anchor) {
    data.read(listed.row, datum);
    const double square = (step.x.row(q) - step.shrink * datum.row(0)).squaredNorm();
    rows.push_back(listed.row);
    squares.push_back(square);
    if (listed.row == anchor) anchor_square = square;
    const std::pair<double, Index> it(square, listed.row);
    if (it < nearest[0]) {
      nearest[1] = nearest[0];
      nearest[0] = it;
    } else if (it < nearest[1]) {
      nearest[1] = it;
    }
  }
  const Dataset& data;
  RowMatrix datum;  // (1, d)
  Index query = 0;
  std::vector<Index> rows;
  std::vector<double> squares;  // |x - e^{-t} a|^2
  std::vector<char> taken;      // of the list
  double square_doubt = 0;      // of squares from products
  double anchor_square = kInfinity;
  std::pair<double, Index> nearest[2] = {{kInfinity, -1}, {kInfinity, -1}};
};

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
  const double departure = state.tube.departure(step.point(q), c);
  if (!(departure <= radius)) return false;
  if (!sum_list(step, q, c, departure, false, out)) return false;
  ++state.served;
  return true;
}

// Bound on the rounding of |x - e^{-t} a|^2 summed from differences.
double EmpiricalPath::square_error(const Step& step, double square) const {
  const double size = step.shrink * (data_.largest + data_.centre_norm);
  return gamma_of(dense_.dimension() + 16) * square + 8 * kUnit * std::sqrt(square) * size +
         16 * kUnit * kUnit * size * size;
}

// The posterior over the listed data. fresh: the list was made at this very step. False where the second neighbour is
// wanted and may be outside the list.
bool EmpiricalPath::sum_list(const Step& step, Index q, double c, double departure, bool fresh, Summary& out) {
  State& state = states_[static_cast<std::size_t>(q)];
  Sum sum(data_.data);
  sum.query = q;
  sum.taken.assign(state.tube.list.size(), 0);
  if (fresh && state.tube.doubt < kProductsDo * tolerance_ * 2 * step.s) take_squares(step, state.tube, sum);
  for (std::size_t i = 0; i < sum.taken.size(); ++i) {
    // Written so that what is not a number is read.
    if (sum.taken[i] != 0 || state.tube.list[i].room(c) - departure >= 0) continue;
    sum.taken[i] = 1;
    sum.read(step, q, state.tube.list[i], state.tube.anchor);
  }
  if (step.what.neighbours) {
    read_neighbours(step, state, c, departure, sum);
    if (!fresh && !knows_second(step, state, c, departure, sum)) return false;
  }
  for (std::size_t i = 0; i < 2; ++i) state.near[i] = sum.nearest[i].second;
  fill(step, q, sum, out);
  state.summed = std::move(sum.rows);
  return true;
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
    sum.squares.push_back(tube.squares[i] / step.grow_square);
    sum.square_doubt = tube.doubt / step.grow_square;
  }
}

// Reads listed data that are too far to weigh anything but may be the second neighbour, most promising first.
void EmpiricalPath::read_neighbours(const Step& step, const State& state, double c, double departure, Sum& sum) const {
  const std::vector<Listed>& list = state.tube.list;
  const auto least_gap = [&](const Listed& listed) {
    return 2 * step.s * state.tube.theta + double{listed.span} * (listed.room(c) - departure);
  };
  std::size_t first = list.size();
  for (std::size_t i = 0; i < list.size(); ++i)
    if (sum.taken[i] == 0 && (first == list.size() || least_gap(list[i]) < least_gap(list[first]))) first = i;
  if (first == list.size()) return;
  sum.taken[first] = 1;
  sum.read(step, sum.query, list[first], state.tube.anchor);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const double second = sum.nearest[1].first,
                 error = square_error(step, second) + square_error(step, sum.anchor_square);
    if (sum.taken[i] != 0 || least_gap(list[i]) > step.grow_square * (second - sum.anchor_square + error)) continue;
    sum.taken[i] = 1;
    sum.read(step, sum.query, list[i], state.tube.anchor);
  }
}

bool EmpiricalPath::knows_second(const Step& step, const State& state, double c, double departure,
                                 const Sum& sum) const {
  const Tube& tube = state.tube;
  if (static_cast<Index>(tube.list.size()) == data_.data.rows()) return true;
  const double second = sum.nearest[1].first,
               error = square_error(step, second) + square_error(step, sum.anchor_square);
  const double outside = 2 * step.s * tube.theta + 2 * tube.keep_within * (tube.radius(c) - departure);
  return outside > step.grow_square * (second - sum.anchor_square + error);
}

namespace {

// Sums of e^{logit} over the data of one class, relative to its largest.
struct ClassSum {
  double nearest = kInfinity;  // square of the nearest
  double sum = 0, first = 0, second = 0;
};

double nats(double square, double nearest, double delta) { return (square - nearest) / (2 * delta); }

// A weight below which all weights together come to no more than `spare`. weight: at most 1.
double light_weight(const std::vector<double>& weight, double spare) {
  static constexpr int steps = 64;  // half a nat each
  std::array<double, steps + 1> mass{};
  const auto step_of = [](double w) {
    return w > 0 ? std::clamp(static_cast<int>(-2 * std::log(w)), 0, steps) : steps;
  };
  for (const double w : weight) mass[static_cast<std::size_t>(step_of(w))] += w;
  int last = steps;
  for (; last > 0 && mass[static_cast<std::size_t>(last)] <= spare; --last)
    spare -= mass[static_cast<std::size_t>(last)];
  return std::exp(-0.5 * (last + 1));
}

void fill_class(const ClassSum& of, double log_total, double best, double delta, bool entropy, Index q, Index c,
                Weights& out) {
  out.class_log_weight(q, c) = std::log(of.sum) - nats(of.nearest, best, delta) - log_total;
  if (!entropy) return;
  out.class_entropy(q, c) = std::max(0.0, std::log(of.sum) + of.first / of.sum);
  out.class_participation(q, c) = of.second / (of.sum * of.sum);
}

}  // namespace

void EmpiricalPath::fill(const Step& step, Index q, const Sum& sum, Summary& out) {
  const std::vector<int>& labels = data_.data.labels();
  std::vector<ClassSum> of(static_cast<std::size_t>(dense_.classes()));
  const auto class_of = [&](Index row) -> ClassSum& {
    return of[labels.empty() ? 0 : static_cast<std::size_t>(labels[static_cast<std::size_t>(row)])];
  };
  const double best = sum.nearest[0].first;
  for (std::size_t i = 0; i < sum.rows.size(); ++i) {
    double& nearest = class_of(sum.rows[i]).nearest;
    nearest = std::min(nearest, sum.squares[i]);
  }
  ClassSum all{best, 0, 0, 0};
  std::vector<double> weight(sum.rows.size());
  for (std::size_t i = 0; i < sum.rows.size(); ++i) {
    ClassSum& its = class_of(sum.rows[i]);
    for (ClassSum* to : {&its, &all}) {
      const double below = nats(sum.squares[i], to->nearest, step.delta), w = std::exp(-below);
      to->sum += w;
      if (w > 0) to->first += w * below;
      to->second += w * w;
      weight[i] = w;  // in the end relative to the nearest of all
    }
  }
  const double log_total = std::log(all.sum);
  for (std::size_t c = 0; c < of.size(); ++c)
    if (of[c].sum > 0)
      fill_class(of[c], log_total, best, step.delta, step.what.entropy, q, static_cast<Index>(c), out.all);
  if (step.what.entropy) {
    out.all.entropy[q] = std::max(0.0, log_total + all.first / all.sum);
    out.all.participation[q] = all.second / (all.sum * all.sum);
  }
  const auto n = static_cast<double>(data_.data.rows());
  out.all.log_density[q] = log_total - best / (2 * step.delta) - std::log(n) -
                           0.5 * static_cast<double>(dense_.dimension()) * std::log(2 * std::numbers::pi * step.delta);
  if (step.what.neighbours)
    for (Index i = 0; i < 2; ++i) {
      out.nearest(q, i) = sum.nearest[i].second;
      out.distance(q, i) = std::sqrt(sum.nearest[i].first);
    }
  // A weight relative to another errs by twice the error of a logit, and so does the normaliser.
  const double logit_error =
      (square_error(step, best + 2 * step.delta * kWeighty) + sum.square_doubt) / (2 * step.delta);
  const double left_out = static_cast<double>(sum.rows.size()) == n ? 0 : tolerance_ / 2;
  const double arithmetic = (static_cast<double>(sum.rows.size()) + 8 * kWeighty) * kUnit;
  total_variation_[q] = std::min(1.0, left_out + std::expm1(4 * logit_error) / 2 + arithmetic);
  out.bound[q] = 2 * left_out + std::expm1(2 * logit_error) + arithmetic +
                 4 * kUnit * (std::abs(out.all.log_density[q]) + best / (2 * step.delta));
  if (!step.what.mean) return;
  RowMatrix datum(1, dense_.dimension());
  const double least = light_weight(weight, kTrimmed * tolerance_ * all.sum);
  double kept = 0;
  for (const double w : weight) kept += w < least ? 0 : w;
  total_variation_[q] = std::min(1.0, total_variation_[q] + std::max(0.0, 1 - kept / all.sum));
  out.mean.row(q).setZero();
  for (std::size_t i = 0; i < sum.rows.size(); ++i) {
    if (weight[i] < least) continue;
    data_.data.read(sum.rows[i], datum);
    out.mean.row(q) += weight[i] / kept * datum.row(0);
  }
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
      if (states_[static_cast<std::size_t>(q)].tube.window >= 0) sum_list(step, q, 1, 0, true, out);
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
