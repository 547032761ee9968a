#include "denoiscope/observables/criterion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::observables {
namespace {

constexpr Index kDrawn = 4096;  // clean points at a time

void require_class(const Posterior& model, Index c) {
  if (c < 0 || c >= model.classes())
    throw UsageError("class criterion: class {}; expected 0 to {}, the classes of the model.", c, model.classes() - 1);
}

}  // namespace

ClassPoints::ClassPoints(const Posterior& model, Index c, Index count, const Noise& noise)
    : model_(&model), x0_(count, model.dimension()), z_(count, model.dimension()) {
  require_class(model, c);
  if (count < 1) throw UsageError("class criterion: {} points; expected at least 1.", count);
  std::vector<std::uint64_t> kept;
  const Index batch = std::min(kDrawn, count);
  RowMatrix drawn(batch, model.dimension());
  std::vector<int> label(batch);
  std::vector<std::uint64_t> names(label.size());
  for (Index first = 0; static_cast<Index>(kept.size()) < count; first += batch) {
    if (first / 1000 > count)
      throw UsageError("class criterion: {} draws gave {} points of class {}; ask for fewer or another class.", first,
                       kept.size(), c);
    std::iota(names.begin(), names.end(), static_cast<std::uint64_t>(first));
    model.sample_prior(noise, {Stream::prior, names, 0}, drawn, label);
    for (std::size_t i = 0; i < label.size() && static_cast<Index>(kept.size()) < count; ++i) {
      if (label[i] != c) continue;
      x0_.row(static_cast<Index>(kept.size())) = drawn.row(static_cast<Index>(i));
      kept.push_back(names[i]);
    }
  }
  noise.normal({Stream::query, kept, 0}, z_);
}

RowMatrix ClassPoints::noisy(double t) const { return std::exp(-t) * x0_ + std::sqrt(noise_variance(t)) * z_; }

std::vector<double> ClassPoints::odds(Index a, Index b, double t) const {
  Summary summary;
  model_->summarize(t, noisy(t), {}, summary);
  const Vector weights = model_->class_weights();
  const double prior = std::log(weights[a]) - std::log(weights[b]);
  const Vector odds = summary.all.class_log_weight.col(a) - summary.all.class_log_weight.col(b);
  std::vector<double> out(odds.begin(), odds.end());
  for (double& l : out) l -= prior;
  return out;
}

OddsMoments moments_of(std::span<const double> odds) { return {mean_of(odds).value, deviation_of(odds)}; }

namespace {

// A/B - 1, whose root is sought, at the time whose noise-to-signal ratio e^{2t} - 1 has this logarithm.
struct Balance {
  const ClassPoints& points;
  Index a, b;
  static double time(double u) { return 0.5 * std::log1p(std::exp(u)); }
  double operator()(double u) const {
    const OddsMoments at = moments_of(points.odds(a, b, time(u)));
    return balance(at.mean, at.deviation) - 1;
  }
};

double log_ratio(double t) { return std::log(std::expm1(2 * t)); }

// What each point adds to A - B, to first order, against the slope of A - B.
double error_of_root(const ClassPoints& points, Index a, Index b, double t) {
  const std::vector<double> odds = points.odds(a, b, t);
  const OddsMoments at = moments_of(odds);
  std::vector<double> influence;
  for (const double l : odds) {
    const double off = l - at.mean;
    influence.push_back(off - 0.5 * (off * off / at.deviation - at.deviation));
  }
  const double h = 0.01 * std::min(t, 1.0);
  const OddsMoments before = moments_of(points.odds(a, b, t - h)), after = moments_of(points.odds(a, b, t + h));
  const double slope = (after.mean - after.deviation - before.mean + before.deviation) / (2 * h);
  return mean_of(influence).standard_error / std::abs(slope);
}

}  // namespace

Crossing resolution_time(const ClassPoints& of_a, Index a, Index b, const SearchRange& range) {
  constexpr double step = 0.5, latest = 12;  // of u; a time when even 1e10 dimensions are noise
  const Balance balanced{of_a, a, b};
  const double least = log_ratio(range.least);
  double upper = std::max(log_ratio(range.guess), least + step), value = balanced(upper);
  while (value >= 0 && Balance::time(upper) < latest) {
    upper += 4 * step;
    value = balanced(upper);
  }
  Crossing out;
  if (value >= 0) {
    out.always = true;
    out.reason = fmt::format("classes are still resolved at t = {:.3g}", Balance::time(upper));
    return out;
  }
  double highest = value, where = upper;
  const int steps = static_cast<int>(std::ceil((upper - least) / step));
  for (int k = 1; k <= steps; ++k) {
    const double lower = std::max(upper - k * step, least);
    value = balanced(lower);
    if (value >= 0) {
      out.t = Balance::time(find_root(balanced, lower, upper - (k - 1) * step).value());
      out.standard_error = error_of_root(of_a, a, b, *out.t);
      return out;
    }
    if (value > highest) {
      highest = value;
      where = lower;
    }
  }
  out.reason = fmt::format("no root: mean log-odds reaches at most {:.2f} of its deviation (at t = {:.3g})",
                           highest + 1, Balance::time(where));
  return out;
}

namespace {

double asymptote(double factor, double argument) { return argument >= 1 ? factor * std::log(argument) : kNaN; }

// Mean square of the products of different rows, of centred rows with the centre's own share taken out: tr C^2.
double square_trace(const RowMatrix& centred) {
  const auto n = static_cast<double>(centred.rows());
  const RowMatrix gram = centred * centred.transpose();
  const double trace = gram.trace() / (n - 1);
  return (gram.squaredNorm() - gram.diagonal().squaredNorm()) / (n * (n - 1)) - trace * trace / (n * n);
}

}  // namespace

double Separation::by_means() const { return asymptote(0.5, gap / 4); }
double Separation::by_covariances() const { return asymptote(0.25, dsq / 8); }

Separation separation_of(const RowMatrix& a, const RowMatrix& b) {
  const auto n = static_cast<double>(a.rows()), k = static_cast<double>(b.rows());
  const Eigen::RowVectorXd mean_a = a.colwise().mean(), mean_b = b.colwise().mean();
  const Index few = std::min<Index>({512, a.rows(), b.rows()});
  RowMatrix of_a = a.topRows(few), of_b = b.topRows(few);
  of_a.rowwise() -= of_a.colwise().mean().eval();
  of_b.rowwise() -= of_b.colwise().mean().eval();
  Separation out;
  // The means' own noise adds tr C / n of each class.
  out.gap = (mean_a - mean_b).squaredNorm() - (a.rowwise() - mean_a).squaredNorm() / (n * (n - 1)) -
            (b.rowwise() - mean_b).squaredNorm() / (k * (k - 1));
  const double cross = (of_a * of_b.transpose()).squaredNorm() / std::pow(static_cast<double>(few - 1), 2);
  out.dsq = square_trace(of_a) + square_trace(of_b) - 2 * cross;
  return out;
}

ClassCriterion class_criterion(const Posterior& model, Index a, Index b, const Noise& noise,
                               const CriterionSettings& settings) {
  require_class(model, a);
  require_class(model, b);
  if (a == b) throw UsageError("class criterion: class {} against itself; expected two classes.", a);
  if (settings.points < kFewestForBalance)
    throw UsageError("class criterion: {} points of a class; expected at least {}.", settings.points,
                     kFewestForBalance);
  if (!(settings.least_time > 0 && settings.least_time < 10))
    throw UsageError("class criterion: least time {}; expected a time above 0 and below 10.", settings.least_time);
  const ClassPoints of_a(model, a, settings.points, noise), of_b(model, b, settings.points, noise);
  ClassCriterion out;
  out.separation = separation_of(of_a.clean(), of_b.clean());
  const double means = out.separation.by_means(), covariances = out.separation.by_covariances();
  const SearchRange range{settings.least_time, 1 + std::fmax(0.0, std::fmax(means, covariances))};  // NaN: neither
  out.ab = resolution_time(of_a, a, b, range);
  out.ba = resolution_time(of_b, b, a, range);
  return out;
}

}  // namespace denoiscope::observables
