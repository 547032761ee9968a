// A mixture of any posteriors, one class each: Ising chains at two temperatures, Gaussians that differ in covariance.
#pragma once

#include <memory>
#include <vector>

#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

/// P_0 = sum_c w_c P_0(. | c). p(c | x) = softmax_c( log w_c + log P_t(x | c) ), so classes are those of Bayes'
/// attribution (arXiv 2602.04404); classes that the parts have themselves are summed over. Entropies of the clean point
/// stay empty: parts may live on the same points, and then the entropy over points is not that over (class, point).
/// Parts that leave data out do not do so here. `bound` is the largest of the parts'.
class Mixture final : public Posterior {
 public:
  struct Part {
    std::shared_ptr<const Posterior> model;
    double weight = 1;  ///< positive; normalised over the parts
  };

  /// Throws UsageError for no parts, a part without a model, unequal dimensions or weights that are not positive.
  explicit Mixture(std::vector<Part> parts);

  Index dimension() const override { return parts_.front().model->dimension(); }
  Index classes() const override { return static_cast<Index>(parts_.size()); }
  Vector class_weights() const override { return log_weights_.array().exp(); }
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;
  std::shared_ptr<const Posterior> given(Index c) const override;

 private:
  template <class Choose, class Draw>
  void draw_rows(const Noise& noise, const Names& who, Index m, Choose&& choose_class, Draw&& draw_part) const;
  std::vector<Summary> summaries(double t, Rows x, bool mean) const;
  void weigh(const std::vector<Summary>& parts, Weights& out) const;

  std::vector<Part> parts_;
  Vector log_weights_;
};

}  // namespace denoiscope
