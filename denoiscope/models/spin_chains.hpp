// Transfer matrices of eight open chains of spins side by side. Private to this room.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <vector>

#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// Chain q gives spins the weights up[i][q], down[i][q] >= 0, not both 0, and bonds the weight 1 where they are
/// satisfied and e^{-2|K|} where not. Messages are sums of positive terms, so that they keep their relative accuracy;
/// they are scaled back before they could underflow. Lanes do not mix: a chain's bits do not depend on its companions.
class SpinChains {
 public:
  static constexpr Index kLanes = 8;
  using Lanes = Eigen::Array<double, kLanes, 1>;

  SpinChains(Index spins, double K)
      : up(spins, Lanes::Ones()),
        down(up),
        like_(K >= 0 ? 1.0 : std::exp(2 * K)),
        unlike_(K >= 0 ? std::exp(-2 * K) : 1.0),
        contrast_((K >= 0 ? -1 : 1) * std::expm1(-4 * std::abs(K))) {
    // A message shrinks by at most e^{-2|K|} a step, and by that twice more at the ends: products of two stay above
    // e^{-600}.
    const double room = K == 0 ? 64 : 1 + std::floor(0.5 * (300 / std::abs(K) - 3));
    period_ = static_cast<std::size_t>(std::clamp(room, 1.0, 64.0));
  }

  std::vector<Lanes> up, down;

  double like() const { return like_; }      ///< weight of a bond between equal spins
  double unlike() const { return unlike_; }  ///< weight of a bond between opposite spins

  /// Messages from the left, own weights included; log of the sum over all configurations, (kLanes).
  Lanes filter() {
    const std::size_t n = up.size();
    left_up_.resize(n);
    left_down_.resize(n);
    left_up_[0] = up[0];
    left_down_[0] = down[0];
    Lanes log_scale = Lanes::Zero();
    for (std::size_t i = 1; i < n; ++i) {
      left_up_[i] = up[i] * (like_ * left_up_[i - 1] + unlike_ * left_down_[i - 1]);
      left_down_[i] = down[i] * (unlike_ * left_up_[i - 1] + like_ * left_down_[i - 1]);
      if (i % period_ != 0) continue;
      const Lanes scale = left_up_[i].max(left_down_[i]);
      left_up_[i] /= scale;
      left_down_[i] /= scale;
      log_scale += scale.log();
    }
    return log_scale + (left_up_[n - 1] + left_down_[n - 1]).log();
  }

  /// What is known of spin i given the whole chain: weights of up and down, to be divided by their sum; the correlation
  /// rho = P(S_{i+1} = 1 | S_i = 1) - P(S_{i+1} = 1 | S_i = -1); the probability that the bond to i + 1 joins opposite
  /// spins. The last spin has neither.
  struct Site {
    Lanes up, down, rho, opposite;
  };

  /// After filter(): visit(i, site) from the last spin to the first.
  template <class Visit>
  void smooth(Visit&& visit) const {
    const std::size_t n = up.size();
    Lanes right_up = Lanes::Ones(), right_down = Lanes::Ones();
    visit(n - 1, Site{left_up_[n - 1], left_down_[n - 1], Lanes::Zero(), Lanes::Zero()});
    for (std::size_t i = n - 1; i-- > 0;) {
      const Lanes next_up = up[i + 1] * right_up, next_down = down[i + 1] * right_down;
      right_up = like_ * next_up + unlike_ * next_down;
      right_down = unlike_ * next_up + like_ * next_down;
      Site site{left_up_[i] * right_up, left_down_[i] * right_down,
                contrast_ * (next_up / right_up) * (next_down / right_down), Lanes::Zero()};
      site.opposite = unlike_ * (left_up_[i] * next_down + left_down_[i] * next_up) / (site.up + site.down);
      visit(i, site);
      if (i % period_ != 0) continue;
      const Lanes scale = right_up.max(right_down);
      right_up /= scale;
      right_down /= scale;
    }
  }

  /// After filter(): a configuration of one lane, from the last spin to the first. u: (N) uniforms; set(i, spin).
  template <class Set>
  void sample(Index lane, const double* u, Set&& set) const {
    double bond_up = 1, bond_down = 1;
    for (std::size_t i = up.size(); i-- > 0;) {
      const double above = left_up_[i][lane] * bond_up, below = left_down_[i][lane] * bond_down;
      const bool is_up = u[i] * (above + below) < above;
      set(static_cast<Index>(i), is_up ? 1 : -1);
      bond_up = is_up ? like_ : unlike_;
      bond_down = is_up ? unlike_ : like_;
    }
  }

 private:
  double like_, unlike_, contrast_;  // contrast: like^2 - unlike^2
  std::size_t period_;
  std::vector<Lanes> left_up_, left_down_;
};

}  // namespace denoiscope
