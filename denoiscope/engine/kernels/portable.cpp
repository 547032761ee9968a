#define KERNEL_NAMESPACE portable
#define KERNEL_NAME "portable"
#define KERNEL_WIDTH 2
#define KERNEL_ROWS 4
#define KERNEL_REGISTERS 2
#define KERNEL_SINGLE_ROWS 6
#include "denoiscope/engine/kernels/kernel_source.hpp"
