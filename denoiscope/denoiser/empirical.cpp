#include "denoiscope/denoiser/empirical.hpp"

#include <numbers>
#include <numeric>

#include "denoiscope/denoiser/empirical_single.hpp"
#include "denoiscope/denoiser/empirical_sweep.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {

namespace {
constexpr double kLargestPanels = 4.0 * 1024 * 1024 * 1024;  // bytes; larger data are streamed in double precision
}

Empirical::Empirical(const Dataset& data, Arithmetic arithmetic)
    : Empirical(data, data.labels(), std::max<Index>(1, static_cast<Index>(data.classes().size())), arithmetic) {}

Empirical::Empirical(const Dataset& data, std::vector<int> cells, Index count, Arithmetic arithmetic)
    : count_(count), kernel_(arithmetic.kernel != nullptr ? *arithmetic.kernel : kernel::best()) {
  const Index n = data.rows();
  if (n < 1) throw DataError("{}: no rows; an empirical posterior needs at least one datum.", data.name());
  if (cells.empty()) cells.assign(static_cast<std::size_t>(n), 0);
  order_.resize(static_cast<std::size_t>(n));
  std::iota(order_.begin(), order_.end(), Index{0});
  std::stable_sort(order_.begin(), order_.end(), [&](Index a, Index b) {
    return cells[static_cast<std::size_t>(a)] < cells[static_cast<std::size_t>(b)];
  });
  place_.resize(order_.size());
  cells_.resize(order_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) {
    place_[static_cast<std::size_t>(order_[i])] = static_cast<Index>(i);
    cells_[i] = cells[static_cast<std::size_t>(order_[i])];
  }
  data_ = data.select(order_);
  centre_ = Vector::Zero(dimension());
  RowMatrix block(kTile, dimension());
  for (Index begin = 0; begin < n; begin += kTile) {
    const Index rows = std::min(kTile, n - begin);
    data_.read(begin, block.topRows(rows));
    centre_ += block.topRows(rows).colwise().sum().transpose();
  }
  centre_ /= static_cast<double>(n);
  norm_.resize(order_.size());
  for (Index begin = 0; begin < n; begin += kTile) {
    const Index rows = std::min(kTile, n - begin);
    data_.read(begin, block.topRows(rows));
    block.topRows(rows).rowwise() -= centre_.transpose();
    for (Index r = 0; r < rows; ++r) norm_[static_cast<std::size_t>(begin + r)] = block.row(r).squaredNorm();
  }
  largest_norm_ = *std::max_element(norm_.begin(), norm_.end());
  const bool fits = 4.0 * static_cast<double>(n) * static_cast<double>(dimension()) <= kLargestPanels;
  const bool triples = arithmetic.kernel == nullptr && data.scalar() == Scalar::u8 && kernel::best_half() != nullptr &&
                       kernel::best_half()->triples_pay;
  if (arithmetic.precision == Precision::f32 && fits && triples)
    half_panels_ = std::make_shared<const HalfPanels>(data_, centre_, HalfPanels::Content::exact);
  else if (arithmetic.precision == Precision::f32 && fits)
    panels_ = std::make_shared<const Panels>(data_, centre_, kernel_.single->height);
  if (arithmetic.precision == Precision::bf16) {
    if (kernel::best_half() == nullptr)
      throw UsageError("precision: bf16, but this CPU multiplies no bfloat16 numbers; give f32 or f64.");
    if (fits) half_panels_ = std::make_shared<const HalfPanels>(data_, centre_, HalfPanels::Content::rounded);
  }
}

Vector Empirical::class_weights() const {
  Vector weights = Vector::Zero(count_);
  for (int cell : cells_) weights[cell] += 1;
  return weights / static_cast<double>(rows());
}

namespace {

// The posterior over cells from the sums of one query (row `q` of the output), lane `lane` of `cells`.
// normaliser: log n + d/2 log(2 pi Delta).
void fill(std::span<const kernel::Sums> cells, Index lane, double normaliser, bool entropy, Index q, Weights& out) {
  const auto k = static_cast<Index>(cells.size());
  for (Index c = 0; c < k; ++c) {
    const kernel::Sums& s = cells[static_cast<std::size_t>(c)];
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
    const kernel::Sums& s = cells[static_cast<std::size_t>(c)];
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

kernel::Sums one_datum(double logit, Index lane) {
  kernel::Sums sums;
  kernel::clear(sums);
  sums.top[lane] = logit;
  sums.sum[lane] = sums.second[lane] = 1;
  return sums;
}

}  // namespace

void Empirical::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "empirical");
  const Index m = x.rows();
  const bool leaves_out = !what.leave_out.empty();
  if (leaves_out && static_cast<Index>(what.leave_out.size()) != m)
    throw UsageError("empirical: {} rows to leave out for {} queries.", what.leave_out.size(), m);
  resize(out.all, m, count_, what.entropy);
  if (leaves_out) resize(out.without, m, count_, what.entropy);
  out.own_log_weight.setConstant(leaves_out ? m : 0, -kInfinity);
  out.bound.resize(m);
  if (what.neighbours) {
    out.nearest.setConstant(m, 2, -1);
    out.distance.setConstant(m, 2, kInfinity);
  }
  if (what.mean) out.mean.resize(m, dimension());
  const Index batch = in_one_pass() ? single_batch(dimension(), what.mean) : kBatch;
  for (Index begin = 0; begin < m; begin += batch) {
    const Index count = std::min(batch, m - begin);
    if (in_one_pass() && summarize_single(t, x, begin, count, what, out)) continue;
    summarize_batch(t, x, begin, count, what, out);
    if (what.mean) denoise_in_double(t, x.middleRows(begin, count), out.mean.middleRows(begin, count));
  }
}

void Empirical::denoise(double t, Rows x, MutRows mean) const {
  require_query(*this, t, x, "empirical");
  if (!in_one_pass()) return denoise_in_double(t, x, mean);
  Wanted what;
  what.mean = true;
  Summary out;
  summarize(t, x, what, out);
  mean = out.mean;
}

void Empirical::summarize_batch(double t, Rows x, Index begin, Index m, const Wanted& what, Summary& out) const {
  const auto batch = x.middleRows(begin, m);
  const RowMatrix queries = batch;
  const auto left_out = what.leave_out.empty()
                            ? what.leave_out
                            : what.leave_out.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(m));
  const Sweep sweep(*this, t, queries, left_out);
  const std::vector<ChunkSums> chunks = collect(sweep, cells_, dimension(), what.neighbours);
  std::vector<kernel::Sums> total = merge(chunks, sweep.groups(), count_);
  const double delta = noise_variance(t);
  const double volume = 0.5 * static_cast<double>(dimension()) * std::log(2 * std::numbers::pi * delta);
  const double log_n = std::log(static_cast<double>(rows()));
  RowMatrix datum(1, dimension());
  for (Index q = 0; q < m; ++q) {
    const Index lane = q % kLanes;
    const std::span<kernel::Sums> cells{total.data() + q / kLanes * count_, static_cast<std::size_t>(count_)};
    if (!left_out.empty()) {
      const Index own = sweep.left_out(q);
      const double log_others = own < 0 ? log_n : std::log(static_cast<double>(rows() - 1));
      fill(cells, lane, log_others + volume, what.entropy, begin + q, out.without);
      if (own >= 0) {
        data_.read(own, datum);
        out.own_log_weight[begin + q] = sweep.exact_logit(q, datum.data());
        kernel::merge(one_datum(out.own_log_weight[begin + q], lane),
                      cells[static_cast<std::size_t>(cells_[static_cast<std::size_t>(own)])]);
      }
    }
    fill(cells, lane, log_n + volume, what.entropy, begin + q, out.all);
    const double log_density = out.all.log_density[begin + q];
    if (!left_out.empty()) out.own_log_weight[begin + q] -= log_density + log_n + volume;
    out.bound[begin + q] = sweep.bound(q, -2 * delta * best_logit(cells, lane), log_density);
    if (what.neighbours) fill_neighbours(sweep, chunks, q, begin + q, out);
  }
}

// The same in single precision, mean included; false where these queries leave its range.
bool Empirical::summarize_single(double t, Rows x, Index begin, Index m, const Wanted& what, Summary& out) const {
  const RowMatrix queries = x.middleRows(begin, m);
  std::vector<Index> left_out;
  if (!what.leave_out.empty())
    for (Index q = begin; q < begin + m; ++q) {
      const Index row = what.leave_out[static_cast<std::size_t>(q)];
      left_out.push_back(row < 0 ? -1 : place_[static_cast<std::size_t>(row)]);
    }
  const SingleSweep sweep(*this, t, queries, left_out);
  if (!sweep.representable()) return false;
  const std::vector<Collected> collected = sweep.collect(what.mean, what.neighbours);
  const double delta = noise_variance(t), log_n = std::log(static_cast<double>(rows()));
  const double volume = 0.5 * static_cast<double>(dimension()) * std::log(2 * std::numbers::pi * delta);
  std::vector<kernel::Sums> cells(static_cast<std::size_t>(count_));
  RowMatrix datum(1, dimension());
  for (Index q = 0; q < m; ++q) {
    const Collected& c = collected[static_cast<std::size_t>(q)];
    for (std::size_t i = 0; i < cells.size(); ++i) {
      kernel::clear(cells[i]);
      cells[i].top[0] = c.cells[i].top;
      cells[i].sum[0] = c.cells[i].sum;
      cells[i].first[0] = c.cells[i].first;
      cells[i].second[0] = c.cells[i].second;
    }
    const Index own = left_out.empty() ? -1 : left_out[static_cast<std::size_t>(q)];
    double own_logit = -kInfinity;
    if (!left_out.empty()) {
      const double log_others = own < 0 ? log_n : std::log(static_cast<double>(rows() - 1));
      fill(cells, 0, log_others + volume, what.entropy, begin + q, out.without);
    }
    if (own >= 0) {
      data_.read(own, datum);
      own_logit = sweep.exact_logit(q, datum);
      kernel::merge(one_datum(own_logit, 0), cells[static_cast<std::size_t>(cells_[static_cast<std::size_t>(own)])]);
    }
    fill(cells, 0, log_n + volume, what.entropy, begin + q, out.all);
    const double log_density = out.all.log_density[begin + q], total = log_density + log_n + volume;
    if (!left_out.empty()) out.own_log_weight[begin + q] = own_logit - total;
    out.bound[begin + q] = sweep.bound(c, -2 * delta * best_logit(cells, 0), total);
    for (Index i = 0; what.neighbours && i < 2 && c.nearest[i] >= 0; ++i) {
      out.nearest(begin + q, i) = order_[static_cast<std::size_t>(c.nearest[i])];
      out.distance(begin + q, i) = std::sqrt(c.square[i]);
    }
    if (!what.mean) continue;
    Vector mean = std::exp(c.mean_top - total) * c.mean;
    if (own >= 0) mean += std::exp(own_logit - total) * (datum.row(0).transpose() - centre_);
    out.mean.row(begin + q) = (mean + centre_).transpose();
  }
  return true;
}

// Of the chunks' two nearest the two nearest, ties to the lower row; distances from differences.
void Empirical::fill_neighbours(const Sweep& sweep, const std::vector<ChunkSums>& chunks, Index q, Index at,
                                Summary& out) const {
  double closeness[2] = {-kInfinity, -kInfinity};
  Index row[2] = {-1, -1};
  for (const ChunkSums& chunk : chunks)
    for (Index i = 0; i < 2; ++i) {
      const double s = chunk.closeness(q, i);
      if (!(s > closeness[1])) continue;
      const int place = s > closeness[0] ? 0 : 1;
      if (place == 0) {
        closeness[1] = closeness[0];
        row[1] = row[0];
      }
      closeness[place] = s;
      row[place] = chunk.nearest(q, i);
    }
  RowMatrix datum(1, dimension());
  for (Index i = 0; i < 2 && row[i] >= 0; ++i) {
    data_.read(row[i], datum);
    out.nearest(at, i) = order_[static_cast<std::size_t>(row[i])];
    out.distance(at, i) = sweep.distance(q, datum.data());
  }
}

}  // namespace denoiscope
