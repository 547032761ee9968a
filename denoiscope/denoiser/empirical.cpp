#include "denoiscope/denoiser/empirical.hpp"

#include <numbers>
#include <numeric>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/denoiser/empirical_sweep.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr Index kBatch = 32 * kLanes;     // queries packed at a time, so that memory does not grow with m
constexpr Index kMeanBatch = 8 * kLanes;  // fewer where every query carries d sums for each part of the data
constexpr Index kParts = 8;               // parts of the data whose weighted sums are added in order

// Sums of (chunk, group, cell of the chunk), and what was nearest.
struct ChunkSums {
  int first_cell = 0;
  Index cells = 0;
  std::vector<kernel::Sums> sums;  // (groups, cells)
  Eigen::Matrix<Index, Eigen::Dynamic, 2, Eigen::RowMajor> nearest;
  Eigen::Matrix<double, Eigen::Dynamic, 2, Eigen::RowMajor> closeness;  // logits of those
};

void note_neighbours(const TileBuffer& tile, Index first_query, Index lanes, ChunkSums& chunk) {
  for (Index r = 0; r < tile.rows; ++r)
    for (Index lane = 0; lane < lanes; ++lane) {
      const Index q = first_query + lane;
      const double s = tile.logits[r * kLanes + lane];
      if (!(s > chunk.closeness(q, 1))) continue;
      const bool first = s > chunk.closeness(q, 0);
      if (first) {
        chunk.closeness(q, 1) = chunk.closeness(q, 0);
        chunk.nearest(q, 1) = chunk.nearest(q, 0);
      }
      chunk.closeness(q, first ? 0 : 1) = s;
      chunk.nearest(q, first ? 0 : 1) = tile.begin + r;
    }
}

}  // namespace

Empirical::Empirical(Dataset data)
    : Empirical(data, data.labels(), std::max<Index>(1, static_cast<Index>(data.classes().size()))) {}

Empirical::Empirical(Dataset data, std::vector<int> cells, Index count) : count_(count) {
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
}

Vector Empirical::class_weights() const {
  Vector weights = Vector::Zero(count_);
  for (int cell : cells_) weights[cell] += 1;
  return weights / static_cast<double>(rows());
}

namespace {

// All chunks' sums for the queries of a sweep.
std::vector<ChunkSums> collect(const Sweep& sweep, const std::vector<int>& cells, Index d, bool neighbours) {
  std::vector<ChunkSums> chunks(static_cast<std::size_t>(sweep.chunks()));
  const auto rows = static_cast<Index>(cells.size());
  parallel_for(sweep.chunks(), [&](Index c) {
    ChunkSums& chunk = chunks[static_cast<std::size_t>(c)];
    const Index begin = c * kChunk, end = std::min(begin + kChunk, rows);
    chunk.first_cell = cells[static_cast<std::size_t>(begin)];
    chunk.cells = cells[static_cast<std::size_t>(end - 1)] - chunk.first_cell + 1;
    chunk.sums.resize(static_cast<std::size_t>(sweep.groups() * chunk.cells));
    for (kernel::Sums& sums : chunk.sums) kernel::clear(sums);
    if (neighbours) {
      chunk.nearest.setConstant(sweep.queries(), 2, -1);
      chunk.closeness.setConstant(sweep.queries(), 2, -kInfinity);
    }
    TileBuffer tile(d);
    for (Index at = begin; at < end; at += kTile) {
      sweep.load(at, tile);
      for (Index group = 0; group < sweep.groups(); ++group) {
        const std::span<kernel::Sums> sums{chunk.sums.data() + group * chunk.cells, static_cast<std::size_t>(chunk.cells)};
        sweep.logits(tile, group, sums, chunk.first_cell);
        for (const Segment& s : tile.segments)
          sweep.kernel().accumulate(tile.logits + s.begin * kLanes, s.end - s.begin,
                                    sums[static_cast<std::size_t>(s.cell - chunk.first_cell)]);
        if (neighbours)
          note_neighbours(tile, group * kLanes, std::min(kLanes, sweep.queries() - group * kLanes), chunk);
      }
    }
  });
  return chunks;
}

// (groups, cells), merged in the order of the data.
std::vector<kernel::Sums> merge(const std::vector<ChunkSums>& chunks, Index groups, Index cells) {
  std::vector<kernel::Sums> total(static_cast<std::size_t>(groups * cells));
  for (kernel::Sums& sums : total) kernel::clear(sums);
  for (const ChunkSums& chunk : chunks)
    for (Index group = 0; group < groups; ++group)
      for (Index c = 0; c < chunk.cells; ++c)
        kernel::merge(chunk.sums[static_cast<std::size_t>(group * chunk.cells + c)],
                      total[static_cast<std::size_t>(group * cells + chunk.first_cell + c)]);
  return total;
}

void resize(Weights& w, Index m, Index k, bool entropy) {
  w.log_density.setConstant(m, -kInfinity);
  w.class_log_weight.setConstant(m, k, -kInfinity);
  if (!entropy) return;
  w.class_entropy.setConstant(m, k, kNaN);
  w.class_participation.setConstant(m, k, kNaN);
  w.entropy.setConstant(m, kNaN);
  w.participation.setConstant(m, kNaN);
}

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
  for (Index begin = 0; begin < m; begin += kBatch) summarize_batch(t, x, begin, std::min(kBatch, m - begin), what, out);
  if (!what.mean) return;
  out.mean.resize(m, dimension());
  denoise(t, x, out.mean);
}

void Empirical::summarize_batch(double t, Rows x, Index begin, Index m, const Wanted& what, Summary& out) const {
  const auto batch = x.middleRows(begin, m);
  const RowMatrix queries = batch;
  const auto left_out = what.leave_out.empty() ? what.leave_out
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
        kernel::merge(one_datum(out.own_log_weight[begin + q], lane), cells[static_cast<std::size_t>(cells_[static_cast<std::size_t>(own)])]);
      }
    }
    fill(cells, lane, log_n + volume, what.entropy, begin + q, out.all);
    const double log_density = out.all.log_density[begin + q];
    if (!left_out.empty()) out.own_log_weight[begin + q] -= log_density + log_n + volume;
    out.bound[begin + q] = sweep.bound(q, -2 * delta * best_logit(cells, lane), log_density);
    if (what.neighbours) {
      Eigen::Matrix<double, 1, 2> closeness(-kInfinity, -kInfinity);
      for (const ChunkSums& chunk : chunks)
        for (Index i = 0; i < 2; ++i) {
          const double s = chunk.closeness(q, i);
          if (!(s > closeness[1])) continue;
          const Index place = s > closeness[0] ? 0 : 1;
          if (place == 0) {
            closeness[1] = closeness[0];
            out.nearest(begin + q, 1) = out.nearest(begin + q, 0);
          }
          closeness[place] = s;
          out.nearest(begin + q, place) = chunk.nearest(q, i);
        }
      for (Index i = 0; i < 2; ++i) {
        Index& row = out.nearest(begin + q, i);
        if (row < 0) continue;
        data_.read(row, datum);
        out.distance(begin + q, i) = std::sqrt(-2 * delta * sweep.exact_logit(q, datum.data()));
        row = order_[static_cast<std::size_t>(row)];
      }
    }
  }
}

void Empirical::denoise(double t, Rows x, MutRows mean) const {
  require_query(*this, t, x, "empirical");
  for (Index begin = 0; begin < x.rows(); begin += kMeanBatch) {
    const Index m = std::min(kMeanBatch, x.rows() - begin);
    RowMatrix sum;
    weighted_sums(t, x.middleRows(begin, m), nullptr, sum);
    mean.middleRows(begin, m) = sum.rowwise() + centre_.transpose();
  }
}

// sum_mu w_mu (a_mu - centre) g_mu, with g = 1, or g_mu = (a_mu - centre) . v for each query's own direction v.
void Empirical::weighted_sums(double t, Rows x, const RowMatrix* v, RowMatrix& out) const {
  const Index m = x.rows(), d = dimension();
  const RowMatrix queries = x;
  const Sweep sweep(*this, t, queries, {});
  std::vector<kernel::Sums> total = merge(collect(sweep, cells_, d, false), sweep.groups(), count_);
  const Index groups = sweep.groups();
  AlignedRows shift(groups, kLanes), direction(v ? groups * d : 0, kLanes);
  for (Index q = 0; q < m; ++q) {
    std::vector<double> logs;
    for (Index c = 0; c < count_; ++c) {
      const kernel::Sums& s = total[static_cast<std::size_t>(q / kLanes * count_ + c)];
      if (s.sum[q % kLanes] > 0) logs.push_back(s.top[q % kLanes] + std::log(s.sum[q % kLanes]));
    }
    shift.row(q / kLanes)[q % kLanes] = log_sum_exp(logs);
    for (Index k = 0; v && k < d; ++k) direction.row(q / kLanes * d + k)[q % kLanes] = (*v)(q, k);
  }
  std::vector<AlignedRows> parts(static_cast<std::size_t>(kParts));
  const Index tiles = (rows() + kTile - 1) / kTile;
  parallel_for(kParts, [&](Index part) {
    AlignedRows& sums = parts[static_cast<std::size_t>(part)];
    sums = AlignedRows(groups * d, kLanes);
    AlignedRows factor(kTile, kLanes);
    TileBuffer tile(d);
    for (Index at = part * tiles / kParts; at < (part + 1) * tiles / kParts; ++at) {
      sweep.load(at * kTile, tile);
      for (Index group = 0; group < groups; ++group) {
        sweep.logits(tile, group, {total.data() + group * count_, static_cast<std::size_t>(count_)}, 0);
        sweep.kernel().weights(tile.logits, tile.rows, shift.row(group));
        if (v) {
          sweep.kernel().multiply(tile.centred.data(), d, 1, tile.rows, d, direction.row(group * d), factor.row(0), false);
          for (Index i = 0; i < tile.rows * kLanes; ++i) tile.logits[i] *= factor.row(0)[i];
        }
        sweep.kernel().multiply(tile.centred.data(), 1, d, d, tile.rows, tile.logits, sums.row(group * d), true);
      }
    }
  });
  out.resize(m, d);
  for (Index q = 0; q < m; ++q)
    for (Index k = 0; k < d; ++k) {
      double sum = 0;
      for (AlignedRows& part : parts) sum += part.row(q / kLanes * d + k)[q % kLanes];
      out(q, k) = sum;
    }
}

void Empirical::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  require_query(*this, t, x, "empirical");
  for (Index begin = 0; begin < x.rows(); begin += kMeanBatch) {
    const Index m = std::min(kMeanBatch, x.rows() - begin);
    const RowMatrix direction = v.middleRows(begin, m);
    RowMatrix mean, second;
    weighted_sums(t, x.middleRows(begin, m), nullptr, mean);
    weighted_sums(t, x.middleRows(begin, m), &direction, second);
    const Vector along = mean.cwiseProduct(direction).rowwise().sum();
    cov_v.middleRows(begin, m) = second - along.asDiagonal() * mean;
  }
}

// A chunk of data by its weight, then a datum within the chunk: two uniforms a row, in the order of the data.
std::vector<Index> Empirical::draw_rows(double t, Rows x, const Noise& noise, const Names& who) const {
  require_query(*this, t, x, "empirical");
  std::vector<Index> drawn(static_cast<std::size_t>(x.rows()), -1);
  for (Index begin = 0; begin < x.rows(); begin += kBatch) {
    const Index m = std::min(kBatch, x.rows() - begin);
    const RowMatrix queries = x.middleRows(begin, m);
    const Sweep sweep(*this, t, queries, {});
    const std::vector<ChunkSums> chunks = collect(sweep, cells_, dimension(), false);
    std::vector<std::vector<Index>> chosen(chunks.size());
    std::vector<double> log_weight(chunks.size());
    RowMatrix u(m, 2);
    for (Index q = 0; q < m; ++q) {
      noise.uniform(who.stream, who.trajectory[static_cast<std::size_t>(begin + q)], who.step, {u.row(q).data(), 2});
      for (std::size_t c = 0; c < chunks.size(); ++c) {
        log_weight[c] = -kInfinity;
        for (Index i = 0; i < chunks[c].cells; ++i) {
          const kernel::Sums& s = chunks[c].sums[static_cast<std::size_t>(q / kLanes * chunks[c].cells + i)];
          if (s.sum[q % kLanes] > 0) log_weight[c] = log_add(log_weight[c], s.top[q % kLanes] + std::log(s.sum[q % kLanes]));
        }
      }
      const double total = log_sum_exp(log_weight);
      double below = 0;
      std::size_t choice = chunks.size() - 1;
      for (std::size_t c = 0; c < chunks.size(); ++c) {
        below += std::exp(log_weight[c] - total);
        if (u(q, 0) < below) {
          choice = c;
          break;
        }
      }
      chosen[choice].push_back(q);
    }
    parallel_for(static_cast<Index>(chunks.size()), [&](Index c) {
      const std::vector<Index>& mine = chosen[static_cast<std::size_t>(c)];
      if (mine.empty()) return;
      const RowMatrix some = queries(mine, Eigen::all);
      const std::vector<Index> rows = draw_in_chunk(t, some, c, u(mine, 1));
      for (std::size_t i = 0; i < mine.size(); ++i) drawn[static_cast<std::size_t>(begin + mine[i])] = rows[i];
    });
  }
  return drawn;
}

std::vector<Index> Empirical::draw_in_chunk(double t, const RowMatrix& x, Index chunk, const Vector& u) const {
  const Sweep sweep(*this, t, x, {});
  const Index begin = chunk * kChunk, end = std::min(begin + kChunk, rows());
  const int first_cell = cells_[static_cast<std::size_t>(begin)];
  std::vector<kernel::Sums> none(static_cast<std::size_t>(cells_[static_cast<std::size_t>(end - 1)] - first_cell + 1));
  for (kernel::Sums& sums : none) kernel::clear(sums);
  RowMatrix logits(x.rows(), end - begin);
  TileBuffer tile(dimension());
  for (Index at = begin; at < end; at += kTile) {
    sweep.load(at, tile);
    for (Index group = 0; group < sweep.groups(); ++group) {
      sweep.logits(tile, group, none, first_cell);
      for (Index lane = 0; lane < std::min(kLanes, x.rows() - group * kLanes); ++lane)
        for (Index r = 0; r < tile.rows; ++r)
          logits(group * kLanes + lane, at - begin + r) = tile.logits[r * kLanes + lane];
    }
  }
  std::vector<Index> rows(static_cast<std::size_t>(x.rows()));
  for (Index q = 0; q < x.rows(); ++q) {
    const double total = log_sum_exp({logits.row(q).data(), static_cast<std::size_t>(end - begin)});
    double below = 0;
    Index choice = -1;
    for (Index r = 0; r < end - begin; ++r) {
      const double weight = std::exp(logits(q, r) - total);
      if (weight > 0) choice = r;
      below += weight;
      if (u[q] < below) break;
    }
    rows[static_cast<std::size_t>(q)] = order_[static_cast<std::size_t>(begin + choice)];
  }
  return rows;
}

void Empirical::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  const std::vector<Index> rows = draw_rows(t, x, noise, who);
  for (Index q = 0; q < x.rows(); ++q)
    data_.read(place_[static_cast<std::size_t>(rows[static_cast<std::size_t>(q)])], x0.middleRows(q, 1));
}

void Empirical::sample_prior(const Noise& noise, const Names& who, MutRows x0) const {
  for (Index q = 0; q < x0.rows(); ++q) {
    const double u = noise.uniform(who.stream, who.trajectory[static_cast<std::size_t>(q)], who.step);
    const auto row = static_cast<Index>(u * static_cast<double>(rows()));
    data_.read(place_[static_cast<std::size_t>(row)], x0.middleRows(q, 1));
  }
}

Summary summarize_directly(const Dataset& data, double t, Rows x, const Wanted& what) {
  const Index n = data.rows(), d = data.dimension(), m = x.rows();
  const Index k = std::max<Index>(1, static_cast<Index>(data.classes().size()));
  const double shrink = std::exp(-t), delta = noise_variance(t);
  RowMatrix points(n, d);
  data.read(Index{0}, points);
  Summary out;
  const auto weigh = [&](Index q, Index skip, Weights& weights) {
    Vector logit(n);
    for (Index i = 0; i < n; ++i)
      logit[i] = i == skip ? -kInfinity : -(x.row(q) - shrink * points.row(i)).squaredNorm() / (2 * delta);
    const double total = log_sum_exp({logit.data(), static_cast<std::size_t>(n)});
    weights.log_density[q] = total - std::log(static_cast<double>(skip < 0 ? n : n - 1)) -
                             0.5 * static_cast<double>(d) * std::log(2 * std::numbers::pi * delta);
    double entropy = 0, participation = 0;
    for (Index i = 0; i < n; ++i) {
      const double w = std::exp(logit[i] - total);
      if (w > 0) entropy -= w * (logit[i] - total);
      participation += w * w;
      double& of_class = weights.class_log_weight(q, data.labelled() ? data.labels()[static_cast<std::size_t>(i)] : 0);
      of_class = log_add(of_class, logit[i] - total);
    }
    if (what.entropy) {
      weights.entropy[q] = entropy;
      weights.participation[q] = participation;
    }
    return Vector((logit.array() - total).exp());
  };
  resize(out.all, m, k, what.entropy);
  if (!what.leave_out.empty()) resize(out.without, m, k, what.entropy);
  if (what.mean) out.mean.resize(m, d);
  for (Index q = 0; q < m; ++q) {
    const Vector w = weigh(q, -1, out.all);
    if (what.mean) out.mean.row(q) = w.transpose() * points;
    if (!what.leave_out.empty()) weigh(q, what.leave_out[static_cast<std::size_t>(q)], out.without);
  }
  return out;
}

}  // namespace denoiscope
