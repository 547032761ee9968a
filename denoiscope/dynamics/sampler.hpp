// Samples: clean points made from noise, one a seed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/dynamics/backward.hpp"

namespace denoiscope {

/// How noise becomes a sample.
struct SampleSettings {
  const Stepper* stepper = &find_stepper("ddim");  ///< of `integrated_samples` only
  StepperSettings stepping;
  /// OU times on the way down, the first where paths start. Where the last is above 0, E[x_0|x] there is the sample, as
  /// samplers of diffusion models have it; where it is 0, the stepper goes all the way.
  std::vector<double> times;
  std::vector<Index> keep;  ///< places in `times` at which points are kept, rising
};

struct Samples {
  RowMatrix clean;              ///< (m, d) one a seed
  std::vector<RowMatrix> kept;  ///< (m, d) x_t at each of settings.keep
};

/// Paths from N(0, I) at times.front() by a stepper. Noise is named by the seed of a sample under `noise`: sample k is
/// a function of seed k, the settings and the model, whatever seeds share its batch. Throws UsageError for times that
/// are not decreasing, finite and >= 0 or fewer than one of them above 0, and for places to keep that are not rising
/// places of these; NumericalError as Backward.
Samples integrated_samples(const Denoiser& model, const SampleSettings& settings, const Noise& noise,
                           std::span<const std::uint64_t> seeds);

/// Exact samples: draws from p(x_0), and of the paths that end on them (`Bridge`). Those of an empirical measure are
/// its data. The same contract.
Samples exact_samples(const Posterior& model, const SampleSettings& settings, const Noise& noise,
                      std::span<const std::uint64_t> seeds);

/// Seeds as people write them: "0-63", "1,5,9-12", in the order given. Throws UsageError that names `what` for text
/// that is none, a range that falls, a seed named twice, and more than `most` of them.
std::vector<std::uint64_t> parse_seeds(std::string_view text, std::string_view what, std::size_t most);

}  // namespace denoiscope
