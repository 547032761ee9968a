#define NOISE_NAMESPACE avx2
#define NOISE_NAME "avx2"
#include "denoiscope/base/noise_source.hpp"
