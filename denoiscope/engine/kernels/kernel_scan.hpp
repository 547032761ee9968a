// The part of kernel_source.hpp that looks for data which can matter, and measures single data. Included there, within
// the namespace of the instruction set, and nowhere else.

// Numbers that one register holds at a time, kLanes of them in flight: so the order of sums is that of every kernel.
double distance2(const double* x, const double* a, double shrink, std::ptrdiff_t d) {
  constexpr std::ptrdiff_t registers = kLanes / kWidth;
  typedef Doubles Anywhere __attribute__((aligned(8)));
  Doubles sum[registers] = {};
  std::ptrdiff_t k = 0;
  for (; k + kLanes <= d; k += kLanes)
    for (std::ptrdiff_t i = 0; i < registers; ++i) {
      const Doubles v = *reinterpret_cast<const Anywhere*>(x + k + i * kWidth) -
                        shrink * *reinterpret_cast<const Anywhere*>(a + k + i * kWidth);
      sum[i] += v * v;
    }
  double total = 0;
  for (std::ptrdiff_t i = 0; i < registers; ++i)
    for (std::ptrdiff_t w = 0; w < kWidth; ++w) total += sum[i][w];
  for (; k < d; ++k) {
    const double v = x[k] - shrink * a[k];
    total += v * v;
  }
  return total;
}

void add_scaled(const double* a, double weight, std::ptrdiff_t d, double* out) {
  for (std::ptrdiff_t k = 0; k < d; ++k) out[k] += weight * a[k];
}

float half_distance2(const std::uint16_t* panel, std::ptrdiff_t depth, const float* y, const std::uint16_t* soon) {
  typedef std::uint16_t Halves __attribute__((vector_size(KERNEL_WIDTH * 4), aligned(2)));
  typedef Floats Anywhere __attribute__((aligned(4)));
  constexpr std::ptrdiff_t registers = 32 / kWide;
  constexpr std::ptrdiff_t block = 16 * 32;  // numbers of a panel from 32 of a row to the next
  Floats sum[registers] = {};
  for (std::ptrdiff_t k = 0; k < depth; k += 32, panel += block, soon += block) {
    __builtin_prefetch(soon);
    for (std::ptrdiff_t i = 0; i < registers; ++i) {
      const Halves bits = *reinterpret_cast<const Halves*>(panel + i * kWide);
      const Floats v = *reinterpret_cast<const Anywhere*>(y + k + i * kWide) -
                       (Floats)(__builtin_convertvector(bits, FloatBits) << 16);
      sum[i] += v * v;
    }
  }
  float total = 0;
  for (std::ptrdiff_t i = 0; i < registers; ++i)
    for (std::ptrdiff_t w = 0; w < kWide; ++w) total += sum[i][w];
  return total;
}

void scan(const float* dot, std::ptrdiff_t rows, const float* norm, const float* residual, ScanLanes& lanes,
          std::uint8_t* flag) {
  typedef std::int8_t Flags __attribute__((vector_size(KERNEL_WIDTH * 2), aligned(1)));
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWide) {
    const Floats cut = load(lanes.single_cut + lane), slope = load(lanes.single_slope + lane),
                 sight = load(lanes.sight + lane);
    Floats seen = load(lanes.in_sight + lane);
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      const Floats low = norm[r] - 2.0F * load(dot + r * kSingleLanes + lane) - slope * residual[r];
      const FloatBits far = low > cut, in_sight = low <= sight;
      seen += (Floats)((FloatBits)splat(1.0F) & in_sight);
      *reinterpret_cast<Flags*>(flag + r * kSingleLanes + lane) = __builtin_convertvector(~far, Flags);
    }
    store(lanes.in_sight + lane, seen);
  }
}

void scan_tubes(const float* dot, const float* anchor_dot, std::ptrdiff_t rows, const double* norm,
                const double* residual, const ScanLanes& lanes, std::uint8_t* flag) {
  typedef float Singles __attribute__((vector_size(KERNEL_WIDTH * 4), aligned(4)));
  typedef std::int8_t Flags __attribute__((vector_size(KERNEL_WIDTH), aligned(1)));
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWidth)
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      const std::ptrdiff_t at = r * kSingleLanes + lane;
      const Doubles product = __builtin_convertvector(*reinterpret_cast<const Singles*>(dot + at), Doubles);
      const Doubles with_anchor = __builtin_convertvector(*reinterpret_cast<const Singles*>(anchor_dot + at), Doubles);
      const Doubles least = norm[r] - 2.0 * product - load(lanes.slope + lane) * residual[r];
      const Doubles gap = least - load(lanes.from + lane);
      const Doubles square = norm[r] + load(lanes.anchor_norm + lane) - 2.0 * with_anchor;
      const Doubles doubt = load(lanes.anchor_base + lane) + load(lanes.anchor_slope + lane) * residual[r];
      const Doubles low = square - doubt, span_square = 4.0 * (square + doubt), keep = load(lanes.keep_within + lane);
      DoubleBits quiet = (least > load(lanes.cut + lane)) & (low > 0.0) & (4.0 * low * low > keep * keep * span_square);
      for (std::ptrdiff_t j = 0; j < kTubeNodeCount; ++j) {
        const Doubles v = gap * load(lanes.on_gap[j] + lane) + low * load(lanes.on_square[j] + lane);
        const Doubles size = larger<double>(v, -v);
        quiet &= v * size >= span_square * load(lanes.bar[j] + lane);
      }
      *reinterpret_cast<Flags*>(flag + at) = __builtin_convertvector(~quiet, Flags);
    }
}
