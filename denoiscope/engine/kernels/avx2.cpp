#define KERNEL_NAMESPACE avx2
#define KERNEL_NAME "avx2"
#define KERNEL_WIDTH 4
#define KERNEL_ROWS 4
#define KERNEL_REGISTERS 3
#define KERNEL_SINGLE_ROWS 6
#include "denoiscope/engine/kernels/kernel_source.hpp"
