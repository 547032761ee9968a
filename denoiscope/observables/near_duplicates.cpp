#include "denoiscope/observables/near_duplicates.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/engine/empirical.hpp"

namespace denoiscope::observables {
namespace {
constexpr std::size_t kListed = 20;
constexpr Index kBatch = 768;
// Distances are asked of the empirical posterior at x = e^{-t} a without noise; at this t its products decide the order
// to 1e-7 nats, and the distances themselves are then summed from differences.
constexpr double kProbe = 0.5;
// Of plain data in d dimensions a share 1 - 2^{-r^d} lies below r times the median by chance; in few dimensions the
// ratio is lowered so that this stays below one in a thousand.
double near_ratio(Index d) {
  return std::min(data::kNearRatio, std::pow(-std::log2(1 - 1e-3), 1 / static_cast<double>(d)));
}

}  // namespace

data::NearDuplicates near_duplicates(const Dataset& data, Index sample, const Noise& noise) {
  data::NearDuplicates out;
  const Index n = data.rows();
  if (n < 2) return out;
  std::vector<Index> rows = noise.permutation(n, Order::duplicates);
  rows.resize(std::min(sample, n));
  const Empirical model(data, {}, 1);
  std::vector<data::NearDuplicates::Pair> pairs;
  for (std::size_t begin = 0; begin < rows.size(); begin += kBatch) {
    const std::span<const Index> some =
        std::span(rows).subspan(begin, std::min<std::size_t>(kBatch, rows.size() - begin));
    RowMatrix x(static_cast<Index>(some.size()), data.dimension());
    data.read(some, x);
    x *= std::exp(-kProbe);
    Wanted what;
    what.neighbours = true;
    what.leave_out = some;
    Summary summary;
    model.summarize(kProbe, x, what, summary);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto q = static_cast<Index>(i);
      pairs.push_back({some[i], summary.nearest(q, 0), summary.distance(q, 0) * std::exp(kProbe)});
    }
  }
  out.checked = static_cast<Index>(pairs.size());
  std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
  });
  out.typical_distance = pairs[pairs.size() / 2].distance;
  out.threshold = near_ratio(data.dimension()) * out.typical_distance;
  for (const auto& pair : pairs) {
    if (!(pair.distance > 0) || !(pair.distance < out.threshold)) continue;
    ++out.near;
    if (out.closest.size() < kListed) out.closest.push_back(pair);
  }
  return out;
}

}  // namespace denoiscope::observables
