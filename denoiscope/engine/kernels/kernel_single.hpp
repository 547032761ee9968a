// The part of kernel_source.hpp in single precision: the same register width holds twice the queries. Included there,
// within the namespace of the instruction set, and nowhere else.

constexpr std::ptrdiff_t kWide = 2 * KERNEL_WIDTH;
constexpr int kTall = KERNEL_SINGLE_ROWS;
constexpr std::ptrdiff_t kStep = 2 * kWide;  // lanes that a tile of accumulators holds
typedef float Narrow __attribute__((vector_size(KERNEL_WIDTH * 8)));
typedef int NarrowBits __attribute__((vector_size(KERNEL_WIDTH * 8)));

inline Narrow load(const float* p) { return *reinterpret_cast<const Narrow*>(p); }
inline void store(float* p, Narrow v) { *reinterpret_cast<Narrow*>(p) = v; }
inline Narrow splat(float v) { return v - Narrow{}; }
inline Narrow larger(Narrow a, Narrow b) {
  const NarrowBits chooses_a = a > b;
  return (Narrow)(((NarrowBits)a & chooses_a) | ((NarrowBits)b & ~chooses_a));
}

// e^v for v in [-87, 87], within two ulp: v = n log 2 + r, polynomial of degree 7 in r (remainder 5e-9).
inline Narrow exponential(Narrow v) {
  const float shifter = 0x1.8p23F;
  const Narrow shifted = v * 1.44269504F + shifter;
  const Narrow n = shifted - shifter;
  const Narrow r = (v - n * 0x1.62e4p-1F) - n * 0x1.7f7d1cp-20F;
  Narrow p = splat(1.0F / 5040.0F);
  p = p * r + 1.0F / 720.0F;
  p = p * r + 1.0F / 120.0F;
  p = p * r + 1.0F / 24.0F;
  p = p * r + 1.0F / 6.0F;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  return (Narrow)((NarrowBits)p + ((NarrowBits)shifted << 23));
}

void single_dot(const float* panel, std::ptrdiff_t depth, const float* query, float* out, bool add, const float* soon,
                const float* later) {
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kStep) {
    Narrow sum[kTall][2];
    for (int r = 0; r < kTall; ++r) sum[r][0] = sum[r][1] = Narrow{};
    const float* q = query + lane;
    for (std::ptrdiff_t k = 0; k < depth; ++k) {
      const Narrow x0 = load(q + k * kSingleLanes), x1 = load(q + k * kSingleLanes + kWide);
      if (lane == 0) {
        __builtin_prefetch(soon + k * kTall);
        __builtin_prefetch(later + k * 4, 0, 2);
      }
      for (int r = 0; r < kTall; ++r) {
        const Narrow datum = splat(panel[k * kTall + r]);
        sum[r][0] += datum * x0;
        sum[r][1] += datum * x1;
      }
    }
#pragma GCC unroll 16
    for (int r = 0; r < kTall; ++r)
#pragma GCC unroll 2
      for (int i = 0; i < 2; ++i) {
        float* at = out + r * kSingleLanes + lane + i * kWide;
        store(at, add ? load(at) + sum[r][i] : sum[r][i]);
      }
  }
}

void single_gather(const float* panel, std::ptrdiff_t panels, std::ptrdiff_t stride, std::ptrdiff_t depth,
                   const float* weight, float* out) {
  for (std::ptrdiff_t k = 0; k < depth; k += kTall)
    for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kStep) {
      Narrow sum[kTall][2];
#pragma GCC unroll 16
      for (int j = 0; j < kTall; ++j)
#pragma GCC unroll 2
        for (int i = 0; i < 2; ++i) sum[j][i] = load(out + (k + j) * kSingleLanes + lane + i * kWide);
      for (std::ptrdiff_t p = 0; p < panels; ++p) {
        const float* a = panel + p * stride + k * kTall;
        const float* w = weight + p * kTall * kSingleLanes + lane;
        for (int r = 0; r < kTall; ++r) {
          const Narrow w0 = load(w + r * kSingleLanes), w1 = load(w + r * kSingleLanes + kWide);
          if (lane == 0) __builtin_prefetch(a + kTall * kTall + r * kTall);
          for (int j = 0; j < kTall; ++j) {
            const Narrow datum = splat(a[j * kTall + r]);
            sum[j][0] += datum * w0;
            sum[j][1] += datum * w1;
          }
        }
      }
#pragma GCC unroll 16
      for (int j = 0; j < kTall; ++j)
#pragma GCC unroll 2
        for (int i = 0; i < 2; ++i) store(out + (k + j) * kSingleLanes + lane + i * kWide, sum[j][i]);
    }
}

void single_logits(float* dots, const float* term, std::ptrdiff_t rows, float slope, float* top) {
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWide) {
    Narrow highest = load(top + lane);
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      float* at = dots + r * kSingleLanes + lane;
      const Narrow s = load(at) * slope - term[r];
      store(at, s);
      highest = larger(s, highest);
    }
    store(top + lane, highest);
  }
}

void single_weigh(float* s, std::ptrdiff_t rows, const float* reference, SingleSums& sums) {
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWide) {
    const Narrow from = load(reference + lane);
    Narrow sum{}, first{}, second{};
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      float* at = s + r * kSingleLanes + lane;
      const Narrow below = larger(load(at) - from, splat(-87.0F));
      const Narrow w = (Narrow)((NarrowBits)exponential(below) & (NarrowBits)(below > -87.0F));
      store(at, w);
      sum += w;
      first += w * below;
      second += w * w;
    }
    store(sums.sum + lane, sum);
    store(sums.first + lane, first);
    store(sums.second + lane, second);
  }
}

bool single_scale(float* weights, std::ptrdiff_t rows, const float* factor, float floor) {
  NarrowBits any{};
  for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWide) {
    const Narrow f = load(factor + lane);
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      float* at = weights + r * kSingleLanes + lane;
      const Narrow w = load(at) * f;
      const NarrowBits kept = w >= floor;
      any |= kept;
      store(at, (Narrow)((NarrowBits)w & kept));
    }
  }
  for (std::ptrdiff_t w = 0; w < kWide; ++w)
    if (any[w] != 0) return true;
  return false;
}

std::ptrdiff_t single_reaching(const float* s, std::ptrdiff_t begin, std::ptrdiff_t rows, const float* level) {
  for (std::ptrdiff_t r = begin; r < rows; ++r) {
    NarrowBits any{};
    for (std::ptrdiff_t lane = 0; lane < kSingleLanes; lane += kWide)
      any |= load(s + r * kSingleLanes + lane) >= load(level + lane);
    for (std::ptrdiff_t w = 0; w < kWide; ++w)
      if (any[w] != 0) return r;
  }
  return rows;
}

double single_fma_loop(std::ptrdiff_t rounds) {
  Narrow chain[kChains];
  for (int i = 0; i < kChains; ++i) chain[i] = splat(1.0F + static_cast<float>(i));
  const Narrow factor = splat(0.9999999F), shift = splat(1e-7F);
  for (std::ptrdiff_t k = 0; k < rounds; ++k)
    for (int i = 0; i < kChains; ++i) chain[i] = chain[i] * factor + shift;
  double total = 0;
  for (int i = 0; i < kChains; ++i)
    for (std::ptrdiff_t w = 0; w < kWide; ++w) total += static_cast<double>(chain[i][w]);
  return total;
}

constexpr Single single{kTall,        single_dot,      single_gather,   single_logits,     single_weigh,
                        single_scale, single_reaching, single_fma_loop, 2 * kChains* kWide};
