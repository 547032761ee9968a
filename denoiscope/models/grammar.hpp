// The Random Hierarchy Model's grammars (Cagnetta, Petrini, Tomasini, Favero, Wyart, arXiv 2307.02129): a context-free
// grammar on a tree of fixed depth and branching.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// Symbols of whole trees, one tree a row: (m, nodes). See Grammar for the order of nodes.
using Symbols = Eigen::Matrix<int, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// v symbols at each of the levels 0 (root) .. L (leaves); a symbol of level l < L is rewritten by one of its m rules
/// as s symbols of level l + 1. No two rules of a level share an s-tuple, so a string of s^L leaves has at most one
/// derivation. Nodes are counted level by level, in a level from left to right: level l begins at level_begin(l), and
/// the children of its node i are the nodes s i .. s i + s - 1 of level l + 1.
class Grammar {
 public:
  /// Which rules the levels have.
  enum class Levels { own, shared };

  /// Random rules: at each level m v distinct tuples, uniform among the v^s, dealt m a symbol. A pure function of its
  /// arguments. Throws UsageError unless v >= 2, s >= 2, L >= 1, 1 <= m <= v^(s-1), and the tables fit in memory.
  Grammar(Index symbols, Index synonyms, Index branching, Index depth, std::uint64_t seed, Levels levels = Levels::own);

  /// Given rules: rules[l] lists the tuples of level l, (v, m, s) flattened; the depth is rules.size(). Throws
  /// UsageError for tables of another size, symbols outside 0 .. v-1, or a tuple that occurs twice at one level.
  Grammar(Index symbols, Index synonyms, Index branching, std::vector<std::vector<int>> rules);

  Index symbols() const { return symbols_; }      ///< v
  Index synonyms() const { return synonyms_; }    ///< m
  Index branching() const { return branching_; }  ///< s
  Index depth() const { return static_cast<Index>(rules_.size()); }
  /// Number of nodes at level l, s^l.
  Index level_size(Index l) const { return level_begin_[l + 1] - level_begin_[l]; }
  /// First node of level l; level_begin(L + 1) is the number of nodes.
  Index level_begin(Index l) const { return level_begin_[l]; }
  Index leaves() const { return level_size(depth()); }
  Index nodes() const { return level_begin_.back(); }
  /// Rules of level l < L: the tuple of symbol a's rule k begins at (a m + k) s.
  const int* rules(Index l) const { return rules_[l].data(); }

  /// Trees of the grammar: root uniform, then every rule uniform. who.trajectory: (m); returns (m, nodes).
  Symbols derive(const Noise& noise, const Names& who) const;

 private:
  Grammar(Index symbols, Index synonyms, Index branching, Index depth);  // sizes, checked; no rules yet

  Index symbols_, synonyms_, branching_;
  std::vector<Index> level_begin_;       // (L + 2)
  std::vector<std::vector<int>> rules_;  // (L)(v m s)
};

/// Chooses a tree from its root down: choose_root(u) gives the root's symbol, choose_rule(node, level, a, u) the rule
/// of a node whose symbol is a. u: (nodes inside + 1) uniforms; tree: (nodes).
template <class Root, class Rule>
void grow(const Grammar& grammar, std::span<const double> u, Root&& choose_root, Rule&& choose_rule, int* tree) {
  const Index s = grammar.branching(), m = grammar.synonyms();
  tree[0] = static_cast<int>(choose_root(u.back()));
  for (Index l = 0; l < grammar.depth(); ++l)
    for (Index i = 0; i < grammar.level_size(l); ++i) {
      const Index node = grammar.level_begin(l) + i;
      const auto k = static_cast<Index>(choose_rule(node, l, tree[node], u[node]));
      const int* const tuple = grammar.rules(l) + (tree[node] * m + k) * s;
      for (Index j = 0; j < s; ++j) tree[grammar.level_begin(l + 1) + s * i + j] = tuple[j];
    }
}

/// Uniforms that `grow` takes.
inline std::size_t uniforms_of(const Grammar& grammar) {
  return static_cast<std::size_t>(grammar.level_begin(grammar.depth())) + 1;
}

}  // namespace denoiscope
