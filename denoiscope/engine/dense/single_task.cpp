#include "denoiscope/engine/dense/single_task.hpp"

#include <cmath>
#include <limits>

#include "denoiscope/engine/dense/rounding.hpp"

namespace denoiscope {
namespace {

constexpr Index kFlush = 16;       // tiles after which weighted sums move to double precision
constexpr float kUnseen = -1e25F;  // top of an empty cell: above kNever, below every logit
constexpr float kFloor = 1e-14F;   // weights below this, relative to within e^16 of the largest, add nothing to a mean
constexpr float kLag = 16.0F;      // nats by which the reference of a mean may lag behind the largest logit

}  // namespace

SingleSweep::Task::Task(const SingleSweep& s, Index first_group, bool with_mean, bool with_neighbours)
    : sweep(s),
      kernel(s.kernel_),
      mean(with_mean),
      neighbours(with_neighbours),
      groups(std::min(kTogether, s.groups_ - first_group)),
      datum(1, s.model_.dimension()) {
  if (mean) narrow = aligned<float>(static_cast<Index>(groups.size()) * sweep.depth_ * kWide);
  Index group = first_group;
  for (Group& g : groups) {
    g.first_query = kWide * group++;
    g.lanes = std::min(kWide, s.x_.rows() - g.first_query);
    g.cells.resize(s.model_.cells);
    for (Running& c : g.cells) {
      std::fill_n(c.top.at, kWide, kUnseen);
      for (double* sums : {c.sum, c.first, c.second}) std::fill_n(sums, kWide, 0.0);
    }
    std::fill_n(g.reference.at, kWide, kUnseen);
    for (Index lane = 0; lane < g.lanes; ++lane) g.apart[lane] = error(g, lane) > s.exact_above();
    g.exact.resize(g.lanes);
    for (Collected& e : g.exact) {
      e.cells.resize(g.cells.size());
      if (mean) e.mean = Vector::Zero(s.model_.dimension());
    }
    if (!mean) continue;
    g.narrow = narrow.get() + (&g - groups.data()) * sweep.depth_ * kWide;
    g.wide.assign(sweep.depth_ * kWide, 0.0);
  }
}

// Products of one group with `count` panels; meanwhile the numbers from `later` on are fetched, a share for every
// group.
void SingleSweep::Task::products(const Group& g, Index panel, Index count, const float* later, Index available,
                                 Index& fetched) {
  const Index depth = sweep.depth_, height = sweep.height_;
  if (sweep.half_) {
    const int pieces = sweep.half_->pieces();
    sweep.half_kernel_->dot(sweep.half_->panels(panel * height), count * height, depth,
                            sweep.packed_half_.get() + g.first_query * depth * pieces, pieces, logits.get());
    return;
  }
  const Panels& panels = *sweep.panels_;
  const float* queries = sweep.packed_.get() + g.first_query * depth;
  const Index most = block_of(sweep.model_.dimension());
  for (Index k = 0; k < depth; k += most) {
    const Index block = std::min(most, depth - k);
    for (Index i = 0; i < count; ++i) {
      const bool last = i + 1 == count;
      const float* soon =
          panels.panel(last ? panel : panel + i + 1) + (last ? std::min(k + block, depth - block) : k) * height;
      kernel.dot(panels.panel(panel + i) + k * height, block, queries + k * kWide, logits.get() + i * height * kWide,
                 k > 0, soon, later + std::min(fetched, std::max<Index>(0, available - 4 * block)));
      fetched += 4 * block;
    }
  }
}

void SingleSweep::Task::run(Index first_panel, Index last_panel, Index panels_a_tile) {
  const Index height = sweep.height_;
  Index since = 0;
  for (Index p = first_panel; p < last_panel; p += panels_a_tile) {
    const Index count = std::min(panels_a_tile, last_panel - p), row = p * height, rows = count * height;
    const Index next = std::min(p + panels_a_tile, sweep.count_ - 1);
    const float* later = sweep.half_ ? nullptr : sweep.panels_->panel(next);
    const Index available = sweep.half_ ? 0 : (sweep.count_ - next) * sweep.panels_->stride();
    Index fetched = 0;
    for (Group& g : groups) {
      products(g, p, count, later, available, fetched);
      tile(g, row, rows);
      if (!mean || !prepare_mean(g, row, rows)) continue;
      if (sweep.half_) {
        const int pieces = sweep.half_->pieces();
        sweep.half_kernel_->pair(logits.get(), rows, pieces, pairs.get());
        sweep.half_kernel_->gather(sweep.half_->blocks(row), rows, sweep.depth_, pairs.get(), pieces, g.narrow);
      } else {
        kernel.gather(sweep.panels_->panel(p), count, sweep.panels_->stride(), sweep.depth_, logits.get(), g.narrow);
      }
    }
    if (mean && ++since == kFlush) {
      for (Group& g : groups) flush(g);
      since = 0;
    }
  }
  if (mean)
    for (Group& g : groups) flush(g);
}

// Dots of the rows become weights relative to their cells' largest logits; sums, nearest data and data summed apart.
void SingleSweep::Task::tile(Group& g, Index row, Index rows) {
  for (Index lane = 0; lane < g.lanes && !sweep.left_out_.empty(); ++lane) {
    const Index out = sweep.left_out_[g.first_query + lane] - row;
    if (out >= 0 && out < rows) logits[out * kWide + lane] = -std::numeric_limits<float>::infinity();
  }
  const auto slope = static_cast<float>(sweep.shrink_ / sweep.delta_);
  for_cells(row, rows, [&](Index begin, Index end, int cell) {
    Running& c = g.cells[cell];
    Lanes top = c.top;
    float* s = logits.get() + begin * kWide;
    kernel.logits(s, sweep.term_.data() + row + begin, end - begin, slope, top.at);
    for (Index lane = 0; lane < kWide; ++lane) {
      if (!(top.at[lane] > c.top.at[lane])) continue;
      const double drop = static_cast<double>(c.top.at[lane]) - static_cast<double>(top.at[lane]);
      const double scale = std::exp(drop);
      if (c.sum[lane] > 0) c.first[lane] = (c.first[lane] + drop * c.sum[lane]) * scale;
      c.sum[lane] *= scale;
      c.second[lane] *= scale * scale;
      c.top.at[lane] = top.at[lane];
    }
    if (neighbours) note_close(g, row, begin, end);
    sum_apart(g, row, begin, end, cell);
    kernel::SingleSums sums;
    kernel.weigh(s, end - begin, c.top.at, sums);
    for (Index lane = 0; lane < kWide; ++lane) {
      c.sum[lane] += static_cast<double>(sums.sum[lane]);
      c.first[lane] += static_cast<double>(sums.first[lane]);
      c.second[lane] += static_cast<double>(sums.second[lane]);
    }
  });
}

void SingleSweep::Task::sum_apart(Group& g, Index row, Index begin, Index end, int cell) {
  Lanes level;
  bool any = false;
  for (Index lane = 0; lane < kWide; ++lane) {
    level.at[lane] = std::numeric_limits<float>::infinity();
    if (lane >= g.lanes || !g.apart[lane]) continue;
    any = true;
    level.at[lane] = g.cells[cell].top.at[lane] - static_cast<float>(kExactReach + 2 * error(g, lane));
  }
  if (!any) return;
  float* s = logits.get();
  for (Index r = begin; (r = kernel.reaching(s, r, end, level.at)) < end; ++r) {
    bool read = false;
    for (Index lane = 0; lane < g.lanes; ++lane) {
      float& logit = s[r * kWide + lane];
      if (!(logit >= level.at[lane])) continue;
      if (!read) sweep.model_.data.read(row + r, datum);
      read = true;
      const double exact = -distance2(g.first_query + lane) / (2 * sweep.delta_);
      Collected& e = g.exact[lane];
      e.cells[cell].add(exact);
      logit = kernel::kNever;
      if (!mean) continue;
      if (exact > e.mean_top) {
        e.mean *= std::exp(e.mean_top - exact);
        e.mean_top = exact;
      }
      const double w = std::exp(exact - e.mean_top);
      if (w > 0) e.mean += w * (datum.row(0).transpose() - sweep.model_.centre);
    }
  }
}

// Rows nearer than the second nearest so far, or too close to it for single precision to tell, are measured exactly.
void SingleSweep::Task::note_close(Group& g, Index row, Index begin, Index end) {
  const auto level_of = [&](Index lane) {
    const double second = g.exact[lane].square[1];
    if (second == kInfinity) return kUnseen;
    const double logit = offset(g, lane) - second / (2 * sweep.delta_);
    return static_cast<float>(logit - error(g, lane) - 4 * kSingleRoundoff * std::abs(logit));
  };
  Lanes level;
  for (Index lane = 0; lane < kWide; ++lane)
    level.at[lane] = lane < g.lanes ? level_of(lane) : std::numeric_limits<float>::infinity();
  const float* s = logits.get();
  for (Index r = begin; (r = kernel.reaching(s, r, end, level.at)) < end; ++r) {
    sweep.model_.data.read(row + r, datum);
    for (Index lane = 0; lane < g.lanes; ++lane) {
      if (!(s[r * kWide + lane] >= level.at[lane])) continue;
      Collected& e = g.exact[lane];
      const double square = distance2(g.first_query + lane);
      if (!(square < e.square[1])) continue;
      const Index place = square < e.square[0] ? 0 : 1;
      if (place == 0) {
        e.square[1] = e.square[0];
        e.nearest[1] = e.nearest[0];
      }
      e.square[place] = square;
      e.nearest[place] = row + r;
      level.at[lane] = level_of(lane);
    }
  }
}

// Weights of every cell brought to one reference a query; false where none matters.
bool SingleSweep::Task::prepare_mean(Group& g, Index row, Index rows) {
  const Index depth = sweep.depth_;
  Lanes factor, wanted = g.reference;
  for_cells(row, rows, [&](Index, Index, int cell) {
    const Running& c = g.cells[cell];
    for (Index lane = 0; lane < kWide; ++lane)
      if (c.top.at[lane] > wanted.at[lane] + kLag || wanted.at[lane] == kUnseen)
        wanted.at[lane] = std::max(wanted.at[lane], c.top.at[lane]);
  });
  bool moved = false;
  for (Index lane = 0; lane < kWide; ++lane) {
    factor.at[lane] = 1;
    if (wanted.at[lane] == g.reference.at[lane]) continue;
    factor.at[lane] = g.reference.at[lane] == kUnseen ? 0.0F : std::exp(g.reference.at[lane] - wanted.at[lane]);
    moved = true;
  }
  if (moved) {
    for (Index k = 0; k < depth; ++k)
      for (Index lane = 0; lane < kWide; ++lane) {
        g.narrow[k * kWide + lane] *= factor.at[lane];
        g.wide[k * kWide + lane] *= static_cast<double>(factor.at[lane]);
      }
    g.reference = wanted;
  }
  bool any = false;
  for_cells(row, rows, [&](Index begin, Index end, int cell) {
    const Running& c = g.cells[cell];
    for (Index lane = 0; lane < kWide; ++lane)
      factor.at[lane] = c.top.at[lane] == kUnseen ? 0.0F : std::exp(c.top.at[lane] - g.reference.at[lane]);
    any |= kernel.scale(logits.get() + begin * kWide, end - begin, factor.at, kFloor);
  });
  return any;
}

void SingleSweep::Task::flush(Group& g) {
  for (std::size_t i = 0; i < g.wide.size(); ++i) {
    g.wide[i] += static_cast<double>(g.narrow[i]);
    g.narrow[i] = 0;
  }
}

Collected SingleSweep::Task::finish(Group& g, Index lane) {
  Collected out = std::move(g.exact[lane]);
  out.error = error(g, lane);
  for (std::size_t c = 0; c < g.cells.size(); ++c) {
    const Running& r = g.cells[c];
    const CellSums part{static_cast<double>(r.top.at[lane]) - offset(g, lane), r.sum[lane], r.first[lane],
                        r.second[lane]};
    out.cells[c].merge(part);
    out.coarse.merge(part);
  }
  if (!mean || g.reference.at[lane] == kUnseen) return out;
  Collected rest;
  rest.mean_top = static_cast<double>(g.reference.at[lane]) - offset(g, lane);
  rest.mean.resize(sweep.model_.dimension());
  const auto sum = [&](Index k) { return g.wide[k * kWide + lane]; };
  for (Index k = 0; k < rest.mean.size(); ++k) rest.mean[k] = sum(k);
  if (sweep.half_ && sweep.half_->exact())
    rest.mean = rest.mean.cwiseProduct(sweep.half_->unit()) + sum(rest.mean.size()) * sweep.half_->rest();
  // The reference may be a rounded logit far above all exact ones, where everything that matters was summed apart.
  if ((rest.mean.array() != 0).any()) out.merge_mean(rest);
  return out;
}

}  // namespace denoiscope
