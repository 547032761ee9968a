// Classes within classes: Gaussian mixtures whose 2^K centres are sums of K signed steps of different lengths.
#pragma once

#include <span>

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

/// x_0 = sum_l s_l m_l + sqrt(variance) z with fair signs s_l = +-1, l = 0 .. K-1, and orthogonal m_l. In the shape
/// `levels` m_l is one vector a level; in the shape `tree` it depends on the signs before it, which makes 2^K - 1
/// vectors. Each vector is constant on a block of coordinates of its own and 0 elsewhere (block n of N takes n d / N to
/// (n + 1) d / N), in the order of levels and, within a level of the tree, of branches, + first.
///
/// A noisy point enters through its products with the m, so that with Gamma_t = Delta_t + e^{-2t} variance the signs
/// have fields e^{-t} m.x / Gamma_t. Levels decouple; on the tree a recursion from its leaves is exact. The 2^K
/// components are never listed: a row takes O(d + number of vectors).
class NestedMixture final : public Posterior {
 public:
  enum class Shape { levels, tree };
  static constexpr Index kCentres = -1;  ///< class level that makes every centre a class

  /// squared_norms: (K) |m_l|^2. Classes: the sign at `class_level`, + first, or with kCentres all 2^K centres, the
  /// sign of level 0 being the highest bit of the class and + a 0. Throws UsageError unless the norms are positive,
  /// variance
  /// >= 0, d has a coordinate for every vector, and K <= 24 for trees and where every centre is a class.
  NestedMixture(Vector squared_norms, double variance, Index d, Shape shape, Index class_level = 0);

  Index dimension() const override { return dimension_; }
  Index classes() const override { return class_level_ == kCentres ? Index{1} << levels() : 2; }
  Vector class_weights() const override;
  void denoise(double t, Rows x, MutRows mean) const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;
  /// The sign of every level, + first, where every centre is a class and there are two levels or more.
  std::vector<std::vector<int>> coarser_classes() const override;

  Index levels() const { return levels_; }
  /// Centre number c of 2^K, numbered as the classes of kCentres: (d). Throws UsageError for another c, or K > 24.
  Vector centre(Index c) const;
  /// gamma_l(t) = |m_l|^2 e^{-2t} / Gamma_t: the posterior of the true sign of a decoupled level is
  /// sigmoid(2 (gamma + sqrt(gamma) z)), z ~ N(0, 1).
  double signal_to_noise(Index level, double t) const;
  /// The t at which gamma_l = 1, log(1 + |m_l|^2 - variance) / 2; NaN where gamma_l < 1 at every t.
  double speciation_time(Index level) const;

 private:
  struct Channel;  // what depends on t only
  struct Signs;    // the posterior of the signs of one row
  // Number of the vector that this branch has at this level, and of the one that follows a vector and its sign.
  Index vector_at(Index level, Index branch) const { return tree() ? (Index{1} << level) - 1 + branch : level; }
  Index next(Index vector, bool minus) const { return tree() ? 2 * vector + (minus ? 2 : 1) : vector + 1; }
  bool tree() const { return shape_ == Shape::tree; }
  Index vectors() const { return static_cast<Index>(norm_.size()); }
  // Amplitudes along the unit vectors, (vectors), of the centre whose sign at a level and vector is -1 where `minus`.
  template <class Minus>
  Vector amplitudes(Minus&& minus) const;
  Vector project(const double* x) const;                  // (vectors) products with the unit vectors
  void spread(const Vector& amplitude, double* x) const;  // adds sum_n amplitude_n times unit vector n
  Signs signs(const Channel& channel, const double* x) const;
  Vector mean_amplitudes(const Signs& signs) const;
  Vector respond(const Signs& signs, const Vector& along) const;  // covariance of the amplitudes, applied
  void fill_classes(const Signs& signs, double* log_weight) const;
  Vector choose(const Signs& signs, std::span<const double> u) const;  // amplitudes of a centre of the posterior

  Index levels_;
  Vector norm_;  // (vectors) |m|
  double variance_;
  Index dimension_, class_level_;
  Shape shape_;
};

}  // namespace denoiscope
