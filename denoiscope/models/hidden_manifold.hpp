// The hidden manifold model: a random linear manifold bent by a function of each coordinate.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// x = g(F xi / sqrt(D)) in each coordinate, F of shape (d, D) and xi ~ N(0, I_D) standard normals (arXiv 1909.11500,
/// 2502.09578). g(h) = f(gain h) with f one of `activations()`. A source of points, not a Posterior: bent, it has no
/// posterior in closed form; for f = identity it is LinearManifold(frame(), gain^2 (1, ..., 1)).
class HiddenManifold {
 public:
  /// Throws UsageError for d or D below 1, an unknown name, or a gain that is not a positive finite number. The frame
  /// is a function of the seed.
  HiddenManifold(Index d, Index latent_dimension, std::string_view activation, double gain, std::uint64_t seed);

  Index dimension() const { return frame_.rows(); }
  Index latent_dimension() const { return frame_.cols(); }
  /// F / sqrt(D), shape (d, D): the pre-activations of a point have variance 1 on average over frames.
  const RowMatrix& frame() const { return frame_; }
  /// One point a row from latents of the caller's names. out: (m, d); who.trajectory: (m).
  void generate(const Noise& noise, const Names& who, MutRows out) const;

  /// Moments of g at h ~ N(0, 1), by quadrature.
  struct Moments {
    double mean;      ///< mu_0 = E g(h)
    double slope;     ///< mu_1 = E h g(h)
    double square;    ///< E g(h)^2
    double rest;      ///< mu_*^2 = E g^2 - mu_0^2 - mu_1^2: what is neither constant nor linear
    double variance;  ///< E g^2 - mu_0^2, of a coordinate
  };
  const Moments& moments() const { return moments_; }

 private:
  RowMatrix frame_;
  double (*function_)(double);
  double gain_;
  Moments moments_;
};

/// Names of the functions f: identity, tanh, relu, sign, erf.
std::span<const std::string_view> activations();

}  // namespace denoiscope
