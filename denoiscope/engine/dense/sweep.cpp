#include "denoiscope/engine/dense/sweep.hpp"

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/dense/rounding.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr Index kReadRows = 4;

}  // namespace

TileBuffer::TileBuffer(Index d) : raw(kTile, d), centred(kTile, d), norm(kTile), storage(kTile, kLanes) {
  logits = storage.row(0);
}

Sweep::Sweep(const Prepared& model, double t, const RowMatrix& x, std::span<const Index> leave_out)
    : model_(model),
      x_(x),
      kernel_(model.kernel),
      d_(model.dimension()),
      t_(t),
      shrink_(std::exp(-t)),
      delta_(noise_variance(t)) {
  if (!leave_out.empty() && static_cast<Index>(leave_out.size()) != x.rows())
    throw UsageError("empirical: {} rows to leave out for {} queries.", leave_out.size(), x.rows());
  for (Index row : leave_out) left_out_.push_back(row < 0 ? -1 : model.place_of(row));
  const auto lanes = static_cast<std::size_t>(groups() * kLanes);
  packed_ = AlignedRows(groups() * d_, kLanes);
  offset_ = AlignedRows(groups(), kLanes);
  rounding_.assign(lanes, 0.0);
  const double data_size = std::sqrt(model.largest_norm) * shrink_, centre_size = model.centre.norm() * shrink_;
  for (Index q = 0; q < x.rows(); ++q) {
    const Index group = q / kLanes, lane = q % kLanes;
    double square = 0;
    for (Index k = 0; k < d_; ++k) {
      const double v = x(q, k) - shrink_ * model.centre[k];
      packed_.row(group * d_ + k)[lane] = v;
      square += v * v;
    }
    offset_.row(group)[lane] = square / (2 * delta_);
    // Products, norms, and the rounding of the centring itself, which moves a point by at most a unit of what it
    // subtracts.
    const double size = std::sqrt(square), span = size + data_size;
    rounding_[q] =
        (sum_rounding(d_ + 8) * span * span + 2 * kUnitRoundoff * span * (span + 2 * centre_size)) / (2 * delta_);
  }
}

void Sweep::load(Index begin, TileBuffer& tile) const {
  tile.begin = begin;
  tile.rows = std::min(kTile, model_.data.rows() - begin);
  for (Index r = 0; r < tile.rows; r += kReadRows) {  // few at a time: they are centred while in the first cache
    const Index count = std::min(kReadRows, tile.rows - r);
    model_.data.read(begin + r, tile.raw.middleRows(r, count));
    tile.centred.middleRows(r, count) = tile.raw.middleRows(r, count).rowwise() - model_.centre.transpose();
  }
  if (model_.norm.empty())
    for (Index r = 0; r < tile.rows; ++r) tile.norm[r] = tile.centred.row(r).squaredNorm();
  else
    std::copy_n(model_.norm.begin() + begin, tile.rows, tile.norm.begin());
  tile.segments.clear();
  const Index end = begin + tile.rows;
  for (Index at = begin; at < end;) {
    const int cell = cell_of(at);
    const Index next = std::min(end, model_.first[cell + 1]);
    tile.segments.push_back({cell, at - begin, next - begin});
    at = next;
  }
}

double Sweep::exact_logit(Index query, const double* datum) const {
  double square = 0;
  for (Index k = 0; k < d_; ++k) {
    const double v = x_(query, k) - shrink_ * datum[k];
    square += v * v;
  }
  return -square / (2 * delta_);
}

void Sweep::refine(TileBuffer& tile, Index group, const Segment& segment, Index lane, double best) const {
  const Index query = group * kLanes + lane;
  const double doubt = this->doubt(query);
  const auto logit = [&](Index r) -> double& { return tile.logits[r * kLanes + lane]; };
  // The most promising datum first: its exact logit rules out most of the others.
  Index leader = segment.begin;
  for (Index r = segment.begin + 1; r < segment.end; ++r)
    if (logit(r) > logit(leader)) leader = r;
  if (logit(leader) == -kInfinity) return;
  if (logit(leader) + doubt < best - kReach) {
    for (Index r = segment.begin; r < segment.end; ++r) logit(r) = -kInfinity;
    return;
  }
  best = std::max(best, exact_logit(query, tile.raw.row(leader).data()));
  for (Index r = segment.begin; r < segment.end; ++r)
    logit(r) = logit(r) + doubt < best - kReach ? -kInfinity : exact_logit(query, tile.raw.row(r).data());
}

void Sweep::products(TileBuffer& tile, Index group) const {
  kernel_.multiply(tile.centred.data(), tile.centred.cols(), 1, tile.rows, d_, packed(group), tile.logits, false);
  kernel_.logits(tile.logits, tile.norm.data(), tile.rows, shrink_ / delta_, shrink_ * shrink_ / (2 * delta_),
                 offset_.row(group));
  const Index lanes = std::min(kLanes, queries() - group * kLanes);
  for (Index lane = 0; lane < lanes && !left_out_.empty(); ++lane) {
    const Index out = left_out(group * kLanes + lane) - tile.begin;
    if (out >= 0 && out < tile.rows) tile.logits[out * kLanes + lane] = -kInfinity;
  }
}

void Sweep::refine(TileBuffer& tile, Index group, std::span<kernel::Sums> cells, int first_cell) const {
  const Index lanes = std::min(kLanes, queries() - group * kLanes);
  for (Index lane = 0; lane < lanes; ++lane) {
    if (doubt(group * kLanes + lane) <= kTolerance) continue;
    for (const Segment& segment : tile.segments) {
      const kernel::Sums& sums = cells[segment.cell - first_cell];
      refine(tile, group, segment, lane, sums.top[lane]);
    }
  }
}

double Sweep::bound(Index query, double nearest_square, double log_density) const {
  const double from_products = rounding_[query];
  // Logits above the tolerance were summed from differences. Of the data that matter the farthest is kReach below the
  // nearest.
  const double logit_error =
      from_products > kTolerance ? model_.difference_error(t_, nearest_square + 2 * delta_ * kReach) : from_products;
  const auto n = static_cast<double>(model_.rows());
  return std::expm1(2 * logit_error) + n * std::exp(-kReach) + (n + 64) * kUnitRoundoff +
         4 * kUnitRoundoff * std::abs(log_density);
}

Nearest::Nearest(Index queries) {
  row.setConstant(queries, 2, -1);
  closeness.setConstant(queries, 2, -kInfinity);
}

void Nearest::add(Index query, Index datum, double logit) {
  if (!(logit > closeness(query, 1))) return;
  const bool first = logit > closeness(query, 0);
  if (first) {
    closeness(query, 1) = closeness(query, 0);
    row(query, 1) = row(query, 0);
  }
  closeness(query, first ? 0 : 1) = logit;
  row(query, first ? 0 : 1) = datum;
}

namespace {

constexpr Index kRound = 32;     // chunks in memory at a time
constexpr Index kListed = 128;   // most data of a chunk in one list
constexpr Index kWorthRow = 32;  // data that a second sweep passes in the time in which one of a list is read

// Rows nearer than the second nearest so far, or too close to it for products to tell, are measured from differences.
void note_neighbours(const Sweep& sweep, const TileBuffer& tile, Index first_query, Index lanes, Nearest& nearest) {
  for (Index r = 0; r < tile.rows; ++r)
    for (Index lane = 0; lane < lanes; ++lane) {
      const Index q = first_query + lane;
      const double rough = tile.logits[r * kLanes + lane];
      if (!(rough > nearest.closeness(q, 1) - sweep.doubt(q)) || rough == -kInfinity) continue;
      nearest.add(q, tile.begin + r, sweep.exact_logit(q, tile.raw.row(r).data()));
    }
}

void note_candidates(const TileBuffer& tile, Index lanes, Candidates* lists) {
  double level[kLanes];
  for (Index lane = 0; lane < kLanes; ++lane) level[lane] = lane < lanes ? lists[lane].level() : kInfinity;
  for (Index r = 0; r < tile.rows; ++r) {
    const double* logit = tile.logits + r * kLanes;
    int any = 0;
    for (Index lane = 0; lane < kLanes; ++lane) any |= static_cast<int>(logit[lane] >= level[lane]);
    if (any == 0) continue;
    for (Index lane = 0; lane < lanes; ++lane) {
      if (!(logit[lane] >= level[lane])) continue;
      lists[lane].add(tile.begin + r, logit[lane]);
      level[lane] = lists[lane].level();
    }
  }
}

ChunkSums sums_of(const Sweep& sweep, const Asked& asked, Index begin, Index end) {
  ChunkSums chunk;
  chunk.first_cell = sweep.cell_of(begin);
  chunk.cells = sweep.cell_of(end - 1) - chunk.first_cell + 1;
  chunk.sums.resize(sweep.groups() * chunk.cells);
  for (kernel::Sums& sums : chunk.sums) kernel::clear(sums);
  if (asked.neighbours) chunk.nearest = Nearest(sweep.queries());
  if (asked.reach > 0) chunk.lists.assign(sweep.queries(), Candidates(asked.reach, kListed));
  TileBuffer tile(sweep.dimension());
  for (Index at = begin; at < end; at += kTile) {
    sweep.load(at, tile);
    for (Index group = 0; group < sweep.groups(); ++group) {
      const std::span<kernel::Sums> sums{chunk.sums.data() + group * chunk.cells,
                                         static_cast<std::size_t>(chunk.cells)};
      const Index lanes = std::min(kLanes, sweep.queries() - group * kLanes);
      sweep.products(tile, group);
      if (asked.neighbours) note_neighbours(sweep, tile, group * kLanes, lanes, chunk.nearest);
      sweep.refine(tile, group, sums, chunk.first_cell);
      if (asked.reach > 0) note_candidates(tile, lanes, chunk.lists.data() + group * kLanes);
      for (const Segment& s : tile.segments)
        sweep.kernel().accumulate(tile.logits + s.begin * kLanes, s.end - s.begin, sums[s.cell - chunk.first_cell]);
    }
  }
  for (Candidates& list : chunk.lists) list.prune();
  return chunk;
}

}  // namespace

void collect(const Sweep& sweep, const Asked& asked, const std::function<void(Index, const ChunkSums&)>& take) {
  const Index count = sweep.chunks();
  for (Index first = 0; first < count; first += kRound) {
    std::vector<ChunkSums> chunks(std::min(kRound, count - first));
    parallel_for(static_cast<Index>(chunks.size()), [&](Index i) {
      const Index begin = (first + i) * kChunk;
      chunks[i] = sums_of(sweep, asked, begin, std::min(begin + kChunk, sweep.rows()));
    });
    for (std::size_t i = 0; i < chunks.size(); ++i) take(first + static_cast<Index>(i), chunks[i]);
  }
}

Totals collect(const Sweep& sweep, Index cells, const Asked& asked) {
  Totals out;
  out.cells = cells;
  out.sums.resize(sweep.groups() * cells);
  for (kernel::Sums& sums : out.sums) kernel::clear(sums);
  if (asked.neighbours) out.nearest = Nearest(sweep.queries());
  if (asked.reach > 0)
    out.lists.assign(sweep.queries(), Candidates(asked.reach, std::max<Index>(64, sweep.rows() / kWorthRow)));
  collect(sweep, asked, [&](Index, const ChunkSums& chunk) {
    for (Index group = 0; group < sweep.groups(); ++group)
      for (Index c = 0; c < chunk.cells; ++c)
        kernel::merge(chunk.sums[group * chunk.cells + c], out.of_group(group)[chunk.first_cell + c]);
    for (Index q = 0; q < chunk.nearest.row.rows(); ++q)
      for (Index i = 0; i < 2; ++i) out.nearest.add(q, chunk.nearest.row(q, i), chunk.nearest.closeness(q, i));
    for (std::size_t q = 0; q < chunk.lists.size(); ++q) out.lists[q].append(chunk.lists[q]);
  });
  for (Candidates& list : out.lists) list.prune();
  return out;
}

double Totals::log_total(Index query) const {
  std::vector<double> logs;
  for (Index c = 0; c < cells; ++c) {
    const kernel::Sums& s = sums[query / kLanes * cells + c];
    if (s.sum[query % kLanes] > 0) logs.push_back(s.top[query % kLanes] + std::log(s.sum[query % kLanes]));
  }
  return log_sum_exp(logs);
}

Totals Totals::of(std::span<const Index> queries) const {
  Totals out;
  out.cells = cells;
  const auto m = static_cast<Index>(queries.size());
  out.sums.resize((m + kLanes - 1) / kLanes * cells);
  for (kernel::Sums& each : out.sums) kernel::clear(each);
  for (Index q = 0; q < m; ++q) {
    const Index from = queries[q], lane = q % kLanes;
    for (Index c = 0; c < cells; ++c) {
      const kernel::Sums& s = sums[from / kLanes * cells + c];
      kernel::Sums& it = out.sums[q / kLanes * cells + c];
      it.top[lane] = s.top[from % kLanes];
      it.sum[lane] = s.sum[from % kLanes];
      it.first[lane] = s.first[from % kLanes];
      it.second[lane] = s.second[from % kLanes];
    }
  }
  return out;
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

}  // namespace denoiscope
