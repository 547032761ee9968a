#include "denoiscope/observables/curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace denoiscope::observables {
namespace {

// The crossing between two neighbouring points; the error is that of the value over the slope.
Crossing between(double t0, const Estimate& e0, double t1, const Estimate& e1, double level) {
  const double share = e1.value == e0.value ? 0.5 : (level - e0.value) / (e1.value - e0.value);
  const double log_t = std::log(t0) + share * std::log(t1 / t0);
  const double noise = std::hypot((1 - share) * e0.standard_error, share * e1.standard_error);
  Crossing crossing;
  crossing.t = std::exp(log_t);
  crossing.standard_error = *crossing.t * noise * std::log(t1 / t0) / std::abs(e1.value - e0.value);
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
    return between(times[i - 1], curve[i - 1], times[i], curve[i], level);
  }
  return none(fmt::format("below {:g} at every time up to {:g}", level, times.back()));
}

Crossing last_fall_through(const std::vector<double>& times, const std::vector<Estimate>& curve, double level) {
  for (std::size_t i = times.size(); i-- > 0;) {
    if (!(curve[i].value >= level)) continue;
    if (i + 1 == times.size())
      return none(fmt::format("still above {:g} at the largest time {:g}", level, times.back()));
    return between(times[i], curve[i], times[i + 1], curve[i + 1], level);
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
