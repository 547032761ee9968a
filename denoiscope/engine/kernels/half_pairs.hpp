// Rounding of weights to pieces of bfloat16, in pairs of rows. Included by the kernels that need it, within their
// namespace.

inline void pair_rows(const float* weights, std::ptrdiff_t rows, int pieces, std::uint16_t* out) {
  typedef unsigned Bits __attribute__((vector_size(64)));
  typedef float Floats __attribute__((vector_size(64)));
  // The nearest bfloat16 number, ties to even, in the upper half; taken from `left`, which is finite.
  const auto piece = [](Floats& left) {
    const Bits v = (Bits)left, rounded = (v + 0x7fffU + ((v >> 16) & 1U)) & 0xffff0000U;
    left -= (Floats)rounded;  // exact
    return rounded;
  };
  for (std::ptrdiff_t r = 0; r < rows; r += 2)
    for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += 16) {
      Floats first = *reinterpret_cast<const Floats*>(weights + r * kSingleLanes + lane),
             second = *reinterpret_cast<const Floats*>(weights + (r + 1) * kSingleLanes + lane);
      for (int p = 0; p < pieces; ++p) {
        const Bits low = piece(first) >> 16, high = piece(second);
        *reinterpret_cast<Bits*>(out + ((p * rows + r) * kSingleLanes + 2 * lane)) = low | high;
      }
    }
}
