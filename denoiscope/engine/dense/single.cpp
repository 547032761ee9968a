#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/dense/rounding.hpp"
#include "denoiscope/engine/dense/single_task.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr Index kParts = 4;  // parts of the data, whose sums are merged in order
// Double precision takes over in this many dimensions always (a score may be near zero by chance, where relative errors
// know no limit), and in few dimensions where a rounded logit may err by more nats (typically a tenth of it is seen).
constexpr Index kFewest = 8;
constexpr double kSeen = 1e-5;
constexpr double kExactAbove =
    4e-3;  // nats: bound of the error of a logit above which the data that matter are summed apart
constexpr double kExactAbovePieces = 2e-3;  // the same of exact panels, whose errors come nearer to their bound
constexpr double kExactAboveHalf = 8.0;     // the same in bfloat16

}  // namespace

SingleSweep::SingleSweep(const Prepared& model, double t, const RowMatrix& x, std::span<const Index> left_out)
    : model_(model),
      panels_(model.panels.get()),
      half_(model.half_panels.get()),
      x_(x),
      left_out_(left_out),
      kernel_(*model.kernel.single),
      t_(t),
      shrink_(std::exp(-t)),
      delta_(noise_variance(t)),
      groups_((x.rows() + Task::kWide - 1) / Task::kWide),
      depth_(half_ ? half_->depth() : panels_->depth()),
      height_(half_ ? HalfPanels::kHeight : panels_->height()),
      count_(half_ ? half_->count() : panels_->count()),
      packed_(aligned<float>(half_ ? 0 : groups_ * depth_ * Task::kWide)),
      packed_half_(aligned<std::uint16_t>(half_ ? groups_ * depth_ * Task::kWide * half_->pieces() : 0)),
      offset_(x.rows()),
      error_(x.rows()),
      term_(count_ * height_ + Task::kTileRows, -kernel::kNever) {
  const Index d = model.dimension();
  const double largest = std::sqrt(model.largest_norm), slope = shrink_ / delta_;
  for (Index q = 0; q < x.rows(); ++q) {
    const Vector v = x.row(q).transpose() - shrink_ * model.centre;
    if (half_)
      pack_half(q, v);
    else
      for (Index k = 0; k < d; ++k)
        packed_[(q / Task::kWide * depth_ + k) * Task::kWide + q % Task::kWide] = static_cast<float>(v[k]);
    // Exact panels hold the data up to `rest`, whose product is the same for all data.
    const double square = v.squaredNorm(), rest = half_ ? v.dot(half_->rest()) : 0.0;
    const double dot = v.norm() * (largest + (half_ ? half_->rest().norm() : 0.0));
    offset_[q] = square / (2 * delta_) - slope * rest;
    error_[q] = product_error() * slope * dot + 3 * kSingleRoundoff * shrink_ * slope * model.largest_norm / 2;
    representable_ = representable_ && dot < 1e15 && slope * dot < 1e20 && std::isfinite(dot);
  }
  representable_ = representable_ && model.largest_norm * shrink_ * slope < 1e20 && largest < 1e15;
  const double scale = shrink_ * slope / 2;
  for (Index i = 0; i < model.rows(); ++i) term_[i] = static_cast<float>(scale * model.norm[i]);
}

// Relative to the product of sizes of query and datum.
double SingleSweep::product_error() const {
  const Index d = model_.dimension();
  if (!half_) return sum_rounding(std::min(Task::block_of(d), d) + d / Task::block_of(d) + 4, kSingleRoundoff);
  // Three pieces leave 2^-27 of a number.
  const Index block = half_->exact() ? std::min(depth_, kernel::Half::kBlock) : depth_;
  const Index terms = half_kernel_->roundings_within + half_kernel_->roundings_after * half_->pieces() * block / 32 +
                      depth_ / block + 4;
  return sum_rounding(terms, kSingleRoundoff) +
         (half_->exact() ? 0x1.0p-26 : 2 * kHalfRoundoff + kHalfRoundoff * kHalfRoundoff);
}

void SingleSweep::pack_half(Index q, const Vector& v) {
  const Index group = q / Task::kWide * half_->pieces() * depth_ * Task::kWide, lane = q % Task::kWide;
  for (Index k = 0; k < v.size(); ++k) {
    double left = v[k] * half_->unit()[k];
    for (Index p = 0; p < half_->pieces(); ++p) {
      const std::uint16_t piece = rounded_half(left);
      packed_half_[group + (p * depth_ + k / 2 * 2) * Task::kWide + 2 * lane + k % 2] = piece;
      left -= static_cast<double>(widened_half(piece));
    }
  }
}

bool shows_single(const Prepared& model, double t) {
  const Index d = model.dimension();
  const double delta = noise_variance(t), largest = std::sqrt(model.largest_norm), shrink = std::exp(-t);
  const double dot = largest * (shrink * largest + std::sqrt(static_cast<double>(d) * delta));
  return d <= kFewest || (d <= SingleSweep::Task::kFewDimensions && kSingleRoundoff * shrink / delta * dot > kSeen);
}

Index single_batch(Index d, bool mean) {
  constexpr Index bytes = Index{64} << 20;
  const Index block = SingleSweep::Task::kTogether * SingleSweep::Task::kWide;
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
  const double apart = model_.difference_error(t_, nearest_square + 2 * delta_ * Task::kExactReach);
  // Weights of the coarse share err by their logits and by the sums of a tile; those below e^-87 were dropped. Where
  // the data that matter were summed apart, the others are Task::kExactReach below the best, whatever their computed
  // weight is.
  const double relative = std::expm1(2 * query.error) + sum_rounding(Task::kTileRows + 8, kSingleRoundoff);
  double coarse = share > 0 ? share * relative : 0.0;
  if (query.error > exact_above()) coarse = std::min(coarse, share + n * std::exp(-Task::kExactReach));
  return coarse + std::expm1(2 * apart) + n * std::exp(-80.0) + (n + 64) * kUnitRoundoff +
         4 * kUnitRoundoff * std::abs(total);
}

std::vector<Collected> SingleSweep::collect(bool mean, bool neighbours) const {
  const Index blocks = (groups_ + Task::kTogether - 1) / Task::kTogether;
  const Index panels_a_tile = (half_ ? Task::kTileRows : Task::kTileRows - 16) / height_,
              tiles = (count_ + panels_a_tile - 1) / panels_a_tile;
  std::vector<std::vector<Collected>> parts(kParts, std::vector<Collected>(x_.rows()));
  parallel_for(blocks * kParts, [&](Index i) {
    const Index block = i / kParts, part = i % kParts;
    Task task(*this, block * Task::kTogether, mean, neighbours);
    task.run(part * tiles / kParts * panels_a_tile, std::min(count_, (part + 1) * tiles / kParts * panels_a_tile),
             panels_a_tile);
    for (Task::Group& g : task.groups)
      for (Index lane = 0; lane < g.lanes; ++lane) parts[part][g.first_query + lane] = task.finish(g, lane);
  });
  std::vector<Collected> out = std::move(parts[0]);
  for (Index part = 1; part < kParts; ++part)
    for (std::size_t q = 0; q < out.size(); ++q) out[q].merge(parts[part][q]);
  return out;
}

}  // namespace denoiscope
