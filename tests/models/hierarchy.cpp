// The Random Hierarchy Model: golden digits, agreement with a sum over all derivations, exact draws, extreme sizes.
#include "denoiscope/models/hierarchy.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <cstring>
#include <map>
#include <numbers>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"
#include "tests/base/points.hpp"

namespace denoiscope {
namespace {

using points::names;
using points::normals;
using points::same_bits;
const std::vector<int> kTiny = {0, 1, 2, 0, 1, 1, 0, 2, 2, 2, 1, 0};  // v = 3, m = 2, s = 2

RowMatrix logs(std::initializer_list<double> likelihoods) {
  RowMatrix out(1, static_cast<Index>(likelihoods.size()));
  std::transform(likelihoods.begin(), likelihoods.end(), out.data(), [](double p) { return std::log(p); });
  return out;
}

// Digits from an independent program; they carry five places, hence half a unit of the fifth.
TEST(Hierarchy, GoldenDigitsOfATinyGrammar) {
  const RowMatrix leaves = logs({.7, .2, .1, .1, .8, .1, .3, .3, .4, .6, .3, .1});
  const Hierarchy model(Grammar(3, 2, 2, {kTiny, kTiny}));
  const Hierarchy::Beliefs b = model.beliefs(leaves);
  EXPECT_NEAR(24 * std::exp(b.log_evidence[0]), 0.3138, 1e-12);  // four leaves of one decimal: exact
  const double root[] = {0.24952, 0.48757, 0.26291};
  for (Index a = 0; a < 3; ++a) EXPECT_NEAR(b.nodes(0, a), root[a], 5e-6);
  const double marginal[] = {0.70714, 0.26450, 0.02836, 0.04589, 0.83620, 0.11791,
                             0.15105, 0.57361, 0.27533, 0.54302, 0.30402, 0.15296};
  for (Index i = 0; i < 12; ++i) EXPECT_NEAR(b.nodes(0, 9 + i), marginal[i], 5e-6) << i;
  // The messages of level 1 are the root posteriors of the two halves.
  const Hierarchy half(Grammar(3, 2, 2, {kTiny}));
  const double up[2][3] = {{0.68675, 0.27711, 0.03614}, {0.49254, 0.17910, 0.32836}};
  for (Index side = 0; side < 2; ++side) {
    const Hierarchy::Beliefs h = half.beliefs(leaves.middleCols(6 * side, 6));
    for (Index a = 0; a < 3; ++a) EXPECT_NEAR(h.nodes(0, a), up[side][a], 5e-6);
  }
}

// Every tree of a grammar: (number of trees, nodes).
Symbols all_trees(const Grammar& g) {
  std::vector<std::vector<int>> trees;
  for (int a = 0; a < g.symbols(); ++a) trees.push_back({a});
  for (Index node = 0; node < g.level_begin(g.depth()); ++node) {
    Index level = 0;
    while (g.level_begin(level + 1) <= node) ++level;
    std::vector<std::vector<int>> longer;
    for (const auto& tree : trees)
      for (Index k = 0; k < g.synonyms(); ++k) {
        const int* const tuple = g.rules(level) + (tree[node] * g.synonyms() + k) * g.branching();
        longer.push_back(tree);
        longer.back().insert(longer.back().end(), tuple, tuple + g.branching());
      }
    trees.swap(longer);
  }
  Symbols out(static_cast<Index>(trees.size()), g.nodes());
  for (std::size_t i = 0; i < trees.size(); ++i)
    std::copy(trees[i].begin(), trees[i].end(), out.row(static_cast<Index>(i)).data());
  return out;
}

// The posterior at one x as sums over all trees.
struct Enumerated {
  Enumerated(const Hierarchy& model, double t, const RowMatrix& x)
      : trees(all_trees(model.grammar())), points(model.one_hot(trees)), weight(trees.rows()) {
    const double delta = noise_variance(t), shrink = std::exp(-t);
    Vector log_joint(trees.rows());
    for (Index i = 0; i < trees.rows(); ++i)
      log_joint[i] = -(x.row(0) - shrink * points.row(i)).squaredNorm() / (2 * delta);
    const double total = log_sum_exp({log_joint.data(), static_cast<std::size_t>(log_joint.size())});
    weight = (log_joint.array() - total).exp();
    log_weight = log_joint.array() - total;
    log_density = total - std::log(static_cast<double>(trees.rows())) -
                  0.5 * static_cast<double>(x.cols()) * std::log(2 * std::numbers::pi * delta);
  }
  double log_root(int a) const {
    double out = -kInfinity;
    for (Index i = 0; i < trees.rows(); ++i)
      if (trees(i, 0) == a) out = log_add(out, log_weight[i]);
    return out;
  }
  // Entropy and participation ratio of the trees with this root (-1: of all).
  std::pair<double, double> entropy(int root) const {
    const double log_total = root < 0 ? 0 : log_root(root);
    double sum = 0, square = 0;
    for (Index i = 0; i < trees.rows(); ++i) {
      const double p = std::exp(log_weight[i] - log_total);
      if ((root >= 0 && trees(i, 0) != root) || !(p > 0)) continue;
      sum -= p * (log_weight[i] - log_total);
      square += p * p;
    }
    return {sum, square};
  }
  Symbols trees;
  RowMatrix points;
  Vector weight, log_weight;
  double log_density = 0;
};

struct Case {
  Hierarchy model;
  double t;
  RowMatrix x;
};

// Random grammars, times from 1e-4 to 8, and x that is noisy data, far from all data, or between two of them.
std::vector<Case> cases() {
  const struct {
    Index v, m, s, depth;
  } sizes[] = {{3, 2, 2, 3}, {4, 4, 2, 2}, {2, 1, 2, 3}, {5, 2, 2, 2},
               {3, 5, 3, 1}, {4, 2, 3, 2}, {2, 2, 3, 2}, {2, 2, 3, 3}};
  std::vector<Case> out;
  std::uint64_t seed = 0;
  for (const auto& size : sizes)
    for (const double t : {1e-4, 3e-3, 0.05, 0.2, 0.7, 2.0, 8.0}) {
      ++seed;
      const Hierarchy model(
          Grammar(size.v, size.m, size.s, size.depth, seed, seed % 2 ? Grammar::Levels::own : Grammar::Levels::shared));
      const RowMatrix z = normals(1, model.dimension(), seed);
      RowMatrix x(2, model.dimension());
      model.sample_prior(Noise(seed), {Stream::prior, names(2), 0}, x, {});
      const RowMatrix middle = 0.5 * std::exp(-t) * (x.row(0) + x.row(1));
      const RowMatrix noisy = std::exp(-t) * x.row(0) + std::sqrt(noise_variance(t)) * z;
      out.push_back({model, t, seed % 3 == 0 ? z : seed % 3 == 1 ? noisy : middle});
    }
  return out;
}

// Tolerance 1e-9, relative where a number exceeds 1: at t = 1e-4 logarithms reach 1e5, whose rounding is 1e-11.
void near(double value, double expected, const Case& c, const char* what) {
  if (expected < -1e300)
    EXPECT_EQ(value, expected) << what << " t=" << c.t;
  else
    EXPECT_NEAR(value, expected, 1e-9 * std::max(1.0, std::abs(expected)))
        << what << " t=" << c.t << " v=" << c.model.classes();
}

TEST(Hierarchy, SummaryEqualsTheSumOverDerivations) {
  for (const Case& c : cases()) {
    const Enumerated e(c.model, c.t, c.x);
    Summary s;
    Wanted what;
    what.mean = what.entropy = true;
    c.model.summarize(c.t, c.x, what, s);
    near(s.all.log_density[0], e.log_density, c, "log density");
    const RowMatrix mean = e.weight.transpose() * e.points;
    for (Index i = 0; i < mean.cols(); ++i) near(s.mean(0, i), mean(0, i), c, "mean");
    for (int a = 0; a < c.model.classes(); ++a) {
      near(s.all.class_log_weight(0, a), e.log_root(a), c, "class weight");
      near(s.all.class_entropy(0, a), e.entropy(a).first, c, "class entropy");
      near(s.all.class_participation(0, a), e.entropy(a).second, c, "class participation");
    }
    near(s.all.entropy[0], e.entropy(-1).first, c, "entropy");
    near(s.all.participation[0], e.entropy(-1).second, c, "participation");
    EXPECT_EQ(s.bound[0], 0);
    RowMatrix alone(1, c.model.dimension());
    c.model.denoise(c.t, c.x, alone);
    EXPECT_TRUE(same_bits(alone, s.mean));
  }
}

TEST(Hierarchy, MarginalsOfEveryLevelEqualTheSumOverDerivations) {
  for (const Case& c : cases()) {
    const Enumerated e(c.model, c.t, c.x);
    const Hierarchy::Beliefs b = c.model.beliefs(c.model.noisy_leaves(c.t, c.x));
    const Index v = c.model.classes();
    RowMatrix expected = RowMatrix::Zero(1, b.nodes.cols());
    for (Index i = 0; i < e.trees.rows(); ++i)
      for (Index node = 0; node < e.trees.cols(); ++node) expected(0, node * v + e.trees(i, node)) += e.weight[i];
    for (Index i = 0; i < expected.cols(); ++i) near(b.nodes(0, i), expected(0, i), c, "marginal");
  }
}

TEST(Hierarchy, CovarianceEqualsTheSumOverDerivations) {
  for (const Case& c : cases()) {
    const Enumerated e(c.model, c.t, c.x);
    const RowMatrix v = normals(1, c.model.dimension(), 77).array() + 5;  // a constant a leaf must not matter
    RowMatrix out(1, c.model.dimension());
    c.model.covariance_apply(c.t, c.x, v, out);
    const RowMatrix mean = e.weight.transpose() * e.points;
    const RowMatrix apart = e.points.rowwise() - mean.row(0);
    const Vector along = apart * v.transpose();
    const RowMatrix expected = e.weight.cwiseProduct(along).transpose() * apart;
    for (Index i = 0; i < expected.cols(); ++i) near(out(0, i), expected(0, i), c, "covariance");
  }
}

// Where products of weights pass through the denormals (e^-708 to e^-745) and vanish, logarithms take over.
TEST(Hierarchy, UnlikelyClassesKeepTheirDigits) {
  const Hierarchy model(Grammar(3, 1, 2, {{0, 0, 1, 1, 2, 2}}));
  const double t = 0.2, unit = noise_variance(t) * std::exp(t);  // of x, to a leaf's log-likelihood
  for (double w = 300; w < 400; w += 1.7) {
    RowMatrix x(1, 6);
    x << 0, -w, -0.9 * w, 0, -w, -1.1 * w;
    x *= unit;
    Summary s;
    model.summarize(t, x, {}, s);
    EXPECT_NEAR(s.all.class_log_weight(0, 1), -2 * w, 1e-11) << w;
    EXPECT_NEAR(s.all.class_log_weight(0, 2), -2 * w, 1e-11) << w;
  }
}

// Upper tail of Pearson's statistic of draws against probabilities; cells expected below 5 are one cell.
double p_value(const std::map<std::vector<int>, double>& counts, const Enumerated& e, double total) {
  double sum = 0, rare = 0, rare_expected = 0, cells = 0;
  const auto add = [&](double count, double expected) {
    sum += (count - expected) * (count - expected) / expected;
    ++cells;
  };
  for (Index i = 0; i < e.trees.rows(); ++i) {
    const auto found = counts.find({e.trees.row(i).data(), e.trees.row(i).data() + e.trees.cols()});
    const double count = found == counts.end() ? 0 : found->second, expected = total * e.weight[i];
    if (expected >= 5) {
      add(count, expected);
    } else {
      rare += count;
      rare_expected += expected;
    }
  }
  if (rare_expected > 0) add(rare, rare_expected);
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(cells - 1), sum));
}

// Null: drawn trees have the posterior's probabilities; Pearson's statistic over 20,000 draws, false-alarm rate 1e-6.
// Broken variant: the root from the posterior, the rules without the messages from below.
TEST(Hierarchy, DrawsHaveThePosteriorLaw) {
  const Index n = 20000;
  for (const double t : {0.15, 0.6}) {
    const Hierarchy model(Grammar(3, 2, 2, 2, 21));
    const RowMatrix x = normals(1, model.dimension(), 3), many = x.replicate(n, 1);
    const Enumerated e(model, t, x);
    const Noise noise(8);
    const std::vector<std::uint64_t> who = names(n);
    const Symbols trees = model.draw_trees(model.noisy_leaves(t, many), noise, {Stream::posterior, who, 3});
    std::map<std::vector<int>, double> counts, broken;
    for (Index q = 0; q < n; ++q) {
      ++counts[{trees.row(q).data(), trees.row(q).data() + trees.cols()}];
      std::vector<double> u(uniforms_of(model.grammar()));
      noise.uniform(Stream::posterior, who[q], 3, u);
      std::vector<int> tree(trees.cols());
      grow(
          model.grammar(), u,
          [&](double root) {
            return root < std::exp(e.log_root(0))                             ? 0
                   : root < std::exp(e.log_root(0)) + std::exp(e.log_root(1)) ? 1
                                                                              : 2;
          },
          [](Index, Index, int, double rule) { return static_cast<int>(2 * rule); }, tree.data());
      ++broken[tree];
    }
    EXPECT_GT(p_value(counts, e, n), 1e-6) << t;
    EXPECT_LT(p_value(broken, e, n), 1e-6) << t;
    RowMatrix x0(n, model.dimension());
    model.draw(t, many, noise, {Stream::posterior, who, 3}, x0);
    EXPECT_TRUE(same_bits(x0, model.one_hot(trees)));
  }
}

TEST(Hierarchy, EpsilonProcessSpansCertaintyAndIgnorance) {
  const Hierarchy model(Grammar(6, 3, 2, 4, 2));
  const Symbols trees = model.grammar().derive(Noise(5), {Stream::prior, names(6), 0});
  const Index v = model.classes();
  const Hierarchy::Beliefs sure = model.beliefs(model.epsilon_leaves(trees, 0));
  const Hierarchy::Beliefs none = model.beliefs(model.epsilon_leaves(trees, 1));
  for (Index q = 0; q < trees.rows(); ++q) {
    // One string of v m^15 is left, and its derivation is known.
    EXPECT_NEAR(sure.log_evidence[q], -std::log(6.0) - 15 * std::log(3.0), 1e-12);
    for (Index node = 0; node < trees.cols(); ++node) EXPECT_NEAR(sure.nodes(q, node * v + trees(q, node)), 1, 1e-14);
    EXPECT_NEAR(none.log_evidence[q], -16 * std::log(6.0), 1e-12);
    for (Index a = 0; a < v; ++a) EXPECT_NEAR(none.nodes(q, a), 1.0 / 6, 1e-14);
  }
  EXPECT_EQ(model.draw_trees(model.epsilon_leaves(trees, 0), Noise(9), {Stream::posterior, names(6), 0}), trees);
}

TEST(Hierarchy, EightThousandLeavesAtTheEndsOfTime) {
  const Hierarchy model(Grammar(13, 4, 2, 13, 6));  // dimension 106,496
  const auto who = names(2);
  RowMatrix x0(2, model.dimension()), out(2, model.dimension());
  model.sample_prior(Noise(1), {Stream::prior, who, 0}, x0, {});
  Wanted what;
  what.mean = what.entropy = true;
  for (const double t : {1e-6, 1.0, 8.0}) {
    RowMatrix x = std::exp(-t) * x0 + std::sqrt(noise_variance(t)) * normals(2, model.dimension(), 2);
    x.row(1) = normals(1, model.dimension(), 3);  // no string is near
    Summary s;
    model.summarize(t, x, what, s);
    EXPECT_TRUE(s.mean.allFinite() && s.all.log_density.allFinite() && s.all.class_log_weight.allFinite()) << t;
    EXPECT_TRUE(s.all.entropy.allFinite() && s.all.class_entropy.allFinite() && s.all.participation.allFinite()) << t;
    EXPECT_NEAR(s.mean.sum(), 2.0 * 8192, 1e-8);
    model.covariance_apply(t, x, x, out);
    EXPECT_TRUE(out.allFinite()) << t;
    model.draw(t, x, Noise(2), {Stream::posterior, who, 0}, out);
    EXPECT_EQ(out.sum(), 2.0 * 8192);
    if (t > 1e-5) continue;
    EXPECT_EQ(out.row(0), x0.row(0));
    EXPECT_LT(s.all.entropy[0], 1e-9);
    // Given the string the density is that of noise: d/2 (log 2 pi Delta + 1) with a deviation of sqrt(d/2) = 231, and
    // log v m^8191 from the prior.
    const double d = static_cast<double>(model.dimension());
    const double expected =
        -0.5 * d * (std::log(2 * std::numbers::pi * noise_variance(t)) + 1) - std::log(13.0) - 8191 * std::log(4.0);
    EXPECT_NEAR(s.all.log_density[0], expected, 4.9 * std::sqrt(d / 2));
  }
}

TEST(Hierarchy, BitsDependOnNeitherThreadsNorBatch) {
  const Hierarchy model(Grammar(5, 3, 2, 4, 1));
  const RowMatrix x = normals(7, model.dimension(), 4), v = normals(7, model.dimension(), 5);
  const auto who = names(7);
  const auto all = [&](Index from, Index rows) {
    RowMatrix out(rows, 3 * model.dimension() + 1 + model.classes());
    Summary s;
    Wanted what;
    what.mean = true;
    model.summarize(0.3, x.middleRows(from, rows), what, s);
    RowMatrix drawn(rows, model.dimension()), applied(rows, model.dimension());
    const auto some = std::span(who).subspan(from, rows);
    model.draw(0.3, x.middleRows(from, rows), Noise(2), {Stream::posterior, some, 1}, drawn);
    model.covariance_apply(0.3, x.middleRows(from, rows), v.middleRows(from, rows), applied);
    out << s.mean, drawn, applied, s.all.log_density, s.all.class_log_weight;
    return out;
  };
  const int before = threads();
  set_threads(1);
  const RowMatrix one = all(0, 7);
  set_threads(3);
  EXPECT_TRUE(same_bits(one, all(0, 7)));
  for (Index q = 0; q < 7; ++q) EXPECT_TRUE(same_bits(one.row(q), all(q, 1)));
  set_threads(before);
}

TEST(Hierarchy, RefusesWhatItCannotAnswer) {
  const Hierarchy model(Grammar(3, 2, 2, {kTiny, kTiny}));
  const auto refuses = [](const char* part, const auto& act) {
    try {
      act();
      ADD_FAILURE() << "accepted: " << part;
    } catch (const UsageError& e) {
      EXPECT_NE(std::string(e.what()).find("hierarchy: "), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  };
  Summary s;
  const RowMatrix x = RowMatrix::Zero(1, 12);
  const Symbols tree = Symbols::Zero(1, 7);
  RowMatrix leaves = x;
  refuses("t = 0", [&] { model.summarize(0, x, {}, s); });
  refuses("dimension 5", [&] { model.summarize(1, RowMatrix::Zero(1, 5), {}, s); });
  refuses("epsilon = 1.5", [&] { model.epsilon_leaves(tree, 1.5); });
  refuses("have 6 nodes", [&] { model.epsilon_leaves(Symbols::Zero(1, 6), 0.5); });
  refuses("outside 0 to 2", [&] { model.one_hot(Symbols::Constant(1, 7, 3)); });
  refuses("11 columns", [&] { model.beliefs(RowMatrix::Zero(1, 11)); });
  leaves(0, 4) = kNaN;
  refuses("NaN", [&] { model.beliefs(leaves); });
  leaves.setConstant(-kInfinity);
  for (Index i = 0; i < 4; ++i) leaves(0, 3 * i) = 0;  // (0, 0) is no tuple
  refuses("row 0 exclude every string", [&] { model.beliefs(leaves); });
  refuses("exclude", [&] { model.draw_trees(leaves, Noise(1), {Stream::posterior, names(1), 0}); });
}

}  // namespace
}  // namespace denoiscope
