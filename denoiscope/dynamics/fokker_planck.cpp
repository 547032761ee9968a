#include "denoiscope/dynamics/fokker_planck.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/finite_volumes.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope {
namespace {

constexpr double kTiny = std::numeric_limits<double>::min();

// Off-diagonal squares e_k of a symmetric tridiagonal matrix with an empty diagonal, 2 n - 2 of them; how many of its
// 2 n - 1 eigenvalues lie below x (Sturm's sequence).
Index below(const Vector& right, const Vector& left, double x) {
  Index count = 1;  // the first pivot, -x
  double pivot = -x;
  const auto next = [&](double square) {
    if (std::abs(pivot) < kTiny) pivot = -kTiny;
    pivot = -x - square / pivot;
    if (pivot < 0) ++count;
  };
  for (Index i = 0; i + 1 < right.size(); ++i) {
    next(right[i]);
    next(left[i + 1]);
  }
  return count;
}

void require_interval(LineInterval range) {
  if (!(range.low < range.high) || std::isinf(range.low) || std::isinf(range.high))
    throw UsageError("Fokker-Planck: a range from {} to {}, expected finite numbers, the first below the second.",
                     range.low, range.high);
}

void require_passage(double temperature, double from, double to) {
  require_temperature(temperature, "first passage");
  if (!std::isfinite(from) || !std::isfinite(to) || from == to)
    throw UsageError("first passage: from {} to {}, expected two different finite points.", from, to);
}

// Where a reflecting wall cannot be felt by a particle that starts at `from`.
double far_left(const Potential& energy, double temperature, double from) {
  const double excess = 45 * temperature, low = reach(energy, excess).low;
  if (from > low) return low;
  double width = 1e-3;
  while (energy.value(from - width) - energy.value(from) < excess) width *= 2;
  return from - width;
}

}  // namespace

FokkerPlanck::FokkerPlanck(const Potential& energy, double temperature, LineInterval range, Index cells) {
  require_temperature(temperature, "Fokker-Planck");
  require_interval(range);
  if (cells < 3) throw UsageError("Fokker-Planck: {} cells, expected at least 3.", cells);
  width_ = (range.high - range.low) / static_cast<double>(cells);
  centres_ = stationary_ = right_ = left_ = Vector::Zero(cells);
  for (Index i = 0; i < cells; ++i) centres_[i] = range.low + (static_cast<double>(i) + 0.5) * width_;
  Vector level(cells);  // E/T
  for (Index i = 0; i < cells; ++i) level[i] = energy.value(centres_[i]) / temperature;
  stationary_ = (level.minCoeff() - level.array()).exp();
  stationary_ /= stationary_.sum();
  const double unit = temperature / (width_ * width_);
  for (Index i = 0; i + 1 < cells; ++i) {
    const double z = level[i + 1] - level[i];
    right_[i] = unit * bernoulli(z);
    left_[i + 1] = unit * bernoulli(-z);
    if (!(right_[i] > 0 && left_[i + 1] > 0 && std::isfinite(right_[i] + left_[i + 1])))
      throw UsageError(
          "Fokker-Planck: E/T changes by {:.3g} from x = {:.6g} to {:.6g}, expected at most 700 a cell. Take more "
          "cells, "
          "a narrower range or a higher temperature.",
          z, centres_[i], centres_[i + 1]);
  }
}

std::vector<double> FokkerPlanck::spectrum(Index count) const {
  if (count < 1 || count >= cells())
    throw UsageError("spectrum: {} modes, expected 1 to {} for {} cells.", count, cells() - 1, cells());
  // The symmetrised operator is G^T G, G[i][i] = sqrt(right_i), G[i][i+1] = -sqrt(left_{i+1}): its eigenvalues are
  // squares of the singular values of G, which bisection on [[0, G], [G^T, 0]] (cells and faces in turn: tridiagonal)
  // gives to full relative accuracy (Demmel, Kahan, SIAM J. Sci. Stat. Comput. 11, 873, 1990).
  const double top = 2 * std::sqrt(std::max(right_.maxCoeff(), left_.maxCoeff()));
  std::vector<double> out;
  for (Index k = 1; k <= count; ++k) {
    double high = top * (1 + 1e-12), low = high;
    while (low > 0 && below(right_, left_, low) >= cells() + k) {
      high = low;
      low = low > 1e-150 ? 0.5 * low : 0.0;
    }
    while (high - low > 2 * std::numeric_limits<double>::epsilon() * high) {
      const double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high) break;
      (below(right_, left_, middle) >= cells() + k ? high : low) = middle;
    }
    out.push_back(high * high);
  }
  return out;
}

Vector FokkerPlanck::gaussian(double mean, double variance) const {
  if (!std::isfinite(mean) || !(variance > 0) || std::isinf(variance))
    throw UsageError(
        "Fokker-Planck: a start of mean {} and variance {}, expected finite numbers, the variance above 0.", mean,
        variance);
  Vector mass = (-(centres_.array() - mean).square() / (2 * variance)).exp();
  const double sum = mass.sum();
  if (!(sum > 0.5))  // one centre within a standard deviation gives 0.6
    throw UsageError(
        "Fokker-Planck: a start of mean {} and variance {} lies between the cells (width {:.3g}) or outside of "
        "[{:.6g}, "
        "{:.6g}]; take a wider one, more cells or another range.",
        mean, variance, width_, centres_[0] - 0.5 * width_, centres_[cells() - 1] + 0.5 * width_);
  return mass / sum;
}

void FokkerPlanck::advance(Vector& mass, double time, Index steps, ImplicitStepper stepper) const {
  if (mass.size() != cells()) throw UsageError("Fokker-Planck: {} masses for {} cells.", mass.size(), cells());
  if (!(time >= 0) || std::isinf(time) || steps < 1)
    throw UsageError("Fokker-Planck: a time of {} in {} steps, expected a finite time >= 0 and at least one step.",
                     time, steps);
  const double step = time / static_cast<double>(steps);
  constexpr double gamma = 1 - 0.5 * std::numbers::sqrt2;
  for (Index k = 0; k < steps; ++k) {
    if (stepper == ImplicitStepper::euler) {
      mass = implicit_step(right_, left_, mass, step);
    } else {
      const Vector stage = implicit_step(right_, left_, mass, gamma * step);
      mass = implicit_step(right_, left_, mass + (1 - gamma) / gamma * (stage - mass), gamma * step);
    }
  }
}

double FokkerPlanck::variance(const Vector& mass) const {
  return mass.dot((centres_.array() - mean(mass)).square().matrix());
}

double FokkerPlanck::relative_entropy(const Vector& mass) const {
  double sum = 0;
  for (Index i = 0; i < cells(); ++i) {
    // p log(p/q) - p + q >= 0: each term is small where p is near q, and so is its rounding.
    const double p = mass[i], q = stationary_[i], off = (p - q) / q;
    if (p > 0) sum += p * (std::abs(off) < 0.5 ? std::log1p(off) : std::log(p) - std::log(q));
    sum += q - p;
  }
  return sum;
}

std::vector<double> extrapolated_spectrum(const Potential& energy, double temperature, LineInterval range, Index cells,
                                          Index count) {
  std::vector<double> out = FokkerPlanck(energy, temperature, range, 2 * cells).spectrum(count);
  const std::vector<double> coarse = FokkerPlanck(energy, temperature, range, cells).spectrum(count);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] += (out[k] - coarse[k]) / 3;
  return out;
}

double first_passage_time(const Potential& energy, double temperature, double from, double to) {
  require_passage(temperature, from, to);
  if (to < from) return first_passage_time(energy.mirrored(), temperature, -from, -to);
  const double wall = far_left(energy, temperature, from);
  constexpr int panels = 1000;
  const auto edge = [&](double a, double b, int k) { return a + (b - a) * k / panels; };
  // The inner integral so far is `inside` e^{-level/T}, level the lowest E met: nothing overflows downhill.
  double inside = 0, level = energy.value(wall), log_time = -kInfinity;
  const auto panel = [&](double a, double b, bool counts) {
    const double low = std::min({level, energy.value(a), energy.value(b)}),
                 high = std::max(energy.value(a), energy.value(b));
    inside *= std::exp((low - level) / temperature);
    level = low;
    const auto weight = [&](double z) { return std::exp((level - energy.value(z)) / temperature); };
    if (counts) {
      const double outer = integrate_panel(
          [&](double y) {
            return std::exp((energy.value(y) - high) / temperature) * (inside + integrate_panel(weight, a, y));
          },
          a, b);
      log_time = log_add(log_time, (high - level) / temperature + std::log(outer / temperature));
    }
    inside += integrate_panel(weight, a, b);
  };
  for (int k = 0; k < panels; ++k) panel(edge(wall, from, k), edge(wall, from, k + 1), false);
  for (int k = 0; k < panels; ++k) panel(edge(from, to, k), edge(from, to, k + 1), true);
  const double time = std::exp(log_time);
  if (!std::isfinite(time))
    throw NumericalError(
        "first passage: from {} to {} at temperature {} takes e^{:.4g}, longer than any double. Take a higher "
        "temperature.",
        from, to, temperature, log_time);
  return time;
}

double first_passage_time(const Potential& energy, double temperature, double from, double to, Index cells) {
  require_passage(temperature, from, to);
  if (to < from) return first_passage_time(energy.mirrored(), temperature, -from, -to, cells);
  const double wall = far_left(energy, temperature, from);
  const FokkerPlanck grid(energy, temperature, {wall, to}, cells);
  const Index last = cells - 1;
  const double h = grid.width(),
               exit = 2 * temperature / (h * h) *
                      bernoulli((energy.value(to) - energy.value(grid.centres()[last])) / temperature);
  // right_i (tau_i - tau_{i+1}) = 1 + left_i (tau_{i-1} - tau_i): differences are sums of positive terms.
  Vector ahead(cells);
  for (Index i = 0; i < cells; ++i)
    ahead[i] = (1 + (i > 0 ? grid.left()[i] * ahead[i - 1] : 0.0)) / (i < last ? grid.right()[i] : exit);
  double tau = 0, next = 0, at = to;  // tau at the centre i, and at the point after it
  for (Index i = last; i >= 0; --i) {
    next = tau;
    tau += ahead[i];
    if (grid.centres()[i] <= from) return next + (tau - next) * (at - from) / (at - grid.centres()[i]);
    at = grid.centres()[i];
  }
  return tau;  // within half a cell of the wall, where tau is flat
}

std::optional<Kramers> kramers(const Potential& energy, double temperature) {
  require_temperature(temperature, "Kramers");
  const std::vector<double> points = stationary_points(energy);
  if (points.size() != 3) return std::nullopt;
  const double top = energy.value(points[1]), bend = std::abs(energy.curvature(points[1]));
  const auto rate = [&](double well) {
    return std::sqrt(energy.curvature(well) * bend) * 0.5 * std::numbers::inv_pi *
           std::exp((energy.value(well) - top) / temperature);
  };
  return Kramers{points[0], points[1], points[2], rate(points[0]), rate(points[2])};
}

}  // namespace denoiscope
