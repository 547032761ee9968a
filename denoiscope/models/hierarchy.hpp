// The Random Hierarchy Model as a posterior: one-hot leaves of a random grammar, by belief propagation on its tree.
#pragma once

#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/models/grammar.hpp"

namespace denoiscope {

/// Clean points are the strings of a grammar (root uniform, rules uniform): x_0 in R^{s^L v}, leaf after leaf, each the
/// one-hot vector of its symbol. Classes are the v symbols of the root. Under Ornstein-Uhlenbeck noise the likelihood
/// of symbol a at a leaf is proportional to exp(e^{-t} x_a / Delta_t), and sum-product on the tree is exact
/// (arXiv 2402.16991): mean, log density, class weights, entropies, covariance and draws are all
/// closed forms, in O(nodes v m s) a row. A string has one derivation, so that the entropy of the derivation is that of
/// the clean point.
///
/// What is not noise on one-hots enters as log-likelihoods of the leaves' symbols, (m, leaves v), -inf allowed: see
/// beliefs and draw_trees.
class Hierarchy final : public Posterior {
 public:
  explicit Hierarchy(Grammar grammar);

  const Grammar& grammar() const { return grammar_; }
  Index dimension() const override { return grammar_.leaves() * grammar_.symbols(); }
  Index classes() const override { return grammar_.symbols(); }
  Vector class_weights() const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;

  /// Leaf log-likelihoods of the noisy points x, (m, leaves v), each leaf's largest 0.
  RowMatrix noisy_leaves(double t, Rows x) const;
  /// Leaf log-likelihoods of the epsilon process (arXiv 2402.16991), which has no randomness: 1 - epsilon +
  /// epsilon / v for the symbol a tree has at a leaf, epsilon / v for every other. trees: (m, nodes); epsilon in [0,
  /// 1].
  RowMatrix epsilon_leaves(const Symbols& trees, double epsilon) const;

  struct Beliefs {
    Vector log_evidence;  ///< (m) log of sum over trees of prior times leaf likelihoods
    RowMatrix nodes;      ///< (m, nodes v) posterior marginals of every node, in the grammar's order
  };
  /// Throws UsageError for likelihoods that are NaN or +inf, or that exclude every tree.
  Beliefs beliefs(Rows leaf_log_likelihood) const;
  /// One tree of the posterior a row, all levels: (m, nodes). A row has the same string as `draw` under the same names.
  /// Throws as beliefs does.
  Symbols draw_trees(Rows leaf_log_likelihood, const Noise& noise, const Names& who) const;
  /// The leaves of trees as points: (m, dimension).
  RowMatrix one_hot(const Symbols& trees) const;

 private:
  Grammar grammar_;
};

}  // namespace denoiscope
