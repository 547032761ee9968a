// A scan in the making: what its probes want, lane by lane, and what a part of the data has to say about each. Private
// to empirical_scan and empirical_survey.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "denoiscope/engine/path/products.hpp"

namespace denoiscope::scanning {

inline constexpr auto kNodes = static_cast<int>(kTubeNodes.size());
inline constexpr double kShrunk =
    1 - 1e-9;  // covers the rounding of c, of the radius and of theta, all below 1e-12 relative
inline constexpr Index kWide = ScanProducts::kWide, kTileRows = ScanProducts::kTileRows;
using Lanes = std::array<double, kWide>;

// The probes of one group on their way through a chunk, one a lane; lanes without a probe attend to nothing.
// Powers are |a|^2 - 2 y.a (centred). A power from products is right to within base + slope * residual of its datum.
struct Group : kernel::ScanLanes {
  std::array<bool, kWide> used{}, neighbours{};
  Lanes s_theta{};  // 2 s theta
  Lanes base{};     // of powers
  Lanes rounded{};  // more than what single precision does to a power while it is compared
  Group() : kernel::ScanLanes{} {
    for (std::size_t lane = 0; lane < used.size(); ++lane) {
      cut[lane] = -kInfinity;
      single_cut[lane] = sight[lane] = -std::numeric_limits<float>::infinity();
    }
  }
  // Powers above it can be left out.
  void lower_cut(std::size_t lane, double to) {
    if (!(to < cut[lane])) return;
    set_cut(lane, to);
  }
  void set_cut(std::size_t lane, double to) {
    cut[lane] = to;
    single_cut[lane] = std::nextafter(static_cast<float>(to + rounded[lane]), std::numeric_limits<float>::infinity());
  }
};

inline std::array<double, kNodes> filled(double value) {
  std::array<double, kNodes> out{};
  out.fill(value);
  return out;
}

// A datum that may matter to a survey, and the least that its power may be, but for `base`. There are many.
struct Candidate {
  std::uint32_t row;
  float low;
};

// What one chunk has to say about one probe.
struct Part {
  std::vector<Listed> list;                     // of a tube
  std::vector<Candidate> candidates;            // of a survey
  double best = kInfinity, second = kInfinity;  // two least among the most that powers in the chunk may be
  int window = kNodes - 1;
  double in_sight = 0;
  // Least ratio at node j <= w of the data outside the list of window w.
  std::array<std::array<double, kNodes>, kNodes> least;
  Part() { least.fill(filled(kInfinity)); }
};

/// The power above which a datum may be left out, given the two least.
double cut_of(const Group& group, std::size_t lane, double best, double second);

struct Plan {
  Plan(const ScanData& d, std::span<const Probe> probes, Index most, bool for_tubes);
  const ScanData& data;
  Index cap;
  bool tubes;
  std::vector<Group> groups;
  ScanProducts points, anchors;  // centred y and anchors
};

/// What the chunks of the data say about every probe, in order.
std::vector<std::vector<Part>> scan_all(const Plan& plan);
/// The chunks' parts of one probe put together in the order of the data.
Part join(const Plan& plan, std::size_t q, const std::vector<std::vector<Part>>& chunks);

}  // namespace denoiscope::scanning
