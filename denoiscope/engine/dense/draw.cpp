// Exact draws from the empirical posterior and from the data.
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/dense/sweep.hpp"
#include "denoiscope/engine/empirical.hpp"

namespace denoiscope {

namespace {

std::vector<Index> draw_in_chunk(const Prepared& model, double t, const RowMatrix& x, Index chunk, const Vector& u) {
  const Sweep sweep(model, t, x, {});
  const Index begin = chunk * kChunk, end = std::min(begin + kChunk, model.rows());
  const int first_cell = model.cell_of(begin);
  std::vector<kernel::Sums> none(model.cell_of(end - 1) - first_cell + 1);
  for (kernel::Sums& sums : none) kernel::clear(sums);
  RowMatrix logits(x.rows(), end - begin);
  TileBuffer tile(model.dimension());
  for (Index at = begin; at < end; at += kTile) {
    sweep.load(at, tile);
    for (Index group = 0; group < sweep.groups(); ++group) {
      sweep.logits(tile, group, none, first_cell);
      for (Index lane = 0; lane < std::min(kLanes, x.rows() - group * kLanes); ++lane)
        for (Index r = 0; r < tile.rows; ++r)
          logits(group * kLanes + lane, at - begin + r) = tile.logits[r * kLanes + lane];
    }
  }
  std::vector<Index> rows(x.rows());
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
    rows[q] = model.row_of(begin + choice);
  }
  return rows;
}

}  // namespace

// A chunk of data by its weight, then a datum within the chunk: two uniforms a row, in the order of the data.
std::vector<Index> Empirical::draw_rows(double t, Rows x, const Noise& noise, const Names& who) const {
  require_query(*this, t, x, "empirical");
  std::vector<Index> drawn(x.rows(), -1);
  for (Index begin = 0; begin < x.rows(); begin += kBatch) {
    const Index m = std::min(kBatch, x.rows() - begin);
    const RowMatrix queries = x.middleRows(begin, m);
    const Sweep sweep(*prepared_, t, queries, {});
    const auto chunks = static_cast<std::size_t>(sweep.chunks());
    RowMatrix log_weights = RowMatrix::Constant(m, sweep.chunks(), -kInfinity);  // of every chunk
    collect(sweep, {}, [&](Index c, const ChunkSums& chunk) {
      for (Index q = 0; q < m; ++q)
        for (Index i = 0; i < chunk.cells; ++i) {
          const kernel::Sums& s = chunk.sums[q / kLanes * chunk.cells + i];
          if (s.sum[q % kLanes] > 0)
            log_weights(q, c) = log_add(log_weights(q, c), s.top[q % kLanes] + std::log(s.sum[q % kLanes]));
        }
    });
    std::vector<std::vector<Index>> chosen(chunks);
    RowMatrix u(m, 2);
    for (Index q = 0; q < m; ++q) {
      noise.uniform(who.stream, who.trajectory[begin + q], who.step, {u.row(q).data(), 2});
      const std::span log_weight(log_weights.row(q).data(), chunks);
      const double total = log_sum_exp(log_weight);
      double below = 0;
      std::size_t choice = chunks - 1;
      for (std::size_t c = 0; c < chunks; ++c) {
        below += std::exp(log_weight[c] - total);
        if (u(q, 0) < below) {
          choice = c;
          break;
        }
      }
      chosen[choice].push_back(q);
    }
    parallel_for(sweep.chunks(), [&](Index c) {
      const std::vector<Index>& mine = chosen[c];
      if (mine.empty()) return;
      const RowMatrix some = queries(mine, Eigen::all);
      const std::vector<Index> rows = draw_in_chunk(*prepared_, t, some, c, u(mine, 1));
      for (std::size_t i = 0; i < mine.size(); ++i) drawn[begin + mine[i]] = rows[i];
    });
  }
  return drawn;
}

void Empirical::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  const std::vector<Index> rows = draw_rows(t, x, noise, who);
  for (Index q = 0; q < x.rows(); ++q) prepared_->data.read(prepared_->place_of(rows[q]), x0.middleRows(q, 1));
}

void Empirical::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  for (Index q = 0; q < x0.rows(); ++q) {
    const double u = noise.uniform(who.stream, who.trajectory[q], who.step);
    const auto row = static_cast<Index>(u * static_cast<double>(rows()));
    if (!label.empty()) label[q] = prepared_->cell_of(prepared_->place_of(row));
    prepared_->data.read(prepared_->place_of(row), x0.middleRows(q, 1));
  }
}

}  // namespace denoiscope
