#include "denoiscope/engine/empirical.hpp"

#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/engine/dense/moments.hpp"
#include "denoiscope/engine/dense/prepared.hpp"
#include "denoiscope/engine/dense/single.hpp"
#include "denoiscope/engine/dense/sweep.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {

namespace {
constexpr double kSingleTolerance = 1e-7;  // of means, where double precision stands in for single
}  // namespace

Empirical::Empirical(const Dataset& data, Arithmetic arithmetic)
    : Empirical(data, data.labels(), std::max<Index>(1, static_cast<Index>(data.classes().size())), arithmetic) {}

Empirical::Empirical(const Dataset& data, const std::vector<int>& cells, Index count, Arithmetic arithmetic)
    : prepared_(std::make_shared<const Prepared>(data, cells, count, arithmetic)) {}

Index Empirical::dimension() const { return prepared_->dimension(); }

Index Empirical::classes() const { return prepared_->cells; }

Index Empirical::rows() const { return prepared_->rows(); }

Vector Empirical::class_weights() const {
  const std::vector<Index>& first = prepared_->first;
  Vector weights(classes());
  for (Index c = 0; c < classes(); ++c) weights[c] = static_cast<double>(first[c + 1] - first[c]);
  return weights / static_cast<double>(rows());
}

namespace {

// The posterior over cells from the sums of one query (row `q` of the output), lane `lane` of `cells`.
// normaliser: log n + d/2 log(2 pi Delta).
void fill(std::span<const kernel::Sums> cells, Index lane, double normaliser, bool entropy, Index q, Weights& out) {
  const auto k = static_cast<Index>(cells.size());
  for (Index c = 0; c < k; ++c) {
    const kernel::Sums& s = cells[c];
    if (s.sum[lane] > 0) out.class_log_weight(q, c) = s.top[lane] + std::log(s.sum[lane]);
  }
  const double total = log_sum_exp({out.class_log_weight.row(q).data(), static_cast<std::size_t>(k)});
  if (!(total > -kInfinity)) return;  // the only datum was left out
  out.log_density[q] = total - normaliser;
  out.class_log_weight.row(q).array() -= total;
  if (!entropy) return;
  // Chain rule over cells: H = sum_c p_c (H_c - log p_c), participation = sum_c p_c^2 Y_c.
  double all_entropy = 0, all_participation = 0;
  for (Index c = 0; c < k; ++c) {
    const kernel::Sums& s = cells[c];
    if (!(s.sum[lane] > 0)) continue;
    const double sum = s.sum[lane], log_p = out.class_log_weight(q, c), p = std::exp(log_p);
    out.class_entropy(q, c) = std::max(0.0, std::log(sum) - s.first[lane] / sum);
    out.class_participation(q, c) = s.second[lane] / (sum * sum);
    all_entropy += p * (out.class_entropy(q, c) - log_p);
    all_participation += p * p * out.class_participation(q, c);
  }
  out.entropy[q] = all_entropy;
  out.participation[q] = all_participation;
}

double best_logit(std::span<const kernel::Sums> cells, Index lane) {
  double best = -kInfinity;
  for (const kernel::Sums& s : cells)
    if (s.sum[lane] > 0) best = std::max(best, s.top[lane]);
  return best;
}

// Nats below the best at which all data together weigh less than half of the tolerance.
double reach_of(double tolerance, Index n) { return std::log(2 * static_cast<double>(n) / tolerance); }

kernel::Sums one_datum(double logit, Index lane) {
  kernel::Sums sums;
  kernel::clear(sums);
  sums.top[lane] = logit;
  sums.sum[lane] = sums.second[lane] = 1;
  return sums;
}

void fill_neighbours(const Prepared& model, const Sweep& sweep, const Nearest& nearest, Index q, Index at,
                     Summary& out) {
  RowMatrix datum(1, model.dimension());
  for (Index i = 0; i < 2 && nearest.row(q, i) >= 0; ++i) {
    model.data.read(nearest.row(q, i), datum);
    out.nearest(at, i) = model.row_of(nearest.row(q, i));
    out.distance(at, i) = sweep.distance(q, datum.data());
  }
}

void summarize_batch(const Prepared& model, double t, Rows x, Index begin, Index m, const Wanted& what, Summary& out) {
  const auto batch = x.middleRows(begin, m);
  const RowMatrix queries = batch;
  const auto left_out = what.leave_out.empty() ? what.leave_out : what.leave_out.subspan(begin, m);
  const Sweep sweep(model, t, queries, left_out);
  const bool lists = what.mean && what.tolerance > 0;
  Totals totals = collect(sweep, model.cells, {what.neighbours, lists ? reach_of(what.tolerance, model.rows()) : 0});
  const double delta = noise_variance(t);
  const double volume = 0.5 * static_cast<double>(model.dimension()) * std::log(2 * std::numbers::pi * delta);
  const double log_n = std::log(static_cast<double>(model.rows()));
  RowMatrix datum(1, model.dimension());
  for (Index q = 0; q < m; ++q) {
    const Index lane = q % kLanes;
    const std::span<kernel::Sums> cells = totals.of_group(q / kLanes);
    if (!left_out.empty()) {
      const Index own = sweep.left_out(q);
      const double log_others = own < 0 ? log_n : std::log(static_cast<double>(model.rows() - 1));
      fill(cells, lane, log_others + volume, what.entropy, begin + q, out.without);
      if (own >= 0) {
        model.data.read(own, datum);
        out.own_log_weight[begin + q] = sweep.exact_logit(q, datum.data());
        kernel::merge(one_datum(out.own_log_weight[begin + q], lane), cells[model.cell_of(own)]);
        if (lists) totals.lists[q].add(own, out.own_log_weight[begin + q]);
      }
    }
    fill(cells, lane, log_n + volume, what.entropy, begin + q, out.all);
    const double log_density = out.all.log_density[begin + q];
    if (!left_out.empty()) out.own_log_weight[begin + q] -= log_density + log_n + volume;
    out.bound[begin + q] = sweep.bound(q, -2 * delta * best_logit(cells, lane), log_density);
    if (what.neighbours) fill_neighbours(model, sweep, totals.nearest, q, begin + q, out);
  }
  if (what.mean) fill_means(model, t, queries, totals, what.tolerance, begin, out);
}

// The same in single precision, mean included; false where these queries leave its range.
bool summarize_single(const Prepared& model, double t, Rows x, Index begin, Index m, const Wanted& what, Summary& out) {
  const RowMatrix queries = x.middleRows(begin, m);
  std::vector<Index> left_out;
  if (!what.leave_out.empty())
    for (Index q = begin; q < begin + m; ++q) {
      const Index row = what.leave_out[q];
      left_out.push_back(row < 0 ? -1 : model.place_of(row));
    }
  const SingleSweep sweep(model, t, queries, left_out);
  if (!sweep.representable()) return false;
  const std::vector<Collected> collected = sweep.collect(what.mean, what.neighbours);
  const double delta = noise_variance(t), log_n = std::log(static_cast<double>(model.rows()));
  const double volume = 0.5 * static_cast<double>(model.dimension()) * std::log(2 * std::numbers::pi * delta);
  std::vector<kernel::Sums> cells(model.cells);
  RowMatrix datum(1, model.dimension());
  for (Index q = 0; q < m; ++q) {
    const Collected& c = collected[q];
    for (std::size_t i = 0; i < cells.size(); ++i) {
      kernel::clear(cells[i]);
      cells[i].top[0] = c.cells[i].top;
      cells[i].sum[0] = c.cells[i].sum;
      cells[i].first[0] = c.cells[i].first;
      cells[i].second[0] = c.cells[i].second;
    }
    const Index own = left_out.empty() ? -1 : left_out[q];
    double own_logit = -kInfinity;
    if (!left_out.empty()) {
      const double log_others = own < 0 ? log_n : std::log(static_cast<double>(model.rows() - 1));
      fill(cells, 0, log_others + volume, what.entropy, begin + q, out.without);
    }
    if (own >= 0) {
      model.data.read(own, datum);
      own_logit = sweep.exact_logit(q, datum);
      kernel::merge(one_datum(own_logit, 0), cells[model.cell_of(own)]);
    }
    fill(cells, 0, log_n + volume, what.entropy, begin + q, out.all);
    const double log_density = out.all.log_density[begin + q], total = log_density + log_n + volume;
    if (!left_out.empty()) out.own_log_weight[begin + q] = own_logit - total;
    out.bound[begin + q] = sweep.bound(c, -2 * delta * best_logit(cells, 0), total);
    for (Index i = 0; what.neighbours && i < 2 && c.nearest[i] >= 0; ++i) {
      out.nearest(begin + q, i) = model.row_of(c.nearest[i]);
      out.distance(begin + q, i) = std::sqrt(c.square[i]);
    }
    if (!what.mean) continue;
    out.mean_variation[begin + q] = std::min(1.0, out.bound[begin + q]);
    Vector mean = std::exp(c.mean_top - total) * c.mean;
    if (own >= 0) mean += std::exp(own_logit - total) * (datum.row(0).transpose() - model.centre);
    out.mean.row(begin + q) = (mean + model.centre).transpose();
  }
  return true;
}

}  // namespace

void Empirical::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "empirical");
  const Prepared& model = *prepared_;
  if (what.mean && model.half_panels && !model.half_panels->blocked())
    throw InternalError("empirical: a mean asked of a model that was made for none");
  const Index m = x.rows();
  const bool leaves_out = !what.leave_out.empty();
  if (leaves_out && static_cast<Index>(what.leave_out.size()) != m)
    throw UsageError("empirical: {} rows to leave out for {} queries.", what.leave_out.size(), m);
  resize(out.all, m, model.cells, what.entropy);
  if (leaves_out) resize(out.without, m, model.cells, what.entropy);
  out.own_log_weight.setConstant(leaves_out ? m : 0, -kInfinity);
  out.bound.resize(m);
  if (what.neighbours) {
    out.nearest.setConstant(m, 2, -1);
    out.distance.setConstant(m, 2, kInfinity);
  }
  if (what.mean) {
    out.mean.resize(m, dimension());
    out.mean_variation.resize(m);
  }
  const bool rounded = model.half_panels && !model.half_panels->exact();
  const bool one_pass = rounded || (model.in_one_pass() && !shows_single(model, t));
  Wanted in_double = what;
  if (model.in_one_pass() && !rounded) in_double.tolerance = std::max(what.tolerance, kSingleTolerance);
  const Index batch = one_pass ? single_batch(dimension(), what.mean) : kBatch;
  for (Index begin = 0; begin < m; begin += batch) {
    const Index count = std::min(batch, m - begin);
    if (one_pass && summarize_single(model, t, x, begin, count, what, out)) continue;
    summarize_batch(model, t, x, begin, count, in_double, out);
  }
}

}  // namespace denoiscope
