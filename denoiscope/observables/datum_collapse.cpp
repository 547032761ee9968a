#include "denoiscope/observables/datum_collapse.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/aligned_rows.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::observables {
namespace {

using kernel::kLanes;
constexpr Index kTile = 128;  // data rows multiplied at a time
constexpr double kOwnHalf = 0.5;
constexpr std::uint32_t kNoiseStep = 1;  // step 0 of the stream are the queries of slices

// With x = e^{-t} a + sqrt(Delta) z and A = e^{-2t}/(2 Delta), B = e^{-t}/sqrt(Delta), another datum b has, relative to
// a, the logit -A |a - b|^2 - B z.(a - b): one product a.b and one z.b serve all times.
struct Level {
  double a, b;
};

std::vector<Level> levels_of(const std::vector<double>& times) {
  std::vector<Level> levels;
  for (const double t : times) {
    const double delta = noise_variance(t);
    levels.push_back({0.5 * std::exp(-2 * t) / delta, std::exp(-t) / std::sqrt(delta)});
  }
  return levels;
}

// Rows of a matrix (count <= 24) in the lanes: (d, 24).
AlignedRows in_lanes(const RowMatrix& rows) {
  AlignedRows lanes(rows.cols(), kLanes);
  for (Index k = 0; k < rows.cols(); ++k)
    for (Index i = 0; i < rows.rows(); ++i) lanes.row(k)[i] = rows(i, k);
  return lanes;
}

// One sweep over all data for up to 24 of the rows.
class Group {
 public:
  // z: (d, 24), the noises in the lanes.
  Group(const Dataset& data, const Vector& mean, const AlignedRows& z, Index noises, const std::vector<Level>& levels,
        std::span<const Index> rows)
      : data_(data), mean_(mean), z_(z), noises_(noises), levels_(levels), rows_(rows), own_(read(rows)) {
    sums_.resize(levels.size() * static_cast<std::size_t>(noises));
    for (kernel::Sums& s : sums_) kernel::clear(s);
    norm_ = own_.rowwise().squaredNorm();
    kernel::best().multiply(own_.data(), own_.cols(), 1, own_.rows(), own_.cols(), z.row(0), projected_.row(0), false);
    nearest_.assign(rows.size(), -1);
    square_.assign(rows.size(), kInfinity);
    sweep();
  }

  // log of the others' weight over the own one.
  double log_odds(std::size_t level, Index noise, Index lane) const {
    const kernel::Sums& s = sums_[level * noises_ + noise];
    return s.sum[lane] > 0 ? s.top[lane] + std::log(s.sum[lane]) : -kInfinity;
  }
  Index nearest(Index lane) const { return nearest_[lane]; }

 private:
  RowMatrix read(std::span<const Index> rows) const {
    RowMatrix out(static_cast<Index>(rows.size()), data_.dimension());
    data_.read(rows, out);
    out.rowwise() -= mean_.transpose();
    return out;
  }

  void sweep() {
    const kernel::Functions& kernel = kernel::best();
    const AlignedRows lanes = in_lanes(own_);
    const Index d = data_.dimension();
    RowMatrix tile(std::min(kTile, data_.rows()), d);
    AlignedRows dots(kTile, kLanes), logits(kTile, kLanes), projected(kTile, kLanes);
    for (Index begin = 0; begin < data_.rows(); begin += kTile) {
      const Index count = std::min(kTile, data_.rows() - begin);
      data_.read(begin, tile.topRows(count));
      tile.topRows(count).rowwise() -= mean_.transpose();
      kernel.multiply(tile.data(), d, 1, count, d, lanes.row(0), dots.row(0), false);
      kernel.multiply(tile.data(), d, 1, count, d, z_.row(0), projected.row(0), false);
      const Vector norm = tile.topRows(count).rowwise().squaredNorm();
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        const Index own = rows_[i] - begin;
        if (own >= 0 && own < count) dots.row(own)[i] = -kInfinity;
      }
      note_nearest(begin, norm, dots);
      add(kernel, norm, projected, dots, logits);
    }
  }

  void note_nearest(Index begin, const Vector& norm, const AlignedRows& dots) {
    for (Index r = 0; r < norm.size(); ++r)
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        const double square = norm[r] - 2 * dots.row(r)[i];  // less |a|^2
        if (!(square < square_[i])) continue;
        square_[i] = square;
        nearest_[i] = begin + r;
      }
  }

  // projected: (rows of the tile, 24) z.b.
  void add(const kernel::Functions& kernel, const Vector& norm, const AlignedRows& projected, const AlignedRows& dots,
           AlignedRows& logits) {
    alignas(64) double offset[kLanes] = {};
    Vector term(norm.size());
    for (std::size_t g = 0; g < levels_.size(); ++g)
      for (Index k = 0; k < noises_; ++k) {
        const Level& level = levels_[g];
        for (Index r = 0; r < norm.size(); ++r) term[r] = level.a * norm[r] - level.b * projected.row(r)[k];
        for (Index i = 0; i < own_.rows(); ++i) offset[i] = level.a * norm_[i] + level.b * projected_.row(i)[k];
        std::copy(dots.row(0), dots.row(0) + norm.size() * kLanes, logits.row(0));
        kernel.logits(logits.row(0), term.data(), norm.size(), 2 * level.a, 1, offset);
        kernel.accumulate(logits.row(0), norm.size(), sums_[g * noises_ + k]);
      }
  }

  const Dataset& data_;
  const Vector& mean_;
  const AlignedRows& z_;
  const Index noises_;
  const std::vector<Level>& levels_;
  std::span<const Index> rows_;
  RowMatrix own_;                          // (rows, d), centred
  Vector norm_;                            // (rows)
  AlignedRows projected_{kLanes, kLanes};  // (rows, noises)
  std::vector<kernel::Sums> sums_;         // (levels, noises)
  std::vector<Index> nearest_;
  std::vector<double> square_;
};

}  // namespace

std::vector<DatumCollapse> datum_collapse(const Dataset& data, std::span<const Index> rows,
                                          const std::vector<double>& times, Index noises, const Noise& noise) {
  if (times.empty() || noises < 1 || noises > kLanes)
    throw UsageError("collapse of single data: {} times, {} noises; expected times, and 1 to {} noises.", times.size(),
                     noises, kLanes);
  RowMatrix z(noises, data.dimension());
  for (Index k = 0; k < noises; ++k)
    noise.normal(Stream::query, static_cast<std::uint64_t>(k), kNoiseStep,
                 {z.row(k).data(), static_cast<std::size_t>(z.cols())});
  const AlignedRows z_lanes = in_lanes(z);
  const Vector mean = data.mean();
  const std::vector<Level> levels = levels_of(times);
  std::vector<DatumCollapse> out(rows.size());
  const auto many = static_cast<Index>(rows.size());
  parallel_for((many + kLanes - 1) / kLanes, [&](Index task) {
    const Index begin = task * kLanes, count = std::min(kLanes, many - begin);
    const auto some = rows.subspan(begin, count);
    const Group group(data, mean, z_lanes, noises, levels, some);
    RowMatrix pair(2, data.dimension());
    for (Index i = 0; i < count; ++i) {
      DatumCollapse& datum = out[begin + i];
      datum.row = some[i];
      for (std::size_t g = 0; g < levels.size(); ++g) {
        std::vector<double> weight;
        for (Index k = 0; k < noises; ++k) weight.push_back(std::exp(-log_add(0, group.log_odds(g, k, i))));
        datum.weight.push_back(denoiscope::mean_of(weight));
      }
      datum.t_c = last_fall_through(times, datum.weight, kOwnHalf);
      datum.nearest = group.nearest(i);
      if (datum.nearest < 0) continue;
      const Index both[2] = {datum.row, datum.nearest};
      data.read(both, pair);
      datum.distance = (pair.row(0) - pair.row(1)).norm();
    }
  });
  return out;
}

}  // namespace denoiscope::observables
