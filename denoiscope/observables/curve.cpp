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

// A curve through points, by a monotone cubic.
struct Points {
  std::vector<double> x, y;  // not finite: no point

  // Slope at point k: that of Fritsch and Butland (SIAM J. Sci. Stat. Comput. 5, 300, 1984) for the three around it, 0
  // at an extremum. Where one of them is missing: the secant.
  double slope(std::size_t k, double secant) const {
    const auto there = [&](std::size_t i) { return i < x.size() && std::isfinite(y[i]); };  // 0 - 1 is large
    if (!there(k - 1) || !there(k + 1)) return secant;
    const double h0 = x[k] - x[k - 1], h1 = x[k + 1] - x[k], d0 = (y[k] - y[k - 1]) / h0, d1 = (y[k + 1] - y[k]) / h1;
    if (!(d0 * d1 > 0)) return 0;
    const double w0 = 2 * h1 + h0, w1 = h1 + 2 * h0;
    return (w0 + w1) / (w0 / d0 + w1 / d1);
  }
};

// Where the curve crosses a level between points i and i + 1.
struct Root {
  double share;     // of the way from i to i + 1, by the cubic
  double straight;  // the same by the straight line
  double steep;     // size of the slope there
};

Root root_between(const Points& points, std::size_t i, double level) {
  const double h = points.x[i + 1] - points.x[i], low = points.y[i], high = points.y[i + 1];
  if (high == low) return {0.5, 0.5, 0};
  const double secant = (high - low) / h, a = points.slope(i, secant), b = points.slope(i + 1, secant);
  const auto value = [&](double s) {
    const double r = 1 - s;
    return r * r * (1 + 2 * s) * low + s * s * (3 - 2 * s) * high + h * s * r * (r * a - s * b);
  };
  const double straight = (level - low) / (high - low);
  const double s = find_root([&](double at) { return value(at) - level; }, 0, 1).value_or(straight), r = 1 - s;
  // A cubic may be level at a root near a point where the curve turns: then half of the straight line's slope.
  const double slope = 6 * s * r * secant + r * (1 - 3 * s) * a + s * (1 - 3 * r) * b;
  return {s, straight, std::max(std::abs(slope), 0.5 * std::abs(secant))};
}

// The crossing between neighbouring points i and i + 1 of value against log t. One noise serves both values, so that
// their errors add up; over the slope that is an error of time, which the distance between the roots of cubic and
// straight line joins: what interpolation may still be wrong by.
Crossing between(const std::vector<double>& times, const std::vector<Estimate>& curve, std::size_t i, double level) {
  Points points;
  for (std::size_t k = 0; k < times.size(); ++k) {
    points.x.push_back(std::log(times[k]));
    points.y.push_back(curve[k].value);
  }
  const double h = points.x[i + 1] - points.x[i];
  const bool finite_ends = std::isfinite(points.y[i]) && std::isfinite(points.y[i + 1]);
  const Root root = finite_ends ? root_between(points, i, level) : Root{0.5, 0.5, 0};
  Crossing crossing;
  crossing.t = std::exp(points.x[i] + root.share * h);
  if (!(root.steep > 0)) {  // anywhere between
    crossing.standard_error = *crossing.t * h / std::sqrt(12.0);
    return crossing;
  }
  const double noise = (1 - root.share) * curve[i].standard_error + root.share * curve[i + 1].standard_error,
               left = std::max(std::abs(root.share - root.straight), kTurn) * h;
  crossing.standard_error = *crossing.t * std::hypot(noise / root.steep, left);
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
                      const std::vector<double>& deviation, const std::vector<double>& scatter, Index n) {
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
    Points points{times, {}};
    for (std::size_t k = 0; k < times.size(); ++k) {
      const double of = balance(mean[k], deviation[k]);
      points.y.push_back(of > 0 ? std::log(of) : kNaN);
    }
    const double h = times[i + 1] - times[i], low = points.y[i];
    if (std::isnan(points.y[i + 1])) points.y[i + 1] = low - std::max(low, h);
    const Root root = root_between(points, i, 0);
    const double variance = (1 - root.share) * scatter[i] + root.share * scatter[i + 1];
    Crossing crossing;
    crossing.t = times[i] + root.share * h;
    crossing.standard_error =
        std::hypot(std::sqrt(variance / static_cast<double>(n)) / root.steep, (root.share - root.straight) * h);
    return crossing;
  }
  return none(
      fmt::format("no root: mean log-odds reaches at most {:.2f} of its deviation (at t = {:.3g})", highest, where));
}

}  // namespace denoiscope::observables
