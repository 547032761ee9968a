#include "denoiscope/models/nested_mixture.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr Index kDeepest = 24;

double sigmoid(double y) { return 1 / (1 + std::exp(-y)); }
double log_sigmoid(double y) { return std::min(y, 0.0) - std::log1p(std::exp(-std::abs(y))); }

}  // namespace

// Gamma_t and what the mean and the covariance of a Gaussian of this variance take from it.
struct NestedMixture::Channel {
  Channel(double t, double variance)
      : shrink(std::exp(-t)),
        delta(noise_variance(t)),
        gamma(delta + shrink * shrink * variance),
        of_centre(delta / gamma),
        of_point(shrink * variance / gamma),
        variance_left(variance * of_centre) {}
  double shrink, delta, gamma;
  double of_centre, of_point;  // E[x_0 | x, centre] = of_centre * centre + of_point * x
  double variance_left;        // Cov[x_0 | x, centre] = variance_left * I
};

// Every vector's sign given that its branch is reached.
struct NestedMixture::Signs {
  Vector log_odds;             // (vectors) log p(+) / p(-)
  std::vector<char> likelier;  // (vectors) 1 where - leads to the likeliest centre
  double log_sum = 0;          // log of 2^-K sum over centres of e^{fields}, less the fields of the likeliest centre
};

NestedMixture::NestedMixture(Vector squared_norms, double variance, Index d, Shape shape, Index class_level)
    : levels_(squared_norms.size()), variance_(variance), dimension_(d), class_level_(class_level), shape_(shape) {
  if (levels_ < 1) throw UsageError("nested mixture: no levels; give at least one squared norm.");
  for (Index l = 0; l < levels_; ++l)
    if (!(squared_norms[l] > 0) || std::isinf(squared_norms[l]))
      throw UsageError("nested mixture: the squared norm of level {} is {}; expected a positive number.", l,
                       squared_norms[l]);
  if (!(variance >= 0) || std::isinf(variance))
    throw UsageError("nested mixture: variance = {}; expected a number >= 0.", variance);
  if (class_level < kCentres || class_level >= levels_)
    throw UsageError("nested mixture: class level {}; expected 0 to {}, or {} for all centres.", class_level,
                     levels_ - 1, kCentres);
  if ((tree() || class_level == kCentres) && levels_ > kDeepest)
    throw UsageError("nested mixture: {} levels make 2^{} branches; expected at most {} levels.", levels_, levels_,
                     kDeepest);
  const Index count = tree() ? (Index{1} << levels_) - 1 : levels_;
  if (d < count)
    throw UsageError("nested mixture: d = {} coordinates for {} orthogonal vectors; expected d >= {}.", d, count,
                     count);
  norm_.resize(count);
  for (Index l = 0; l < levels_; ++l)
    norm_.segment(vector_at(l, 0), tree() ? Index{1} << l : 1).setConstant(std::sqrt(squared_norms[l]));
}

template <class Minus>
Vector NestedMixture::amplitudes(Minus&& minus) const {
  Vector out = Vector::Zero(vectors());
  for (Index l = 0, n = 0; l < levels_; ++l) {
    const bool down = minus(l, n);
    out[n] = down ? -norm_[n] : norm_[n];
    n = next(n, down);
  }
  return out;
}

Vector NestedMixture::project(const double* x) const {
  Vector out(vectors());
  for (Index n = 0; n < vectors(); ++n) {
    const Index from = n * dimension_ / vectors(), to = (n + 1) * dimension_ / vectors();
    double sum = 0;
    for (Index i = from; i < to; ++i) sum += x[i];
    out[n] = sum / std::sqrt(static_cast<double>(to - from));
  }
  return out;
}

void NestedMixture::spread(const Vector& amplitude, double* x) const {
  for (Index n = 0; n < vectors(); ++n) {
    const Index from = n * dimension_ / vectors(), to = (n + 1) * dimension_ / vectors();
    const double step = amplitude[n] / std::sqrt(static_cast<double>(to - from));
    for (Index i = from; i < to; ++i) x[i] += step;
  }
}

Vector NestedMixture::centre(Index c) const {
  if (levels_ > kDeepest || c < 0 || c >= Index{1} << levels_)
    throw UsageError("nested mixture: centre {} of 2^{}; expected 0 to 2^K - 1 with K <= {}.", c, levels_, kDeepest);
  Vector out = Vector::Zero(dimension_);
  spread(amplitudes([&](Index l, Index) { return ((c >> (levels_ - 1 - l)) & 1) != 0; }), out.data());
  return out;
}

double NestedMixture::signal_to_noise(Index level, double t) const {
  const double norm = norm_[vector_at(level, 0)] * std::exp(-t);
  return norm * norm / Channel(t, variance_).gamma;
}

double NestedMixture::speciation_time(Index level) const {
  const double norm = norm_[vector_at(level, 0)], surplus = norm * norm - variance_;
  return surplus >= 0 ? 0.5 * std::log1p(surplus) : kNaN;
}

// From the last vector up: the largest sum of fields below a vector, and the log of the sum over all ways beyond it.
// Keeping the largest apart leaves the small logarithm its digits where fields are of order 1e10.
NestedMixture::Signs NestedMixture::signs(const Channel& channel, const double* x) const {
  const Vector field = (channel.shrink / channel.gamma) * norm_.cwiseProduct(project(x));
  Vector best(vectors()), rest(vectors());
  Signs out{Vector(vectors()), std::vector<char>(vectors()), 0};
  for (Index n = vectors() - 1; n >= 0; --n) {
    const bool inside = tree() && 2 * n + 2 < vectors();
    const double best_up = field[n] + (inside ? best[2 * n + 1] : 0), rest_up = inside ? rest[2 * n + 1] : 0;
    const double best_down = -field[n] + (inside ? best[2 * n + 2] : 0), rest_down = inside ? rest[2 * n + 2] : 0;
    const double gap = best_up - best_down;
    best[n] = std::max(best_up, best_down);
    rest[n] = log_add(rest_up + std::min(gap, 0.0), rest_down - std::max(gap, 0.0)) - std::numbers::ln2;
    out.log_odds[n] = gap + (rest_up - rest_down);
    out.likelier[n] = gap < 0;
  }
  out.log_sum = tree() ? rest[0] : rest.sum();
  return out;
}

Vector NestedMixture::mean_amplitudes(const Signs& signs) const {
  Vector reach = Vector::Ones(vectors()), out(vectors());
  for (Index n = 0; n < vectors(); ++n) {
    out[n] = reach[n] * norm_[n] * std::tanh(0.5 * signs.log_odds[n]);
    if (!tree() || 2 * n + 2 >= vectors()) continue;
    reach[2 * n + 1] = reach[n] * sigmoid(signs.log_odds[n]);
    reach[2 * n + 2] = reach[n] * sigmoid(-signs.log_odds[n]);
  }
  return out;
}

// The derivative of the mean amplitudes when the fields change by `along` times the norms.
Vector NestedMixture::respond(const Signs& signs, const Vector& along) const {
  Vector slope(vectors()), split(vectors());  // mean change of the fields at and below a vector; after + less after -
  for (Index n = vectors() - 1; n >= 0; --n) {
    const bool inside = tree() && 2 * n + 2 < vectors();
    const double up = norm_[n] * along[n] + (inside ? slope[2 * n + 1] : 0);
    const double down = -norm_[n] * along[n] + (inside ? slope[2 * n + 2] : 0);
    slope[n] = sigmoid(signs.log_odds[n]) * up + sigmoid(-signs.log_odds[n]) * down;
    split[n] = up - down;
  }
  Vector reach = Vector::Ones(vectors()), change = Vector::Zero(vectors()), out(vectors());
  for (Index n = 0; n < vectors(); ++n) {
    const double up = sigmoid(signs.log_odds[n]), down = sigmoid(-signs.log_odds[n]);
    const double moved = reach[n] * up * down * split[n];
    out[n] = norm_[n] * (change[n] * std::tanh(0.5 * signs.log_odds[n]) + 2 * moved);
    if (!tree() || 2 * n + 2 >= vectors()) continue;
    reach[2 * n + 1] = reach[n] * up;
    reach[2 * n + 2] = reach[n] * down;
    change[2 * n + 1] = change[n] * up + moved;
    change[2 * n + 2] = change[n] * down - moved;
  }
  return out;
}

void NestedMixture::fill_classes(const Signs& signs, double* log_weight) const {
  const bool centres = class_level_ == kCentres;
  std::vector<double> branch = {0.0}, longer;
  for (Index l = centres || tree() ? 0 : class_level_; l <= (centres ? levels_ - 1 : class_level_); ++l) {
    longer.clear();
    for (std::size_t b = 0; b < branch.size(); ++b) {
      const double odds = signs.log_odds[vector_at(l, static_cast<Index>(b))];
      longer.push_back(branch[b] + log_sigmoid(odds));
      longer.push_back(branch[b] + log_sigmoid(-odds));
    }
    branch.swap(longer);
  }
  const auto count = static_cast<std::size_t>(classes());
  std::fill_n(log_weight, count, -kInfinity);
  for (std::size_t b = 0; b < branch.size(); ++b) log_weight[b % count] = log_add(log_weight[b % count], branch[b]);
}

Vector NestedMixture::choose(const Signs& signs, std::span<const double> u) const {
  return amplitudes([&](Index l, Index n) { return u[l] >= sigmoid(signs.log_odds[n]); });
}

Vector NestedMixture::class_weights() const {
  return Vector::Constant(classes(), 1.0 / static_cast<double>(classes()));
}

void NestedMixture::denoise(double t, Rows x, MutRows mean) const {
  require_query(*this, t, x, "nested mixture");
  const Channel channel(t, variance_);
  parallel_for(x.rows(), [&](Index q) {
    mean.row(q) = channel.of_point * x.row(q);
    spread(channel.of_centre * mean_amplitudes(signs(channel, x.row(q).data())), mean.row(q).data());
  });
}

void NestedMixture::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "nested mixture");
  const Channel channel(t, variance_);
  const double constant = -0.5 * static_cast<double>(dimension_) * std::log(2 * std::numbers::pi * channel.gamma);
  out.all.log_density.resize(x.rows());
  out.all.class_log_weight.resize(x.rows(), classes());
  out.bound = Vector::Zero(x.rows());
  parallel_for(x.rows(), [&](Index q) {
    const Signs sign = signs(channel, x.row(q).data());
    Vector residual = x.row(q).transpose();
    spread(-channel.shrink * amplitudes([&](Index, Index n) { return sign.likelier[n] != 0; }), residual.data());
    out.all.log_density[q] = constant - residual.squaredNorm() / (2 * channel.gamma) + sign.log_sum;
    fill_classes(sign, out.all.class_log_weight.row(q).data());
  });
  if (!what.mean) return;
  out.mean.resize(x.rows(), dimension_);
  denoise(t, x, out.mean);
}

void NestedMixture::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  require_query(*this, t, x, "nested mixture");
  const Channel channel(t, variance_);
  noise.normal(who, x0);
  const Noise of_signs = noise.derived(1);
  parallel_for(x.rows(), [&](Index q) {
    std::vector<double> u(levels_);
    of_signs.uniform(who.stream, who.trajectory[q], who.step, u);
    x0.row(q) = channel.of_point * x.row(q) + std::sqrt(channel.variance_left) * x0.row(q);
    spread(channel.of_centre * choose(signs(channel, x.row(q).data()), u), x0.row(q).data());
  });
}

void NestedMixture::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  noise.normal(who, x0);
  const Noise of_signs = noise.derived(1);
  parallel_for(x0.rows(), [&](Index q) {
    std::vector<double> u(levels_);
    of_signs.uniform(who.stream, who.trajectory[q], who.step, u);
    x0.row(q) *= std::sqrt(variance_);
    const auto minus = [&](Index l) { return u[l] >= 0.5; };
    spread(amplitudes([&](Index l, Index) { return minus(l); }), x0.row(q).data());
    if (label.empty()) return;
    int centre = 0;
    for (Index l = 0; l < levels_ && class_level_ == kCentres; ++l) centre = 2 * centre + (minus(l) ? 1 : 0);
    label[q] = class_level_ == kCentres ? centre : minus(class_level_) ? 1 : 0;
  });
}

void NestedMixture::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  require_query(*this, t, x, "nested mixture");
  const Channel channel(t, variance_);
  parallel_for(x.rows(), [&](Index q) {
    const Signs sign = signs(channel, x.row(q).data());
    const Vector change = respond(sign, project(v.row(q).data()));
    cov_v.row(q) = channel.variance_left * v.row(q);
    spread(channel.of_centre * channel.of_centre * change, cov_v.row(q).data());
  });
}

}  // namespace denoiscope
