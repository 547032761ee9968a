// Mixtures of posteriors: Ising chains at two temperatures, Gaussians that differ in covariance.
#include "denoiscope/models/mixture.hpp"

#include "denoiscope/base/error.hpp"
#include "denoiscope/models/curie_weiss.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/models/ising_chain.hpp"
#include "denoiscope/models/product_spins.hpp"
#include "tests/models/spins.hpp"

namespace denoiscope {
namespace {

using spins::row;

Mixture chains(Index N, std::initializer_list<double> couplings, double first_weight = 1) {
  std::vector<Mixture::Part> parts;
  for (double K : couplings) parts.push_back({std::make_shared<IsingChain>(N, K), parts.empty() ? first_weight : 1});
  return Mixture(std::move(parts));
}

double chain_probability(const Eigen::RowVectorXd& a, double K) {
  double p = 0.5;
  for (Index i = 0; i + 1 < a.size(); ++i) p *= std::exp(K * a[i] * a[i + 1]) / (2 * std::cosh(K));
  return p;
}

spins::Table two_chains(Index N, double K, double L, double weight) {  // weight of K; of L it is 1
  return {N, [=](const Eigen::RowVectorXd& a) {
            return std::log(weight * chain_probability(a, K) + chain_probability(a, L));
          }};
}

TEST(Mixture, AgreesWithAllConfigurations) {
  spins::expect_agreement(chains(6, {0.3, 1.2}), two_chains(6, 0.3, 1.2, 1), 1, false);
  spins::expect_agreement(chains(7, {-0.5, 0.9}, 3), two_chains(7, -0.5, 0.9, 3), 2, false);
}

// Golden vectors of both chains (arXiv 2602.04404's model), put together by Bayes.
TEST(Mixture, GoldenVectorOfTwoChains) {
  const RowMatrix x = row({0.3, -1.2, 0.7, 2, -0.4});
  Wanted what;
  what.mean = what.entropy = true;
  Summary s;
  chains(5, {0.5, 1}).summarize(0.7, x, what, s);
  const double first = 1 / (1 + std::exp(0.6409678901 - 0.9014405009));
  EXPECT_NEAR(std::exp(s.all.class_log_weight(0, 0)), first, 1e-10);
  EXPECT_NEAR(s.all.log_density[0], std::log(0.5 * std::exp(-7.9050322524) + 0.5 * std::exp(-8.1655048632)), 1e-10);
  const double cold[] = {0.1583422180, 0.0994628255, 0.6151707924, 0.8074835464, 0.4845691807},
               warm[] = {-0.0018870082, -0.3495671291, 0.5228756308, 0.8560865796, 0.1690646014};
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(s.mean(0, i), first * warm[i] + (1 - first) * cold[i], 1e-10);
  EXPECT_EQ(s.all.entropy.size(), 0);
}

TEST(Mixture, EqualsTheClosedFormOfGaussians) {
  GaussianMixture::Component a, b;
  a.mean = Vector::LinSpaced(4, -1, 1);
  b.mean = Vector::Zero(4);
  a.variance = 0.5;
  b.variance = 2;
  a.weight = 0.3;
  b.weight = 0.7;
  const GaussianMixture whole({a, b});
  const Mixture parts({{std::make_shared<GaussianMixture>(gaussian(a.mean, a.variance)), 3},
                       {std::make_shared<GaussianMixture>(gaussian(b.mean, b.variance)), 7}});
  Wanted what;
  what.mean = true;
  for (const double t : {1e-3, 0.4, 2.0}) {
    const RowMatrix x = spins::queries(parts, t, 6);
    Summary one, other;
    whole.summarize(t, x, what, one);
    parts.summarize(t, x, what, other);
    EXPECT_LT((one.mean - other.mean).cwiseAbs().maxCoeff(), 1e-12);
    EXPECT_LT((one.all.log_density - other.all.log_density).cwiseAbs().maxCoeff(), 1e-11);
    EXPECT_LT((one.all.class_log_weight - other.all.class_log_weight).cwiseAbs().maxCoeff(), 1e-11);
    RowMatrix applied(12, 4), expected(12, 4);
    whole.covariance_apply(t, x, x, expected);
    parts.covariance_apply(t, x, x, applied);
    EXPECT_LT((applied - expected).cwiseAbs().maxCoeff(), 1e-12);
  }
  EXPECT_LT((whole.class_weights() - parts.class_weights()).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(Mixture, DrawsAreExact) {
  spins::expect_exact_draws(chains(5, {0.2, 1.3}, 2), two_chains(5, 0.2, 1.3, 2), row({0.4, -0.6, 0.1, 0.9, -0.3}),
                            0.6);
}

// Points of each class, and their class weights: (2 draws, 2), class 0 first.
RowMatrix weights_of_own(const Mixture& model, std::initializer_list<double> couplings, double t, Index draws) {
  const Index N = model.dimension();
  RowMatrix x(2 * draws, N), z(2 * draws, N);
  const auto who = spins::names(2 * draws);
  Index begin = 0;
  for (double K : couplings) {
    IsingChain(N, K).sample_prior(Noise(3), {Stream::prior, std::span(who).subspan(begin, draws), 0},
                                  x.middleRows(begin, draws), {});
    begin += draws;
  }
  Noise(3).normal({Stream::query, who, 0}, z);
  Summary s;
  model.summarize(t, std::exp(-t) * x + std::sqrt(noise_variance(t)) * z, {}, s);
  return s.all.class_log_weight.array().exp();
}

Estimate estimate(const Vector& values) { return mean_of({values.data(), static_cast<std::size_t>(values.size())}); }

// K = 1 against 0.5, N = 200: probability that a U-turn keeps its class, an independent run's digits with error 0.004.
// Null: same means; threshold 4.9 standard errors of both (1e-6). The broken variant is the neighbouring time's.
TEST(Mixture, SpeciationOfTwoChains) {
  const Mixture model = chains(200, {1, 0.5});
  const double t[] = {0.2316, 0.5316, 0.8316, 1.1316, 1.4316}, expected[] = {0.973, 0.844, 0.693, 0.588, 0.534};
  for (int k = 0; k < 5; ++k) {
    const RowMatrix p = weights_of_own(model, {1, 0.5}, t[k], 2000);
    const Estimate same = estimate(p.array().square().rowwise().sum());
    const double allowed = 4.9 * std::hypot(same.standard_error, 0.004);
    EXPECT_NEAR(same.value, expected[k], allowed);
    if (k < 4) {
      EXPECT_GT(std::abs(same.value - expected[k + 1]), allowed);
    }
  }
}

// Null: P(1 -> 2) = P(2 -> 1) for equal weights, and E p(own class | x) = E sum_c p(c | x)^2 (Nishimori).
// Thresholds 4.9 standard errors (1e-6 each). The broken variant believes in weights 4 : 1 where classes are drawn
// equally often.
TEST(Mixture, ConfusionIsSymmetricAndNishimoriHolds) {
  const Index draws = 4000;
  const auto z_scores = [&](const Mixture& model) {
    const RowMatrix p = weights_of_own(model, {1, 0.25}, 0.8, draws);
    const Estimate there = estimate(p.col(1).head(draws)), back = estimate(p.col(0).tail(draws));
    Vector gap(2 * draws);
    for (Index q = 0; q < 2 * draws; ++q) gap[q] = p(q, q < draws ? 0 : 1) - p.row(q).squaredNorm();
    const Estimate nishimori = estimate(gap);
    return std::pair((there.value - back.value) / std::hypot(there.standard_error, back.standard_error),
                     nishimori.value / nishimori.standard_error);
  };
  const auto [symmetric, nishimori] = z_scores(chains(100, {1, 0.25}));
  EXPECT_LT(std::abs(symmetric), 4.9);
  EXPECT_LT(std::abs(nishimori), 4.9);
  const auto [crooked, broken] = z_scores(chains(100, {1, 0.25}, 4));
  EXPECT_GT(std::abs(crooked), 4.9);
  EXPECT_GT(std::abs(broken), 4.9);
}

TEST(Mixture, RowsAreIndependentWhateverTheParts) {
  const Mixture model({{std::make_shared<CurieWeiss>(9, 1.4), 1},
                       {std::make_shared<IsingChain>(9, -0.7), 2},
                       {std::make_shared<ProductSpins>(Vector::Constant(9, 0.3)), 0.5},
                       {std::make_shared<GaussianMixture>(symmetric_mixture(9, 0.5, 0.1)), 1}});
  spins::expect_no_companions(model, 0.7);
  Summary s;
  model.summarize(0.7, RowMatrix::Zero(1, 9), {}, s);
  EXPECT_EQ(s.all.class_log_weight.cols(), 4);
  EXPECT_GT(s.bound[0], 0);  // the Curie-Weiss part's
}

TEST(Mixture, StaysFiniteAtManySpins) { spins::expect_finite(chains(100'000, {0.5, 1})); }

TEST(Mixture, RefusesWhatIsNoMixture) {
  const auto chain = std::make_shared<IsingChain>(3, 1);
  spins::expect_usage_error([] { Mixture(std::vector<Mixture::Part>{}); }, {"mixture", "no parts"});
  spins::expect_usage_error([&] { Mixture({{chain, 1}, {nullptr, 1}}); }, {"part 1", "no model"});
  spins::expect_usage_error(
      [&] {
        Mixture({{chain, 1}, {std::make_shared<IsingChain>(4, 1), 1}});
      },
      {"part 1", "dimension 4", "first has 3"});
  spins::expect_usage_error([&] { Mixture({{chain, 0}}); }, {"part 0", "weight 0", "positive"});
}

}  // namespace
}  // namespace denoiscope
