// U-turns in the Random Hierarchy Model against tables of an independent program, and laws of exact posteriors.
#include <gtest/gtest.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/models/hierarchy.hpp"
#include "denoiscope/process/clock.hpp"
#include "tests/base/points.hpp"

namespace denoiscope {
namespace {

using points::names;
constexpr double kAlarm = 1e-6;  // false alarms a check, two-sided
constexpr double kSigmas = 4.9;  // the same for a normal law

RowMatrix noisy(const Hierarchy& model, const Symbols& start, double t, const Noise& noise) {
  RowMatrix z(start.rows(), model.dimension());
  noise.normal({Stream::query, names(start.rows()), 0}, z);
  return std::exp(-t) * model.one_hot(start) + std::sqrt(noise_variance(t)) * z;
}

// Share of nodes of a level whose symbol is the same in both trees.
double unchanged(const Grammar& g, const Symbols& a, const Symbols& b, Index level) {
  const Index from = g.level_begin(level), size = g.level_size(level);
  return (a.middleCols(from, size).array() == b.middleCols(from, size).array()).cast<double>().mean();
}

// Mean posterior probability of the true root.
double root_belief(const Hierarchy& model, const RowMatrix& leaves, const Symbols& truth) {
  const Hierarchy::Beliefs b = model.beliefs(leaves);
  double sum = 0;
  for (Index q = 0; q < truth.rows(); ++q) sum += b.nodes(q, truth(q, 0));
  return sum / static_cast<double>(truth.rows());
}

// Mean share that the true symbol has of a leaf's own likelihoods, before the tree is heard.
double leaf_share(const Hierarchy& model, const RowMatrix& leaves, const Symbols& truth) {
  const RowMatrix likelihood = leaves.array().exp(), right = likelihood.cwiseProduct(model.one_hot(truth));
  const Index v = model.classes();
  double sum = 0;
  for (Index q = 0; q < truth.rows(); ++q)
    for (Index i = 0; i < leaves.cols(); i += v)
      sum += right.row(q).segment(i, v).sum() / likelihood.row(q).segment(i, v).sum();
  return sum * static_cast<double>(v) / static_cast<double>(leaves.size());
}

struct Shape {
  Index v, m, s, depth;
};

// What 60 U-turns a grammar give: one row a grammar, columns as the table below names them. The noise is the epsilon
// process, or Ornstein-Uhlenbeck noise where `ornstein_uhlenbeck`. Last column: what the noise leaves of a belief.
RowMatrix uturns(const Shape& shape, Index grammars, bool ornstein_uhlenbeck, double strength,
                 const std::vector<Index>& levels) {
  RowMatrix out(grammars, static_cast<Index>(levels.size()) + 1);
  for (Index r = 0; r < grammars; ++r) {
    const auto seed = static_cast<std::uint64_t>(r);
    const Hierarchy model(Grammar(shape.v, shape.m, shape.s, shape.depth, 100 + seed));
    const Grammar& g = model.grammar();
    const Noise noise(500 + seed);
    const auto who = names(60);
    const Symbols start = g.derive(noise, {Stream::prior, who, 0});
    const RowMatrix leaves = ornstein_uhlenbeck ? model.noisy_leaves(strength, noisy(model, start, strength, noise))
                                                : model.epsilon_leaves(start, strength);
    const Symbols end = model.draw_trees(leaves, noise, {Stream::posterior, who, 0});
    for (std::size_t l = 0; l < levels.size(); ++l) out(r, static_cast<Index>(l)) = unchanged(g, start, end, levels[l]);
    out(r, out.cols() - 1) = ornstein_uhlenbeck ? leaf_share(model, leaves, start) : root_belief(model, leaves, start);
  }
  return out;
}

// p-value of the difference between a table made of `reference` grammars with 60 starts each and our mean over
// grammars: two samples of one law, whose spread ours estimates (Student). `rounding`: half a unit of the table's last
// place.
double p_value(const RowMatrix& ours, Index column, double table, double reference, double rounding) {
  const Vector values = ours.col(column);
  const Estimate mean = mean_of({values.data(), static_cast<std::size_t>(values.size())});
  const double n = static_cast<double>(values.size());
  const double apart = std::max(0.0, std::abs(mean.value - table) - rounding);
  const double spread = mean.standard_error * std::sqrt(n * (1 / n + 1 / reference));
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(n - 1), apart / spread));
}

// Null: our U-turns and the table's have one law. v = 32, m = 8, s = 2, L = 7, 8 grammars of 60 starts in the table.
// Broken variant: the table of the neighbouring epsilon.
TEST(HierarchyStatistics, EpsilonProcessHasTheTablesProbabilities) {
  const struct {
    double epsilon, expected[5];  // root, level 2, level 4, leaves unchanged; posterior belief in the true root
  } table[] = {{0.50, {0.975, 0.992, 0.996, 0.980, 0.98369}},
               {0.70, {0.658, 0.842, 0.889, 0.875, 0.68407}},
               {0.74, {0.210, 0.445, 0.590, 0.715, 0.21197}}};
  std::vector<RowMatrix> ours;
  for (const auto& row : table) ours.push_back(uturns({32, 8, 2, 7}, 10, false, row.epsilon, {0, 2, 4, 7}));
  for (std::size_t i = 0; i < std::size(table); ++i) {
    double broken = 1;
    for (Index k = 0; k < 5; ++k) {
      EXPECT_GT(p_value(ours[i], k, table[i].expected[k], 8, k < 4 ? 5e-4 : 5e-6), kAlarm)
          << "epsilon=" << table[i].epsilon << " column " << k;
      broken = std::min(broken, p_value(ours[i], k, table[i == 0 ? 1 : i - 1].expected[k], 8, 5e-4));
    }
    EXPECT_LT(broken, kAlarm) << table[i].epsilon;
  }
}

// Null and broken variant as above. v = 16, m = 4, s = 2, L = 6, 20 grammars of 60 starts in the table.
TEST(HierarchyStatistics, NoiseOnOneHotsHasTheTablesProbabilities) {
  const struct {
    double t, expected[3];  // root and leaves unchanged; share of the true symbol in a leaf's likelihoods
  } table[] = {{0.08, {0.895, 0.924, 0.6184}}, {0.12, {0.465, 0.722, 0.4299}}, {0.20, {0.103, 0.395, 0.2504}}};
  for (std::size_t i = 0; i < std::size(table); ++i) {
    const RowMatrix ours = uturns({16, 4, 2, 6}, 10, true, table[i].t, {0, 6});
    double broken = 1;
    for (Index k = 0; k < 3; ++k) {
      EXPECT_GT(p_value(ours, k, table[i].expected[k], 20, k < 2 ? 5e-4 : 5e-5), kAlarm)
          << "t=" << table[i].t << " column " << k;
      broken = std::min(broken, p_value(ours, k, table[(i + 1) % 3].expected[k], 20, 5e-4));
    }
    EXPECT_LT(broken, kAlarm) << table[i].t;
  }
}

// Null: the share that the noise leaves of a leaf's true symbol has the table's mean, whatever the grammar: 20 grammars
// of 60 starts. Broken variant: the next time's.
TEST(HierarchyStatistics, NoiseLeavesTheTablesShareOfALeaf) {
  const double times[] = {0.02, 0.05, 0.08, 0.10, 0.12, 0.15, 0.20, 0.30},
               shares[] = {0.9957, 0.8307, 0.6184, 0.5115, 0.4299, 0.3416, 0.2504, 0.1633};
  for (std::size_t i = 0; i < std::size(times); ++i) {
    const RowMatrix ours = uturns({16, 4, 2, 6}, 10, true, times[i], {});
    EXPECT_GT(p_value(ours, 0, shares[i], 20, 5e-5), kAlarm) << times[i];
    EXPECT_LT(p_value(ours, 0, shares[(i + 1) % std::size(times)], 20, 5e-5), kAlarm) << times[i];
  }
}

// Exact posteriors at the right noise obey P(1 -> 2) = P(2 -> 1) for U-turns between classes and E p(c_0 | x) =
// E sum_c p(c | x)^2 (Nishimori). Null of both: the mean over independent starts is 0; 4.9 standard errors, 1e-6.
// Broken variants: transitions that end in the likeliest class, and the posterior of another noise level.
TEST(HierarchyStatistics, TransitionsAreReversibleAndNishimoriHolds) {
  const double t = 0.3;
  const Index n = 12000;
  // Rules that are not symmetric between the classes 0 and 1: class 0 has one tuple far from all others.
  const std::vector<int> rules = {0, 0, 1, 2, 2, 1, 1, 1, 2, 2, 1, 0};
  const Hierarchy model(Grammar(3, 2, 2, {rules, rules}));
  const auto who = names(n);
  const Noise noise(31);
  const Symbols start = model.grammar().derive(noise, {Stream::prior, who, 0});
  const RowMatrix x = noisy(model, start, t, noise);
  const auto z_score = [&](const Vector& values) {
    const Estimate e = mean_of({values.data(), static_cast<std::size_t>(values.size())});
    return e.value / e.standard_error;
  };
  const auto nishimori = [&](double believed) {
    Summary s;
    model.summarize(believed, x, {}, s);
    Vector gap(n);
    for (Index q = 0; q < n; ++q)
      gap[q] =
          std::exp(s.all.class_log_weight(q, start(q, 0))) - s.all.class_log_weight.row(q).array().exp().square().sum();
    return z_score(gap);
  };
  EXPECT_LT(std::abs(nishimori(t)), kSigmas);
  EXPECT_GT(std::abs(nishimori(0.15)), kSigmas);
  const auto reversible = [&](const Vector& end) {
    double worst = 0;
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < a; ++b) {
        Vector flow(n);
        for (Index q = 0; q < n; ++q)
          flow[q] = double(start(q, 0) == a && end[q] == b) - double(start(q, 0) == b && end[q] == a);
        worst = std::max(worst, std::abs(z_score(flow)));
      }
    return worst;
  };
  Summary s;
  model.summarize(t, x, {}, s);
  Vector likeliest(n);
  for (Index q = 0; q < n; ++q) s.all.class_log_weight.row(q).maxCoeff(&likeliest[q]);
  const Symbols end = model.draw_trees(model.noisy_leaves(t, x), noise, {Stream::posterior, who, 0});
  EXPECT_LT(reversible(end.col(0).cast<double>()), kSigmas);
  EXPECT_GT(reversible(likeliest), kSigmas);
}

}  // namespace
}  // namespace denoiscope
