#include "denoiscope/models/ising_chain.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/models/spin_chains.hpp"
#include "denoiscope/models/spin_channel.hpp"

namespace denoiscope {
namespace {

constexpr Index kLanes = SpinChains::kLanes;
using Lanes = SpinChains::Lanes;

// The law of up to eight chains or rings in the fields c: one set of open chains, or on a ring the mixture of two with
// the first spin up and down.
struct Law {
  std::vector<SpinChains> chains;
  std::vector<Lanes> share;  // probability of each set
  Lanes log_sum;             // of the weights relative to all spins along their fields and all bonds satisfied
  RowMatrix strength;        // (N, kLanes) |c|
  Eigen::Array<bool, Eigen::Dynamic, kLanes, Eigen::RowMajor> prefers_up;  // (N, kLanes)

  // Weights to the power 1, or 2 for the sum of squared probabilities. fields: (N, kLanes).
  Law(const RowMatrix& fields, double K, Boundary boundary, double power = 1) {
    const Index n = fields.rows();
    strength = fields.cwiseAbs();
    prefers_up = fields.array() >= 0;
    chains.emplace_back(n, power * K);
    for (Index i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      for (Index lane = 0; lane < kLanes; ++lane) {
        // Turning the others instead costs two bonds of 2 power |K| <= 200 each: a weight below e^{-700} is none.
        const double e = 2 * power * strength(i, lane), odds = e < 700 ? std::exp(-e) : 0.0;
        (prefers_up(i, lane) ? chains[0].down : chains[0].up)[at][lane] = odds;
      }
    }
    if (boundary == Boundary::open) {
      share = {Lanes::Ones()};
      log_sum = chains[0].filter();
      return;
    }
    close(power);
  }

  void close(double power) {
    chains.push_back(chains[0]);
    std::array<Lanes, 2> log_weight;
    for (std::size_t pin = 0; pin < 2; ++pin) {
      SpinChains& chain = chains[pin];
      chain.up.front() = Lanes::Constant(pin == 0 ? 1 : 0);
      chain.down.front() = Lanes::Constant(pin == 0 ? 0 : 1);
      chain.up.back() *= pin == 0 ? chain.like() : chain.unlike();
      chain.down.back() *= pin == 0 ? chain.unlike() : chain.like();
      log_weight[pin] = chain.filter();
      for (Index lane = 0; lane < kLanes; ++lane)
        if (prefers_up(0, lane) != (pin == 0)) log_weight[pin][lane] -= 2 * power * strength(0, lane);
    }
    for (Index lane = 0; lane < kLanes; ++lane) log_sum[lane] = log_add(log_weight[0][lane], log_weight[1][lane]);
    share = {(log_weight[0] - log_sum).exp(), (log_weight[1] - log_sum).exp()};
  }

  // E[S_i], (N, kLanes).
  RowMatrix mean(std::size_t pin) const {
    RowMatrix out(strength.rows(), kLanes);
    chains[pin].smooth([&](std::size_t i, const SpinChains::Site& s) {
      out.row(static_cast<Index>(i)) = (s.up - s.down) / (s.up + s.down);
    });
    return out;
  }

  RowMatrix mean() const {
    RowMatrix out = mean(0);
    if (chains.size() == 1) return out;
    return (out.array().rowwise() * share[0].transpose() + mean(1).array().rowwise() * share[1].transpose()).matrix();
  }

  // log of the sum of weights less the mean log-weight, both relative: sums of positive terms but for one.
  Lanes entropy(double K) const {
    Lanes out = log_sum;
    const bool ferromagnet = K >= 0;
    for (std::size_t pin = 0; pin < chains.size(); ++pin) {
      const bool ring = chains.size() == 2;
      Lanes cost = Lanes::Zero();
      chains[pin].smooth([&](std::size_t i, const SpinChains::Site& s) {
        const auto row = static_cast<Index>(i);
        const Lanes total = s.up + s.down, p_up = s.up / total, p_down = s.down / total;
        for (Index lane = 0; lane < kLanes; ++lane)
          cost[lane] += 2 * strength(row, lane) * (prefers_up(row, lane) ? p_down : p_up)[lane];
        const bool last = row + 1 == strength.rows();
        if (last && !ring) return;
        const Lanes opposite = !last ? s.opposite : pin == 0 ? p_down : p_up;
        cost += 2 * std::abs(K) * (ferromagnet ? opposite : 1 - opposite);
      });
      for (Index lane = 0; lane < kLanes; ++lane)  // a pin without weight may have met infinite costs
        if (share[pin][lane] > 0) out[lane] += share[pin][lane] * cost[lane];
    }
    return out.max(0.0);
  }

  // Cov v of the chains of one pin. Given the rest a chain is Markov: Cov(S_i, S_j) = Var(S_i) rho_i ... rho_{j-1}.
  // v: (N, kLanes).
  RowMatrix covariance(std::size_t pin, const RowMatrix& v) const {
    const Index n = v.rows();
    RowMatrix variance(n, kLanes), rho(n, kLanes), out(n, kLanes);
    Eigen::Array<double, 1, kLanes> onward = Eigen::Array<double, 1, kLanes>::Zero();
    chains[pin].smooth([&](std::size_t site, const SpinChains::Site& s) {
      const auto i = static_cast<Index>(site);
      const Lanes total = s.up + s.down;
      variance.row(i) = 4 * (s.up / total) * (s.down / total);
      rho.row(i) = s.rho;
      if (i + 1 < n) onward = rho.row(i).array() * (v.row(i + 1).array() + onward);
      out.row(i) = variance.row(i).array() * (v.row(i).array() + onward);
    });
    onward.setZero();
    for (Index i = 1; i < n; ++i) {
      onward = rho.row(i - 1).array() * (onward + variance.row(i - 1).array() * v.row(i - 1).array());
      out.row(i).array() += onward;
    }
    return out;
  }

  // Law of total covariance over the pins.
  RowMatrix covariance(const RowMatrix& v) const {
    if (chains.size() == 1) return covariance(0, v);
    const RowMatrix whole = mean();
    RowMatrix out = RowMatrix::Zero(v.rows(), kLanes);
    for (std::size_t pin = 0; pin < 2; ++pin) {
      const RowMatrix apart = mean(pin) - whole;
      const auto between = apart.cwiseProduct(v).colwise().sum().array();
      out.array() +=
          (covariance(pin, v).array() + apart.array().rowwise() * between).rowwise() * share[pin].transpose();
    }
    return out;
  }
};

// Rows begin .. of x as columns, 0 where there are none: (d, kLanes).
RowMatrix columns(Rows x, Index begin) {
  RowMatrix out = RowMatrix::Zero(x.cols(), kLanes);
  const Index count = std::min(kLanes, x.rows() - begin);
  out.leftCols(count) = x.middleRows(begin, count).transpose();
  return out;
}

RowMatrix fields_of(const SpinChannel& channel, double h, Rows x, Index begin) {
  return columns(x, begin).unaryExpr([&](double value) { return channel.field(value) + h; });
}

}  // namespace

IsingChain::IsingChain(Index N, double K, double h, Boundary boundary)
    : spins_(N), coupling_(K), field_(h), boundary_(boundary) {
  const Index least = boundary == Boundary::open ? 1 : 3;
  if (N < least)
    throw UsageError("Ising chain: N = {}; expected at least {} spins{}.", N, least, least > 1 ? " on a ring" : "");
  if (!(std::abs(K) <= 50)) throw UsageError("Ising chain: K = {}; expected a coupling between -50 and 50.", K);
  if (!std::isfinite(h)) throw UsageError("Ising chain: h = {}; expected a finite field.", h);
  log_prior_ = Law(RowMatrix::Constant(N, kLanes, h), K, boundary).log_sum[0];
}

double IsingChain::log_partition() const {
  const Index bonds = boundary_ == Boundary::open ? spins_ - 1 : spins_;
  return log_prior_ + static_cast<double>(spins_) * std::abs(field_) + static_cast<double>(bonds) * std::abs(coupling_);
}

void IsingChain::denoise(double t, Rows x, MutRows mean) const {
  require_query(*this, t, x, "Ising chain");
  const SpinChannel channel(t);
  for_pieces(x.rows(), kLanes, [&](Index begin, Index end) {
    const Law law(fields_of(channel, field_, x, begin), coupling_, boundary_);
    mean.middleRows(begin, end - begin) = law.mean().leftCols(end - begin).transpose();
  });
}

void IsingChain::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "Ising chain");
  const SpinChannel channel(t);
  const Index m = x.rows();
  out.all.log_density.resize(m);
  out.all.class_log_weight = RowMatrix::Zero(m, 1);
  out.bound = Vector::Zero(m);
  if (what.mean) out.mean.resize(m, spins_);
  if (what.entropy) {
    out.all.entropy.resize(m);
    out.all.participation.resize(m);
  }
  for_pieces(m, kLanes, [&](Index begin, Index end) {
    const Index count = end - begin;
    const RowMatrix fields = fields_of(channel, field_, x, begin);
    const Law law(fields, coupling_, boundary_);
    for (Index q = begin; q < end; ++q) {
      double log_density = channel.log_aligned(x.row(q)) + law.log_sum[q - begin] - log_prior_;
      for (Index i = 0; i < spins_; ++i) log_density += discord(channel.field(x(q, i)), field_);
      out.all.log_density[q] = log_density;
    }
    if (what.mean) out.mean.middleRows(begin, count) = law.mean().leftCols(count).transpose();
    if (!what.entropy) return;
    out.all.entropy.segment(begin, count) = law.entropy(coupling_).head(count);
    const Law square(fields, coupling_, boundary_, 2);
    out.all.participation.segment(begin, count) =
        (square.log_sum - 2 * law.log_sum).min(0.0).exp().head(count).matrix();
  });
  if (!what.entropy) return;
  out.all.class_entropy = out.all.entropy;
  out.all.class_participation = out.all.participation;
}

namespace {

// N uniforms choose the spins, one more the pin.
template <class Row>
void draw_chain(const Law& law, Index lane, const Noise& noise, const Names& who, Index q, Row&& spins) {
  std::vector<double> u(spins.size() + 1);
  noise.uniform(who.stream, who.trajectory[q], who.step, u);
  const std::size_t pin = u.back() < law.share[0][lane] ? 0 : law.chains.size() - 1;
  law.chains[pin].sample(lane, u.data(), [&](Index i, int spin) { spins[i] = spin; });
}

}  // namespace

void IsingChain::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  require_query(*this, t, x, "Ising chain");
  const SpinChannel channel(t);
  for_pieces(x.rows(), kLanes, [&](Index begin, Index end) {
    const Law law(fields_of(channel, field_, x, begin), coupling_, boundary_);
    for (Index q = begin; q < end; ++q) draw_chain(law, q - begin, noise, who, q, x0.row(q));
  });
}

void IsingChain::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  if (x0.cols() != spins_)
    throw UsageError("Ising chain: room for points of dimension {}; the model has {} spins.", x0.cols(), spins_);
  const Law law(RowMatrix::Constant(spins_, kLanes, field_), coupling_, boundary_);
  for_pieces(x0.rows(), kLanes, [&](Index begin, Index end) {
    for (Index q = begin; q < end; ++q) draw_chain(law, 0, noise, who, q, x0.row(q));
  });
  std::fill(label.begin(), label.end(), 0);
}

void IsingChain::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  require_query(*this, t, x, "Ising chain");
  const SpinChannel channel(t);
  for_pieces(x.rows(), kLanes, [&](Index begin, Index end) {
    const Law law(fields_of(channel, field_, x, begin), coupling_, boundary_);
    cov_v.middleRows(begin, end - begin) = law.covariance(columns(v, begin)).leftCols(end - begin).transpose();
  });
}

}  // namespace denoiscope
