#include "denoiscope/models/curie_weiss.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/models/spin_channel.hpp"

namespace denoiscope {
namespace {

constexpr Index kLanes = 8, kPiece = 8;
using Lanes = Eigen::Array<double, kLanes, 1>;
using Map = Eigen::Map<const Lanes>;

// sum_i log(1 + e^{-2|c_i|} g), the logarithm taken of products that stay below e^600. Eight products side by side, in
// an order that does not depend on the instruction set.
double log_product(const std::vector<double>& odds, double g) {
  const auto size = static_cast<Index>(odds.size());
  const auto run = std::max<Index>(1, static_cast<Index>(600 / std::log(2 + g))) * kLanes;
  double sum = 0;
  for (Index from = 0; from < size; from += run) {
    Lanes product = Lanes::Ones();
    for (Index i = from, end = std::min(size, from + run); i < end; i += kLanes)
      product *= 1.0 + g * Map(odds.data() + i);
    for (double p : product) sum += std::log(p);
  }
  return sum;
}

}  // namespace

// The fields c_i = h + b_i of one row, sorted by their sign: only |c_i| and the side matter. With y = coupling u the
// weight of a spin against c_i relative to one along it is E_i e^{-+2y}, E_i = e^{-2|c_i|}: one exponential a spin
// serves all nodes. Padded to whole groups of eight with E = 0, spins that never turn.
struct CurieWeiss::Fields {
  double coupling = 0;
  std::array<Index, 2> count{};
  std::array<std::vector<double>, 2> odds;   // E, of c >= 0 and of c < 0
  std::array<std::vector<Index>, 2> places;  // where in the row
  Vector strength;                           // (N) |c|
  double log_constant = 0;                   // log P_t(x) - log of the integral over u + log of the prior's

  void assign(const SpinChannel& channel, double h, Eigen::Ref<const Eigen::RowVectorXd> x) {
    strength.resize(x.size());
    log_constant = channel.log_aligned(x);
    for (std::size_t side = 0; side < 2; ++side) {
      odds[side].clear();
      places[side].clear();
    }
    for (Index i = 0; i < x.size(); ++i) {
      const double b = channel.field(x[i]), c = b + h;
      const std::size_t side = c >= 0 ? 0 : 1;
      strength[i] = std::abs(c);
      log_constant += discord(b, h);
      odds[side].push_back(std::exp(-2 * strength[i]));
      places[side].push_back(i);
    }
    for (std::size_t side = 0; side < 2; ++side) {
      count[side] = static_cast<Index>(odds[side].size());
      odds[side].resize((odds[side].size() + kLanes - 1) / kLanes * kLanes, 0.0);
    }
  }

  // -u^2/2 + sum_i ( log 2cosh(y + c_i) - |c_i| )
  double operator()(double u) const {
    const double y = coupling * u;
    return -0.5 * u * u + y * static_cast<double>(count[0] - count[1]) + log_product(odds[0], std::exp(-2 * y)) +
           log_product(odds[1], std::exp(2 * y));
  }

  double reach() const { return coupling * static_cast<double>(strength.size()); }

  // e^{-2 y s}: what a node does to the odds of the spins on one side.
  double factor(std::size_t side, double u) const { return std::exp((side == 0 ? -2 : 2) * coupling * u); }

  // Twice the posterior probability that a spin is against its field, 1 - |<S_i>| where it is not: (N).
  void against(const std::vector<FieldNode>& nodes, Vector& out) const {
    out.resize(strength.size());
    std::vector<double> factors(nodes.size());
    for (std::size_t side = 0; side < 2; ++side) {
      for (std::size_t k = 0; k < nodes.size(); ++k) factors[k] = factor(side, nodes[k].u);
      for (Index from = 0; from < count[side]; from += kLanes) {
        const Lanes odd = Map(odds[side].data() + from);
        Lanes sum = Lanes::Zero();
        for (std::size_t k = 0; k < nodes.size(); ++k) {
          const Lanes q = factors[k] * odd;
          sum += (2 * nodes[k].weight) * q / (1.0 + q);
        }
        for (Index lane = 0; lane < std::min(kLanes, count[side] - from); ++lane)
          out[places[side][from + lane]] = sum[lane];
      }
    }
  }

  // <S_i> = +-(1 - against).
  template <class Out>
  void mean(const Vector& turned, Out&& out) const {
    for (std::size_t side = 0; side < 2; ++side)
      for (Index i : places[side]) out[i] = side == 0 ? 1 - turned[i] : turned[i] - 1;
  }
};

CurieWeiss::CurieWeiss(Index N, double beta, double h) : spins_(N), field_(h) {
  if (N < 1) throw UsageError("Curie-Weiss: N = {}; expected at least 1 spin.", N);
  if (!(beta >= 0 && beta <= 100))
    throw UsageError(
        "Curie-Weiss: beta = {}; expected 0 <= beta <= 100 (ferromagnetic; 100 already has no thermal spin).", beta);
  if (!std::isfinite(h)) throw UsageError("Curie-Weiss: h = {}; expected a finite field.", h);
  const double n = static_cast<double>(N);
  coupling_ = std::sqrt(beta / n);
  const double odds = std::exp(-2 * std::abs(h)), sign = h < 0 ? -1 : 1;
  const auto phi = [&](double u) {
    const double along = sign * coupling_ * u;
    return -0.5 * u * u + n * (along + std::log1p(odds * std::exp(-2 * along)));
  };
  FieldGrid grid(phi, coupling_ * n);
  const double up = grid.log_half_integral(1, grid.search(1)), down = grid.log_half_integral(-1, grid.search(-1));
  class_weights_ = Vector::Zero(2);
  class_weights_ << std::exp(up - log_add(up, down)), std::exp(down - log_add(up, down));
  log_prior_ = grid.log_integral();
  prior_ = grid.nodes();
}

double CurieWeiss::log_partition() const { return log_prior_ + static_cast<double>(spins_) * std::abs(field_); }

template <class Work>
void CurieWeiss::for_rows(double t, Rows x, const char* caller, Work&& work) const {
  require_query(*this, t, x, caller);
  const SpinChannel channel(t);
  for_pieces(x.rows(), kPiece, [&](Index begin, Index end) {
    Fields fields;
    fields.coupling = coupling_;
    for (Index q = begin; q < end; ++q) {
      fields.assign(channel, field_, x.row(q));
      work(q, fields);
    }
  });
}

void CurieWeiss::denoise(double t, Rows x, MutRows mean) const {
  for_rows(t, x, "Curie-Weiss", [&](Index q, const Fields& fields) {
    FieldGrid grid(fields, fields.reach());
    grid.search(0);
    Vector turned;
    fields.against(grid.nodes(), turned);
    fields.mean(turned, mean.row(q));
  });
}

void CurieWeiss::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "Curie-Weiss");
  const Index m = x.rows();
  out.all.log_density.resize(m);
  out.all.class_log_weight.resize(m, 2);
  out.bound.resize(m);
  if (what.mean) out.mean.resize(m, spins_);
  if (what.entropy) {
    out.all.entropy.resize(m);
    out.all.participation.resize(m);
  }
  for_rows(t, x, "Curie-Weiss", [&](Index q, const Fields& fields) { summarize_row(fields, q, what, out); });
}

void CurieWeiss::summarize_row(const Fields& fields, Index q, const Wanted& what, Summary& out) const {
  FieldGrid grid(fields, fields.reach());
  const double up = grid.log_half_integral(1, grid.search(1)), down = grid.log_half_integral(-1, grid.search(-1));
  const double log_z = grid.log_integral(), both = log_add(up, down);
  out.all.log_density[q] = fields.log_constant + log_z - log_prior_;
  out.all.class_log_weight.row(q) << up - both, down - both;
  out.bound[q] = grid.relative_error();
  if (!what.mean && !what.entropy) return;
  const std::vector<FieldNode> nodes = grid.nodes();
  Vector turned;
  fields.against(nodes, turned);
  if (what.mean) fields.mean(turned, out.mean.row(q));
  if (!what.entropy) return;
  // log Z - E[(beta/2N) M^2 + sum c S]; for a sum of Gaussians of variance 1 around coupling M, E u^2 = E (coupling
  // M)^2 + 1.
  double square = 0;
  for (const FieldNode& node : nodes) square += node.weight * node.u * node.u;
  double along = 0;  // a field so strong that its product with 0 is none
  for (Index i = 0; i < spins_; ++i) along += turned[i] > 0 ? fields.strength[i] * turned[i] : 0.0;
  out.all.entropy[q] = std::max(0.0, log_z + along - 0.5 * (square - 1));
  // sum over configurations of p^2: the same model at twice beta and twice the fields, over Z^2.
  Fields doubled = fields;
  doubled.coupling *= std::numbers::sqrt2;
  for (auto& odds : doubled.odds)
    for (double& e : odds) e *= e;
  FieldGrid square_grid(doubled, doubled.reach());
  square_grid.search(0);
  out.all.participation[q] = std::exp(std::min(0.0, square_grid.log_integral() - 2 * log_z));
}

namespace {

// The node that a uniform number falls on.
double choose_node(const std::vector<FieldNode>& nodes, double u) {
  double below = 0;
  for (const FieldNode& node : nodes)
    if (u < (below += node.weight)) return node.u;
  return nodes.back().u;
}

}  // namespace

// One uniform a spin; the last chooses the node.
void CurieWeiss::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  for_rows(t, x, "Curie-Weiss", [&](Index q, const Fields& fields) {
    FieldGrid grid(fields, fields.reach());
    grid.search(0);
    std::vector<double> u(spins_ + 1);
    noise.uniform(who.stream, who.trajectory[q], who.step, u);
    const double node = choose_node(grid.nodes(), u.back());
    for (std::size_t side = 0; side < 2; ++side) {
      const double factor = fields.factor(side, node);
      for (std::size_t i = 0; i < fields.places[side].size(); ++i) {
        const Index place = fields.places[side][i];
        const bool along = u[place] * (1 + factor * fields.odds[side][i]) < 1;
        x0(q, place) = along == (side == 0) ? 1 : -1;
      }
    }
  });
}

void CurieWeiss::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  if (x0.cols() != spins_)
    throw UsageError("Curie-Weiss: room for points of dimension {}; the model has {} spins.", x0.cols(), spins_);
  const Noise of_class = noise.derived(0);
  for_pieces(x0.rows(), kPiece, [&](Index begin, Index end) {
    std::vector<double> u(spins_ + 1);
    for (Index q = begin; q < end; ++q) {
      noise.uniform(who.stream, who.trajectory[q], who.step, u);
      const double odds = std::exp(-2 * (coupling_ * choose_node(prior_, u.back()) + field_));
      for (Index i = 0; i < spins_; ++i) x0(q, i) = u[i] * (1 + odds) < 1 ? 1 : -1;
      if (label.empty()) continue;
      // Given the spins, u ~ N(sqrt(beta/N) sum a, 1); the node only stands for its neighbourhood.
      const double up = 0.5 * std::erfc(-coupling_ * x0.row(q).sum() / std::numbers::sqrt2);
      const auto at = static_cast<std::size_t>(q);
      label[at] = of_class.uniform(who.stream, who.trajectory[at], who.step) < up ? 0 : 1;
    }
  });
}

// Law of total covariance over the nodes: within a node spins are independent.
void CurieWeiss::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  for_rows(t, x, "Curie-Weiss", [&](Index q, const Fields& fields) {
    FieldGrid grid(fields, fields.reach());
    grid.search(0);
    const std::vector<FieldNode> nodes = grid.nodes();
    Vector turned;
    fields.against(nodes, turned);
    cov_v.row(q).setZero();
    for (const FieldNode& node : nodes) {
      const auto each = [&](auto&& act) {  // act(place, sign, 1 - sign <S> at this node)
        for (std::size_t side = 0; side < 2; ++side) {
          const double factor = fields.factor(side, node.u);
          for (std::size_t i = 0; i < fields.places[side].size(); ++i) {
            const double odds = factor * fields.odds[side][i];
            act(fields.places[side][i], side == 0 ? 1.0 : -1.0, 2 * odds / (1 + odds));
          }
        }
      };
      double between = 0;  // (tanh - mean) . v
      each([&](Index i, double sign, double here) { between += sign * (turned[i] - here) * v(q, i); });
      each([&](Index i, double sign, double here) {
        cov_v(q, i) += node.weight * (here * (2 - here) * v(q, i) + sign * (turned[i] - here) * between);
      });
    }
  });
}

}  // namespace denoiscope
