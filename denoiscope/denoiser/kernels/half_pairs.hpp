// Rounding of weights to bfloat16, in pairs of rows. Included by the kernels that need it, within their namespace.

inline void pair_rows(const float* weights, std::ptrdiff_t rows, std::uint16_t* out) {
  typedef unsigned Bits __attribute__((vector_size(64)));
  for (std::ptrdiff_t r = 0; r < rows; r += 2)
    for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += 16) {
      const auto rounded = [&](std::ptrdiff_t row) {
        const Bits v = *reinterpret_cast<const Bits*>(weights + row * kSingleLanes + lane);
        return (v + 0x7fffU + ((v >> 16) & 1U)) >> 16;  // to nearest, ties to even; weights are finite
      };
      *reinterpret_cast<Bits*>(out + (r * kSingleLanes + 2 * lane)) = rounded(r) | (rounded(r + 1) << 16);
    }
}
