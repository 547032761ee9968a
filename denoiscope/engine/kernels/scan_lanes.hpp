// What a scan for the data that matter has of its queries. Private to this room.
#pragma once

#include <cstddef>

#include "denoiscope/engine/kernels/single.hpp"

namespace denoiscope::kernel {

inline constexpr std::ptrdiff_t kTubeNodeCount = 10;

/// What a scan compares data with, for 32 queries. Powers are |a|^2 - 2 y.a; one from a product may be less by slope
/// times the residual of its datum. The first three are rounded so that single precision errs to the safe side.
struct alignas(64) ScanLanes {
  float single_cut[kSingleLanes], single_slope[kSingleLanes], sight[kSingleLanes], in_sight[kSingleLanes];
  double cut[kSingleLanes], slope[kSingleLanes];
  /// Of tubes: gap = power - from; |a - anchor|^2 = norm + anchor_norm - 2 product, +- anchor_base + anchor_slope *
  /// residual; and of every node what ratios count and which need not be looked at.
  double from[kSingleLanes], anchor_norm[kSingleLanes], anchor_base[kSingleLanes], anchor_slope[kSingleLanes],
      keep_within[kSingleLanes];
  double on_gap[kTubeNodeCount][kSingleLanes], on_square[kTubeNodeCount][kSingleLanes],
      bar[kTubeNodeCount][kSingleLanes];
};

}  // namespace denoiscope::kernel
