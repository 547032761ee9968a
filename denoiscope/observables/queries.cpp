#include "denoiscope/observables/queries.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::observables {

Shells nested_shells(Index n, const Noise& noise) {
  Shells shells;
  shells.order = noise.permutation(n, Order::shells);
  shells.shell.assign(n, kLevels - 1);
  for (int level = 0; level < kLevels; ++level) shells.size[level] = n >> (kLevels - 1 - level);
  for (int level = kLevels - 2; level >= 0; --level)
    for (Index i = 0; i < shells.size[level]; ++i) shells.shell[shells.order[i]] = level;
  return shells;
}

std::vector<int> cells_of(const Dataset& data, const Shells& shells) {
  std::vector<int> cells(shells.shell);
  if (data.labelled())
    for (std::size_t i = 0; i < cells.size(); ++i) cells[i] += data.labels()[i] * kLevels;
  return cells;
}

Queries choose_queries(const Dataset& data, const Shells& shells, Index m) {
  const auto classes = static_cast<Index>(data.classes().size());
  const bool stratified = classes > 1 && m >= 4 * classes;
  Queries queries;
  std::vector<std::vector<Index>> members(stratified ? classes : 1);
  for (Index row : shells.order) members[stratified ? static_cast<std::size_t>(data.labels()[row]) : 0].push_back(row);
  const auto strata = static_cast<Index>(members.size());
  for (Index s = 0; s < strata; ++s) {
    const std::vector<Index>& rows = members[s];
    queries.weight.push_back(static_cast<double>(rows.size()) / static_cast<double>(data.rows()));
    const Index count = m / strata + (s < m % strata ? 1 : 0);
    for (Index i = 0; i < count; ++i) {
      queries.row.push_back(rows[static_cast<std::size_t>(i) % rows.size()]);
      // Named by class and place in it: more queries extend the set without changing the first ones.
      queries.trajectory.push_back((static_cast<std::uint64_t>(s) << 32) | static_cast<std::uint64_t>(i));
      queries.stratum.push_back(static_cast<int>(s));
    }
  }
  return queries;
}

Queries choose_test_queries(const Dataset& test, Index m, const Noise& noise) {
  Queries queries;
  queries.stream = Stream::test;
  queries.weight = {1.0};
  const std::vector<Index> order = noise.permutation(test.rows(), Order::test);
  for (Index i = 0; i < m; ++i) {
    queries.row.push_back(order[i % test.rows()]);
    queries.trajectory.push_back(static_cast<std::uint64_t>(i));
    queries.stratum.push_back(0);
  }
  return queries;
}

RowMatrix noisy(const Dataset& data, const Queries& queries, double t, const Noise& noise) {
  RowMatrix x(queries.size(), data.dimension());
  const double shrink = std::exp(-t), spread = std::sqrt(noise_variance(t));
  parallel_for(queries.size(), [&](Index q) {
    const auto i = static_cast<std::size_t>(q);
    Vector z(data.dimension());
    noise.normal(queries.stream, queries.trajectory[i], 0, {z.data(), static_cast<std::size_t>(z.size())});
    data.read({&queries.row[i], 1}, x.middleRows(q, 1));
    x.row(q) = shrink * x.row(q) + spread * z.transpose();
  });
  return x;
}

}  // namespace denoiscope::observables
