#include "denoiscope/models/product_spins.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/models/spin_channel.hpp"

namespace denoiscope {
namespace {

constexpr Index kPiece = 32;

// One spin: probabilities of both states and log E e^{b S} - |b|.
struct Spin {
  double up, down, log_sum;
};

Spin posterior(double mean, double b) {
  const double odds = std::exp(-2 * std::abs(b));
  const double up = 0.5 * (1 + mean) * (b < 0 ? odds : 1), down = 0.5 * (1 - mean) * (b < 0 ? 1 : odds);
  const double sum = up + down;
  // A spin that is certain, against a field so strong that its weight underflows.
  if (std::abs(mean) == 1) return {mean > 0 ? 1.0 : 0.0, mean > 0 ? 0.0 : 1.0, mean * b < 0 ? -2 * std::abs(b) : 0.0};
  return {up / sum, down / sum, std::log(sum)};
}

}  // namespace

ProductSpins::ProductSpins(Vector means) : means_(std::move(means)) {
  if (means_.size() < 1) throw UsageError("product of spins: N = 0; expected at least 1 mean.");
  for (Index i = 0; i < means_.size(); ++i)
    if (!(std::abs(means_[i]) <= 1))
      throw UsageError("product of spins: mean {} is {}; expected a number between -1 and 1.", i, means_[i]);
}

template <class Visit>
void ProductSpins::each(double t, Rows x, Visit&& visit) const {
  require_query(*this, t, x, "product of spins");
  const SpinChannel channel(t);
  for_pieces(x.rows(), kPiece, [&](Index begin, Index end) {
    for (Index q = begin; q < end; ++q)
      for (Index i = 0; i < means_.size(); ++i) visit(q, i, posterior(means_[i], channel.field(x(q, i))));
  });
}

void ProductSpins::denoise(double t, Rows x, MutRows mean) const {
  each(t, x, [&](Index q, Index i, const Spin& s) { mean(q, i) = s.up - s.down; });
}

void ProductSpins::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  const Index m = x.rows();
  const SpinChannel channel(t);
  out.all.log_density = Vector::Zero(m);
  out.all.class_log_weight = RowMatrix::Zero(m, 1);
  out.bound = Vector::Zero(m);
  Vector entropy = Vector::Zero(m), log_square = Vector::Zero(m);
  if (what.mean) out.mean.resize(m, means_.size());
  each(t, x, [&](Index q, Index i, const Spin& s) {
    out.all.log_density[q] += s.log_sum;
    if (what.mean) out.mean(q, i) = s.up - s.down;
    if (!what.entropy) return;
    entropy[q] -= w_log_w(s.up) + w_log_w(s.down);
    log_square[q] += std::log(s.up * s.up + s.down * s.down);
  });
  for (Index q = 0; q < m; ++q) out.all.log_density[q] += channel.log_aligned(x.row(q));
  if (!what.entropy) return;
  out.all.entropy = entropy;
  out.all.participation = log_square.array().exp();
  out.all.class_entropy = out.all.entropy;
  out.all.class_participation = out.all.participation;
}

void ProductSpins::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  require_query(*this, t, x, "product of spins");
  for (Index q = 0; q < x.rows(); ++q)
    noise.uniform(who.stream, who.trajectory[q], who.step, {x0.row(q).data(), static_cast<std::size_t>(x0.cols())});
  each(t, x, [&](Index q, Index i, const Spin& s) { x0(q, i) = x0(q, i) < s.up ? 1 : -1; });
}

void ProductSpins::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  if (x0.cols() != means_.size())
    throw UsageError("product of spins: room for points of dimension {}; the model has {} spins.", x0.cols(),
                     means_.size());
  for (Index q = 0; q < x0.rows(); ++q) {
    noise.uniform(who.stream, who.trajectory[q], who.step, {x0.row(q).data(), static_cast<std::size_t>(x0.cols())});
    for (Index i = 0; i < means_.size(); ++i) x0(q, i) = 2 * x0(q, i) < 1 + means_[i] ? 1 : -1;
  }
  std::fill(label.begin(), label.end(), 0);
}

void ProductSpins::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  each(t, x, [&](Index q, Index i, const Spin& s) { cov_v(q, i) = 4 * s.up * s.down * v(q, i); });
}

}  // namespace denoiscope
