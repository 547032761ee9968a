// Posterior mean and covariance of the empirical measure: a first sweep for the normaliser, a second for the weighted
// sums.
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/denoiser/empirical_sweep.hpp"

namespace denoiscope {
namespace {

constexpr Index kMeanBatch = 8 * kLanes;  // fewer where every query carries d sums for each part of the data
constexpr Index kParts = 8;               // parts of the data whose weighted sums are added in order

}  // namespace

void Empirical::denoise_in_double(double t, Rows x, MutRows mean) const {
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
          sweep.kernel().multiply(tile.centred.data(), d, 1, tile.rows, d, direction.row(group * d), factor.row(0),
                                  false);
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

}  // namespace denoiscope
