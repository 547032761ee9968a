// Seconds for 480 U-turns of the Random Hierarchy Model at one noise level (v = 32, m = 8, s = 2, L = 7), by what is
// asked of the posterior. Goal: draws under 0.5 s on 2 cores.
#include "denoiscope/models/hierarchy.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "bench/timing.hpp"
#include "denoiscope/process/clock.hpp"

using namespace denoiscope;

int main() {
  const Index m = 480;
  const double t = 0.1;
  const Hierarchy model(Grammar(32, 8, 2, 7, 1));
  std::vector<std::uint64_t> who(m);
  std::iota(who.begin(), who.end(), 0);
  const Noise noise(1);
  RowMatrix x0(m, model.dimension()), x(m, model.dimension());
  model.sample_prior(noise, {Stream::prior, who, 0}, x0, {});
  noise.normal({Stream::query, who, 0}, x);
  x = std::exp(-t) * x0 + std::sqrt(noise_variance(t)) * x;
  const double draws = bench::median_seconds([&] { model.draw(t, x, noise, {Stream::posterior, who, 0}, x0); });
  const double means = bench::median_seconds([&] { model.denoise(t, x, x0); });
  const double covariances = bench::median_seconds([&] { model.covariance_apply(t, x, x, x0); });
  fmt::print("{{\"draw_s\": {:.3f}, \"mean_s\": {:.3f}, \"covariance_apply_s\": {:.3f}}}\n", draws, means, covariances);
}
