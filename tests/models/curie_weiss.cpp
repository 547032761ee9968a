// The Curie-Weiss posterior: golden vectors, the sum over all configurations, exact draws, speciation.
#include "denoiscope/models/curie_weiss.hpp"

#include "denoiscope/base/error.hpp"
#include "denoiscope/theory/curie_weiss.hpp"
#include "tests/models/spins.hpp"

namespace denoiscope {
namespace {

using spins::row;

spins::Table table(Index N, double beta, double h) {
  return {N, [=](const Eigen::RowVectorXd& a) {
            return beta / (2 * static_cast<double>(N)) * a.sum() * a.sum() + h * a.sum();
          }};
}

void expect_values(const RowMatrix& found, const RowMatrix& expected, double tolerance) {
  EXPECT_LT((found - expected).cwiseAbs().maxCoeff(), tolerance) << found;
}

// Digits computed by enumeration for the model of arXiv 2306.03518.
TEST(CurieWeiss, GoldenVectors) {
  Wanted what;
  what.mean = true;
  Summary s;
  const CurieWeiss five(5, 1.5, 0.1);
  RowMatrix x = row({0.3, -1.2, 0.7, 2, -0.4});
  five.summarize(0.7, x, what, s);
  EXPECT_NEAR(s.all.log_density[0], -7.9083832141, 1e-10);
  expect_values(s.mean, row({0.6212171730, 0.1373209095, 0.7082990072, 0.8910322324, 0.4260606259}), 1e-10);
  expect_values(score(five, 0.7, x), row({0.0112653097, 1.6832843576, -0.4622613736, -2.0673217569, 0.8117507046}),
                1e-10);
  const CurieWeiss eight(8, 1.2);
  x = row({0.5, -1.2, 0.3, 2.0, -0.4, 0.1, 1.5, -0.8});
  eight.summarize(0.5, x, what, s);
  EXPECT_NEAR(eight.log_partition(), 6.7892051355, 1e-10);
  EXPECT_NEAR(s.all.log_density[0], -12.2726060886, 1e-10);
  expect_values(
      s.mean, row({0.56487169, -0.54909979, 0.45408647, 0.95525440, -0.02129708, 0.32947942, 0.89513794, -0.30435803}),
      1e-8);
  expect_values(
      score(eight, 0.5, x),
      row({-0.24898415, 1.37150126, -0.03888915, -2.24737022, 0.61235576, 0.15794356, -1.51406465, 0.97354455}), 1e-8);
}

TEST(CurieWeiss, AgreesWithAllConfigurations) {
  std::uint64_t seed = 0;
  for (const auto& [N, beta, h] : std::vector<std::tuple<Index, double, double>>{
           {1, 0.7, 0.2}, {2, 100, -0.01}, {5, 0, 0.4}, {7, 0.8, 0}, {9, 1.5, -0.3}, {10, 3, 0.02}, {8, 30, 5}})
    spins::expect_agreement(CurieWeiss(N, beta, h), table(N, beta, h), ++seed);
}

// p(u > 0 | x) from the mixture of Gaussians that w(u) is: sum over configurations of p(a | x) Phi(sqrt(beta/N) sum a).
TEST(CurieWeiss, ClassesAreTheSignsOfTheField) {
  for (const double beta : {0.0, 0.5, 1.5, 4.0, 40.0}) {
    const Index N = 6;
    const double h = 0.03, coupling = std::sqrt(beta / static_cast<double>(N));
    const CurieWeiss model(N, beta, h);
    const spins::Table all = table(N, beta, h);
    const auto below = [&](const Vector& probability, double sign) {
      double sum = 0;
      for (Index k = 0; k < probability.size(); ++k)
        sum +=
            probability[k] * 0.5 * std::erfc(-sign * coupling * all.configurations.row(k).sum() / std::numbers::sqrt2);
      return sum;
    };
    EXPECT_NEAR(model.class_weights()[0], below(all.log_probability.array().exp(), 1), 1e-12) << beta;
    for (const double t : {0.01, 0.5, 2.0}) {
      const RowMatrix x = spins::queries(model, t, 3);
      Summary s;
      model.summarize(t, x, {}, s);
      for (Index q = 0; q < x.rows(); ++q) {
        const spins::Exact exact(all, t, x.row(q));
        // Also of the class that is far away: relative to its own weight.
        EXPECT_NEAR(s.all.class_log_weight(q, 0), std::log(below(exact.probability, 1)), 1e-9) << beta << ' ' << t;
        EXPECT_NEAR(s.all.class_log_weight(q, 1), std::log(below(exact.probability, -1)), 1e-9) << beta << ' ' << t;
      }
    }
  }
  EXPECT_NEAR(CurieWeiss(1000, 1.5).class_weights()[0], 0.5, 1e-12);  // exponents of size N, rounded
  // A field h = eta / N favours the magnetised state along it by e^{2 eta m*}; exact at N = 100 (arXiv 2306.03518).
  EXPECT_NEAR(CurieWeiss(100, 1.5, 0.005).class_weights()[0], 0.700189,
              2e-4);  // sign of M; of u it differs by e^{-N f}
}

TEST(CurieWeiss, DrawsAreExact) {
  const RowMatrix x = row({0.4, -0.6, 0.1, 0.9, -0.3});
  spins::expect_exact_draws(CurieWeiss(5, 1.4, 0.1), table(5, 1.4, 0.1), x, 0.6);
  spins::expect_exact_draws(CurieWeiss(5, 0, -0.3), table(5, 0, -0.3), x, 0.6);
}

// Null: prior magnetisations at N = 60 follow the law at finite N; 20,000 draws, false alarms 1e-6. The broken variant
// is the law at another beta.
// Probabilities of the magnetisations 2k - N, k = 0 .. N.
Vector law_of(Index N, double beta, double h) {
  const std::vector<double> law = theory::magnetisation_law(static_cast<int>(N), beta, h * static_cast<double>(N));
  return Eigen::Map<const Vector>(law.data(), N + 1);
}

TEST(CurieWeiss, MagnetisationFollowsItsLaw) {
  const Index draws = 20000, N = 60;
  RowMatrix drawn(draws, N);
  CurieWeiss(N, 1.2, 0.01).sample_prior(Noise(8), {Stream::prior, spins::names(draws), 0}, drawn, {});
  Vector seen = Vector::Zero(N + 1);
  for (Index q = 0; q < draws; ++q) ++seen[(static_cast<Index>(drawn.row(q).sum()) + N) / 2];
  const auto ratio = [&](double beta) {
    const Vector expected = static_cast<double>(draws) * law_of(N, beta, 0.01);
    double statistic = 0;
    int cells = 0;
    for (Index k = 0; k <= N; ++k) {
      if (expected[k] < 5) continue;
      statistic += (seen[k] - expected[k]) * (seen[k] - expected[k]) / expected[k];
      ++cells;
    }
    return statistic / boost::math::quantile(boost::math::complement(boost::math::chi_squared(cells), 1e-6));
  };
  EXPECT_LT(ratio(1.2), 1);
  EXPECT_GT(ratio(1.1), 1);
}

TEST(CurieWeiss, MomentsOfTheMagnetisation) {  // exact sums over C(N, k)
  const auto expect = [](Index N, double beta, double first, double second) {
    const Vector p = law_of(N, beta, 0);
    double mean = 0, square = 0;
    for (Index k = 0; k <= N; ++k) {
      const double m = static_cast<double>(2 * k - N) / static_cast<double>(N);
      mean += p[k] * std::abs(m);
      square += p[k] * m * m;
    }
    EXPECT_NEAR(mean, first, 1e-8);
    EXPECT_NEAR(square, second, 1e-8);
  };
  expect(100, 0.5, 0.11192440, 0.01961745);
  expect(100, 1, 0.28679641, 0.11448105);
  expect(100, 1.2, 0.59219801, 0.38223046);
  expect(1000, 1.2, 0.65401872, 0.42959877);
}

// Probability that a U-turn keeps the magnetised state at t_S + tau, N = 500, beta = 1.5, against an independent run of
// 4,000 samples (errors 0.001 to 0.004). Null: same mean; threshold 4.9 standard errors of both (1e-6). The broken
// variant is the value at tau + 0.5.
TEST(CurieWeiss, SpeciationOfTheMagnetisedStates) {
  const Index N = 500, draws = 3000;
  const CurieWeiss model(N, 1.5);
  const double t_S = 0.5 * std::log(static_cast<double>(N) * 0.8585596366 * 0.8585596366);
  RowMatrix clean(draws, N), z(draws, N);
  const auto who = spins::names(draws);
  model.sample_prior(Noise(2), {Stream::prior, who, 0}, clean, {});
  Noise(2).normal({Stream::query, who, 0}, z);
  const double expected[] = {0.9948, 0.9245, 0.7792, 0.6380, 0.5601};
  for (int k = 0; k < 5; ++k) {
    const double t = t_S - 1 + 0.5 * k;
    Summary s;
    model.summarize(t, std::exp(-t) * clean + std::sqrt(noise_variance(t)) * z, {}, s);
    const Vector same = s.all.class_log_weight.array().exp().square().rowwise().sum();
    const Estimate e = mean_of({same.data(), static_cast<std::size_t>(draws)});
    const double allowed = 4.9 * e.standard_error * std::sqrt(1 + static_cast<double>(draws) / 4000);
    EXPECT_NEAR(e.value, expected[k], allowed) << k;
    if (k < 4) {
      EXPECT_GT(std::abs(e.value - expected[k + 1]), allowed) << k;
    }
  }
}

TEST(CurieWeiss, FieldsOfSeveralMaxima) {  // blocks held by fields of their own: four maxima of w(u) at once
  const Index N = 12;
  const double beta = 4, t = 0.35;
  RowMatrix x(1, N);
  for (Index i = 0; i < N; ++i) x(0, i) = i < 4 ? 2.6 : i < 8 ? -2.6 : 0.02;
  Summary s;
  Wanted what;
  what.mean = what.entropy = true;
  const CurieWeiss model(N, beta);
  model.summarize(t, x, what, s);
  const spins::Exact exact(table(N, beta, 0), t, x.row(0));
  EXPECT_LT((s.mean.row(0).transpose() - exact.mean).cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_NEAR(s.all.log_density[0], exact.log_density, 1e-11);
  EXPECT_NEAR(s.all.entropy[0], exact.entropy, 1e-12);
  EXPECT_GT(s.bound[0], 0);
  EXPECT_LT(s.bound[0], 1e-15);
}

TEST(CurieWeiss, StaysFiniteAtManySpins) {
  for (const double beta : {1.5, 100.0}) spins::expect_finite(CurieWeiss(100'000, beta, 1e-4));
}

TEST(CurieWeiss, RowsAreIndependent) { spins::expect_no_companions(CurieWeiss(37, 1.3, 0.01), 1.1); }

TEST(CurieWeiss, RefusesWhatItCannotDo) {
  spins::expect_usage_error([] { CurieWeiss(0, 1); }, {"Curie-Weiss", "N = 0", "at least 1"});
  spins::expect_usage_error([] { CurieWeiss(5, -1); }, {"Curie-Weiss", "beta = -1", "0 <= beta"});
  spins::expect_usage_error([] { CurieWeiss(5, kNaN); }, {"beta = nan"});
  spins::expect_usage_error([] { CurieWeiss(5, 1, kInfinity); }, {"h = inf", "finite"});
  Summary s;
  EXPECT_THROW(CurieWeiss(2, 1).summarize(0, row({1, 1}), {}, s), UsageError);
  EXPECT_THROW(CurieWeiss(2, 1).summarize(1, row({1, 1, 1}), {}, s), UsageError);
}

}  // namespace
}  // namespace denoiscope
