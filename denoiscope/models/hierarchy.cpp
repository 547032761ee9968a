#include "denoiscope/models/hierarchy.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/models/hierarchy_tree.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

// Leaf log-likelihoods of the noisy point x, each leaf's largest 0; returns what they leave out of log P(x | x_0):
// -|x - e^{-t} a|^2 / (2 Delta) at the leaf's likeliest symbol a, taken from the difference, which is small near data.
double noisy_leaves_of(double t, const double* x, std::size_t v, std::span<double> out) {
  const double shrink = std::exp(-t), delta = noise_variance(t), precision = shrink / delta;
  double residual = 0;
  for (std::size_t leaf = 0; leaf < out.size(); leaf += v) {
    const auto top = static_cast<std::size_t>(std::max_element(x + leaf, x + leaf + v) - x);
    for (std::size_t i = leaf; i < leaf + v; ++i) {
      out[i] = precision * (x[i] - x[top]);
      const double apart = i == top ? x[i] - shrink : x[i];
      residual += apart * apart;
    }
  }
  return -residual / (2 * delta);
}

void one_hot_of(const Grammar& grammar, const int* tree, double* out) {
  const Index v = grammar.symbols();
  const int* const leaves = tree + grammar.level_begin(grammar.depth());
  std::fill_n(out, grammar.leaves() * v, 0.0);
  for (Index i = 0; i < grammar.leaves(); ++i) out[i * v + leaves[i]] = 1;
}

void require_leaves(const Grammar& grammar, Rows leaves) {
  if (leaves.cols() != grammar.leaves() * grammar.symbols())
    throw UsageError("hierarchy: leaf likelihoods have {} columns; expected s^L v = {}.", leaves.cols(),
                     grammar.leaves() * grammar.symbols());
  if (!(leaves.array() < kInfinity).all())
    throw UsageError("hierarchy: a leaf log-likelihood is NaN or +inf; expected finite numbers or -inf.");
}

void require_trees(const Grammar& grammar, const Symbols& trees) {
  if (trees.cols() != grammar.nodes())
    throw UsageError("hierarchy: trees have {} nodes, the grammar has {}.", trees.cols(), grammar.nodes());
  if ((trees.array() < 0).any() || (trees.array() >= static_cast<int>(grammar.symbols())).any())
    throw UsageError("hierarchy: a tree has a symbol outside 0 to {}.", grammar.symbols() - 1);
}

double climb_given(HierarchyTree& tree, Rows leaf_log_likelihood, Index row) {
  const auto given = leaf_log_likelihood.row(row);
  std::copy(given.begin(), given.end(), tree.leaves().begin());
  const double evidence = tree.climb();
  if (!(evidence > -kInfinity))
    throw UsageError("hierarchy: the leaf likelihoods of row {} exclude every string of the grammar.", row);
  return evidence;
}

std::vector<double> uniforms(const Grammar& grammar, const Noise& noise, const Names& who, Index row) {
  std::vector<double> u(uniforms_of(grammar));
  noise.uniform(who.stream, who.trajectory[row], who.step, u);
  return u;
}

std::span<double> row_of(RowMatrix& matrix, Index row) {
  return {matrix.row(row).data(), static_cast<std::size_t>(matrix.cols())};
}

// Entropies of a row, the classes' first; the whole's follow by the chain rule.
void fill_entropies(HierarchyTree& tree, Index row, Weights& out) {
  tree.entropies(row_of(out.class_entropy, row), row_of(out.class_participation, row));
  double entropy = 0, participation = 0;
  for (Index c = 0; c < out.class_log_weight.cols(); ++c) {
    const double log_p = out.class_log_weight(row, c), p = std::exp(log_p);
    if (!(p > 0)) continue;
    entropy += p * (out.class_entropy(row, c) - log_p);
    participation += p * p * out.class_participation(row, c);
  }
  out.entropy[row] = entropy;
  out.participation[row] = participation;
}

}  // namespace

Hierarchy::Hierarchy(Grammar grammar) : grammar_(std::move(grammar)) {}

Vector Hierarchy::class_weights() const { return Vector::Constant(classes(), 1.0 / static_cast<double>(classes())); }

void Hierarchy::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  require_query(*this, t, x, "hierarchy");
  const Index m = x.rows(), v = classes();
  out.all.log_density.resize(m);
  out.all.class_log_weight.resize(m, v);
  out.bound = Vector::Zero(m);
  if (what.mean) out.mean.resize(m, dimension());
  if (what.entropy) {
    out.all.class_entropy.resize(m, v);
    out.all.class_participation.resize(m, v);
    out.all.entropy.resize(m);
    out.all.participation.resize(m);
  }
  const double constant = -0.5 * static_cast<double>(dimension()) * std::log(2 * std::numbers::pi * noise_variance(t));
  parallel_for(m, [&](Index q) {
    HierarchyTree tree(grammar_);
    const double at_best = noisy_leaves_of(t, x.row(q).data(), v, tree.leaves());
    out.all.log_density[q] = constant + (at_best + tree.climb());
    for (Index a = 0; a < v; ++a) out.all.class_log_weight(q, a) = tree.root_log_weight(a);
    if (what.entropy) fill_entropies(tree, q, out.all);
    if (!what.mean) return;
    std::vector<double> marginals(grammar_.nodes() * v);
    tree.marginals(marginals);
    std::copy(marginals.end() - dimension(), marginals.end(), out.mean.row(q).data());
  });
}

void Hierarchy::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  require_query(*this, t, x, "hierarchy");
  parallel_for(x.rows(), [&](Index q) {
    HierarchyTree tree(grammar_);
    noisy_leaves_of(t, x.row(q).data(), classes(), tree.leaves());
    tree.climb();
    std::vector<int> symbols(grammar_.nodes());
    tree.draw(uniforms(grammar_, noise, who, q), symbols.data());
    one_hot_of(grammar_, symbols.data(), x0.row(q).data());
  });
}

void Hierarchy::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  const Symbols trees = grammar_.derive(noise, who);
  x0 = one_hot(trees);
  if (!label.empty()) std::copy(trees.col(0).begin(), trees.col(0).end(), label.begin());
}

void Hierarchy::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  require_query(*this, t, x, "hierarchy");
  parallel_for(x.rows(), [&](Index q) {
    HierarchyTree tree(grammar_);
    noisy_leaves_of(t, x.row(q).data(), classes(), tree.leaves());
    tree.climb();
    tree.respond(v.row(q).data(), cov_v.row(q).data());
  });
}

RowMatrix Hierarchy::noisy_leaves(double t, Rows x) const {
  require_query(*this, t, x, "hierarchy");
  RowMatrix out(x.rows(), x.cols());
  for (Index q = 0; q < x.rows(); ++q) noisy_leaves_of(t, x.row(q).data(), classes(), row_of(out, q));
  return out;
}

RowMatrix Hierarchy::epsilon_leaves(const Symbols& trees, double epsilon) const {
  if (!(epsilon >= 0 && epsilon <= 1)) throw UsageError("hierarchy: epsilon = {}; expected 0 to 1.", epsilon);
  const double other = epsilon / static_cast<double>(classes());
  const RowMatrix truth = one_hot(trees);
  return (truth.array() > 0)
      .select(RowMatrix::Constant(truth.rows(), truth.cols(), std::log(1 - epsilon + other)), std::log(other));
}

Hierarchy::Beliefs Hierarchy::beliefs(Rows leaf_log_likelihood) const {
  require_leaves(grammar_, leaf_log_likelihood);
  Beliefs out{Vector(leaf_log_likelihood.rows()),
              RowMatrix(leaf_log_likelihood.rows(), grammar_.nodes() * grammar_.symbols())};
  parallel_for(leaf_log_likelihood.rows(), [&](Index q) {
    HierarchyTree tree(grammar_);
    out.log_evidence[q] = climb_given(tree, leaf_log_likelihood, q);
    tree.marginals(row_of(out.nodes, q));
  });
  return out;
}

Symbols Hierarchy::draw_trees(Rows leaf_log_likelihood, const Noise& noise, const Names& who) const {
  require_leaves(grammar_, leaf_log_likelihood);
  Symbols trees(leaf_log_likelihood.rows(), grammar_.nodes());
  parallel_for(trees.rows(), [&](Index q) {
    HierarchyTree tree(grammar_);
    climb_given(tree, leaf_log_likelihood, q);
    tree.draw(uniforms(grammar_, noise, who, q), trees.row(q).data());
  });
  return trees;
}

RowMatrix Hierarchy::one_hot(const Symbols& trees) const {
  require_trees(grammar_, trees);
  RowMatrix out(trees.rows(), dimension());
  for (Index q = 0; q < trees.rows(); ++q) one_hot_of(grammar_, trees.row(q).data(), out.row(q).data());
  return out;
}

}  // namespace denoiscope
