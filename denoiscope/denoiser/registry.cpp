#include "denoiscope/denoiser/registry.hpp"

namespace denoiscope {
namespace {
constexpr DenoiserEntry kDenoisers[] = {
    {"empirical",
     "exact posterior of a data set: the score that a perfectly trained network learns, and which memorizes",
     "arXiv 2402.18491"},
    {"gaussian", "posterior of one Gaussian, isotropic or full covariance", "arXiv 2402.18491"},
    {"gaussian-mixture", "posterior of any mixture of Gaussians, with components grouped into classes",
     "arXiv 2402.18491"},
};
}  // namespace

std::span<const DenoiserEntry> denoisers() { return kDenoisers; }

}  // namespace denoiscope
