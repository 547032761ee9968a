// Data that lie together count as one.
#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/observables/nearest_data.hpp"

namespace denoiscope::observables {
namespace {

constexpr double kRounding = 1e-9;      // of distances, far more than sums of 2^30 squares lose
constexpr std::size_t kTogether = 256;  // points compared with all data at a time
constexpr Index kBlock = 64;            // points of a task

RowMatrix rows_of(const Dataset& data, std::span<const Index> rows) {
  RowMatrix points(static_cast<Index>(rows.size()), data.dimension());
  data.read(rows, points);
  return points;
}

// Which cluster each row of the clusters of `seeds` belongs to, by the least row of it that was reached first.
std::map<Index, Index> clusters_of(const Dataset& data, std::vector<Index> seeds, double radius) {
  std::map<Index, Index> parent;
  const auto root = [&](Index row) {
    while (parent[row] != row) row = parent[row];
    return row;
  };
  for (const Index row : seeds) parent[row] = row;
  while (!seeds.empty()) {
    std::vector<Index> reached;
    for (std::size_t begin = 0; begin < seeds.size(); begin += kTogether) {
      const std::span<const Index> some = std::span(seeds).subspan(begin, std::min(kTogether, seeds.size() - begin));
      const auto near = rows_within(data, rows_of(data, some), radius);
      for (std::size_t i = 0; i < some.size(); ++i)
        for (const Index row : near[i]) {
          if (parent.emplace(row, row).second) reached.push_back(row);
          const Index a = root(some[i]), b = root(row);
          parent[std::max(a, b)] = std::min(a, b);
        }
    }
    seeds = std::move(reached);
  }
  for (auto& [row, cluster] : parent) cluster = root(row);
  return parent;
}

}  // namespace

Index join_clusters(const Dataset& data, Rows x, double radius, std::vector<TwoNearest>& found) {
  std::vector<Index> joined, seeds;
  for (std::size_t q = 0; q < found.size(); ++q) {
    // By the triangle inequality, with room for rounding: most need not be read.
    const std::array<double, 2>& d = found[q].distance;
    if (found[q].row[1] < 0 || d[1] - d[0] > radius + kRounding * d[1]) continue;
    const RowMatrix both = rows_of(data, found[q].row);
    if ((both.row(0) - both.row(1)).norm() > radius) continue;
    joined.push_back(static_cast<Index>(q));
    seeds.push_back(found[q].row[0]);
  }
  if (joined.empty()) return 0;
  std::sort(seeds.begin(), seeds.end());
  seeds.erase(std::unique(seeds.begin(), seeds.end()), seeds.end());
  const std::map<Index, Index> cluster = clusters_of(data, seeds, radius);

  // The nearest beside all of these clusters, and the nearest in one of the others.
  RowMatrix points(static_cast<Index>(joined.size()), data.dimension());
  for (std::size_t i = 0; i < joined.size(); ++i) points.row(static_cast<Index>(i)) = x.row(joined[i]);
  std::vector<Index> rest, inside;
  for (Index row = 0; row < data.rows(); ++row) (cluster.count(row) ? inside : rest).push_back(row);
  std::vector<TwoNearest> beside(joined.size());
  if (!rest.empty()) beside = NearestData(data.select(rest)).find(points);
  for (std::size_t i = 0; i < joined.size(); ++i) {
    TwoNearest& mine = found[joined[i]];
    mine.row[1] = beside[i].row[0] < 0 ? -1 : rest[beside[i].row[0]];
    mine.distance[1] = beside[i].distance[0];
  }
  const auto m = static_cast<Index>(joined.size());
  parallel_for((m + kBlock - 1) / kBlock, [&](Index block) {
    RowMatrix datum(1, data.dimension());
    for (const Index row : inside) {
      data.read(row, datum);
      for (Index i = block * kBlock; i < std::min(m, (block + 1) * kBlock); ++i) {
        TwoNearest& mine = found[joined[i]];
        if (cluster.at(row) == cluster.at(mine.row[0])) continue;
        const double distance = (points.row(i) - datum.row(0)).norm();
        if (!(distance < mine.distance[1])) continue;
        mine.row[1] = row;
        mine.distance[1] = distance;
      }
    }
  });
  return m;
}

}  // namespace denoiscope::observables
