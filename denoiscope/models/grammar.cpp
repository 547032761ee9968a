#include "denoiscope/models/grammar.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"

namespace denoiscope {
namespace {

constexpr Index kLargestTable = Index{1} << 30;  // entries; an array of doubles of that size takes 8 GiB

// a^b, or `ceiling` where that is less.
Index power(Index a, Index b, Index ceiling) {
  Index out = 1;
  for (Index i = 0; i < b; ++i) {
    if (out > ceiling / a) return ceiling;
    out *= a;
  }
  return std::min(out, ceiling);
}

Index below(double u, Index n) { return static_cast<Index>(u * static_cast<double>(n)); }

// `count` distinct tuples of s symbols in random order, every such list equally likely. Where the v^s tuples are few
// the first places of a shuffle; otherwise tuples are drawn until they are new, which more than half are.
std::vector<int> random_tuples(Index v, Index s, Index count, const Noise& noise, std::uint64_t which) {
  std::vector<int> out;
  out.reserve(count * s);
  const Index all = power(v, s, 2 * count);
  std::vector<double> u(std::max(s, count));
  if (all < 2 * count) {
    std::vector<Index> code(all);
    std::iota(code.begin(), code.end(), Index{0});
    noise.uniform(Stream::choice, which, 0, {u.data(), static_cast<std::size_t>(count)});
    for (Index i = 0; i < count; ++i) {
      std::swap(code[i], code[i + below(u[i], all - i)]);
      for (Index j = 0, rest = code[i]; j < s; ++j, rest /= v) out.push_back(static_cast<int>(rest % v));
    }
    return out;
  }
  std::set<std::vector<int>> taken;
  std::vector<int> tuple(s);
  for (std::uint32_t attempt = 0; static_cast<Index>(taken.size()) < count; ++attempt) {
    noise.uniform(Stream::choice, which, attempt, {u.data(), static_cast<std::size_t>(s)});
    std::transform(tuple.begin(), tuple.end(), u.begin(), tuple.begin(),
                   [v](int, double part) { return static_cast<int>(below(part, v)); });
    if (taken.insert(tuple).second) out.insert(out.end(), tuple.begin(), tuple.end());
  }
  return out;
}

void require_unambiguous(const std::vector<int>& rules, Index v, Index s, std::size_t level) {
  std::set<std::vector<int>> seen;
  for (auto at = rules.begin(); at != rules.end(); at += s) {
    const std::vector<int> tuple(at, at + s);
    for (const int a : tuple)
      if (a < 0 || a >= v)
        throw UsageError("grammar: a rule of level {} has symbol {}; expected 0 to {}.", level, a, v - 1);
    if (!seen.insert(tuple).second)
      throw UsageError("grammar: two rules of level {} have the tuple ({}); give every tuple once.", level,
                       fmt::join(tuple, ", "));
  }
}

}  // namespace

Grammar::Grammar(Index symbols, Index synonyms, Index branching, Index depth)
    : symbols_(symbols), synonyms_(synonyms), branching_(branching) {
  if (symbols < 2) throw UsageError("grammar: v = {} symbols; expected at least 2.", symbols);
  if (branching < 2) throw UsageError("grammar: branching s = {}; expected at least 2.", branching);
  if (depth < 1) throw UsageError("grammar: depth L = {}; expected at least 1.", depth);
  const Index most = power(symbols, branching - 1, std::numeric_limits<Index>::max());
  if (synonyms < 1 || synonyms > most)
    throw UsageError("grammar: m = {} rules a symbol; expected 1 to v^(s-1) = {}, so that no two share a tuple.",
                     synonyms, most);
  const Index leaves = power(branching, depth, kLargestTable);
  if (leaves > kLargestTable / symbols / 2)
    throw UsageError("grammar: s = {} and L = {} make too many leaves; expected s^L v below {}.", branching, depth,
                     kLargestTable / 2);
  if (symbols > kLargestTable / branching || synonyms > kLargestTable / (symbols * branching) / depth)
    throw UsageError("grammar: v = {}, m = {}, s = {}, L = {} make too many rules; expected L v m s below {}.", symbols,
                     synonyms, branching, depth, kLargestTable);
  level_begin_.push_back(0);
  for (Index l = 0, size = 1; l <= depth; ++l, size *= branching) level_begin_.push_back(level_begin_.back() + size);
}

Grammar::Grammar(Index symbols, Index synonyms, Index branching, Index depth, std::uint64_t seed, Levels levels)
    : Grammar(symbols, synonyms, branching, depth) {
  const Noise noise(seed);
  for (Index l = 0; l < depth; ++l)
    rules_.push_back(levels == Levels::shared && l > 0
                         ? rules_.front()
                         : random_tuples(symbols, branching, symbols * synonyms, noise, static_cast<std::uint64_t>(l)));
}

Grammar::Grammar(Index symbols, Index synonyms, Index branching, std::vector<std::vector<int>> rules)
    : Grammar(symbols, synonyms, branching, static_cast<Index>(rules.size())) {
  for (std::size_t l = 0; l < rules.size(); ++l) {
    if (static_cast<Index>(rules[l].size()) != symbols * synonyms * branching)
      throw UsageError("grammar: the rules of level {} have {} symbols; expected v m s = {}.", l, rules[l].size(),
                       symbols * synonyms * branching);
    require_unambiguous(rules[l], symbols, branching, l);
  }
  rules_ = std::move(rules);
}

Symbols Grammar::derive(const Noise& noise, const Names& who) const {
  Symbols trees(static_cast<Index>(who.trajectory.size()), nodes());
  parallel_for(trees.rows(), [&](Index q) {
    std::vector<double> u(uniforms_of(*this));
    noise.uniform(who.stream, who.trajectory[q], who.step, u);
    grow(
        *this, u, [&](double root) { return below(root, symbols_); },
        [&](Index, Index, int, double rule) { return below(rule, synonyms_); }, trees.row(q).data());
  });
  return trees;
}

}  // namespace denoiscope
