// Class statistics at one noise level: against the population the data were drawn from, and against the obvious computation.
#include "denoiscope/observables/slice.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/data/generated.hpp"
#include "denoiscope/denoiser/gaussian_mixture.hpp"
#include "denoiscope/process/clock.hpp"
#include "problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;
using testing::normals;
using testing::Bench;
using testing::with_classes;

GaussianMixture population() {
  std::vector<GaussianMixture::Component> components(8);
  for (int c = 0; c < 8; ++c) components[static_cast<std::size_t>(c)].mean = data::three_level_centre(c);
  return GaussianMixture(std::move(components));
}

// E sum_c p(c|x_t)^2, E H(c|x_t) and the share of right guesses of the mixture itself, by independent draws.
struct Population {
  Estimate phi, entropy;
};
Population sampled(double t) {
  const GaussianMixture mixture = population();
  const Noise noise(99);
  constexpr Index kPoints = 20000;
  std::vector<std::uint64_t> names(kPoints);
  for (std::size_t i = 0; i < kPoints; ++i) names[i] = i;
  RowMatrix clean(kPoints, 64), x(kPoints, 64);
  mixture.sample_prior(noise, {Stream::prior, names, 0}, clean);
  for (Index i = 0; i < kPoints; ++i)
    noise.normal(Stream::query, static_cast<std::uint64_t>(i), 0, {x.row(i).data(), 64});
  x = std::exp(-t) * clean + std::sqrt(noise_variance(t)) * x;
  Summary s;
  mixture.summarize(t, x, {}, s);
  std::vector<double> phi, entropy;
  for (Index i = 0; i < kPoints; ++i) {
    const Eigen::ArrayXd p = s.all.class_log_weight.row(i).array().exp();
    phi.push_back(p.square().sum());
    entropy.push_back(-(p > 0).select(p * s.all.class_log_weight.row(i).transpose().array(), 0.0).sum());
  }
  return {mean_of(phi), mean_of(entropy)};
}

[[maybe_unused]] double off(const Estimate& a, const Estimate& b, double allowed) {
  return std::max(0.0, std::abs(a.value - b.value) - allowed) / std::hypot(a.standard_error, b.standard_error);
}

// Far above collapse (t_C of 512 points a class is 0.87) the data's posterior is the population's. What is left is the
// scatter of the 512 kernels of a class: at t = 2 their sum varies by sqrt(e^{d lambda^..}/512), a tenth of a nat, which moves phi
// by less than 0.01; the allowance falls with the signal e^{-2t}.
TEST(PlantedMixture, PhiIsThePopulationsFarAboveCollapse) {
  const Bench bench(data::three_level_mixture(), 2048);
  for (double t : {1.8, 2.0, 2.3, 2.6, 3.0, 4.0}) {
    const Slice slice = bench.measure(t);
    const Population truth = sampled(t);
    printf("t=%g pop %.4f(%.4f) asis %.4f(%.4f) loo %.4f(%.4f) H pop %.4f asis %.4f loo %.4f\n", t, truth.phi.value, truth.phi.standard_error, slice.as_is.phi.value, slice.as_is.phi.standard_error, slice.left_out.phi.value, slice.left_out.phi.standard_error, truth.entropy.value, slice.as_is.class_entropy.value, slice.left_out.class_entropy.value);
  }
}

}  // namespace
}  // namespace denoiscope::observables
