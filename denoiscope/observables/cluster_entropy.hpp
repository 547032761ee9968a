// Collapse of data that hold exact duplicates: no trajectory can tell equal rows apart, so that the entropy of the
// datum has a floor. Counted as one, each cluster of equal rows collapses like a datum.
#pragma once

#include <memory>
#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/observables/queries.hpp"

namespace denoiscope::observables {

class Clusters {
 public:
  /// same: (n) the first row equal to each (data::first_equal). Keeps a reference to the data.
  Clusters(const Dataset& data, const std::vector<Index>& same, Arithmetic arithmetic = {});

  /// sum over clusters of (size/n) log size, nats: what the entropy of the datum falls to as t -> 0.
  double floor() const { return floor_; }
  Index count() const { return count_; }  ///< clusters, single rows included

  /// E H(cluster | x_t), nats, over the queries: by the chain rule H(datum | x) - sum_c p(c | x) log size_c, exact
  /// because the rows of a cluster have one weight. From log n - floor() at large t to 0.
  Estimate entropy(const Queries& queries, double t, const Noise& noise) const;

 private:
  const Dataset& data_;
  std::vector<double> log_size_;  // of each cell: the clusters of one size together
  double floor_ = 0;
  Index count_ = 0;
  std::unique_ptr<const Empirical> model_;
};

}  // namespace denoiscope::observables
