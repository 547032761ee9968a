#define KERNEL_NAMESPACE avx512
#define KERNEL_NAME "avx512"
#define KERNEL_WIDTH 8
#define KERNEL_ROWS 8
#define KERNEL_REGISTERS 3
#define KERNEL_SINGLE_ROWS 14
#include "denoiscope/engine/kernels/kernel_source.hpp"
