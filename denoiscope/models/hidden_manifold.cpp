#include "denoiscope/models/hidden_manifold.hpp"

#include <fmt/ranges.h>

#include <cmath>
#include <string>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/models/linear_manifold.hpp"

namespace denoiscope {
namespace {

constexpr std::string_view kNames[] = {"identity", "tanh", "relu", "sign", "erf"};
constexpr double (*kFunctions[])(double) = {
    [](double h) { return h; },
    [](double h) { return std::tanh(h); },
    [](double h) { return h > 0 ? h : 0.0; },
    [](double h) { return h > 0 ? 1.0 : (h < 0 ? -1.0 : 0.0); },
    [](double h) { return std::erf(h); },
};
static_assert(std::size(kNames) == std::size(kFunctions));

double (*function_called(std::string_view name))(double) {
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return kFunctions[i];
  throw UsageError("hidden manifold: activation '{}'; expected one of {}.{}", name, fmt::join(kNames, ", "),
                   did_you_mean(name, std::vector<std::string>(std::begin(kNames), std::end(kNames))));
}

RowMatrix frame_of(Index d, Index latent_dimension, std::uint64_t seed) {
  if (d < 1) throw UsageError("hidden manifold: dimension d = {}; expected 1 or more.", d);
  if (latent_dimension < 1)
    throw UsageError("hidden manifold: latent dimension D = {}; expected 1 or more.", latent_dimension);
  return gaussian_frame(d, latent_dimension, seed) / std::sqrt(static_cast<double>(latent_dimension));
}

}  // namespace

HiddenManifold::HiddenManifold(Index d, Index latent_dimension, std::string_view activation, double gain,
                               std::uint64_t seed)
    : frame_(frame_of(d, latent_dimension, seed)), function_(function_called(activation)), gain_(gain) {
  if (!(gain > 0) || std::isinf(gain))
    throw UsageError("hidden manifold: gain = {}; expected a finite number above 0.", gain);
  const auto g = [this](double h) { return function_(gain_ * h); };
  // All kinks are at h = 0, where the integrals are split.
  moments_.mean = gaussian_mean(g);
  moments_.slope = gaussian_mean([&](double h) { return h * g(h); });
  moments_.square = gaussian_mean([&](double h) { return g(h) * g(h); });
  moments_.variance = moments_.square - moments_.mean * moments_.mean;
  moments_.rest = moments_.variance - moments_.slope * moments_.slope;
}

void HiddenManifold::generate(const Noise& noise, const Names& who, MutRows out) const {
  if (out.cols() != dimension())
    throw UsageError("hidden manifold: points of dimension {} asked, the model has {}.", out.cols(), dimension());
  RowMatrix latents(out.rows(), latent_dimension());
  noise.normal(who, latents);
  parallel_for(out.rows(), [&](Index q) {
    const Vector latent = latents.row(q), field = gain_ * (frame_ * latent);
    out.row(q) = field.unaryExpr(function_);
  });
}

std::span<const std::string_view> activations() { return kNames; }

}  // namespace denoiscope
