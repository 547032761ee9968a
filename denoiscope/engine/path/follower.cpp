#include "denoiscope/engine/path/follower.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/dense/sweep.hpp"
#include "denoiscope/engine/path/step.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr Index kTubeProbes = 256;  // probes of one scan, so that lists in the making take little memory
constexpr Index kLongestTube = 8192;
constexpr double kSurveyBytes = 64.0 * 1024 * 1024;  // of candidates in the making
constexpr Index kSurveyProbes = 32;                  // their probes come in groups of that many
constexpr double kScanAgain = 0.7;  // after a list that was too long the next is tried at this part of s
constexpr double kTubeAgain = 0.8;  // likewise after a tube that did not pay
constexpr double kSpread = 16;      // data that a list needs for each that carries weight, at least
constexpr Index kPays = 2;          // later steps that pay for the second product of a tube

}  // namespace

PathFollower::PathFollower(const Dataset& data, Index trajectories, double tolerance, const Arithmetic& arithmetic)
    : dense_(data, arithmetic), data_(data, arithmetic.kernel), tolerance_(tolerance), states_(trajectories) {
  if (!(tolerance >= 0 && tolerance < 1))
    throw UsageError("empirical path: tolerance {}; expected a total variation in [0, 1).", tolerance);
  // Half of the tolerance for what is left out; theta is raised by more than its own rounding.
  const auto n = static_cast<double>(data.rows());
  if (tolerance > 0) theta_ = std::log(2 * n / tolerance) * (1 + 1e-9) + 1e-9;
  tube_cap_ = std::min(kLongestTube, std::max<Index>(64, data.rows() / 8));
  // A pair costs as much from differences as by a dense sweep in double precision.
  survey_cap_ = std::max<Index>(64, data.rows() / (arithmetic.precision == Precision::f64 ? 2 : 8));
}

void PathFollower::summarize(double t, Rows x, const Wanted& what, Summary& out) {
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
  if (certifies) parallel_for(m, [&](Index q) { done[q] = follow(step, q, out); });
  std::vector<Index> tubes, scans, dense;
  for (Index q = 0; q < m; ++q) {
    if (done[q] != 0) continue;
    const Way way = certifies ? choose(step, states_[q]) : Way::dense;
    (way == Way::tube ? tubes : way == Way::scan ? scans : dense).push_back(q);
  }
  const Index listed = m - static_cast<Index>(tubes.size() + scans.size() + dense.size());
  for (const Index q : make_tubes(step, tubes, out)) scans.push_back(q);
  for (const Index q : survey_some(step, scans, out)) dense.push_back(q);
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
bool PathFollower::follow(const Step& step, Index q, Summary& out) {
  State& state = states_[q];
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
double PathFollower::square_error(const Step& step, double square) const {
  const double size = step.shrink * (data_.largest + data_.centre_norm);
  return sum_rounding(dense_.dimension() + 16) * square + 8 * kUnitRoundoff * std::sqrt(square) * size +
         16 * kUnitRoundoff * kUnitRoundoff * size * size;
}

PathFollower::Way PathFollower::choose(const Step& step, const State& state) const {
  if (step.s > state.scan_below) return Way::dense;
  return state.is_short && state.near[0] >= 0 && step.s <= state.tube_below ? Way::tube : Way::scan;
}

Probe PathFollower::probe_of(const Step& step, Index q) const {
  const State& state = states_[q];
  Probe probe;
  probe.y = step.point(q);
  probe.s = step.s;
  probe.theta = theta_;
  for (std::size_t i = 0; i < 2; ++i) probe.near[i] = state.near[i];
  probe.neighbours = step.what.neighbours;
  return probe;
}

// What a tube teaches about the next steps.
void PathFollower::settle(const Step& step, Tube tube, State& state) const {
  const bool found = tube.window >= 0, disappointed = state.leads && state.served < kPays;
  if (!found && step.what.neighbours) state.keep /= 2;
  // Steps until the window ends, if s goes on falling as it did.
  const double end = found ? kTubeNodes[tube.window] : 1;
  state.leads = std::log(end) <= static_cast<double>(kPays) * std::log(state.ratio);
  if (!state.leads || disappointed) state.tube_below = kTubeAgain * step.s;
  state.served = 0;
  state.tube = std::move(tube);
}

void PathFollower::settle(const Step& step, const Survey& survey, State& state) const {
  state.is_short = survey.found && survey.in_sight >= 0 && survey.in_sight <= tube_cap_;
  if (!survey.found) state.scan_below = kScanAgain * step.s;
  state.leads = false;
  state.served = 0;
  state.tube = Tube{};
}

// Sums over the lists of new tubes; returns those whose lists were too long.
std::vector<Index> PathFollower::make_tubes(const Step& step, std::span<const Index> who, Summary& out) {
  std::vector<Index> failed;
  RowMatrix pair(2, dense_.dimension());
  for (std::size_t begin = 0; begin < who.size(); begin += kTubeProbes) {
    const auto some = who.subspan(begin, std::min(who.size() - begin, static_cast<std::size_t>(kTubeProbes)));
    std::vector<Probe> probes;
    for (const Index q : some) {
      const State& state = states_[q];
      probes.push_back(probe_of(step, q));
      if (!step.what.neighbours || state.near[1] < 0) continue;
      data_.data.read(std::span(state.near), pair);
      probes.back().keep_within = (1 + state.keep) * (pair.row(1) - pair.row(0)).norm();
    }
    std::vector<Tube> tubes = scan(data_, probes, tube_cap_);
    for (std::size_t i = 0; i < some.size(); ++i) settle(step, std::move(tubes[i]), states_[some[i]]);
    parallel_for(static_cast<Index>(some.size()), [&](Index i) {
      const Index q = some[i];
      if (states_[q].tube.window >= 0) sum_list(step, q, Stand{}, true, out);
    });
    for (const Index q : some)
      if (states_[q].tube.window < 0) failed.push_back(q);
  }
  return failed;
}

// Sums over the data that matter now; returns those whose lists were too long.
std::vector<Index> PathFollower::survey_some(const Step& step, std::span<const Index> who, Summary& out) {
  std::vector<Index> failed;
  const double fit = kSurveyBytes / (8 * static_cast<double>(dense_.rows()) * kSurveyProbes);
  const auto batch = static_cast<std::size_t>(std::clamp(fit, 1.0, 8.0)) * static_cast<std::size_t>(kSurveyProbes);
  for (std::size_t begin = 0; begin < who.size(); begin += batch) {
    const auto some = who.subspan(begin, std::min(who.size() - begin, batch));
    std::vector<Probe> probes;
    for (const Index q : some) {
      probes.push_back(probe_of(step, q));
      // An eighth of what may be left out by comparison with the nearest, the rest by what all weigh together.
      probes.back().theta += std::log(8.0);
      probes.back().spare = tolerance_ * 7 / 16;
    }
    const std::vector<Survey> surveys = survey(data_, probes, survey_cap_);
    std::vector<Sum> sums = gather(step, some, surveys);
    parallel_for(static_cast<Index>(some.size()), [&](Index i) {
      const auto at = static_cast<std::size_t>(i);
      State& state = states_[some[at]];
      settle(step, surveys[at], state);
      if (!surveys[at].found) return;
      for (std::size_t k = 0; k < 2; ++k) state.near[k] = sums[at].nearest[k].second;
      fill(step, some[at], sums[at], out);
      state.summed = std::move(sums[at].rows);
    });
    for (std::size_t i = 0; i < some.size(); ++i)
      if (!surveys[i].found) failed.push_back(some[i]);
  }
  return failed;
}

void PathFollower::run_dense(const Step& step, std::span<const Index> who, Summary& out) {
  if (who.empty()) return;
  const std::vector<Index> rows(who.begin(), who.end());
  const RowMatrix x = step.x(rows, Eigen::all);
  Wanted what = step.what;
  what.entropy = true;  // costs next to nothing, and tells when lists may be short enough
  Summary some;
  dense_.summarize(step.t, x, what, some);
  for (Index i = 0; i < x.rows(); ++i) {
    const Index q = rows[i];
    State& state = states_[q];
    out.all.log_density[q] = some.all.log_density[i];
    out.all.class_log_weight.row(q) = some.all.class_log_weight.row(i);
    out.bound[q] = some.bound[i];
    total_variation_[q] = std::min(1.0, some.bound[i]);  // weights err by less than twice that, relative
    if (step.what.mean) {
      out.mean.row(q) = some.mean.row(i);
      total_variation_[q] = std::max(total_variation_[q], some.mean_variation[i]);
    }
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
    if (some.all.participation[i] * static_cast<double>(survey_cap_) < kSpread) {
      state.scan_below = 0;
    } else if (state.scan_below == 0) {
      state.scan_below = kInfinity;
    }
  }
}

}  // namespace denoiscope
