// Integrals over the Gaussian field of a Hubbard-Stratonovich transformation. Private to this room.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <queue>
#include <vector>

#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/rows.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope {

/// A value of the field and its weight.
struct FieldNode {
  double u, weight;
};

/// Sums of e^{phi(u)} where e^{phi(u)} / sqrt(2 pi) is a sum, with positive weights, of Gaussians of variance 1 whose
/// centres lie within `reach` of 0. On the grid u = 0.7 k the trapezoidal sum of such a function is its integral but
/// for the relative error 2 e^{-2 pi^2 / 0.7^2} = 7e-18, whatever the number and the places of its maxima (Poisson's
/// summation formula). phi + u^2/2 is convex, so a chord bounds phi between two nodes from above: intervals whose bound
/// lies 40 below the best node are left out and counted in dropped(). phi is evaluated where that does not suffice.
template <class Phi>
class FieldGrid {
 public:
  static constexpr double kStep = 0.7, kNegligible = 40;

  FieldGrid(const Phi& phi, double reach)
      : phi_(phi),
        half_(static_cast<Index>(std::ceil((reach + 9.5) / kStep))),  // beyond 9.5: mass 1e-21
        values_(2 * half_ + 1, kNaN) {}

  /// Evaluates phi at all nodes of [0, reach] (side +1), [-reach, 0] (-1) or both (0) that matter beside the best of
  /// them; returns phi there.
  double search(int side) {
    std::priority_queue<Interval> intervals;
    double best = -kInfinity;
    const auto push = [&](Index low, Index high) {
      best = std::max({best, at(low), at(high)});
      if (high - low > 1) intervals.push({bound(low, high), low, high});
    };
    push(side > 0 ? 0 : -half_, side < 0 ? 0 : half_);
    while (!intervals.empty()) {
      const Interval top = intervals.top();
      intervals.pop();
      if (top.bound < best - kNegligible) {
        dropped_ += static_cast<double>(top.high - top.low) * std::exp(top.bound - best);
        continue;
      }
      const Index middle = (top.low + top.high) / 2;
      push(top.low, middle);
      push(middle, top.high);
    }
    return best;
  }

  /// The nodes within kNegligible of the best, with weights summing to 1, in order of u.
  std::vector<FieldNode> nodes() const {
    std::vector<FieldNode> out;
    double best = -kInfinity, sum = 0;
    for (double v : values_) best = v > best ? v : best;
    for (Index k = -half_; k <= half_; ++k) {
      const double v = values_[place(k)];
      if (!(v > best - kNegligible)) continue;
      out.push_back({kStep * static_cast<double>(k), std::exp(v - best)});
      sum += out.back().weight;
    }
    for (FieldNode& node : out) node.weight /= sum;
    return out;
  }

  /// log of the integral of e^{phi(u)} / sqrt(2 pi) over what was searched.
  double log_integral() const {
    std::vector<double> known;
    for (double v : values_)
      if (!std::isnan(v)) known.push_back(v);
    return log_sum_exp(known) + kLogUnit;
  }

  /// The same over u > 0 (side +1) or u < 0 (-1); `best` is what search(side) returned. A step at 0 spoils the grid's
  /// accuracy unless nothing lies there: then the half line is integrated by
  /// Gauss-Legendre, 25 points on 8 standard deviations of the Gaussians (1e-18).
  double log_half_integral(int side, double best) {
    std::vector<double> known;
    Index last = 0;
    for (Index k = 0; k <= half_; ++k) {
      const double v = values_[place(side * k)];
      if (!(v > best - kNegligible)) continue;
      known.push_back(v);
      last = k;
    }
    if (at(0) < best - kNegligible) return log_sum_exp(known) + kLogUnit;
    const double end = kStep * static_cast<double>(std::min(last + 1, half_)), piece = 8;
    double sum = 0;
    for (double from = 0; from < end; from += piece)
      sum +=
          integrate_panel([&](double u) { return std::exp(phi_(side * u) - best); }, from, std::min(end, from + piece));
    return std::log(sum) + best - 0.5 * std::log(2 * std::numbers::pi);
  }

  /// Bound on the relative error of the sums: intervals left out and the distance of the nodes.
  double relative_error() const {
    return dropped_ + 2 * std::exp(-2 * std::numbers::pi * std::numbers::pi / (kStep * kStep));
  }

 private:
  struct Interval {
    double bound;
    Index low, high;
    bool operator<(const Interval& other) const { return bound < other.bound; }
  };
  static inline const double kLogUnit = std::log(kStep) - 0.5 * std::log(2 * std::numbers::pi);

  std::size_t place(Index k) const { return static_cast<std::size_t>(k + half_); }

  double at(Index k) {
    double& value = values_[place(k)];
    if (std::isnan(value)) value = phi_(kStep * static_cast<double>(k));
    return value;
  }

  // Largest value that chord(u) - u^2/2 takes between two nodes; the chord is that of phi + u^2/2.
  double bound(Index low, Index high) {
    const double a = kStep * static_cast<double>(low), b = kStep * static_cast<double>(high);
    const double left = at(low) + 0.5 * a * a, slope = (at(high) + 0.5 * b * b - left) / (b - a);
    const double u = std::clamp(slope, a, b);
    return left + slope * (u - a) - 0.5 * u * u;
  }

  const Phi& phi_;
  Index half_;
  std::vector<double> values_;
  double dropped_ = 0;
};

}  // namespace denoiscope
