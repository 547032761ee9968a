#include "denoiscope/observables/cluster_entropy.hpp"

#include <cmath>
#include <map>

namespace denoiscope::observables {

Clusters::Clusters(const Dataset& data, const std::vector<Index>& same, Arithmetic arithmetic) : data_(data) {
  std::map<Index, Index> size;  // of the cluster that begins at a row
  for (const Index first : same) ++size[first];
  std::map<Index, int> cell_of_size;
  for (const auto& entry : size) cell_of_size.emplace(entry.second, 0);
  for (auto& [members, cell] : cell_of_size) {
    cell = static_cast<int>(log_size_.size());
    log_size_.push_back(std::log(static_cast<double>(members)));
  }
  std::vector<int> cells;
  cells.reserve(same.size());
  for (const Index first : same) {
    cells.push_back(cell_of_size.at(size.at(first)));
    floor_ += log_size_[cells.back()];
  }
  floor_ /= static_cast<double>(same.size());
  count_ = static_cast<Index>(size.size());
  model_ = std::make_unique<const Empirical>(data, std::move(cells), static_cast<Index>(log_size_.size()), arithmetic);
}

Estimate Clusters::entropy(const Queries& queries, double t, const Noise& noise) const {
  Summary summary;
  Wanted what;
  what.entropy = true;
  model_->summarize(t, noisy(data_, queries, t, noise), what, summary);
  std::vector<double> entropy;
  for (Index q = 0; q < queries.size(); ++q) {
    double within = 0;
    for (std::size_t c = 0; c < log_size_.size(); ++c)
      within += std::exp(summary.all.class_log_weight(q, static_cast<Index>(c))) * log_size_[c];
    entropy.push_back(std::max(0.0, summary.all.entropy[q] - within));
  }
  return stratified_mean(entropy, queries.stratum, queries.weight);
}

}  // namespace denoiscope::observables
