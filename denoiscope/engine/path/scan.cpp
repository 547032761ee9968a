#include "denoiscope/engine/path/scan.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/path/scan_plan.hpp"

namespace denoiscope {
namespace scanning {
namespace {

// The radius aimed at, in units of sqrt(s_ref) (sqrt(d) + 2): a polygon just outside the half circle sqrt(c (1 - c)),
// which is how far a bridge strays from the line.
constexpr std::array<double, kNodes> kTarget = {0.05, 0.175, 0.327, 0.441, 0.502, 0.502, 0.441, 0.327, 0.175, 0.05};
constexpr std::size_t kSighted = 2;  // a tube that reaches this node pays for its second product

constexpr double kWidest = 1e300;  // where all data are listed there is no wall; finite, so that walls can be mixed

double target_unit(double s, Index d) { return std::sqrt(s) * (std::sqrt(static_cast<double>(d)) + 2); }

constexpr Index kChunkRows = 16 * kTileRows;  // of one task
constexpr Index kAtATime = 16;                // rows between two looks at what they have changed
void note(double power, Part& part) {
  if (power < part.best) {
    part.second = part.best;
    part.best = power;
  } else if (power < part.second) {
    part.second = power;
  }
}

// Shortens the window until at most cap data are listed.
void shorten(Part& part, Index cap) {
  while (part.window >= 0 && static_cast<Index>(part.list.size()) > cap) {
    --part.window;
    std::erase_if(part.list, [&](const Listed& l) { return l.key > part.window; });
  }
}

float below(double value) { return std::nextafter(static_cast<float>(value), -std::numeric_limits<float>::infinity()); }

// A datum as products see it; `low` is the least that its power may be, but for `base`.
struct Measured {
  Index row;
  double norm, residual, low, product;
};

void set_bars(const Part& part, std::size_t lane, Group& group) {
  for (int j = 0; j < kNodes; ++j) {
    const auto at = static_cast<std::size_t>(j);
    // The walls of the longest window are the widest.
    const double least = j <= part.window ? part.least[part.window][at] : -1;
    group.bar[at][lane] = least < 0 ? -kInfinity : least * least;
  }
}

// The datum in the tube of one probe.
void place(const Measured& it, std::size_t lane, Group& group, Part& part) {
  const double gap = it.low - group.from[lane];
  const double square = it.norm + group.anchor_norm[lane] - 2 * it.product,
               doubt = group.anchor_base[lane] + group.anchor_slope[lane] * it.residual;
  Listed datum;
  datum.row = it.row;
  if (square > doubt) {  // otherwise it may equal the anchor
    const double span = 2 * std::sqrt(square + doubt);
    datum.span = below(span);
    datum.half = below((square - doubt) / span);
    if (gap >= 0) datum.reach = below(gap / span);
    std::array<double, kNodes> ratio{};
    for (datum.key = 0; datum.key <= part.window; ++datum.key) {
      const auto j = static_cast<std::size_t>(datum.key);
      ratio[j] = (gap * group.on_gap[j][lane] + (square - doubt) * group.on_square[j][lane]) / span;
      if (!(gap >= 0) || !(ratio[j] >= 1)) break;
    }
    for (std::size_t w = 0; w < static_cast<std::size_t>(datum.key); ++w)
      for (std::size_t j = 0; j <= w; ++j) part.least[w][j] = std::min(part.least[w][j], ratio[j]);
    set_bars(part, lane, group);
    const bool near_query = group.neighbours[lane] && !(it.low > group.cut[lane]);
    if (!(2 * static_cast<double>(datum.half) > group.keep_within[lane]) || near_query) datum.key = 0;
  }
  if (datum.key <= part.window) part.list.push_back(datum);
}

// One datum against the lanes that it may matter to.
void sift(const Measured& base, const float* dot, const float* anchor_dot, const std::uint8_t* flag, Index cap,
          Group& group, Part* parts) {
  for (std::size_t lane = 0; lane < group.used.size(); ++lane) {
    if (flag[lane] == 0 || !group.used[lane]) continue;
    Part& part = parts[lane];
    if (part.window < 0) continue;
    Measured it = base;
    const double doubt = group.slope[lane] * base.residual;
    it.low = base.norm - 2 * static_cast<double>(dot[lane]) - doubt;
    if (!(it.low > group.cut[lane])) {
      if (it.low + 2 * doubt < part.second) {
        note(it.low + 2 * doubt, part);
        group.lower_cut(lane, cut_of(group, lane, part.best, part.second));
      }
      if (anchor_dot == nullptr) part.candidates.push_back({static_cast<std::uint32_t>(it.row), below(it.low)});
    }
    if (anchor_dot == nullptr) continue;
    it.product = static_cast<double>(anchor_dot[lane]);
    place(it, lane, group, part);
    if (static_cast<Index>(part.list.size()) <= 2 * cap) continue;
    shorten(part, cap);
    set_bars(part, lane, group);
  }
}

bool any(const std::uint8_t* flag) {
  std::array<std::uint64_t, kWide / 8> words;
  std::memcpy(words.data(), flag, sizeof words);
  std::uint64_t all = 0;
  for (const std::uint64_t word : words) all |= word;
  return all != 0;
}

void set_tube(const Probe& probe, std::size_t lane, Index d, Group& group) {
  group.keep_within[lane] = probe.keep_within;
  const double unit = target_unit(probe.s, d);
  for (std::size_t j = 0; j < kTubeNodes.size(); ++j) {
    group.on_gap[j][lane] = kTubeNodes[j] / (kTarget[j] * unit);
    group.on_square[j][lane] = (1 - kTubeNodes[j]) / (kTarget[j] * unit);
    group.bar[j][lane] = kInfinity;
  }
}

Index groups_of(std::span<const Probe> probes) { return (static_cast<Index>(probes.size()) + kWide - 1) / kWide; }

}  // namespace

double cut_of(const Group& group, std::size_t lane, double best, double second) {
  const double cut = best + group.s_theta[lane] + 2 * group.base[lane];
  return group.neighbours[lane] ? std::max(cut, second + 2 * group.base[lane]) : cut;
}

Plan::Plan(const ScanData& of, std::span<const Probe> probes, Index most, bool for_tubes)
    : data(of),
      cap(most),
      tubes(for_tubes),
      groups(groups_of(probes)),
      points(of, groups_of(probes), for_tubes),
      anchors(of, for_tubes ? groups_of(probes) : 0, true) {
  const Index d = data.data.dimension();
  RowMatrix near(2, d);
  for (std::size_t q = 0; q < probes.size(); ++q) {
    const Probe& probe = probes[q];
    const Index block = static_cast<Index>(q) / kWide;
    const std::size_t lane = q % kWide;
    Group& group = groups[block];
    const Vector y = probe.y - data.centre;
    if (!data.in_range(y.norm())) continue;
    group.used[lane] = true;
    group.neighbours[lane] = probe.neighbours;
    group.s_theta[lane] = 2 * probe.s * probe.theta;
    const Doubt doubt = data.doubt(y.norm(), points.set(block, static_cast<Index>(lane), y));
    group.base[lane] = doubt.base;
    group.slope[lane] = doubt.slope;
    group.single_slope[lane] = static_cast<float>(doubt.slope);
    group.rounded[lane] = 0x1p-20 * std::pow(y.norm() + data.largest, 2);  // ten roundings of numbers below that square
    double power[2] = {kInfinity, kInfinity};
    for (Index i = 0; i < 2; ++i) {
      if (probe.near[i] < 0 || (i == 1 && probe.near[1] == probe.near[0])) break;
      data.data.read(probe.near[i], near.middleRows(i, 1));
      near.row(i) -= data.centre.transpose();
      power[i] = data.norm[probe.near[i]] - 2 * near.row(i).dot(y);
    }
    group.set_cut(lane, cut_of(group, lane, std::min(power[0], power[1]), std::max(power[0], power[1])));
    group.from[lane] = power[0] + 2 * group.base[lane] + group.s_theta[lane];
    if (!tubes && probe.near[0] >= 0) {
      // Were |y - a|^2 - |y - anchor|^2 = |anchor - a|^2: the wall of a tube at that node.
      const double wall = kTarget[kSighted] * target_unit(probe.s, d);
      group.sight[lane] = static_cast<float>(
          power[0] + std::pow(wall + std::sqrt(wall * wall + kTubeNodes[kSighted] * group.s_theta[lane]), 2));
    }
    if (!tubes) continue;
    set_tube(probe, lane, d, group);
    const Vector anchor = near.row(0).transpose();
    group.anchor_norm[lane] = data.norm[probe.near[0]];
    const Doubt apart = data.doubt(anchor.norm(), anchors.set(block, static_cast<Index>(lane), anchor));
    group.anchor_base[lane] = apart.base;
    group.anchor_slope[lane] = apart.slope;
  }
}

namespace {

// Rows of a tile from `row` on against one group.
void scan_rows(const Plan& plan, Index row, Index rows, const float* dots, const float* anchor_dots, Group& group,
               Part* parts) {
  const ScanData& data = plan.data;
  const auto first = static_cast<std::size_t>(row);
  std::array<std::uint8_t, kAtATime * kWide> flags;
  if (plan.tubes)
    data.kernel.scan_tubes(dots, anchor_dots, rows, data.norm.data() + first, data.residual.data() + first, group,
                           flags.data());
  else
    data.kernel.scan(dots, rows, data.single_norm.data() + first, data.single_residual.data() + first, group,
                     flags.data());
  for (Index r = 0; r < rows; ++r) {
    const std::uint8_t* flag = flags.data() + r * kWide;
    if (!any(flag)) continue;
    const auto i = static_cast<std::size_t>(row + r);
    sift({row + r, data.norm[i], data.residual[i], 0, 0}, dots + r * kWide,
         plan.tubes ? anchor_dots + r * kWide : nullptr, flag, plan.cap, group, parts);
  }
}

// Parts of one chunk, one a lane of every group.
std::vector<Part> scan_chunk(const Plan& plan, Index begin, Index end) {
  std::vector<Group> groups = plan.groups;
  std::vector<Part> parts(groups.size() * static_cast<std::size_t>(kWide));
  ScanProducts::Buffer points(plan.points), anchors(plan.anchors);
  for (Index at = begin; at < end; at += kTileRows) {
    const Index rows = std::min(kTileRows, end - at);
    plan.points.load(at, points);
    if (plan.tubes) plan.anchors.load(at, anchors);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      plan.points.dot(at, static_cast<Index>(g), points);
      if (plan.tubes) plan.anchors.dot(at, static_cast<Index>(g), anchors);
      for (Index r = 0; r < rows; r += kAtATime)
        scan_rows(plan, at + r, std::min(kAtATime, rows - r), points.dots.get() + r * kWide,
                  plan.tubes ? anchors.dots.get() + r * kWide : nullptr, groups[g],
                  parts.data() + g * static_cast<std::size_t>(kWide));
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i)
    parts[i].in_sight = static_cast<double>(groups[i / kWide].in_sight[i % kWide]);
  return parts;
}

}  // namespace

std::vector<std::vector<Part>> scan_all(const Plan& plan) {
  const Index n = plan.data.data.rows();
  std::vector<std::vector<Part>> chunks((n + kChunkRows - 1) / kChunkRows);
  parallel_for(static_cast<Index>(chunks.size()),
               [&](Index c) { chunks[c] = scan_chunk(plan, c * kChunkRows, std::min((c + 1) * kChunkRows, n)); });
  return chunks;
}

Part join(const Plan& plan, std::size_t q, const std::vector<std::vector<Part>>& chunks) {
  Part out;
  for (const std::vector<Part>& chunk : chunks) {
    const Part& part = chunk[q];
    out.window = std::min(out.window, part.window);
    out.in_sight += part.in_sight;
    note(part.best, out);
    note(part.second, out);
    for (std::size_t w = 0; w < out.least.size(); ++w)
      for (std::size_t j = 0; j <= w; ++j) out.least[w][j] = std::min(out.least[w][j], part.least[w][j]);
  }
  if (!plan.groups[q / kWide].used[q % kWide]) out.window = -1;
  if (out.window < 0) return out;
  for (const std::vector<Part>& chunk : chunks) {
    out.list.insert(out.list.end(), chunk[q].list.begin(), chunk[q].list.end());
    out.candidates.insert(out.candidates.end(), chunk[q].candidates.begin(), chunk[q].candidates.end());
  }
  if (!plan.tubes) return out;
  std::erase_if(out.list, [&](const Listed& l) { return l.key > out.window; });
  shorten(out, plan.cap);
  return out;
}

}  // namespace scanning

std::vector<Tube> scan(const ScanData& data, std::span<const Probe> probes, Index cap) {
  using namespace scanning;
  const Plan plan(data, probes, cap, true);
  const std::vector<std::vector<Part>> chunks = scan_all(plan);
  std::vector<Tube> tubes(probes.size());
  RowMatrix row(1, data.data.dimension());
  for (std::size_t q = 0; q < probes.size(); ++q) {
    Part part = join(plan, q, chunks);
    Tube& tube = tubes[q];
    tube.reference = probes[q].y;
    tube.s = probes[q].s;
    tube.theta = probes[q].theta;
    tube.keep_within = probes[q].keep_within;
    tube.window = part.window;
    tube.list = std::move(part.list);
    if (tube.window < 0) continue;
    const double unit = target_unit(tube.s, data.data.dimension()) * kShrunk;
    for (std::size_t j = 0; j <= static_cast<std::size_t>(tube.window); ++j)
      tube.wall[j] = std::min(part.least[tube.window][j] * kTarget[j] * unit, kWidest);
    tube.anchor = probes[q].near[0];
    data.data.read(tube.anchor, row);
    tube.anchor_point = row.row(0).transpose();
    std::stable_sort(tube.list.begin(), tube.list.end(), [&](const Listed& a, const Listed& b) {
      return std::pair(a.row != tube.anchor, a.least()) < std::pair(b.row != tube.anchor, b.least());
    });
  }
  return tubes;
}

}  // namespace denoiscope
