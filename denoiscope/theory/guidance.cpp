#include "denoiscope/theory/guidance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "denoiscope/base/finite_volumes.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope::theory {
namespace {

constexpr double kReach = 8;           // deviations of N(0, 1): the mass beyond is 1e-15
constexpr double kNegligible = 1e-14;  // a push that moves no mean by more than its rounding

struct Moments {
  double mean = 0, variance = 1;
};

// Guided motion in the frame of the class, for r from `from` to `to`, and where r ends. Before `from` tanh is nothing
// beside one; guidance acts there while kappa grows from `first` (0 at T to infinity) to `early`.
struct Frame {
  const GuidedClass& guided;
  double first, early, from, to, end;

  // log kappa at t >= 0
  double at(double t) const {
    const double gamma = guided.variance * std::exp(-2 * t) - std::expm1(-2 * t);
    return 0.5 * (std::log(guided.d) - std::log(gamma)) - t;
  }

  explicit Frame(const GuidedClass& g)
      : guided(g), first(std::exp(at(g.t_high))), early(0), from(0), to(0), end(at(0)) {
    const double start = at(0.5 * std::log(g.d) + 6);
    from = std::max(start, at(g.t_high));
    to = std::max(from, std::min(end, at(g.t_low)));
    early = std::exp(std::min(from, at(g.t_low)));
  }

  // The factor of (1 - tanh)^{1 + alpha}: omega Gamma^{-alpha/2} kappa^{1 + alpha}
  double strength(double r) const {
    const double kappa = std::exp(r), spread = 1 + (1 - guided.variance) * kappa * kappa / guided.d;  // 1/Gamma
    return guided.omega * std::pow(spread, 0.5 * guided.alpha) * std::pow(kappa, 1 + guided.alpha);
  }
  // Mean of v at `from` by the SDE: a push that grows as kappa^{1 + alpha}, and is forgotten as 1/kappa.
  double lag() const {
    const double power = 2 + guided.alpha;
    return 2 * guided.omega / power * (std::pow(early, power) - std::pow(first, power)) / std::exp(from);
  }
  // 1 - tanh(kappa (kappa + v)), to the power 1 + alpha
  double shape(double kappa, double v) const {
    const double h = 2 / (1 + std::exp(2 * kappa * (kappa + v)));
    return guided.alpha == 0 ? h : std::pow(h, 1 + guided.alpha);
  }
};

// The largest v that a point without noise is pushed to from the middle of the class.
double furthest(const Frame& f) {
  constexpr int steps = 2000;
  const double h = (f.to - f.from) / steps;
  double v = f.lag(), most = v;
  for (int i = 0; i < steps; ++i) {
    const double r = f.from + (i + 0.5) * h;
    // The push only falls with v: half an implicit step keeps strong pushes from overshooting.
    const double whole = 2 * h * f.strength(r) * f.shape(std::exp(r), v);
    const double half = 2 * h * f.strength(r) * f.shape(std::exp(r), v + whole);
    v = (v + 0.5 * (whole + half)) / (1 + h);
    most = std::max(most, v);
  }
  return most;
}

// Cells of equal width in v and the rates of jumps over their faces at a given r.
class Cells {
 public:
  Cells(const Frame& frame, Index count, double high)
      : frame_(frame), width_((high + kReach) / static_cast<double>(count)) {
    centres_ = Vector::LinSpaced(count, -kReach + 0.5 * width_, high - 0.5 * width_);
    mass = (-0.5 * (centres_.array() - frame.lag()).square()).exp();
    mass /= mass.sum();
    right_ = left_ = Vector::Zero(count);
  }

  // Implicit midpoint: the mean of both ends is where an implicit step of half the length leads.
  void advance(double r, double step) {
    const double kappa = std::exp(r), push = 2 * frame_.strength(r), unit = 1 / (width_ * width_);
    for (Index i = 0; i + 1 < centres_.size(); ++i) {
      const double face = centres_[i] + 0.5 * width_;
      const double slope = width_ * (push * frame_.shape(kappa, face) - face);
      right_[i] = unit * bernoulli(-slope);
      left_[i + 1] = unit * bernoulli(slope);
    }
    mass = 2 * implicit_step(right_, left_, mass, 0.5 * step) - mass;
  }

  Moments moments() const {
    const double mean = mass.dot(centres_);
    return {mean, mass.dot((centres_.array() - mean).square().matrix())};
  }

  Vector mass;  // (count)

 private:
  const Frame& frame_;
  double width_;
  Vector centres_, right_, left_;
};

// Without a push the class is restored: the mean decays as e^{-r}, what the variance lacks as e^{-2r}.
Moments restored(const Moments& m, double r) {
  return {m.mean * std::exp(-r), 1 + (m.variance - 1) * std::exp(-2 * r)};
}

Moments by_fokker_planck(const Frame& f, double high, double fineness) {
  const auto count = [&](double length, double step) {
    return static_cast<Index>(std::ceil(length * fineness / step));
  };
  Cells cells(f, count(high + kReach, 0.08), high);
  const Index steps = count(f.to - f.from, 0.02);
  const double step = steps > 0 ? (f.to - f.from) / static_cast<double>(steps) : 0;
  double r = f.from;
  for (Index i = 0; i < steps; ++i) {
    const double middle = f.from + (static_cast<double>(i) + 0.5) * step;
    if (middle > 0 && f.strength(middle) * f.shape(std::exp(middle), -kReach) < kNegligible) break;
    cells.advance(middle, step);
    r = f.from + static_cast<double>(i + 1) * step;
  }
  return restored(cells.moments(), f.end - r);
}

Moments by_flow(const Frame& f, double fineness) {
  constexpr int half = 128;  // points on each side
  Vector point = Vector::LinSpaced(2 * half + 1, -kReach, kReach);
  const Vector weight = (-0.5 * point.array().square()).exp() * (kReach / half / std::sqrt(2 * std::numbers::pi));
  const auto slope = [&](double strength, double kappa, const Vector& v) {
    return Vector(v.unaryExpr([&](double at) { return strength * f.shape(kappa, at); }));
  };
  const auto runge_kutta = [&](double from, double to, double most, const auto& rate) {
    const auto steps = static_cast<int>(std::ceil((to - from) * fineness / most));
    for (int i = 0; i < steps; ++i) {
      const double h = (to - from) / steps, at = from + i * h;
      const Vector k1 = rate(at, point), k2 = rate(at + 0.5 * h, point + 0.5 * h * k1);
      const Vector k3 = rate(at + 0.5 * h, point + 0.5 * h * k2), k4 = rate(at + h, point + h * k3);
      point += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
  };
  // Nothing is forgotten, so T to infinity counts: at first in u = kappa^{1 + alpha}/(1 + alpha), in which the push is
  // smooth from 0 on. Gamma is 1 there.
  const double power = 1 + f.guided.alpha, begun = std::pow(f.first, power) / power,
               reached = std::pow(f.early, power) / power;
  runge_kutta(begun, reached, reached / 100,
              [&](double u, const Vector& v) { return slope(f.guided.omega, std::pow(power * u, 1 / power), v); });
  runge_kutta(f.from, f.to, 0.01, [&](double r, const Vector& v) { return slope(f.strength(r), std::exp(r), v); });
  const double mean = weight.dot(point);
  return {mean, weight.dot((point.array() - mean).square().matrix())};
}

}  // namespace

GuidedLaw guided_law(const GuidedClass& guided, BackwardLaw law) { return guided_law(guided, law, 1); }

GuidedLaw guided_law(const GuidedClass& guided, BackwardLaw law, double fineness) {
  if (guided.omega == 0) return {0, guided.variance};
  const Frame frame(guided);
  Moments v;
  if (law == BackwardLaw::ode) {
    v = by_flow(frame, fineness);
  } else {
    const double high = kReach + furthest(frame);
    const Moments coarse = by_fokker_planck(frame, high, fineness), fine = by_fokker_planck(frame, high, 2 * fineness);
    v = {fine.mean + (fine.mean - coarse.mean) / 3, fine.variance + (fine.variance - coarse.variance) / 3};
  }
  return {std::sqrt(guided.variance) * v.mean, guided.variance * v.variance};
}

double guidance_speciation_time(const GuidedClass& guided) {
  const double excess = guided.d - guided.variance;
  return excess >= 0 ? 0.5 * std::log1p(excess) : kNaN;
}

}  // namespace denoiscope::theory
