// What Gaussian noise tells about spins of +-1. Private to this room.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/rows.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {

/// The likelihood of a spin s is N(x; e^{-t} s, Delta_t), proportional to e^{b s}: noise leaves a field b = x e^{-t} /
/// Delta_t on it, up to 1e6 times x where t = 1e-6. So weights are always taken relative to those of the spin that
/// follows its field, and no sum of |b| is formed.
class SpinChannel {
 public:
  explicit SpinChannel(double t) : shrink_(std::exp(-t)), delta_(noise_variance(t)) {}

  double field(double x) const { return x * (shrink_ / delta_); }

  /// log prod_i max over s of N(x_i; e^{-t} s, Delta_t).
  template <class Row>
  double log_aligned(const Row& x) const {
    double square = 0;
    for (Index i = 0; i < x.size(); ++i) square += (std::abs(x[i]) - shrink_) * (std::abs(x[i]) - shrink_);
    return -0.5 * (static_cast<double>(x.size()) * std::log(2 * std::numbers::pi * delta_) + square / delta_);
  }

 private:
  double shrink_, delta_;
};

/// |b + h| - |b| - |h| without cancellation.
inline double discord(double b, double h) {
  return std::signbit(b) == std::signbit(h) ? 0.0 : -2 * std::min(std::abs(b), std::abs(h));
}

/// work(begin, end) for pieces of at most `rows` of m rows, over threads.
template <class Work>
void for_pieces(Index m, Index rows, Work&& work) {
  parallel_for((m + rows - 1) / rows, [&](Index piece) { work(piece * rows, std::min(m, (piece + 1) * rows)); });
}

/// w log w, 0 at 0.
inline double w_log_w(double w) { return w > 0 ? w * std::log(w) : 0.0; }

}  // namespace denoiscope
