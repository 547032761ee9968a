// U-turns on the trees of random grammars.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/uturn.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

// The starts of one grammar.
struct OfGrammar {
  RowMatrix drawn, exact;          // (starts, levels) shares of unchanged symbols
  double total = 0, diagonal = 0;  // sum_ij and sum_i of the covariance of the leaves' changes
};

RowMatrix leaves_of(const Hierarchy& model, const Symbols& trees, TreeNoise kind, double strength, const Noise& noise,
                    std::span<const std::uint64_t> who) {
  if (kind == TreeNoise::epsilon) return model.epsilon_leaves(trees, strength);
  RowMatrix z(trees.rows(), model.dimension());
  noise.normal({Stream::query, who, 0}, z);
  return model.noisy_leaves(strength,
                            std::exp(-strength) * model.one_hot(trees) + std::sqrt(noise_variance(strength)) * z);
}

// Probability that each node keeps its symbol, (m, nodes). Under OU noise both ends have one law given x_t, so that it
// is the sum of the squares of the beliefs. The epsilon process is no channel: its beliefs always lean to the truth,
// and the belief in the true symbol is all that can be said.
RowMatrix expected(const Hierarchy& model, const Symbols& start, const RowMatrix& leaves, TreeNoise kind) {
  const RowMatrix belief = model.beliefs(leaves).nodes;
  const Index v = model.grammar().symbols();
  RowMatrix out(start.rows(), start.cols());
  for (Index q = 0; q < start.rows(); ++q)
    for (Index i = 0; i < start.cols(); ++i)
      out(q, i) =
          kind == TreeNoise::epsilon ? belief(q, i * v + start(q, i)) : belief.row(q).segment(i * v, v).squaredNorm();
  return out;
}

OfGrammar measure(const Hierarchy& model, TreeNoise kind, double strength, Index starts, const Noise& noise) {
  const Grammar& g = model.grammar();
  std::vector<std::uint64_t> who(starts);
  std::iota(who.begin(), who.end(), std::uint64_t{0});
  const Symbols start = g.derive(noise, {Stream::prior, who, 0});
  const RowMatrix leaves = leaves_of(model, start, kind, strength, noise, who);
  const Symbols end = model.draw_trees(leaves, noise, {Stream::posterior, who, 0});
  const RowMatrix same = (start.array() == end.array()).cast<double>();
  const RowMatrix kept = expected(model, start, leaves, kind);
  OfGrammar out;
  out.drawn = out.exact = RowMatrix(starts, g.depth() + 1);
  for (Index l = 0; l <= g.depth(); ++l) {
    const Index from = g.level_begin(l), size = g.level_size(l);
    out.drawn.col(l) = same.middleCols(from, size).rowwise().mean();
    out.exact.col(l) = kept.middleCols(from, size).rowwise().mean();
  }
  const RowMatrix sigma = 1 - 2 * same.rightCols(g.leaves()).array();
  const RowMatrix centred = sigma.rowwise() - sigma.colwise().mean();
  const auto free = static_cast<double>(starts - 1);
  out.total = centred.rowwise().sum().squaredNorm() / free;
  out.diagonal = centred.squaredNorm() / free;
  return out;
}

// Mean over grammars of the column means; over starts where there is one grammar.
Estimate over_grammars(const std::vector<RowMatrix>& tables, Index column) {
  if (tables.size() == 1) {
    const Vector values = tables.front().col(column);
    return mean_of({values.data(), static_cast<std::size_t>(values.size())});
  }
  std::vector<double> means(tables.size());
  std::transform(tables.begin(), tables.end(), means.begin(),
                 [&](const RowMatrix& table) { return table.col(column).mean(); });
  return mean_of(means);
}

Estimate susceptibility(const std::vector<OfGrammar>& all) {
  double total = 0, diagonal = 0;
  for (const OfGrammar& one : all) total += one.total, diagonal += one.diagonal;
  Estimate out;
  out.n = static_cast<Index>(all.size());
  if (!(diagonal > 0)) return out;  // no leaf ever changes, or all always do
  out.value = total / diagonal;
  if (all.size() < 2) return out;
  double spread = 0;
  for (const OfGrammar& one : all) {
    const double without = (total - one.total) / (diagonal - one.diagonal) - out.value;
    spread += without * without;
  }
  const auto n = static_cast<double>(all.size());
  out.standard_error = std::sqrt((n - 1) / n * spread);
  return out;
}

void require(std::span<const Hierarchy> models, TreeNoise kind, double strength, Index starts) {
  if (models.empty()) throw UsageError("uturn: no grammar; expected at least one.");
  if (starts < 2) throw UsageError("uturn: {} starts; expected at least 2, an error needs them.", starts);
  for (const Hierarchy& model : models)
    if (model.grammar().depth() != models.front().grammar().depth())
      throw UsageError("uturn: grammars of depth {} and {}; expected one depth.", models.front().grammar().depth(),
                       model.grammar().depth());
  if (kind == TreeNoise::epsilon && !(strength >= 0 && strength <= 1))
    throw UsageError("uturn: epsilon = {}; expected a number from 0 to 1.", strength);
  if (kind == TreeNoise::ornstein_uhlenbeck && !(strength > 0 && std::isfinite(strength)))
    throw UsageError("uturn: t = {}; expected a finite time above 0.", strength);
}

}  // namespace

UTurn uturn(std::span<const Hierarchy> models, TreeNoise kind, double strength, Index starts, const Noise& noise) {
  require(models, kind, strength, starts);
  std::vector<OfGrammar> all;
  std::vector<RowMatrix> drawn, exact, gap;
  for (std::size_t i = 0; i < models.size(); ++i) {
    all.push_back(measure(models[i], kind, strength, starts, noise.derived(i)));
    drawn.push_back(all.back().drawn);
    exact.push_back(all.back().exact);
    gap.push_back(all.back().drawn - all.back().exact);
  }
  UTurn out;
  out.strength = strength;
  out.starts = starts * static_cast<Index>(models.size());
  for (Index l = 0; l <= models.front().grammar().depth(); ++l)
    out.levels.push_back({over_grammars(drawn, l), over_grammars(exact, l), over_grammars(gap, l)});
  out.has_classes = true;
  out.same_class = out.levels.front();      // classes are the root's symbols
  out.autocorrelation = out.levels.back();  // one-hot leaves: x_0.x_0' counts those that are unchanged
  out.susceptibility = susceptibility(all);
  return out;
}

}  // namespace denoiscope
