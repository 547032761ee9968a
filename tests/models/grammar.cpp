// Random grammars: the law of their rules, unambiguity, derivations, and what is refused.
#include "denoiscope/models/grammar.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string>

#include "denoiscope/base/error.hpp"

namespace denoiscope {
namespace {

std::vector<int> table(const Grammar& g, Index level) {
  return {g.rules(level), g.rules(level) + g.symbols() * g.synonyms() * g.branching()};
}

std::vector<std::vector<int>> tuples(const Grammar& g, Index level) {
  std::vector<std::vector<int>> out;
  for (Index r = 0; r < g.symbols() * g.synonyms(); ++r)
    out.emplace_back(g.rules(level) + r * g.branching(), g.rules(level) + (r + 1) * g.branching());
  return out;
}

// Upper tail of Pearson's statistic for `outcomes` equally likely outcomes, of which those not counted have none.
template <class Key>
double p_value(const std::map<Key, double>& counts, double outcomes, double total) {
  const double expected = total / outcomes;
  double sum = (outcomes - static_cast<double>(counts.size())) * expected;
  for (const auto& [key, count] : counts) sum += (count - expected) * (count - expected) / expected;
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(outcomes - 1), sum));
}

// Null: the rules of a level are a uniform draw of m v distinct tuples in random order, so that each of the
// (v^s)! / (v^s - m v)! lists is equally likely. False-alarm rate 1e-6 a case. The first case draws until new, the
// second shuffles. Broken variant: rules dealt in the order of their tuples.
TEST(Grammar, RulesAreAUniformChoiceOfTuples) {
  const struct {
    Index v, m, s;
    double lists;
  } cases[] = {{3, 1, 2, 504}, {2, 2, 2, 24}, {2, 3, 3, 20160}};
  for (const auto& c : cases) {
    const int seeds = static_cast<int>(10 * c.lists);
    std::map<std::vector<int>, double> counts, sorted;
    for (int seed = 0; seed < seeds; ++seed) {
      const Grammar g(c.v, c.m, c.s, 1, static_cast<std::uint64_t>(seed));
      ++counts[table(g, 0)];
      auto list = tuples(g, 0);
      std::sort(list.begin(), list.end());
      std::vector<int> flat;
      for (const auto& t : list) flat.insert(flat.end(), t.begin(), t.end());
      ++sorted[flat];
    }
    EXPECT_GT(p_value(counts, c.lists, seeds), 1e-6) << c.v << c.m << c.s;
    EXPECT_LT(p_value(sorted, c.lists, seeds), 1e-6) << c.v << c.m << c.s;
  }
}

// Null: two levels have independent rules; 12 lists each, 144 pairs; 1e-6. Broken variant: shared rules.
TEST(Grammar, LevelsHaveIndependentRulesUnlessShared) {
  std::map<std::vector<int>, double> own, shared;
  const int seeds = 7200;
  for (int seed = 0; seed < seeds; ++seed)
    for (const auto levels : {Grammar::Levels::own, Grammar::Levels::shared}) {
      const Grammar g(2, 1, 2, 2, static_cast<std::uint64_t>(seed), levels);
      std::vector<int> both = table(g, 0);
      for (const int a : table(g, 1)) both.push_back(a);
      ++(levels == Grammar::Levels::own ? own : shared)[both];
    }
  EXPECT_GT(p_value(own, 144, seeds), 1e-6);
  EXPECT_LT(p_value(shared, 144, seeds), 1e-6);
}

TEST(Grammar, NoTwoRulesOfALevelShareATuple) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Index v = 2 + static_cast<Index>(seed % 9), s = 2 + static_cast<Index>(seed % 2);
    const Index most = s == 2 ? v : v * v, m = 1 + static_cast<Index>(seed * 7) % most;
    const Grammar g(v, m, s, 3, seed);
    for (Index l = 0; l < 3; ++l) {
      const auto list = tuples(g, l);
      EXPECT_EQ(std::set(list.begin(), list.end()).size(), static_cast<std::size_t>(m * v)) << seed;
      for (const int a : table(g, l)) EXPECT_TRUE(a >= 0 && a < v);
    }
  }
  const Grammar full(7, 7, 2, 2, 5);  // every tuple is used
  EXPECT_EQ(tuples(full, 1).size(), 49u);
  const Grammar wide(1000, 8, 30, 1, 5);  // 10^90 tuples
  const auto list = tuples(wide, 0);
  EXPECT_EQ(std::set(list.begin(), list.end()).size(), 8000u);
}

TEST(Grammar, IsAFunctionOfItsSeed) {
  EXPECT_EQ(table(Grammar(8, 3, 2, 4, 11), 3), table(Grammar(8, 3, 2, 4, 11), 3));
  EXPECT_NE(table(Grammar(8, 3, 2, 4, 11), 3), table(Grammar(8, 3, 2, 4, 12), 3));
  EXPECT_EQ(table(Grammar(8, 3, 2, 4, 11), 1),
            table(Grammar(8, 3, 2, 2, 11), 1));  // deeper trees extend shallower ones
}

TEST(Grammar, CountsNodesLevelByLevel) {
  const Grammar g(5, 2, 3, 3, 1);
  EXPECT_EQ(g.depth(), 3);
  EXPECT_EQ(g.leaves(), 27);
  EXPECT_EQ(g.nodes(), 1 + 3 + 9 + 27);
  EXPECT_EQ(g.level_begin(2), 4);
  EXPECT_EQ(g.level_size(2), 9);
}

// Null: each of the v m^3 = 24 trees of a grammar of depth 2 is equally likely; 1e-6. Broken variant: rules drawn with
// the square of their uniforms.
TEST(Grammar, DerivationsAreUniformAndLawful) {
  const Grammar g(3, 2, 2, 2, 9);
  std::vector<std::uint64_t> names(4800);
  std::iota(names.begin(), names.end(), 0);
  const Symbols trees = g.derive(Noise(4), {Stream::prior, names, 0});
  std::map<std::vector<int>, double> counts, strings, skewed;
  for (Index q = 0; q < trees.rows(); ++q) {
    const int* const tree = trees.row(q).data();
    ++counts[{tree, tree + g.nodes()}];
    ++strings[{tree + 3, tree + g.nodes()}];
    std::vector<double> u(uniforms_of(g));
    Noise(4).uniform(Stream::prior, names[q], 0, u);
    std::vector<int> wrong(g.nodes());
    grow(
        g, u, [](double root) { return static_cast<int>(3 * root); },
        [](Index, Index, int, double rule) { return static_cast<int>(2 * rule * rule); }, wrong.data());
    ++skewed[wrong];
  }
  EXPECT_EQ(counts.size(), 24u);
  EXPECT_EQ(strings.size(), 24u);  // a string has one derivation
  EXPECT_GT(p_value(counts, 24, 4800), 1e-6);
  EXPECT_LT(p_value(skewed, 24, 4800), 1e-6);
  for (Index q = 0; q < 50; ++q)
    for (Index node = 0; node < 3; ++node) {
      const auto list = tuples(g, node > 0);
      const std::vector<int> below = {trees(q, 2 * node + 1), trees(q, 2 * node + 2)};
      const auto rule = std::find(list.begin(), list.end(), below) - list.begin();
      EXPECT_EQ(rule / 2, trees(q, node));
    }
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const UsageError& e) {
    return e.what();
  }
  return "";
}

TEST(Grammar, RefusesWhatIsNone) {
  const auto says = [](Index v, Index m, Index s, Index depth, const char* part) {
    const std::string text = refusal([&] { Grammar(v, m, s, depth, 1); });
    EXPECT_NE(text.find("grammar: "), std::string::npos) << part;
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  says(1, 1, 2, 2, "v = 1");
  says(4, 1, 1, 2, "s = 1");
  says(4, 1, 2, 0, "L = 0");
  says(4, 0, 2, 2, "m = 0");
  says(4, 5, 2, 2, "v^(s-1) = 4");
  says(4, 17, 3, 2, "v^(s-1) = 16");
  says(4, 2, 2, 40, "too many leaves");
  says(2, 2, 1 << 20, 2, "too many leaves");
  says(1 << 16, 1 << 15, 2, 1, "too many rules");
  const auto given = [](std::vector<std::vector<int>> rules) { return refusal([&] { Grammar(2, 1, 2, rules); }); };
  EXPECT_EQ(given({{0, 1, 1, 0}}), "");
  EXPECT_NE(given({{0, 1, 1}}).find("level 0 have 3 symbols; expected v m s = 4"), std::string::npos);
  EXPECT_NE(given({{0, 1, 1, 0}, {0, 1, 2, 0}}).find("level 1 has symbol 2"), std::string::npos);
  EXPECT_NE(given({{0, 1, 0, 1}}).find("tuple (0, 1)"), std::string::npos);
  EXPECT_NE(given({}).find("L = 0"), std::string::npos);
}

}  // namespace
}  // namespace denoiscope
