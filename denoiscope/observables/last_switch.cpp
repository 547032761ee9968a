#include "denoiscope/observables/last_switch.hpp"

#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::observables {
namespace {

// Trajectories that have not changed yet.
struct Walk {
  RowMatrix x;                 // (active, d)
  std::vector<Index> who;      // (active) place in the list of names
  std::vector<Index> settled;  // (active) the datum they were last nearest to
};

// x_u -> x_t of the forward process, t > u.
void advance(double from, double to, std::span<const std::uint64_t> trajectory, std::uint32_t step, const Noise& noise,
             Walk& walk) {
  const double shrink = std::exp(from - to), spread = std::sqrt(noise_variance(to - from));
  parallel_for(walk.x.rows(), [&](Index i) {
    Vector z(walk.x.cols());
    noise.normal(Stream::bridge, trajectory[walk.who[i]], step, {z.data(), static_cast<std::size_t>(z.size())});
    walk.x.row(i) = shrink * walk.x.row(i) + spread * z.transpose();
  });
}

// Only those that `stay` go on.
void keep(const std::vector<Index>& stay, Walk& walk) {
  Walk next{RowMatrix(static_cast<Index>(stay.size()), walk.x.cols()), {}, {}};
  for (std::size_t k = 0; k < stay.size(); ++k) {
    next.x.row(static_cast<Index>(k)) = walk.x.row(stay[k]);
    next.who.push_back(walk.who[stay[k]]);
    next.settled.push_back(walk.settled[stay[k]]);
  }
  walk = std::move(next);
}

Walk start(const Dataset& data, std::span<const Index> same, std::span<const std::uint64_t> trajectory,
           const Noise& noise) {
  Walk walk{RowMatrix(static_cast<Index>(trajectory.size()), data.dimension()), {}, {}};
  std::vector<Index> rows;
  for (const std::uint64_t name : trajectory) {
    rows.push_back(
        static_cast<Index>(noise.uniform(Stream::start, name, 0) * static_cast<double>(data.rows())));  // below n
    walk.settled.push_back(same[rows.back()]);
  }
  walk.who.resize(rows.size());
  std::iota(walk.who.begin(), walk.who.end(), Index{0});
  data.read(rows, walk.x);
  return walk;
}

}  // namespace

LastSwitches last_switches(const Dataset& data, const Empirical& model, std::span<const Index> same,
                           std::span<const double> times, std::span<const std::uint64_t> trajectory,
                           const Noise& noise) {
  if (times.empty() || static_cast<Index>(same.size()) != data.rows())
    throw UsageError("last switches: {} times, {} names of {} data.", times.size(), same.size(), data.rows());
  LastSwitches out;
  out.t.assign(trajectory.size(), times.back());
  Walk walk = start(data, same, trajectory, noise);
  Wanted what;
  what.neighbours = true;
  Summary summary;
  for (std::size_t k = 0; k < times.size() && !walk.who.empty(); ++k) {
    advance(k == 0 ? 0 : times[k - 1], times[k], trajectory, static_cast<std::uint32_t>(k), noise, walk);
    model.summarize(times[k], walk.x, what, summary);
    std::vector<Index> stay;
    for (Index i = 0; i < walk.x.rows(); ++i) {
      const auto place = static_cast<std::size_t>(i);
      const Index nearest = same[summary.nearest(i, 0)];
      const bool changed = nearest != walk.settled[place];
      if (changed && k > 0) {
        out.t[walk.who[place]] = times[k - 1];
        continue;
      }
      out.below += changed ? 1 : 0;
      walk.settled[place] = nearest;
      stay.push_back(i);
    }
    keep(stay, walk);
  }
  out.never = static_cast<Index>(walk.who.size());
  return out;
}

}  // namespace denoiscope::observables
