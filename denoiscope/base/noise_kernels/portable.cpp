#define NOISE_NAMESPACE portable
#define NOISE_NAME "portable"
#include "denoiscope/base/noise_source.hpp"
