#include "denoiscope/denoiser/empirical_single.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr Index kWide = kernel::kSingleLanes;
constexpr Index kTogether = 4;     // groups of queries that share a tile of data while it is in the second cache
constexpr Index kParts = 4;        // parts of the data, whose sums are merged in order
constexpr Index kTileRows = 128;   // rows of a tile, at most
constexpr Index kDepthBlock = 98;  // products summed at a time: short sums keep what single precision has
constexpr Index kShortBlock = 16;  // the same in few dimensions, where it costs little
// In few dimensions the distance of the data that compete is not small beside sqrt(d Delta), so that the score shows
// the rounding of a logit. Where that may exceed this many nats (typically a tenth of it is seen) double precision
// takes over.
constexpr Index kFewDimensions = 512;
constexpr Index kFewest = 8;  // here always: a score may be near zero by chance, where relative errors know no limit
constexpr double kSeen = 1e-5;
constexpr Index kFlush = 16;       // tiles after which weighted sums move to double precision
constexpr float kUnseen = -1e25F;  // top of an empty cell: above kNever, below every logit
constexpr float kFloor = 1e-14F;   // weights below this, relative to within e^16 of the largest, add nothing to a mean
constexpr double kExactAbove =
    4e-3;  // nats: bound of the error of a logit above which the data that matter are summed apart
constexpr double kExactAbovePieces = 2e-3;  // the same of exact panels, whose errors come nearer to their bound
constexpr double kExactAboveHalf = 8.0;     // the same in bfloat16
constexpr double kExactReach = 14.0;        // nats below a cell's best: data that matter
constexpr float kLag = 16.0F;               // nats by which the reference of a mean may lag behind the largest logit
constexpr double kUnit16 = 0x1.0p-8, kUnit32 = 0x1.0p-24, kUnit64 = 0x1.0p-53;

Index block_of(Index d) { return d <= kFewDimensions ? kShortBlock : kDepthBlock; }

double gamma_of(double terms, double unit) { return terms * unit / (1 - terms * unit); }

}  // namespace

SingleSweep::SingleSweep(const Empirical& model, double t, const RowMatrix& x, std::span<const Index> left_out)
    : model_(model),
      panels_(model.panels_.get()),
      half_(model.half_panels_.get()),
      x_(x),
      left_out_(left_out),
      kernel_(*model.kernel_.single),
      t_(t),
      shrink_(std::exp(-t)),
      delta_(noise_variance(t)),
      groups_((x.rows() + kWide - 1) / kWide),
      depth_(half_ ? half_->depth() : panels_->depth()),
      height_(half_ ? HalfPanels::kHeight : panels_->height()),
      count_(half_ ? half_->count() : panels_->count()),
      packed_(aligned<float>(half_ ? 0 : groups_ * depth_ * kWide)),
      packed_half_(aligned<std::uint16_t>(half_ ? groups_ * depth_ * kWide * half_->pieces() : 0)),
      offset_(static_cast<std::size_t>(x.rows())),
      error_(static_cast<std::size_t>(x.rows())),
      term_(static_cast<std::size_t>(count_ * height_ + kTileRows), -kernel::kNever) {
  const Index d = model.dimension();
  const double largest = std::sqrt(model.largest_norm_), slope = shrink_ / delta_;
  for (Index q = 0; q < x.rows(); ++q) {
    const Vector v = x.row(q).transpose() - shrink_ * model.centre_;
    if (half_)
      pack_half(q, v);
    else
      for (Index k = 0; k < d; ++k)
        packed_[static_cast<std::size_t>((q / kWide * depth_ + k) * kWide + q % kWide)] = static_cast<float>(v[k]);
    // Exact panels hold the data up to `rest`, whose product is the same for all data.
    const double square = v.squaredNorm(), rest = half_ ? v.dot(half_->rest()) : 0.0;
    const double dot = v.norm() * (largest + (half_ ? half_->rest().norm() : 0.0));
    offset_[static_cast<std::size_t>(q)] = square / (2 * delta_) - slope * rest;
    error_[static_cast<std::size_t>(q)] =
        product_error() * slope * dot + 3 * kUnit32 * shrink_ * slope * model.largest_norm_ / 2;
    representable_ = representable_ && dot < 1e15 && slope * dot < 1e20 && std::isfinite(dot);
  }
  representable_ = representable_ && model.largest_norm_ * shrink_ * slope < 1e20 && largest < 1e15;
  const double scale = shrink_ * slope / 2;
  for (Index i = 0; i < model.rows(); ++i)
    term_[static_cast<std::size_t>(i)] = static_cast<float>(scale * model.norm_[static_cast<std::size_t>(i)]);
}

// Relative to the product of sizes of query and datum.
double SingleSweep::product_error() const {
  const Index d = model_.dimension();
  if (!half_) return gamma_of(static_cast<double>(std::min(block_of(d), d) + d / block_of(d) + 4), kUnit32);
  // Three pieces leave 2^-27 of a number.
  const Index block = half_->exact() ? std::min(depth_, kernel::Half::kBlock) : depth_;
  const auto terms =
      static_cast<double>(half_kernel_->roundings_within +
                          half_kernel_->roundings_after * half_->pieces() * block / 32 + depth_ / block + 4);
  return gamma_of(terms, kUnit32) + (half_->exact() ? 0x1.0p-26 : 2 * kUnit16 + kUnit16 * kUnit16);
}

void SingleSweep::pack_half(Index q, const Vector& v) {
  const Index group = q / kWide * half_->pieces() * depth_ * kWide, lane = q % kWide;
  for (Index k = 0; k < v.size(); ++k) {
    double left = v[k] * half_->unit()[k];
    for (Index p = 0; p < half_->pieces(); ++p) {
      const std::uint16_t piece = rounded_half(left);
      packed_half_[static_cast<std::size_t>(group + (p * depth_ + k / 2 * 2) * kWide + 2 * lane + k % 2)] = piece;
      left -= static_cast<double>(widened_half(piece));
    }
  }
}

// One block of queries over one part of the data.
struct SingleSweep::Task {
  struct alignas(64) Lanes {
    float at[kWide];
  };
  struct Running {  // a cell, for the queries of a group
    Lanes top;
    double sum[kWide], first[kWide], second[kWide];
  };
  struct Group {
    Index first_query, lanes;
    std::vector<Running> cells;
    Lanes reference;               // of the mean
    float* narrow = nullptr;       // weighted sums since the last flush, (depth, 32)
    std::vector<double> wide;      // and before, (depth, 32)
    std::vector<Collected> exact;  // of the lanes summed apart
    bool apart[kWide] = {};
  };

  const SingleSweep& sweep;
  const kernel::Single& kernel;
  bool mean, neighbours;
  std::vector<Group> groups;
  std::unique_ptr<float[], void (*)(void*)> logits = aligned<float>(kTileRows * kWide);
  std::unique_ptr<std::uint16_t[], void (*)(void*)> pairs = aligned<std::uint16_t>(3 * kTileRows * kWide);
  std::unique_ptr<float[], void (*)(void*)> narrow{nullptr, std::free};  // of all groups
  RowMatrix datum;

  Task(const SingleSweep& s, Index first_group, bool with_mean, bool with_neighbours);
  void run(Index first_panel, Index last_panel, Index panels_a_tile);
  void products(const Group& g, Index panel, Index count, const float* later, Index available, Index& fetched);
  void tile(Group& g, Index row, Index rows);
  void sum_apart(Group& g, Index row, Index begin, Index end, int cell);
  void note_close(Group& g, Index row, Index begin, Index end);
  bool prepare_mean(Group& g, Index row, Index rows);
  void flush(Group& g);
  Collected finish(Group& g, Index lane);
  double error(const Group& g, Index lane) const {
    return sweep.error_[static_cast<std::size_t>(g.first_query + lane)];
  }
  double offset(const Group& g, Index lane) const {
    return sweep.offset_[static_cast<std::size_t>(g.first_query + lane)];
  }
  // |x - e^{-t} a|^2 of a query and the datum last read, from differences.
  double distance2(Index query) const { return (sweep.x_.row(query) - sweep.shrink_ * datum.row(0)).squaredNorm(); }
  // visit(begin, end, cell) for the rows of a tile, cell by cell; rows that only fill a panel go with the last.
  template <class Visit>
  void for_cells(Index row, Index rows, Visit&& visit) const {
    const std::vector<Index>& first = sweep.model_.first_;
    const Index last = sweep.model_.rows() - 1;
    for (Index begin = 0, end = 0; begin < rows; begin = end) {
      const int cell = sweep.model_.cell_of(std::min(row + begin, last));
      const Index next = first[static_cast<std::size_t>(cell) + 1];
      end = next > last ? rows : std::min(rows, next - row);
      visit(begin, end, cell);
    }
  }
};

SingleSweep::Task::Task(const SingleSweep& s, Index first_group, bool with_mean, bool with_neighbours)
    : sweep(s),
      kernel(s.kernel_),
      mean(with_mean),
      neighbours(with_neighbours),
      groups(static_cast<std::size_t>(std::min(kTogether, s.groups_ - first_group))),
      datum(1, s.model_.dimension()) {
  if (mean) narrow = aligned<float>(static_cast<Index>(groups.size()) * sweep.depth_ * kWide);
  Index group = first_group;
  for (Group& g : groups) {
    g.first_query = kWide * group++;
    g.lanes = std::min(kWide, s.x_.rows() - g.first_query);
    g.cells.resize(static_cast<std::size_t>(s.model_.count_));
    for (Running& c : g.cells) {
      std::fill_n(c.top.at, kWide, kUnseen);
      for (double* sums : {c.sum, c.first, c.second}) std::fill_n(sums, kWide, 0.0);
    }
    std::fill_n(g.reference.at, kWide, kUnseen);
    for (Index lane = 0; lane < g.lanes; ++lane) g.apart[lane] = error(g, lane) > s.exact_above();
    g.exact.resize(static_cast<std::size_t>(g.lanes));
    for (Collected& e : g.exact) {
      e.cells.resize(g.cells.size());
      if (mean) e.mean = Vector::Zero(s.model_.dimension());
    }
    if (!mean) continue;
    g.narrow = narrow.get() + (&g - groups.data()) * sweep.depth_ * kWide;
    g.wide.assign(static_cast<std::size_t>(sweep.depth_ * kWide), 0.0);
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
    const Index out = sweep.left_out_[static_cast<std::size_t>(g.first_query + lane)] - row;
    if (out >= 0 && out < rows)
      logits[static_cast<std::size_t>(out * kWide + lane)] = -std::numeric_limits<float>::infinity();
  }
  const auto slope = static_cast<float>(sweep.shrink_ / sweep.delta_);
  for_cells(row, rows, [&](Index begin, Index end, int cell) {
    Running& c = g.cells[static_cast<std::size_t>(cell)];
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
    level.at[lane] =
        g.cells[static_cast<std::size_t>(cell)].top.at[lane] - static_cast<float>(kExactReach + 2 * error(g, lane));
  }
  if (!any) return;
  float* s = logits.get();
  for (Index r = begin; (r = kernel.reaching(s, r, end, level.at)) < end; ++r) {
    bool read = false;
    for (Index lane = 0; lane < g.lanes; ++lane) {
      float& logit = s[r * kWide + lane];
      if (!(logit >= level.at[lane])) continue;
      if (!read) sweep.model_.data_.read(row + r, datum);
      read = true;
      const double exact = -distance2(g.first_query + lane) / (2 * sweep.delta_);
      Collected& e = g.exact[static_cast<std::size_t>(lane)];
      e.cells[static_cast<std::size_t>(cell)].add(exact);
      logit = kernel::kNever;
      if (!mean) continue;
      if (exact > e.mean_top) {
        e.mean *= std::exp(e.mean_top - exact);
        e.mean_top = exact;
      }
      const double w = std::exp(exact - e.mean_top);
      if (w > 0) e.mean += w * (datum.row(0).transpose() - sweep.model_.centre_);
    }
  }
}

// Rows nearer than the second nearest so far, or too close to it for single precision to tell, are measured exactly.
void SingleSweep::Task::note_close(Group& g, Index row, Index begin, Index end) {
  const auto level_of = [&](Index lane) {
    const double second = g.exact[static_cast<std::size_t>(lane)].square[1];
    if (second == kInfinity) return kUnseen;
    const double logit = offset(g, lane) - second / (2 * sweep.delta_);
    return static_cast<float>(logit - error(g, lane) - 4 * kUnit32 * std::abs(logit));
  };
  Lanes level;
  for (Index lane = 0; lane < kWide; ++lane)
    level.at[lane] = lane < g.lanes ? level_of(lane) : std::numeric_limits<float>::infinity();
  const float* s = logits.get();
  for (Index r = begin; (r = kernel.reaching(s, r, end, level.at)) < end; ++r) {
    sweep.model_.data_.read(row + r, datum);
    for (Index lane = 0; lane < g.lanes; ++lane) {
      if (!(s[r * kWide + lane] >= level.at[lane])) continue;
      Collected& e = g.exact[static_cast<std::size_t>(lane)];
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
    const Running& c = g.cells[static_cast<std::size_t>(cell)];
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
        g.wide[static_cast<std::size_t>(k * kWide + lane)] *= static_cast<double>(factor.at[lane]);
      }
    g.reference = wanted;
  }
  bool any = false;
  for_cells(row, rows, [&](Index begin, Index end, int cell) {
    const Running& c = g.cells[static_cast<std::size_t>(cell)];
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
  Collected out = std::move(g.exact[static_cast<std::size_t>(lane)]);
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
  const auto sum = [&](Index k) { return g.wide[static_cast<std::size_t>(k * kWide + lane)]; };
  for (Index k = 0; k < rest.mean.size(); ++k) rest.mean[k] = sum(k);
  if (sweep.half_ && sweep.half_->exact())
    rest.mean = rest.mean.cwiseProduct(sweep.half_->unit()) + sum(rest.mean.size()) * sweep.half_->rest();
  // The reference may be a rounded logit far above all exact ones, where everything that matters was summed apart.
  if ((rest.mean.array() != 0).any()) out.merge_mean(rest);
  return out;
}

bool shows_single(const Empirical& model, double t) {
  const Index d = model.dimension();
  const double delta = noise_variance(t), largest = std::sqrt(model.largest_norm_), shrink = std::exp(-t);
  const double dot = largest * (shrink * largest + std::sqrt(static_cast<double>(d) * delta));
  return d <= kFewest || (d <= kFewDimensions && kUnit32 * shrink / delta * dot > kSeen);
}

Index single_batch(Index d, bool mean) {
  constexpr Index bytes = Index{64} << 20;
  const Index block = kTogether * kWide;
  if (!mean) return 16 * block;
  return std::clamp<Index>(bytes / (8 * kParts * d) / block, 1, 16) * block;
}

double SingleSweep::exact_above() const {
  if (!half_) return kExactAbove;
  return half_->exact() ? kExactAbovePieces : kExactAboveHalf;
}

double SingleSweep::exact_logit(Index query, const RowMatrix& datum) const {
  return -(x_.row(query) - shrink_ * datum.row(0)).squaredNorm() / (2 * delta_);
}

double SingleSweep::bound(const Collected& query, double nearest_square, double total) const {
  const auto n = static_cast<double>(model_.rows());
  const double share = query.coarse.sum > 0 ? std::exp(query.coarse.top + std::log(query.coarse.sum) - total) : 0.0;
  const double apart = difference_error(model_, t_, nearest_square + 2 * delta_ * kExactReach);
  // Weights of the coarse share err by their logits and by the sums of a tile; those below e^-87 were dropped. Where
  // the data that matter were summed apart, the others are kExactReach below the best, whatever their computed weight
  // is.
  const double relative = std::expm1(2 * query.error) + gamma_of(kTileRows + 8, kUnit32);
  double coarse = share > 0 ? share * relative : 0.0;
  if (query.error > exact_above()) coarse = std::min(coarse, share + n * std::exp(-kExactReach));
  return coarse + std::expm1(2 * apart) + n * std::exp(-80.0) + (n + 64) * kUnit64 + 4 * kUnit64 * std::abs(total);
}

std::vector<Collected> SingleSweep::collect(bool mean, bool neighbours) const {
  const Index blocks = (groups_ + kTogether - 1) / kTogether;
  const Index panels_a_tile = (half_ ? kTileRows : kTileRows - 16) / height_,
              tiles = (count_ + panels_a_tile - 1) / panels_a_tile;
  std::vector<std::vector<Collected>> parts(kParts, std::vector<Collected>(static_cast<std::size_t>(x_.rows())));
  parallel_for(blocks * kParts, [&](Index i) {
    const Index block = i / kParts, part = i % kParts;
    Task task(*this, block * kTogether, mean, neighbours);
    task.run(part * tiles / kParts * panels_a_tile, std::min(count_, (part + 1) * tiles / kParts * panels_a_tile),
             panels_a_tile);
    for (Task::Group& g : task.groups)
      for (Index lane = 0; lane < g.lanes; ++lane)
        parts[static_cast<std::size_t>(part)][static_cast<std::size_t>(g.first_query + lane)] = task.finish(g, lane);
  });
  std::vector<Collected> out = std::move(parts[0]);
  for (Index part = 1; part < kParts; ++part)
    for (std::size_t q = 0; q < out.size(); ++q) out[q].merge(parts[static_cast<std::size_t>(part)][q]);
  return out;
}

}  // namespace denoiscope
