// Independent spins: closed forms of the hypercube, the sum over all configurations, exact draws.
#include "denoiscope/models/product_spins.hpp"

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "tests/models/spins.hpp"

namespace denoiscope {
namespace {

Vector means(std::initializer_list<double> values) {
  Vector out(static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

spins::Table table(const Vector& mu) {
  return {mu.size(),
          [=](const Eigen::RowVectorXd& a) { return (0.5 * (1 + mu.transpose().array() * a.array())).log().sum(); }};
}

// Excess entropy and participation of the hypercube, E over z at x = e^{-t} + sqrt(Delta) z (arXiv 2402.18491).
TEST(ProductSpins, EntropyAndParticipationOfTheHypercube) {
  const ProductSpins spin(Vector::Zero(1));
  const auto average = [&](double t, auto&& of) {
    const double kink = -std::exp(-t) / std::sqrt(noise_variance(t));
    return gaussian_mean(
        [&](double z) {
          Wanted what;
          what.entropy = true;
          Summary s;
          spin.summarize(t, RowMatrix::Constant(1, 1, std::exp(-t) + std::sqrt(noise_variance(t)) * z), what, s);
          return of(s.all);
        },
        kink);
  };
  const double t[] = {0.2, 0.5, 1, 2}, entropy[] = {0.1892753373, 0.4659903942, 0.6204701091, 0.6839044665},
               tenth[] = {0.3011587338, 0.0262708330, 0.0035163098, 0.0011709573};
  for (int k = 0; k < 4; ++k) {
    EXPECT_NEAR(average(t[k], [](const Weights& w) { return w.entropy[0]; }), entropy[k], 1e-10);
    EXPECT_NEAR(std::pow(average(t[k], [](const Weights& w) { return w.participation[0]; }), 10), tenth[k], 1e-9);
  }
}

TEST(ProductSpins, AgreesWithAllConfigurations) {
  std::uint64_t seed = 0;
  for (const Vector& mu : {means({0, 0, 0, 0, 0, 0}), means({0.3, -0.9, 0.5, 0, 0.99999}), means({1, 0.2, -1, -0.5})})
    spins::expect_agreement(ProductSpins(mu), table(mu), ++seed);
}

TEST(ProductSpins, DrawsAreExact) {
  const Vector mu = means({0.3, -0.5, 0, 0.8});
  RowMatrix x(1, 4);
  x << 0.4, -0.6, 0.1, -0.9;
  spins::expect_exact_draws(ProductSpins(mu), table(mu), x, 0.6);
}

TEST(ProductSpins, StaysFiniteAtManySpins) { spins::expect_finite(ProductSpins(Vector::LinSpaced(100'000, -1, 1))); }

TEST(ProductSpins, RowsAreIndependent) { spins::expect_no_companions(ProductSpins(Vector::LinSpaced(37, -1, 1)), 0.8); }

TEST(ProductSpins, RefusesWhatIsNoMean) {
  spins::expect_usage_error(
      [] {
        ProductSpins(means({0, 1.5}));
      },
      {"product of spins", "mean 1 is 1.5", "between -1 and 1"});
  spins::expect_usage_error([] { ProductSpins(means({kNaN})); }, {"mean 0 is nan"});
  spins::expect_usage_error([] { ProductSpins(Vector{}); }, {"N = 0"});
  RowMatrix x0(2, 3);
  EXPECT_THROW(ProductSpins(means({0, 0})).sample_prior(Noise(1), {Stream::prior, spins::names(2), 0}, x0, {}),
               UsageError);
}

}  // namespace
}  // namespace denoiscope
