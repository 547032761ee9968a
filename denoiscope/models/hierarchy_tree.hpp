// Sum-product on the tree of one noisy string: what Hierarchy does for each row. Private to this room.
#pragma once

#include <span>
#include <vector>

#include "denoiscope/models/grammar.hpp"

namespace denoiscope {

/// Messages and beliefs of one tree, (nodes, v) each. First fill leaves() with log-likelihoods, call climb(), then ask.
/// Upward messages are shifted by their largest at every node and kept twice, as logarithms and as weights. Sums over
/// rules are of products of weights; those that come near the smallest double are taken again from logarithms, so that
/// neither depth nor a noise level near 0 underflows and symbols far from the likeliest keep their weight. Downward
/// there are no messages: given its parent's symbol a node's rule is independent of all above, so that marginals are
/// products of conditional probabilities, and a draw, the entropy and the response to a field follow from those same
/// conditionals.
class HierarchyTree {
 public:
  explicit HierarchyTree(const Grammar& grammar);

  /// Log-likelihoods of the leaves' symbols, (leaves, v); -inf is allowed. To fill before climb().
  std::span<double> leaves();

  /// Upward messages; returns the log of the evidence, sum over trees of prior times leaf likelihoods (-inf: no tree).
  double climb();

  /// log p(root = a | leaves), a < v.
  double root_log_weight(Index a) const { return up_[a] - root_total_; }

  /// Posterior marginals of every node's symbol, (nodes, v); `out` has nodes * v places.
  void marginals(std::span<double> out);

  /// One tree from the posterior; u: uniforms_of(grammar) uniforms, tree: (nodes).
  void draw(std::span<const double> u, int* tree);

  /// Entropy (nats) of the tree given the leaves and the root's symbol, and the sum of its squared probabilities: (v)
  /// each.
  void entropies(std::span<double> entropy, std::span<double> participation);

  /// Derivative of the leaves' marginals along v in the leaves' log-likelihoods, which is their covariance applied to
  /// v. v, out: (leaves, v).
  void respond(const double* v, double* out);

 private:
  // Weights of the rules of symbol a at a node (its level and place in it) into share_; returns their sum.
  double rule_weights(Index level, Index place, Index a);
  // Their logarithms into term_; returns the logarithm of their sum.
  double log_rule_weights(Index level, Index place, Index a);
  // Their conditional probabilities into share_; false where no rule is possible.
  bool rule_shares(Index level, Index place, Index a);
  // Shifts a node's messages so that the largest is 0, makes weights of them, and returns the shift.
  double normalise(std::size_t node);
  // Sum over the children of what `field`, (nodes, v), holds at the symbols of rule k.
  double over_children(const std::vector<double>& field, Index level, Index place, const int* tuple) const;
  // Moves field (a node's v numbers) so that the likeliest symbol's is 0: a constant a node never matters.
  void centre(double* field, const double* likelihood) const;
  std::size_t at(Index level, Index place) const {
    return static_cast<std::size_t>((grammar_.level_begin(level) + place) * v_);
  }
  template <class Visit>
  void downward(Visit&& visit);
  template <class Visit>
  void upward(Visit&& visit);

  const Grammar& grammar_;
  Index v_, m_, s_, depth_;
  double root_total_ = 0;
  std::vector<double> up_, weight_;   // (nodes, v) messages and their exponentials
  std::vector<double> term_, share_;  // (m)
};

}  // namespace denoiscope
