#define NOISE_NAMESPACE avx512
#define NOISE_NAME "avx512"
#include "denoiscope/base/noise_source.hpp"
