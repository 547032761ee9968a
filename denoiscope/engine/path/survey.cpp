// The data that matter to a point as it stands.
#include <algorithm>
#include <cmath>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/path/scan_plan.hpp"

namespace denoiscope {
namespace scanning {
namespace {

constexpr double kVague = 300;  // nats that the nearest may be off where weights by its measure would vanish

// Masses of candidates by their logit below the nearest.
class Histogram {
 public:
  void add(double nats) { ++count_[nats > 0 ? static_cast<std::size_t>(std::min(nats * kPerNat, kSteps - 1.0)) : 0]; }
  // At least the mass there is, were all nats at least as given.
  double least() const {
    double mass = 0;
    for (std::size_t i = 0; i + 1 < count_.size(); ++i)
      mass += count_[i] * std::exp(-(static_cast<double>(i) + 1) / kPerNat);
    return mass;
  }
  // Nats beyond which there is no more than `spare`.
  double end(double spare) const {
    std::size_t i = count_.size();
    for (; i > 1; --i) {
      spare -= count_[i - 1] * std::exp(-static_cast<double>(i - 1) / kPerNat);
      if (!(spare >= 0)) break;
    }
    return i == count_.size() ? kInfinity : static_cast<double>(i) / kPerNat;
  }

 private:
  static constexpr double kPerNat = 8, kSteps = 512;
  std::array<double, static_cast<std::size_t>(kSteps)> count_{};
};

// Leaves out what lies above the cut, then the lightest that `spare` allows.
Survey finish(const Plan& plan, const Probe& probe, std::size_t q, const Part& part) {
  const Group& group = plan.groups[q / kWide];
  const std::size_t lane = q % kWide;
  Survey out;
  if (probe.near[0] >= 0) out.in_sight = static_cast<Index>(part.in_sight);
  if (part.window < 0) return out;
  const double cut = cut_of(group, lane, part.best, part.second), unit = 2 * probe.s;
  Histogram lightest, heaviest;
  double lowest = part.best;
  for (const Candidate& c : part.candidates) {
    const auto low = static_cast<double>(c.low);
    const double high = low + 0x1p-22 * std::abs(low) + 2 * group.slope[lane] * plan.data.residual[c.row];
    heaviest.add((low - part.best) / unit);
    lightest.add((high - part.best) / unit);
    lowest = std::min(lowest, low);
  }
  lowest -= group.base[lane];
  out.vague = !(part.best + group.base[lane] - lowest < kVague * unit);
  const double spare = probe.spare * lightest.least() * std::exp(-2 * group.base[lane] / unit) * kShrunk;
  const double end = part.best + unit * (heaviest.end(spare) + 1e-9);
  const double kept = group.neighbours[lane] ? std::max(end, part.second + 2 * group.base[lane]) : end;
  for (const Candidate& c : part.candidates) {
    const auto low = static_cast<double>(c.low);
    if (low > cut || low > kept) continue;
    out.rows.push_back(static_cast<Index>(c.row));
    if (static_cast<Index>(out.rows.size()) > plan.cap) {
      out.rows.clear();
      return out;
    }
  }
  out.found = true;
  out.low = lowest + (probe.y - plan.data.centre).squaredNorm();
  return out;
}

}  // namespace
}  // namespace scanning

std::vector<Survey> survey(const ScanData& data, std::span<const Probe> probes, Index cap) {
  using namespace scanning;
  const Plan plan(data, probes, cap, false);
  const std::vector<std::vector<Part>> chunks = scan_all(plan);
  std::vector<Survey> out(probes.size());
  parallel_for(static_cast<Index>(probes.size()), [&](Index i) {
    const auto q = static_cast<std::size_t>(i);
    out[q] = finish(plan, probes[q], q, join(plan, q, chunks));
  });
  return out;
}

}  // namespace denoiscope
