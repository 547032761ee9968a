// Likelihood of held-out points along t, the time that is best for them, and the basins of the data.
#include "denoiscope/observables/generalization.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "denoiscope/theory/generalization.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;
using testing::normals;
using testing::sigmas;

double t_of(double tau) { return 0.5 * std::log1p(tau); }
double tau_of(double t) { return std::expm1(2 * t); }

/// Training data, held-out data and all that a probe points at.
struct Problem {
  Noise noise;
  Dataset data, held_out;
  Empirical model;
  Pairs pairs;

  Problem(RowMatrix train, RowMatrix test, Index m, std::uint64_t seed)
      : noise(seed),
        data(Dataset::from_rows(std::move(train))),
        held_out(Dataset::from_rows(std::move(test))),
        model(data, {}, 1),
        pairs(choose_pairs(data, held_out, m, noise)) {}
  LikelihoodSlice at(double t) const { return measure_likelihood({model, data, held_out, pairs, noise}, t); }
  /// At variances of the kernel spaced by a factor.
  std::vector<LikelihoodSlice> at(double low, double high, double factor) const {
    std::vector<LikelihoodSlice> out;
    for (double tau = low; tau < high; tau *= factor) out.push_back(at(t_of(tau)));
    return out;
  }
};

/// Normals in the first D of N dimensions.
RowMatrix flat(Index n, Index D, Index N, std::uint64_t seed, double deviation = 1) {
  RowMatrix out = RowMatrix::Zero(n, N);
  out.leftCols(D) = normals(n, D, seed, deviation);
  return out;
}

TEST(Split, IsAPartition) {
  const Dataset data = Dataset::from_rows(normals(100, 2, 1));
  const HeldOut halves = split(data, 0.3, Noise(1));
  EXPECT_EQ(halves.test.rows(), 30);
  EXPECT_EQ(halves.train.rows(), 70);
  std::vector<Index> rows;
  for (const Dataset* part : {&halves.train, &halves.test})
    for (Index i = 0; i < part->rows(); ++i) rows.push_back(part->original_row(i));
  std::sort(rows.begin(), rows.end());
  for (Index i = 0; i < 100; ++i) EXPECT_EQ(rows[i], i);
  EXPECT_EQ(split(data, 0, Noise(1)).test.rows(), 1);
  EXPECT_EQ(split(data, 1, Noise(1)).train.rows(), 1);
  EXPECT_THROW(split(Dataset::from_rows(normals(1, 2, 1)), 0.5, Noise(1)), DataError);
}

// Every likelihood against its definition, sum by sum.
TEST(Likelihood, IsItsDefinition) {
  const Index d = 3;
  const Problem p(normals(40, d, 1), normals(25, d, 2), 30, 5);
  ASSERT_EQ(p.pairs.test.size(), 25);  // no more than there are
  ASSERT_EQ(p.pairs.train.size(), 30);
  RowMatrix a(40, d), y(25, d);
  p.data.read(0, a);
  p.held_out.read(p.pairs.test.row, y);
  for (const double t : {0.02, 0.3, 1.5}) {
    const auto log_density = [&](const auto& x, double shrink, double variance, Index without) {
      std::vector<double> logits;
      for (Index i = 0; i < 40; ++i)
        if (i != without) logits.push_back(-(x - shrink * a.row(i)).squaredNorm() / (2 * variance));
      return log_sum_exp(logits) - std::log(static_cast<double>(logits.size())) -
             0.5 * static_cast<double>(d) * std::log(2 * std::numbers::pi * variance);
    };
    const LikelihoodSlice slice = p.at(t);
    const double shrink = std::exp(-t), delta = -std::expm1(-2 * t);
    const RowMatrix x = noisy(p.data, p.pairs.train, t, p.noise), x_test = noisy(p.held_out, p.pairs.test, t, p.noise);
    double gap = 0, left_out = 0;
    for (Index q = 0; q < 30; ++q) {
      const double own = log_density(x.row(q), shrink, delta, -1);
      left_out += (own - log_density(x.row(q), shrink, delta, p.pairs.train.row[q])) / 30;
      if (q >= 25) continue;
      EXPECT_NEAR(slice.kernel[q], log_density(y.row(q), 1, tau_of(t), -1), 1e-9);
      gap += (own - log_density(x_test.row(q), shrink, delta, -1)) / 25;
    }
    EXPECT_NEAR(slice.gap.value, gap, 1e-9);
    EXPECT_NEAR(slice.left_out_gap.value, left_out, 1e-9);
  }
  // Pairs share their noise.
  EXPECT_TRUE(
      std::equal(p.pairs.test.trajectory.begin(), p.pairs.test.trajectory.end(), p.pairs.train.trajectory.begin()));
  EXPECT_EQ(p.pairs.train.stream, p.pairs.test.stream);
}

// Null: held-out points are of the law of the data, so that both gaps have one mean; each time is wrong by chance in
// 1e-6 of seeds. Broken variant: held-out points of a wider law.
TEST(Gap, OfHeldOutAndOfLeftOutDataAgree) {
  const Problem same(normals(1000, 20, 1), normals(1000, 20, 2), 1000, 3),
      wider(normals(1000, 20, 1), normals(1000, 20, 2, 1.2), 1000, 3);
  const auto off = [](const LikelihoodSlice& s) {
    return std::abs(s.gap.value - s.left_out_gap.value) /
           std::hypot(s.gap.standard_error, s.left_out_gap.standard_error);
  };
  for (const double t : {0.05, 0.2, 0.35, 0.7, 1.5}) {
    EXPECT_LT(off(same.at(t)), kSigmas) << t;
    if (t < 1) {  // noise hides widths
      EXPECT_GT(off(wider.at(t)), kSigmas) << t;
    }
  }
  // It opens at the collapse, and closes in pure noise.
  EXPECT_GT(same.at(0.2).left_out_gap.value, 3);
  EXPECT_LT(same.at(3).left_out_gap.value, 0.01);
  const std::vector<LikelihoodSlice> slices = same.at(0.05, 30, 1.3);
  const Crossing half = gap_time(slices, 1000, 0.5, true), little = gap_time(slices, 1000, 0.05, true),
                 noisier = gap_time(slices, 1000, 0.5, false);
  ASSERT_TRUE(half.t && little.t && noisier.t);
  EXPECT_LT(*half.t, *little.t);
  EXPECT_LT(std::abs(*half.t - *noisier.t), kSigmas * std::hypot(half.standard_error, noisier.standard_error));
  EXPECT_LT(half.standard_error, noisier.standard_error);
  EXPECT_FALSE(gap_time(slices, 1000, 1e3, true).t);
}

// Means over 20 sets of 1000 standard normals, errors those of the sets' means. The annealed average of the other data
// is larger than their typical weight: the theory is a lower bound, 10 % below at 2 t_C. Broken variant: data of 1.21
// times the variance.
TEST(Gap, IsThatOfTheAnnealedCompetitionAboveCollapse) {
  const double t_c = *theory::collapse_time(1000, 20, 1.0);
  const auto measured = [&](double t, double deviation) {
    std::vector<double> gaps;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Problem p(normals(1000, 20, 10 + seed, deviation), normals(500, 20, 90 + seed), 500, seed);
      gaps.push_back(p.at(t).left_out_gap.value);
    }
    return mean_of(gaps);
  };
  const auto theory = [&](double t) { return theory::likelihood_gap(theory::competition(1000, 20, 1.0, t)); };
  EXPECT_GT(sigmas(measured(t_c, 1), theory(t_c)), kSigmas);
  EXPECT_GT(sigmas(measured(1.5 * t_c, 1), theory(1.5 * t_c)), kSigmas);
  for (const double t : {2 * t_c, 3 * t_c}) {
    const double allowed = 0.1 * theory(t);
    const Estimate right = measured(t, 1), wider = measured(t, 1.1);
    EXPECT_NEAR(right.value, theory(t), allowed + kSigmas * right.standard_error) << t;
    EXPECT_GT(wider.value, theory(t) + allowed + kSigmas * wider.standard_error) << t;
  }
}

// The optimal variance of a kernel as grid searches elsewhere found it for one set of data, with a step of which only
// the two digits printed are known. Ours are means of three sets, which differ by 0.03, 0.005 and 0.001: the tolerances
// are 6, 4 and 4 %.
TEST(GeneralizationTime, FiniteSizes) {
  const struct {
    Index D, N, n;
    double tau, tolerance;
  } table[] = {{20, 20, 403, 0.80, 0.048}, {30, 30, 8103, 0.76, 0.03}, {10, 40, 3000, 0.072, 0.003}};
  for (const auto& row : table) {
    std::vector<double> found;
    const double D = static_cast<double>(row.D), N = static_cast<double>(row.N), n = static_cast<double>(row.n);
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const Problem p(flat(row.n, row.D, row.N, 1 + seed), flat(600, row.D, row.N, 50 + seed), 600, seed);
      const Crossing best = generalization_time(p.at(0.5 * row.tau, 2.1 * row.tau, 1.25), p.noise);
      ASSERT_TRUE(best.t) << best.reason;
      EXPECT_LT(*best.t, *theory::collapse_time(n, D, 1.0));
      found.push_back(tau_of(*best.t));
    }
    const Estimate tau = mean_of(found);
    EXPECT_NEAR(tau.value, row.tau, row.tolerance) << row.D;
    // Leading order is 25 to 40 % below at these sizes.
    const double leading = theory::generalization_time(n, N, D, 1.0)->tau;
    EXPECT_GT(tau.value, leading);
    EXPECT_LT(tau.value, 1.5 * leading);
  }
}

// Null: the bootstrap's error is the spread between held-out sets. The ratio of 60 sets' spread to it is off by chance
// by 9 %; half again as much is five of these. Broken variant: a tenth of the points, three times
// the error.
TEST(GeneralizationTime, ErrorIsThatOfTheHeldOutPoints) {
  const auto ratio = [](Index points, Index shown) {
    std::vector<double> times, errors;
    const Problem all(normals(200, 5, 1), normals(60 * points, 5, 2), 60 * points, 3);
    const std::vector<LikelihoodSlice> slices = all.at(0.1, 4, 1.3);
    for (std::ptrdiff_t set = 0; set < 60; ++set) {
      std::vector<LikelihoodSlice> some = slices, few = slices;
      for (std::size_t k = 0; k < slices.size(); ++k) {
        const auto begin = slices[k].kernel.begin() + set * points;
        some[k].kernel.assign(begin, begin + points);
        few[k].kernel.assign(begin, begin + shown);
      }
      times.push_back(generalization_time(some, all.noise).t.value());
      errors.push_back(generalization_time(few, all.noise).standard_error);
    }
    return deviation_of(times) / mean_of(errors).value;
  };
  EXPECT_NEAR(ratio(100, 100), 1, 0.45);
  EXPECT_LT(ratio(100, 10), 0.55);
}

TEST(GeneralizationTime, OfOnePointHasNoError) {
  const Problem p(normals(100, 5, 1), normals(1, 5, 2), 100, 3);
  const Crossing best = generalization_time(p.at(0.05, 30, 1.3), p.noise);
  EXPECT_TRUE(best.t.has_value()) << best.reason;
  EXPECT_TRUE(std::isnan(best.standard_error));
}

TEST(GeneralizationTime, SaysWhyThereIsNone) {
  const Problem p(normals(100, 5, 1), normals(100, 5, 2), 100, 3);
  EXPECT_NE(generalization_time(p.at(3, 10, 1.3), p.noise).reason.find("smallest time"), std::string::npos);
  EXPECT_NE(generalization_time(p.at(1e-3, 0.05, 1.3), p.noise).reason.find("largest time"), std::string::npos);
  EXPECT_NE(generalization_time(p.at(1, 1.5, 1.3), p.noise).reason.find("three times"), std::string::npos);
  const Problem copies(normals(100, 5, 1), normals(100, 5, 1), 100, 3);  // memorized held-out points: no time is small
  EXPECT_NE(generalization_time(copies.at(1e-3, 3, 1.5), copies.noise).reason.find("training data"), std::string::npos);
}

TEST(Basins, EndWhereTheOwnWeightIsHalf) {
  const Dataset data = Dataset::from_rows(normals(60, 8, 1));
  const Empirical model(data, {}, 1);
  const Noise noise(3);
  Queries ray = choose_test_queries(data, 1, noise);
  const double t = 0.25;
  const BasinSlice basin = measure_basins(model, data, ray, noise, t);
  ASSERT_EQ(basin.trapped.value, 1);
  RowMatrix clean(1, 8), z(1, 8);
  data.read(ray.row, clean);
  noise.normal({ray.stream, ray.trajectory, 0}, z);
  const auto own = [&](double rho) {
    Wanted what;
    what.leave_out = ray.row;
    Summary s;
    model.summarize(t, std::exp(-t) * clean + rho * std::sqrt(-std::expm1(-2 * t)) * z, what, s);
    return std::exp(s.own_log_weight[0]);
  };
  const double rho = std::sqrt(basin.radius2.value), step = 1e-3;
  EXPECT_NEAR(own(rho), 0.5, 1e-3);  // the bisection ends 1e-4 apart, and the weight falls by less than 10 a unit
  EXPECT_GT(own(rho - step), own(rho));
  EXPECT_LT(own(rho + step), own(rho));
}

// Radii of independent Monte Carlo elsewhere, without errors; one of a few hundred rays has 0.03. Null: ours, of 8 sets
// of 300 rays, is the theory's but for terms of 1/d, here allowed for by that much; chance exceeds the errors in 1e-6
// of seeds. Broken variant: data of 1.2 times the variance.
TEST(Basins, OfGaussianData) {
  const struct {
    Index d, n;
    double tau, elsewhere;
  } table[] = {{24, 1339, 2.0, 0.437}, {36, 8103, 2.5, 0.450}};
  for (const auto& row : table) {
    const double d = static_cast<double>(row.d), n = static_cast<double>(row.n), t = t_of(row.tau);
    const auto measured = [&](double deviation, std::uint64_t sets) {
      std::vector<double> radius2, trapped;
      for (std::uint64_t seed = 1; seed <= sets; ++seed) {
        const Dataset data = Dataset::from_rows(normals(row.n, row.d, seed, deviation));
        const Noise noise(100 + seed);
        const BasinSlice basin =
            measure_basins(Empirical(data, {}, 1), data, choose_test_queries(data, 300, noise), noise, t);
        radius2.push_back(basin.radius2.value);
        trapped.push_back(basin.trapped.value);
      }
      EXPECT_GT(mean_of(trapped).value, 0.9);  // before the onset nearly all are traps
      return mean_of(radius2);
    };
    const Estimate radius2 = measured(1, 8);
    EXPECT_NEAR(radius2.value, theory::basin_radius2(n, d, 1, t), 1 / d + kSigmas * radius2.standard_error) << d;
    EXPECT_NEAR(radius2.value, row.elsewhere, kSigmas * std::hypot(radius2.standard_error, 0.03)) << d;
    const Estimate wider = measured(std::sqrt(1.2), 3);
    EXPECT_GT(wider.value, theory::basin_radius2(n, d, 1, t) + 1 / d + kSigmas * wider.standard_error) << d;
  }
}

}  // namespace
}  // namespace denoiscope::observables
