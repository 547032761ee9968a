// Which data can matter to a noisy point, now and as it moves: one scan over the data, and the tube around a
// trajectory in which the answer stays true. Proofs: docs/certificates.md. Private to this room and its tests.
//
// Coordinates: y = e^t x, s = e^{2t} - 1, in which the logit of datum a is -|y - a|^2 / (2 s).
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/engine/dense/panels.hpp"
#include "denoiscope/engine/dense/rounding.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/engine/kernels/half.hpp"
#include "denoiscope/engine/kernels/scan_lanes.hpp"

namespace denoiscope {

/// Bound on what the arithmetic of a scan may do to |a|^2 - 2 y.a (centred): base + slope * residual[a].
struct Doubt {
  double base = 0, slope = 0;
};

/// What a scan needs to know of the data besides themselves: they are multiplied as bfloat16 numbers, and how far each
/// is from its rounded self is known.
struct ScanData {
  /// kernel: null for the fastest; products are then by kernel::best_half() where there is one.
  explicit ScanData(const Dataset& points, const kernel::Functions* kernel = nullptr);
  /// Of centred y with that norm, represented to within `residual`.
  Doubt doubt(double centred_norm, double residual) const;
  /// Bound on the error of |y - a|^2 - |y - b|^2 from centred products in double precision, for any two data.
  double rounding(double centred_norm) const;
  /// Whether products of a query with that norm stay within single precision.
  bool in_range(double centred_norm) const { return centred_norm < 1e15 && largest < 1e15; }
  /// At most |y - a| for a row of the data; `soon` is a row that will be wanted next. y: (depth) centred, in single
  /// precision, to within `residual`.
  double least_distance(const float* y, double residual, Index row, Index soon) const;

  Dataset data;
  Vector centre;                 // (d) mean of the data
  std::vector<double> norm;      // (n) |a - centre|^2
  std::vector<double> residual;  // (n) at least |a - centre - its bfloat16 numbers|
  std::vector<float> single_norm, single_residual;
  double largest = 0;      // largest |a - centre|
  double centre_norm = 0;  // |centre|
  const kernel::Functions& kernel;
  const kernel::Half* half;  // null: single precision
  std::shared_ptr<const HalfPanels> rounded;
  double trust = 1;  // of doubt(): 1, but for tests that break the proof
};

/// One query of a scan.
struct Probe {
  Vector y;                  ///< (d) e^t x
  double s = 0;              ///< e^{2t} - 1
  double theta = 0;          ///< nats below the nearest (or the anchor) at which a datum may be left out
  Index near[2] = {-1, -1};  ///< rows known to be near y, or -1; the first is the anchor of a tube
  bool neighbours = false;   ///< the two nearest data must be in the list
  double keep_within = 0;    ///< of a tube: data at most this far from the anchor must be in the list
  double spare = 0;          ///< of a survey: mass that lighter data may be left out with besides
};

/// A datum of a list. For all (y, s) with c = s / s_ref <= 1 and |y - line(c)| <= rho,
/// |y - a|^2 - |y - anchor|^2 >= 2 s theta + span (c reach + (1 - c) half - rho).
/// Rounded down, for lists are long.
struct Listed {
  Index row = -1;
  float reach = -std::numeric_limits<float>::infinity(), half = reach, span = 0;
  float refreshed = -std::numeric_limits<float>::infinity();  // reach from the point where the list was refreshed
  int key = 0;                                                // first node of kTubeNodes at which it would be too close
  float least() const { return reach < half ? reach : half; }  ///< no room at any c <= 1 is less than that less rho
};

/// Where a query stands in a tube: c and the departure from the line to the reference, and to the refreshed one.
struct Stand {
  double c = 1, departure = 0, refreshed_c = 1, refreshed_departure = kInfinity;
  /// At least (|y - a|^2 - |y - anchor|^2 - 2 s theta) / span wherever that is not negative; may be not a number.
  double room(const Listed& a) const {
    const double first = c * static_cast<double>(a.reach) + (1 - c) * static_cast<double>(a.half) - departure;
    const double second = refreshed_c * static_cast<double>(a.refreshed) +
                          (1 - refreshed_c) * static_cast<double>(a.half) - refreshed_departure;
    return second > first ? second : first;
  }
};

inline constexpr std::array<double, kernel::kTubeNodeCount> kTubeNodes = {1,     0.977, 0.889, 0.754, 0.588,
                                                                          0.412, 0.246, 0.111, 0.023, 0};

/// Around the straight line (in s) from y_ref at s_ref to the anchor at 0: while |y - line(c)| <= radius(c), c = s /
/// s_ref, every datum outside the list weighs at most e^{-theta} of the anchor.
struct Tube {
  Vector reference, anchor_point;  // (d) y_ref and the anchor
  Index anchor = -1;               // its row
  double s = 0, theta = 0;
  int window = -1;  // the tube reaches from c = 1 to kTubeNodes[window]; -1: there is no list
  std::array<double, kTubeNodes.size()> wall{};  // radius at the nodes up to the window
  double keep_within = 0;                        // no datum outside the list is closer to the anchor
  std::vector<Listed> list;                      // the anchor first, then by least()

  /// Largest departure from the line that is certified at c, or -1 where none is.
  double radius(double c) const;
  /// Upper bound on the distance of y from the line between the anchor and `from`, rounding included. y: (d), known to
  /// a relative error of 4 units.
  double departure(const Vector& y, const Vector& from, double c) const;

  // Listed data that are read again and again are compared with a point nearer than y_ref.
  Vector refreshed;            // (d) that point, or empty
  double refreshed_s = 0;      // its s
  Index spent = 0, stock = 0;  // distances computed since, and then
};

/// A tube for each probe; window = -1 where more than `cap` data would be listed. Bits of a list depend on its probe
/// and the kernel, not on the other probes nor on threads.
std::vector<Tube> scan(const ScanData& data, std::span<const Probe> probes, Index cap);

/// The data that matter to a point as it stands: those left out weigh at most n e^{-theta} of the nearest and `spare`
/// of all together.
struct Survey {
  bool found = false;       // no more than cap
  std::vector<Index> rows;  // ascending
  double low = 0;           // no |y - a|^2 is less
  bool vague = false;       // the least may be hundreds of nats more than that
  Index in_sight = -1;      // data that a tube of two windows would have to list, estimated; -1: unknown
};

/// A survey for each probe, as scan().
std::vector<Survey> survey(const ScanData& data, std::span<const Probe> probes, Index cap);

}  // namespace denoiscope
