// The data as the kernels of single precision and bfloat16 want them. Private to this room.
#pragma once

#include <cstdint>
#include <memory>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope {

/// Memory for `count` numbers, zero at first, on a boundary that suits the kernels; large blocks in huge pages, since a
/// tile spans more small ones than the CPU remembers. Throws std::bad_alloc. T: float or std::uint16_t.
template <class T>
std::unique_ptr<T[], void (*)(void*)> aligned(Index count);

/// The nearest bfloat16 number, ties to even.
std::uint16_t rounded_half(double value);
/// What a bfloat16 number stands for.
float widened_half(std::uint16_t half);

/// Data less their centre, in panels: panel p holds rows p * height ..., panel[k][row], zeros where there is no row.
class Panels {
 public:
  Panels(const Dataset& data, const Vector& centre, Index height);
  Index height() const { return height_; }
  Index depth() const { return depth_; }  ///< dimension, up to the next multiple of the height
  Index count() const { return count_; }
  Index stride() const { return depth_ * height_; }
  const float* panel(Index p) const { return storage_.get() + p * stride(); }

 private:
  Index height_, depth_, count_;
  std::unique_ptr<float[], void (*)(void*)> storage_;
};

/// The same in bfloat16, as kernel::Half wants it: in panels for products with queries, in blocks for weighted sums.
/// Rounded, or exactly: 8-bit data less their mean rounded to a whole number are whole numbers of at most 8 bits, and
///   datum_k - centre_k = unit_k * stored_k + rest_k.
class HalfPanels {
 public:
  /// exact: for data of type u8; ..._panels: without the blocks.
  enum class Content { rounded_panels, rounded, exact_panels, exact };
  HalfPanels(const Dataset& data, const Vector& centre, Content content);
  static constexpr Index kHeight = 32;
  bool exact() const { return content_ == Content::exact || content_ == Content::exact_panels; }
  bool blocked() const { return content_ == Content::exact || content_ == Content::rounded; }
  /// How many pieces of queries and weights lose nothing beside the data.
  int pieces() const { return exact() ? 3 : 1; }
  const Vector& unit() const { return unit_; }  ///< (d) 1 where rounded
  const Vector& rest() const { return rest_; }  ///< (d) 0 where rounded
  /// Dimension, up to the next multiple of 32; where exact, blocks hold 1 for every row in column d, which adds up the
  /// weights.
  Index depth() const { return depth_; }
  Index count() const { return count_; }
  const std::uint16_t* panels(Index row) const { return storage_.get() + row * depth_; }
  /// The first of the numbers of a row, of which 32 lie together.
  const std::uint16_t* row(Index i) const { return panels(i / 16 * 16) + i % 16 * 32; }
  const std::uint16_t* blocks(Index row) const { return storage_.get() + (count_ * kHeight + row) * depth_; }

 private:
  Content content_;
  Index depth_, count_;
  Vector unit_, rest_;
  std::unique_ptr<std::uint16_t[], void (*)(void*)> storage_;
};

}  // namespace denoiscope
