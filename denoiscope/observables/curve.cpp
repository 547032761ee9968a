#include "denoiscope/observables/curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/roots.hpp"

namespace denoiscope::observables {
namespace {

// Share of the distance between neighbours by which the cubic still errs where the curve turns, so that it crosses the
// straight line there: 0.01 for sigmoids as wide as three intervals.
constexpr double kTurn = 0.02;

// Slope at the middle of three points, in the units of their places: that of the monotone cubic (Fritsch, Butland, SIAM
// J. Sci. Stat. Comput. 5, 300, 1984), 0 at an extremum. Outside the ends, or beside a value that is not finite, there
// is no third point: the secant.
double slope_at(const std::vector<double>& x, const std::vector<Estimate>& y, std::size_t k, double secant) {
  const auto finite_at = [&](std::size_t i) { return i < x.size() && std::isfinite(y[i].value); };  // 0 - 1 is large
  if (!finite_at(k - 1) || !finite_at(k + 1)) return secant;
  const double h0 = x[k] - x[k - 1], h1 = x[k + 1] - x[k], d0 = (y[k].value - y[k - 1].value) / h0,
               d1 = (y[k + 1].value - y[k].value) / h1;
  if (!(d0 * d1 > 0)) return 0;
  const double w0 = 2 * h1 + h0, w1 = h1 + 2 * h0;
  return (w0 + w1) / (w0 / d0 + w1 / d1);
}

// The crossing between neighbouring points i and i + 1, by the monotone cubic of value against log t. One noise serves
// both values, so that their errors add up; over the slope that is an error of time, which the distance to the root
// by a straight line joins: what interpolation may still be wrong by.
Crossing between(const std::vector<double>& times, const std::vector<Estimate>& curve, std::size_t i, double level) {
  std::vector<double> x;
  for (const double t : times) x.push_back(std::log(t));
  const double h = x[i + 1] - x[i], low = curve[i].value, high = curve[i + 1].value;
  Crossing crossing;
  if (!std::isfinite(low) || !std::isfinite(high)) {  // anywhere between
    crossing.t = std::exp(x[i] + 0.5 * h);
    crossing.standard_error = *crossing.t * h / std::sqrt(12.0);
    return crossing;
  }
  const double secant = (high - low) / h, a = slope_at(x, curve, i, secant), b = slope_at(x, curve, i + 1, secant);
  const auto value = [&](double s) {
    const double r = 1 - s;
    return r * r * (1 + 2 * s) * low + s * s * (3 - 2 * s) * high + h * s * r * (r * a - s * b);
  };
  const double straight = high == low ? 0.5 : (level - low) / (high - low);
  const double share =
      high == low ? 0.5 : find_root([&](double s) { return value(s) - level; }, 0, 1).value_or(straight);
  const double noise = (1 - share) * curve[i].standard_error + share * curve[i + 1].standard_error;
  // A cubic may be level at a root near a point where the curve turns; its error is no more than half the points'
  // apart.
  const double r = 1 - share, slope = 6 * share * r * secant + r * (1 - 3 * share) * a + share * (1 - 3 * r) * b;
  const double steep = std::max(std::abs(slope), 0.5 * std::abs(secant));
  crossing.t = std::exp(x[i] + share * h);
  crossing.standard_error = *crossing.t * std::hypot(noise / steep, std::max(std::abs(share - straight), kTurn) * h);
  return crossing;
}

Crossing none(std::string reason) {
  Crossing crossing;
  crossing.reason = std::move(reason);
  return crossing;
}

}  // namespace

Crossing rise_through(const std::vector<double>& times, const std::vector<Estimate>& curve, double level) {
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (!(curve[i].value >= level)) continue;
    if (i == 0) return none(fmt::format("already above {:g} at the smallest time {:g}", level, times.front()));
    return between(times, curve, i - 1, level);
  }
  return none(fmt::format("below {:g} at every time up to {:g}", level, times.back()));
}

Crossing last_fall_through(const std::vector<double>& times, const std::vector<Estimate>& curve, double level) {
  for (std::size_t i = times.size(); i-- > 0;) {
    if (!(curve[i].value >= level)) continue;
    if (i + 1 == times.size())
      return none(fmt::format("still above {:g} at the largest time {:g}", level, times.back()));
    return between(times, curve, i, level);
  }
  return none(fmt::format("below {:g} at every time from {:g}", level, times.front()));
}

double balance(double mean, double deviation) {
  if (std::isnan(mean) || std::isnan(deviation)) return kNaN;
  if (mean == 0) return 0;
  return std::clamp(mean / deviation, -kSharpest, kSharpest);
}

Crossing balance_time(const std::vector<double>& times, const std::vector<double>& mean,
                      const std::vector<double>& deviation, Index n) {
  if (n < kFewestForBalance) return none(fmt::format("only {} queries from a class; raise --queries", n));
  double highest = -kInfinity, where = times.front();
  for (std::size_t i = times.size(); i-- > 0;) {
    const double ratio = balance(mean[i], deviation[i]);
    if (std::isnan(ratio)) return none("a class has no other member to leave in");
    if (ratio > highest) {
      highest = ratio;
      where = times[i];
    }
    if (!(ratio >= 1)) continue;
    if (i + 1 == times.size()) {
      Crossing crossing = none(fmt::format("classes are already resolved at the largest time {:g}", times.back()));
      crossing.always = true;
      return crossing;
    }
    // log(A/B) falls like -t (means differ) or -2t (covariances differ). Where noise has made the next A negative, it
    // is taken to fall like -t, to a root no later than that.
    const double low = std::log(ratio), next = balance(mean[i + 1], deviation[i + 1]);
    const double high = next > 0 ? std::log(next) : low - std::max(low, times[i + 1] - times[i]);
    const double share = low / (low - high);
    Crossing crossing;
    crossing.t = times[i] + share * (times[i + 1] - times[i]);
    crossing.standard_error = std::sqrt(1.5 / static_cast<double>(n)) * (times[i + 1] - times[i]) / (low - high);
    return crossing;
  }
  return none(
      fmt::format("no root: mean log-odds reaches at most {:.2f} of its deviation (at t = {:.3g})", highest, where));
}

}  // namespace denoiscope::observables
