// Products of queries with the rounded rows of a ScanData. Private to this room.
#pragma once

#include <memory>
#include <vector>

#include "denoiscope/engine/path/scan.hpp"

namespace denoiscope {

/// Queries in groups of 32: as one or two bfloat16 numbers each where the CPU multiplies these, else in single
/// precision.
class ScanProducts {
 public:
  static constexpr Index kWide = kernel::kSingleLanes;
  static constexpr Index kTileRows = 128;

  /// two: whether queries keep a second bfloat16 number.
  ScanProducts(const ScanData& data, Index groups, bool two);
  /// y: (d), centred. Returns a bound on |y - what is represented|.
  double set(Index group, Index lane, const Vector& y);

  /// What one thread needs.
  struct Buffer {
    explicit Buffer(const ScanProducts& products);
    std::unique_ptr<float[], void (*)(void*)> dots;    // (kTileRows, 32), more rows where panels need it
    std::unique_ptr<float[], void (*)(void*)> panels;  // the tile in single precision
  };
  /// Prepares the tile that starts at row `begin`, a multiple of kTileRows.
  void load(Index begin, Buffer& buffer) const;
  /// Products of that tile with one group into buffer.dots.
  void dot(Index begin, Index group, Buffer& buffer) const;

 private:
  Index panels() const { return (kTileRows + height_ - 1) / height_; }
  const ScanData& data_;
  Index depth_, height_;
  bool two_;
  std::unique_ptr<std::uint16_t[], void (*)(void*)> halves_;  // (groups, 2, depth / 2, 32, 2)
  std::unique_ptr<float[], void (*)(void*)> singles_;         // (groups, depth, 32)
};

}  // namespace denoiscope
