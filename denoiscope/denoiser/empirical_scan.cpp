#include "denoiscope/denoiser/empirical_scan.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/denoiser/empirical_sweep.hpp"
#include "denoiscope/denoiser/kernel.hpp"

namespace denoiscope {
namespace {

constexpr auto kNodes = static_cast<int>(kTubeNodes.size());
constexpr double kShrunk = 1 - 1e-9;  // covers the rounding of c, of the radius and of theta, all below 1e-12 relative

// The radius aimed at, in units of sqrt(s_ref) (sqrt(d) + 2): a polygon just outside the half circle sqrt(c (1 - c)),
// which is how far a bridge strays from the line.
constexpr std::array<double, kNodes> kTarget = {0.05, 0.175, 0.327, 0.441, 0.502, 0.502, 0.441, 0.327, 0.175, 0.05};
constexpr std::size_t kSighted = 2;  // a tube that reaches this node pays for its second product

constexpr double kWidest = 1e300;  // where all data are listed there is no wall; finite, so that walls can be mixed

double target_unit(double s, Index d) { return std::sqrt(s) * (std::sqrt(static_cast<double>(d)) + 2); }

using Lanes = std::array<double, static_cast<std::size_t>(kLanes)>;

// The probes of one group on their way through a chunk, one a lane; lanes without a probe attend to nothing.
struct Group {
  std::array<bool, static_cast<std::size_t>(kLanes)> used{}, neighbours{};
  Lanes s_theta{};            // 2 s theta
  Lanes doubt{};              // bound on the error of a difference of two powers
  Lanes cut{};                // power above which a datum is left out, as far as is known
  Lanes sight{}, in_sight{};  // power below which a datum would be listed for a tube, and how many were
  Lanes anchor_power{}, anchor_norm{}, anchor_doubt{}, keep_within{};
  std::array<Lanes, kNodes> on_gap{}, on_square{};  // ratio to the target at a node, times span
  std::array<Lanes, kNodes> bar{};                  // square of the ratio above which a datum changes no wall
  Group() {
    cut.fill(-kInfinity);
    sight.fill(-kInfinity);
  }
};

std::array<double, kNodes> filled(double value) {
  std::array<double, kNodes> out{};
  out.fill(value);
  return out;
}

// What one chunk has to say about one probe.
struct Part {
  std::vector<Listed> list;
  std::vector<double> power;                    // of the listed, where there is no anchor
  double best = kInfinity, second = kInfinity;  // two smallest powers in the chunk
  int window = kNodes - 1;
  double in_sight = 0;
  // Least ratio at node j <= w of the data outside the list of window w.
  std::array<std::array<double, kNodes>, kNodes> least;
  Part() { least.fill(filled(kInfinity)); }
};

void note(double power, Part& part) {
  if (power < part.best) {
    part.second = part.best;
    part.best = power;
  } else if (power < part.second) {
    part.second = power;
  }
}

double cut_of(const Group& group, std::size_t lane, double best, double second) {
  const double cut = best + group.s_theta[lane] + 2 * group.doubt[lane];
  return group.neighbours[lane] ? std::max(cut, second + 2 * group.doubt[lane]) : cut;
}

// Removes what lies above the cut; gives up where more than cap remain.
void prune(Part& part, double cut, Index cap) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < part.list.size(); ++i)
    if (!(part.power[i] > cut)) {
      part.list[kept] = part.list[i];
      part.power[kept++] = part.power[i];
    }
  part.list.resize(kept);
  part.power.resize(kept);
  if (static_cast<Index>(kept) <= cap) return;
  part.window = -1;
  part.list.clear();
  part.power.clear();
}

// Shortens the window until at most cap data are listed.
void shorten(Part& part, Index cap) {
  while (part.window >= 0 && static_cast<Index>(part.list.size()) > cap) {
    --part.window;
    std::erase_if(part.list, [&](const Listed& l) { return l.key > part.window; });
  }
}

float below(double value) { return std::nextafter(static_cast<float>(value), -std::numeric_limits<float>::infinity()); }

// Power of a datum, |a|^2 - 2 y.a (centred), and what its product with the anchor adds.
struct Measured {
  Index row;
  double power, norm, product;
};

void set_bars(const Part& part, std::size_t lane, Group& group) {
  for (int j = 0; j < kNodes; ++j) {
    const auto at = static_cast<std::size_t>(j);
    // The walls of the longest window are the widest.
    const double least = j <= part.window ? part.least[static_cast<std::size_t>(part.window)][at] : -1;
    group.bar[at][lane] = least < 0 ? -kInfinity : least * least;
  }
}

// The datum in the tube of one probe.
void place(const Measured& it, std::size_t lane, Group& group, Part& part) {
  const double gap = it.power - group.anchor_power[lane] - 2 * group.doubt[lane] - group.s_theta[lane];
  const double square = it.norm + group.anchor_norm[lane] - 2 * it.product, doubt = group.anchor_doubt[lane];
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
    const bool near_query = group.neighbours[lane] && !(it.power > group.cut[lane]);
    if (!(2 * static_cast<double>(datum.half) > group.keep_within[lane]) || near_query) datum.key = 0;
  }
  if (datum.key <= part.window) part.list.push_back(datum);
}

// Which lanes a datum may matter to: where neither a list nor a least ratio can change, nothing needs to be done.
// Without square roots and branches, so that it vectorises.
bool attends(Group& group, double norm, const double* dot, const double* anchor_dot, std::array<int, 24>& flag) {
  int any = 0;
  for (std::size_t lane = 0; lane < 24; ++lane) {
    flag[lane] = !(norm - 2 * dot[lane] > group.cut[lane]);
    any |= flag[lane];
    group.in_sight[lane] += norm - 2 * dot[lane] <= group.sight[lane] ? 1.0 : 0.0;
  }
  if (anchor_dot == nullptr) return any != 0;
  for (std::size_t lane = 0; lane < 24; ++lane) {
    const double gap = norm - 2 * dot[lane] - group.anchor_power[lane] - 2 * group.doubt[lane] - group.s_theta[lane];
    const double square = norm + group.anchor_norm[lane] - 2 * anchor_dot[lane];
    const double low = square - group.anchor_doubt[lane], span_square = 4 * (square + group.anchor_doubt[lane]);
    const double keep = group.keep_within[lane];
    int quiet = low > 0;
    quiet &= 4 * low * low > keep * keep * span_square;
    for (std::size_t j = 0; j < kTubeNodes.size(); ++j) {
      const double v = gap * group.on_gap[j][lane] + low * group.on_square[j][lane];
      quiet &= v * std::abs(v) >= span_square * group.bar[j][lane];
    }
    flag[lane] |= !quiet;
    any |= flag[lane];
  }
  return any != 0;
}

// One datum against the lanes it may matter to.
void sift(const Measured& base, const double* dot, const double* anchor_dot, const std::array<int, 24>& flag, Index cap,
          Group& group, Part* parts) {
  for (std::size_t lane = 0; lane < flag.size(); ++lane) {
    Part& part = parts[lane];
    if (flag[lane] == 0 || !group.used[lane] || part.window < 0) continue;
    Measured it = base;
    it.power = base.norm - 2 * dot[lane];
    if (!(it.power > group.cut[lane])) {
      note(it.power, part);
      group.cut[lane] = std::min(group.cut[lane], cut_of(group, lane, part.best, part.second));
      if (anchor_dot == nullptr) {
        Listed datum;
        datum.row = it.row;
        part.list.push_back(datum);
        part.power.push_back(it.power);
        if (static_cast<Index>(part.list.size()) > 2 * cap) prune(part, group.cut[lane], cap);
      }
    }
    if (anchor_dot == nullptr) continue;
    it.product = anchor_dot[lane];
    place(it, lane, group, part);
    if (static_cast<Index>(part.list.size()) <= 2 * cap) continue;
    shorten(part, cap);
    set_bars(part, lane, group);
  }
}

struct Plan {
  const ScanData& data;
  Index d, cap;
  bool tubes;
  std::vector<Group> groups;
  AlignedRows points, anchors;  // (groups * d, 24) centred y and anchors
};

void set_tube(const Probe& probe, std::size_t lane, Index d, Group& group, const ScanData& data) {
  group.anchor_norm[lane] = data.norm[static_cast<std::size_t>(probe.near[0])];
  group.anchor_doubt[lane] = data.rounding(std::sqrt(group.anchor_norm[lane]));
  group.keep_within[lane] = probe.keep_within;
  const double unit = target_unit(probe.s, d);
  for (std::size_t j = 0; j < kTubeNodes.size(); ++j) {
    group.on_gap[j][lane] = kTubeNodes[j] / (kTarget[j] * unit);
    group.on_square[j][lane] = (1 - kTubeNodes[j]) / (kTarget[j] * unit);
    group.bar[j][lane] = kInfinity;
  }
}

Plan plan(const ScanData& data, std::span<const Probe> probes, Index cap) {
  const Index d = data.data.dimension(), groups = (static_cast<Index>(probes.size()) + kLanes - 1) / kLanes;
  const bool tubes = !probes.empty() && probes.front().tube;
  Plan out{data,
           d,
           cap,
           tubes,
           std::vector<Group>(static_cast<std::size_t>(groups)),
           AlignedRows(groups * d, kLanes),
           AlignedRows(tubes ? groups * d : 0, kLanes)};
  RowMatrix near(2, d);
  for (std::size_t q = 0; q < probes.size(); ++q) {
    const Probe& probe = probes[q];
    const Index block = static_cast<Index>(q) / kLanes;
    const std::size_t lane = q % static_cast<std::size_t>(kLanes);
    Group& group = out.groups[static_cast<std::size_t>(block)];
    const Vector y = probe.y - data.centre;
    group.used[lane] = true;
    group.neighbours[lane] = probe.neighbours;
    group.s_theta[lane] = 2 * probe.s * probe.theta;
    group.doubt[lane] = data.rounding(y.norm());
    double power[2] = {kInfinity, kInfinity};
    for (Index i = 0; i < 2; ++i) {
      if (probe.near[i] < 0 || (i == 1 && probe.near[1] == probe.near[0])) break;
      data.data.read(probe.near[i], near.middleRows(i, 1));
      near.row(i) -= data.centre.transpose();
      power[i] = data.norm[static_cast<std::size_t>(probe.near[i])] - 2 * near.row(i).dot(y);
    }
    group.cut[lane] = cut_of(group, lane, std::min(power[0], power[1]), std::max(power[0], power[1]));
    group.anchor_power[lane] = power[0];
    for (Index k = 0; k < d; ++k) out.points.row(block * d + k)[lane] = y[k];
    if (!tubes && probe.near[0] >= 0) {
      // Were |y - a|^2 - |y - anchor|^2 = |anchor - a|^2: the wall of a tube at that node.
      const double wall = kTarget[kSighted] * target_unit(probe.s, d);
      group.sight[lane] =
          power[0] + std::pow(wall + std::sqrt(wall * wall + kTubeNodes[kSighted] * group.s_theta[lane]), 2);
    }
    if (!tubes) continue;
    set_tube(probe, lane, d, group, data);
    for (Index k = 0; k < d; ++k) out.anchors.row(block * d + k)[lane] = near(0, k);
  }
  return out;
}

// Parts of one chunk, one a lane of every group.
std::vector<Part> scan_chunk(const Plan& plan, Index begin, Index end) {
  const kernel::Functions& kernel = kernel::best();
  std::vector<Group> groups = plan.groups;
  std::vector<Part> parts(groups.size() * static_cast<std::size_t>(kLanes));
  RowMatrix tile(kTile, plan.d);
  AlignedRows dots(kTile, kLanes), anchor_dots(kTile, kLanes);
  std::array<int, 24> flag{};
  for (Index at = begin; at < end; at += kTile) {
    const Index rows = std::min(kTile, end - at);
    plan.data.data.read(at, tile.topRows(rows));
    tile.topRows(rows).rowwise() -= plan.data.centre.transpose();
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const Index first = static_cast<Index>(g) * plan.d;
      kernel.multiply(tile.data(), plan.d, 1, rows, plan.d, plan.points.row(first), dots.row(0), false);
      if (plan.tubes)
        kernel.multiply(tile.data(), plan.d, 1, rows, plan.d, plan.anchors.row(first), anchor_dots.row(0), false);
      for (Index r = 0; r < rows; ++r) {
        const Measured base{at + r, 0, plan.data.norm[static_cast<std::size_t>(at + r)], 0};
        const double* anchor_dot = plan.tubes ? anchor_dots.row(r) : nullptr;
        if (attends(groups[g], base.norm, dots.row(r), anchor_dot, flag))
          sift(base, dots.row(r), anchor_dot, flag, plan.cap, groups[g],
               parts.data() + g * static_cast<std::size_t>(kLanes));
      }
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i)
    parts[i].in_sight = groups[i / static_cast<std::size_t>(kLanes)].in_sight[i % static_cast<std::size_t>(kLanes)];
  return parts;
}

// The chunks' parts of one probe put together in the order of the data.
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
  if (out.window < 0) return out;
  for (const std::vector<Part>& chunk : chunks) {
    out.list.insert(out.list.end(), chunk[q].list.begin(), chunk[q].list.end());
    out.power.insert(out.power.end(), chunk[q].power.begin(), chunk[q].power.end());
  }
  if (!plan.tubes) {
    const Group& group = plan.groups[q / static_cast<std::size_t>(kLanes)];
    const std::size_t lane = q % static_cast<std::size_t>(kLanes);
    prune(out, std::min(group.cut[lane], cut_of(group, lane, out.best, out.second)), plan.cap);
  } else {
    std::erase_if(out.list, [&](const Listed& l) { return l.key > out.window; });
    shorten(out, plan.cap);
  }
  return out;
}

}  // namespace

std::vector<Tube> scan(const ScanData& data, std::span<const Probe> probes, Index cap) {
  const Plan what = plan(data, probes, cap);
  const Index n = data.data.rows();
  std::vector<std::vector<Part>> chunks(static_cast<std::size_t>((n + kChunk - 1) / kChunk));
  parallel_for(static_cast<Index>(chunks.size()), [&](Index c) {
    chunks[static_cast<std::size_t>(c)] = scan_chunk(what, c * kChunk, std::min((c + 1) * kChunk, n));
  });
  std::vector<Tube> tubes(probes.size());
  RowMatrix row(1, data.data.dimension());
  for (std::size_t q = 0; q < probes.size(); ++q) {
    Part part = join(what, q, chunks);
    Tube& tube = tubes[q];
    tube.reference = probes[q].y;
    tube.s = probes[q].s;
    tube.theta = probes[q].theta;
    tube.keep_within = probes[q].keep_within;
    tube.window = part.window;
    tube.list = std::move(part.list);
    if (!what.tubes) {
      const double square = (probes[q].y - data.centre).squaredNorm();
      for (const double power : part.power) tube.squares.push_back(std::max(0.0, power + square));
      tube.doubt = data.rounding(std::sqrt(square));
    }
    if (!what.tubes && probes[q].near[0] >= 0) tube.in_sight = static_cast<Index>(part.in_sight);
    if (!what.tubes || tube.window < 0) continue;
    const double unit = target_unit(tube.s, data.data.dimension()) * kShrunk;
    for (std::size_t j = 0; j <= static_cast<std::size_t>(tube.window); ++j)
      tube.wall[j] = std::min(part.least[static_cast<std::size_t>(tube.window)][j] * kTarget[j] * unit, kWidest);
    tube.anchor = probes[q].near[0];
    data.data.read(tube.anchor, row);
    tube.anchor_point = row.row(0).transpose();
  }
  return tubes;
}

}  // namespace denoiscope
