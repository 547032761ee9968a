#include "denoiscope/engine/dense/panels.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>

#include "denoiscope/base/parallel.hpp"

namespace denoiscope {

template <class T>
std::unique_ptr<T[], void (*)(void*)> aligned(Index count) {
  constexpr std::size_t line = 64, huge = std::size_t{2} << 20;
  const std::size_t wanted = std::max(static_cast<std::size_t>(count) * sizeof(T), line);
  const std::size_t alignment = wanted >= huge / 8 ? huge : line,
                    bytes = (wanted + alignment - 1) / alignment * alignment;
  void* place = std::aligned_alloc(alignment, bytes);
  if (place == nullptr) throw std::bad_alloc();
  if (alignment == huge) ::madvise(place, bytes, MADV_HUGEPAGE);
  std::fill_n(static_cast<T*>(place), bytes / sizeof(T), T{0});
  return {static_cast<T*>(place), std::free};
}

template std::unique_ptr<float[], void (*)(void*)> aligned(Index count);
template std::unique_ptr<std::uint16_t[], void (*)(void*)> aligned(Index count);

std::uint16_t rounded_half(double value) {  // to bfloat16, to nearest, ties to even
  const auto narrow = static_cast<float>(value);
  std::uint32_t bits;
  std::memcpy(&bits, &narrow, sizeof bits);
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

float widened_half(std::uint16_t half) {
  const std::uint32_t bits = static_cast<std::uint32_t>(half) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

Panels::Panels(const Dataset& data, const Vector& centre, Index height)
    : height_(height),
      depth_((data.dimension() + height - 1) / height * height),
      count_((data.rows() + height - 1) / height),
      storage_(aligned<float>(count_ * stride() + 64)) {
  const Index d = data.dimension();
  constexpr Index kTogetherPanels = 64;
  parallel_for((count_ + kTogetherPanels - 1) / kTogetherPanels, [&](Index task) {
    RowMatrix rows(height_, d);
    for (Index p = task * kTogetherPanels; p < std::min(count_, (task + 1) * kTogetherPanels); ++p) {
      const Index present = std::min(height_, data.rows() - p * height_);
      data.read(p * height_, rows.topRows(present));
      float* panel = storage_.get() + p * stride();
      for (Index r = 0; r < present; ++r)
        for (Index k = 0; k < d; ++k) panel[k * height_ + r] = static_cast<float>(rows(r, k) - centre[k]);
    }
  });
}

HalfPanels::HalfPanels(const Dataset& data, const Vector& centre, Content content)
    : content_(content),
      depth_((data.dimension() + (exact() ? 1 : 0) + kHeight - 1) / kHeight * kHeight),
      count_((data.rows() + kHeight - 1) / kHeight),
      unit_(Vector::Ones(data.dimension())),
      rest_(Vector::Zero(data.dimension())),
      storage_(aligned<std::uint16_t>((blocked() ? 2 : 1) * count_ * kHeight * depth_)) {
  const Index d = data.dimension();
  Vector subtracted = centre;  // from raw numbers where exact
  if (exact()) {
    const Preprocess& p = data.preprocess();
    for (Index k = 0; k < d; ++k) {
      const auto at = [k](const std::vector<double>& v) { return v[v.size() > 1 ? static_cast<std::size_t>(k) : 0]; };
      unit_[k] = at(p.factor);
      subtracted[k] = unit_[k] != 0 ? std::clamp(std::round(centre[k] / unit_[k] + at(p.shift)), 0.0, 255.0) : 0.0;
      rest_[k] = unit_[k] * (subtracted[k] - at(p.shift)) - centre[k];
    }
  }
  constexpr Index together = 32;
  parallel_for((count_ + together - 1) / together, [&](Index task) {
    RowMatrix rows(kHeight, d);
    for (Index p = task * together; p < std::min(count_, (task + 1) * together); ++p) {
      const Index begin = p * kHeight, present = std::min(kHeight, data.rows() - begin);
      if (exact())
        for (Index r = 0; r < present; ++r) {
          const std::span<const std::byte> raw = data.raw(begin + r);
          for (Index k = 0; k < d; ++k) rows(r, k) = std::to_integer<int>(raw[k]);
        }
      else
        data.read(begin, rows.topRows(present));
      std::uint16_t* panel = storage_.get() + begin * depth_;
      std::uint16_t* block = blocked() ? storage_.get() + (count_ * kHeight + begin) * depth_ : nullptr;
      for (Index r = 0; r < present; ++r) {
        for (Index k = 0; k < d; ++k) {
          const std::uint16_t v = rounded_half(rows(r, k) - subtracted[k]);
          panel[r / 16 * 16 * depth_ + k / 32 * 512 + r % 16 * 32 + k % 32] = v;
          if (blocked()) block[k * kHeight + r] = v;
        }
        if (exact() && blocked()) block[d * kHeight + r] = rounded_half(1.0);
      }
    }
  });
}

}  // namespace denoiscope
