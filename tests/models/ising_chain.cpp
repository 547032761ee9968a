// The posterior of the Ising chain: golden vectors, the sum over all configurations, exact draws.
#include "denoiscope/models/ising_chain.hpp"

#include "denoiscope/base/error.hpp"
#include "tests/models/spins.hpp"

namespace denoiscope {
namespace {

using spins::row;

spins::Table table(Index N, double K, double h, Boundary boundary) {
  return {N, [=](const Eigen::RowVectorXd& a) {
            double sum = h * a.sum();
            for (Index i = 0; i + 1 < N; ++i) sum += K * a[i] * a[i + 1];
            return boundary == Boundary::open ? sum : sum + K * a[N - 1] * a[0];
          }};
}

// Digits computed by enumeration (model of arXiv 2602.04404).
TEST(IsingChain, GoldenVectors) {
  Wanted what;
  what.mean = true;
  Summary s;
  RowMatrix x = row({0.3, -1.2, 0.7, 2, -0.4});
  const IsingChain half(5, 0.5), one(5, 1);
  half.summarize(0.7, x, what, s);
  EXPECT_NEAR(s.all.log_density[0], -7.9050322524, 1e-10);
  const RowMatrix mean = row({-0.0018870082, -0.3495671291, 0.5228756308, 0.8560865796, 0.1690646014});
  EXPECT_LT((s.mean - mean).cwiseAbs().maxCoeff(), 1e-10);
  const RowMatrix s_half = row({-0.3994370160, 1.3623652306, -0.5844781942, -2.0903552421, 0.6423587022});
  EXPECT_LT((score(half, 0.7, x) - s_half).cwiseAbs().maxCoeff(), 1e-10);
  one.summarize(0.7, x, what, s);
  EXPECT_NEAR(s.all.log_density[0], -8.1655048632, 1e-10);
  const RowMatrix mean_one = row({0.1583422180, 0.0994628255, 0.6151707924, 0.8074835464, 0.4845691807});
  EXPECT_LT((s.mean - mean_one).cwiseAbs().maxCoeff(), 1e-10);

  x = row({0.5, -1.2, 0.3, 2.0, -0.4, 0.1, 1.5, -0.8});
  struct Case {
    Boundary boundary;
    double log_prior, log_density, mean[4], score[4];  // of spins 0, 1, 2, 7
  };
  for (const Case& c : {Case{Boundary::periodic,
                             7.3809823282,
                             -12.7791716972,
                             {0.02518320, -0.41359253, 0.44279733, -0.07397868},
                             {-0.76682464, 1.50152283, -0.04972128, 1.19459753}},
                        Case{Boundary::open,
                             7.1360690500,
                             -12.7525779546,
                             {0.10913251, -0.37578161, 0.45596958, -0.13927565},
                             {-0.68627381, 1.53780307, -0.03708228, 1.13194396}}}) {
    const IsingChain model(8, 0.7, 0, c.boundary);
    EXPECT_NEAR(model.log_partition(), c.log_prior, 1e-10);
    model.summarize(0.5, x, what, s);
    EXPECT_NEAR(s.all.log_density[0], c.log_density, 1e-10);
    const RowMatrix slope = score(model, 0.5, x);
    const Index places[] = {0, 1, 2, 7};
    for (int k = 0; k < 4; ++k) {
      EXPECT_NEAR(s.mean(0, places[k]), c.mean[k], 1e-8);
      EXPECT_NEAR(slope(0, places[k]), c.score[k], 1e-8);
    }
  }
}

TEST(IsingChain, AgreesWithAllConfigurations) {
  std::uint64_t seed = 0;
  for (const Boundary boundary : {Boundary::open, Boundary::periodic})
    for (const auto& [N, K, h] : std::vector<std::tuple<Index, double, double>>{{3, 0.4, 0},
                                                                                {5, -0.9, 0.3},
                                                                                {7, 0, -0.2},
                                                                                {8, 2.5, 0.01},
                                                                                {9, -3, 0},
                                                                                {10, 1, -1},
                                                                                {6, 50, 0.1},
                                                                                {5, -50, 0}})
      spins::expect_agreement(IsingChain(N, K, h, boundary), table(N, K, h, boundary), ++seed);
  spins::expect_agreement(IsingChain(1, 0.8, 0.3), table(1, 0.8, 0.3, Boundary::open), 41);
  spins::expect_agreement(IsingChain(2, 0.8, 0.3), table(2, 0.8, 0.3, Boundary::open), 42);
}

TEST(IsingChain, DrawsAreExact) {
  const RowMatrix x = row({0.4, -0.6, 0.1, 0.9, -0.3});
  for (const Boundary boundary : {Boundary::open, Boundary::periodic})
    for (const double K : {0.6, -0.8})
      spins::expect_exact_draws(IsingChain(5, K, 0.1, boundary), table(5, K, 0.1, boundary), x, 0.6);
}

// Covariance of the prior (t = 8, where noise tells e^{-16}): tanh^|i-j| K, largest eigenvalue e^{2K} in a long chain.
TEST(IsingChain, CovarianceOfTheLawItself) {
  const Index N = 400;
  const double K = 0.8;
  const IsingChain model(N, K);
  const RowMatrix x = RowMatrix::Zero(1, N);
  RowMatrix v = RowMatrix::Zero(1, N), cov_v(1, N);
  v(0, 200) = 1;
  model.covariance_apply(8, x, v, cov_v);
  for (Index j : {0, 150, 199, 200, 207, 399})  // x = 0 leaves no field at all
    EXPECT_NEAR(cov_v(0, j), std::pow(std::tanh(K), static_cast<double>(std::abs(j - 200))), 1e-12);
  const RowMatrix ones = RowMatrix::Ones(1, N);
  model.covariance_apply(8, x, ones, cov_v);
  EXPECT_NEAR(cov_v(0, 200), std::exp(2 * K), 1e-9);  // ends 200 away: tanh(0.8)^200 = 4e-36
  EXPECT_NEAR(IsingChain(50, K, 0, Boundary::periodic).log_partition(),
              50 * std::log(2 * std::cosh(K)) + std::log1p(std::pow(std::tanh(K), 50)), 1e-10);
}

// Long chains beside short pieces of themselves: with K = 0 every spin is alone, and an unbreakable chain is one spin.
TEST(IsingChain, LimitsOfTheCoupling) {
  const Index N = 5000;
  RowMatrix x(1, N), mean(1, N);
  Noise(4).normal({Stream::query, spins::names(1), 0}, x);
  const double t = 0.7, field = std::exp(-t) / noise_variance(t);
  IsingChain(N, 0).denoise(t, x, mean);
  EXPECT_LT((mean.array() - (x.array() * field).tanh()).abs().maxCoeff(), 1e-14);
  x *= 0.02;
  IsingChain(N, 50).denoise(t, x, mean);  // a wall costs e^{-100}
  EXPECT_LT((mean.array() - std::tanh(field * x.sum())).abs().maxCoeff(), 1e-11);
}

TEST(IsingChain, StaysFiniteAtManySpins) {
  spins::expect_finite(IsingChain(100'000, 50, 1e-3));
  spins::expect_finite(IsingChain(100'000, -2, 1e-3, Boundary::periodic));
}

TEST(IsingChain, RowsAreIndependent) {
  spins::expect_no_companions(IsingChain(37, 0.9, 0.01), 0.8);
  spins::expect_no_companions(IsingChain(37, 0.9, 0.01, Boundary::periodic), 0.8);
}

TEST(IsingChain, RefusesWhatItCannotDo) {
  spins::expect_usage_error([] { IsingChain(0, 1); }, {"Ising chain", "N = 0", "at least 1"});
  spins::expect_usage_error([] { IsingChain(2, 1, 0, Boundary::periodic); }, {"N = 2", "at least 3", "ring"});
  spins::expect_usage_error([] { IsingChain(5, 51); }, {"K = 51", "-50 and 50"});
  spins::expect_usage_error([] { IsingChain(5, 1, kNaN); }, {"h = nan", "finite"});
  Summary s;
  EXPECT_THROW(IsingChain(2, 1).summarize(0, row({1, 1}), {}, s), UsageError);
  EXPECT_THROW(IsingChain(2, 1).summarize(1, row({1, 1, 1}), {}, s), UsageError);
}

}  // namespace
}  // namespace denoiscope
