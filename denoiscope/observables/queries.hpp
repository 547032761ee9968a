// Where a data set's posterior is asked: noisy versions of its own rows, chosen so that one sweep serves classes,
// nested subsets and leave-one-out at once.
#pragma once

#include <cstdint>
#include <vector>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/data/dataset.hpp"

namespace denoiscope::observables {

/// Nested random subsets of sizes n/8, n/4, n/2, n: level s holds the shells 0 .. s.
inline constexpr int kLevels = 4;

/// A random partition of the rows: shell 0 holds n/8 rows, shells 0-1 n/4, 0-2 n/2, all n.
struct Shells {
  std::vector<int> shell;    ///< (n)
  std::vector<Index> order;  ///< (n) rows in random order; shells are its successive stretches
  Index size[kLevels] = {};  ///< rows at each level
};
Shells nested_shells(Index n, const Noise& noise);

/// Cells class * kLevels + shell, for Empirical.
std::vector<int> cells_of(const Dataset& data, const Shells& shells);

/// Query points: rows with noise of their own.
struct Queries {
  std::vector<Index> row;  ///< (m) rows of the data
  std::vector<std::uint64_t>
      trajectory;              ///< (m) names of the noise; the same at every t, so that curves are smooth in t
  std::vector<int> stratum;    ///< (m) class, or 0
  std::vector<double> weight;  ///< (strata) share of each stratum in the data
  Stream stream = Stream::query;
  Index size() const { return static_cast<Index>(row.size()); }
};

/// m queries, spread evenly over the classes where there are at least four for each (weights then restore the data's
/// proportions), else drawn at random. Rows of the smallest subset come first, so that every level has queries of its
/// own.
Queries choose_queries(const Dataset& data, const Shells& shells, Index m);
/// m rows of held-out data, at random, equally weighted.
Queries choose_test_queries(const Dataset& test, Index m, const Noise& noise);

/// x_t = e^{-t} a + sqrt(Delta_t) z of the chosen rows; (m, d).
RowMatrix noisy(const Dataset& data, const Queries& queries, double t, const Noise& noise);

}  // namespace denoiscope::observables
