// Golden vectors of closed forms, and one body of checks for every posterior.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/models/linear_manifold.hpp"
#include "denoiscope/models/sphere.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

RowMatrix rows(std::initializer_list<std::initializer_list<double>> values) {
  RowMatrix out(static_cast<Index>(values.size()), static_cast<Index>(values.begin()->size()));
  Index i = 0;
  for (const auto& row : values) {
    Index j = 0;
    for (double v : row) out(i, j++) = v;
    ++i;
  }
  return out;
}

GaussianMixture pair_of_gaussians(double weight) {
  GaussianMixture::Component plus, minus;
  plus.mean = Vector(4);
  plus.mean << 1, -0.5, 2, 0.25;
  minus.mean = -plus.mean;
  plus.variance = minus.variance = 0.49;
  plus.weight = weight;
  minus.weight = 1 - weight;
  return GaussianMixture({plus, minus});
}

TEST(GaussianMixture,
     GoldenVectorOfTheSymmetricMixture) {  // digits computed independently for arXiv 2402.18491's model
  const RowMatrix x = rows({{0.3, -1.2, 0.7, 2}});
  Summary s;
  Wanted what;
  what.mean = true;
  const GaussianMixture even = pair_of_gaussians(0.5);
  even.summarize(0.6, x, what, s);
  EXPECT_NEAR(s.all.log_density[0], -6.6951743502, 1e-9);
  const double expected_mean[] = {0.8783391964, -0.7727785364, 1.7884506725, 0.8312011858};
  const double expected_score[] = {0.2605055289, 1.1103087014, 0.4028623467, -2.2092363052};
  const RowMatrix even_score = score(even, 0.6, x);
  for (int k = 0; k < 4; ++k) {
    EXPECT_NEAR(s.mean(0, k), expected_mean[k], 1e-9);
    EXPECT_NEAR(even_score(0, k), expected_score[k], 1e-9);
  }
  const GaussianMixture uneven = pair_of_gaussians(0.8);
  uneven.summarize(0.6, x, what, s);
  EXPECT_NEAR(s.all.log_density[0], -6.2447127750, 1e-9);
  const double uneven_expected[] = {0.2854371000, 1.0978429158, 0.4527254890, -2.2030034124};
  const RowMatrix uneven_score = score(uneven, 0.6, x);
  for (int k = 0; k < 4; ++k) EXPECT_NEAR(uneven_score(0, k), uneven_expected[k], 1e-9);
  EXPECT_NEAR(std::exp(s.all.class_log_weight(0, 0)) + std::exp(s.all.class_log_weight(0, 1)), 1.0, 1e-14);
}

TEST(GaussianMixture, FullCovarianceEqualsRotatedIsotropicAxes) {
  // One Gaussian with covariance U diag(4, 1, 0.25) U^T must match products of one-dimensional Gaussians in rotated
  // axes.
  const double c = std::cos(0.4), s = std::sin(0.4);
  RowMatrix u = rows({{c, -s, 0}, {s, c, 0}, {0, 0, 1}});
  const Vector spectrum = (Vector(3) << 4, 1, 0.25).finished();
  const GaussianMixture model = gaussian(Vector::Zero(3), u * spectrum.asDiagonal() * u.transpose());
  const double t = 0.35, delta = noise_variance(t), shrink2 = std::exp(-2 * t);
  const RowMatrix x = rows({{0.7, -1.1, 0.2}});
  Summary out;
  model.summarize(t, x, {}, out);
  const RowMatrix y = x * u;
  double expected = 0;
  for (int k = 0; k < 3; ++k) {
    const double gamma = delta + shrink2 * spectrum[k];
    expected += -0.5 * std::log(2 * M_PI * gamma) - y(0, k) * y(0, k) / (2 * gamma);
  }
  EXPECT_NEAR(out.all.log_density[0], expected, 1e-12);
}

TEST(GaussianMixture, RefusesWhatIsNoMixture) {
  EXPECT_THROW(GaussianMixture(std::vector<GaussianMixture::Component>{}), UsageError);
  EXPECT_THROW(gaussian(Vector::Zero(2), -1.0), UsageError);
  EXPECT_THROW(gaussian(Vector::Zero(2), rows({{1, 2}, {2, 1}})), UsageError);    // eigenvalue -1
  EXPECT_THROW(gaussian(Vector::Zero(2), rows({{1, 0.5}, {0, 1}})), UsageError);  // not symmetric
  EXPECT_THROW(gaussian(Vector::Zero(2), rows({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})), UsageError);
  const GaussianMixture model = gaussian(Vector::Zero(2), 1.0);
  Summary out;
  EXPECT_THROW(model.summarize(0.0, rows({{1, 2}}), {}, out), UsageError);
  EXPECT_THROW(model.summarize(1.0, rows({{1, 2, 3}}), {}, out), UsageError);
}

// Every posterior: score = gradient of log density, covariance = Jacobian of the mean, draws have the posterior's
// moments.
struct Problem {
  const char* name;
  std::shared_ptr<const Posterior> model;
};

std::vector<Problem> problems() {
  GaussianMixture::Component a, b;
  a.mean = Vector::LinSpaced(3, -1, 1);
  a.covariance = rows({{1.2, 0.3, 0}, {0.3, 0.8, -0.2}, {0, -0.2, 0.5}});
  a.weight = 0.3;
  b.mean = Vector::Constant(3, 0.5);
  b.variance = 0.2;
  b.weight = 0.7;
  RowMatrix points(40, 3);
  const Noise noise(7);
  for (Index i = 0; i < 40; ++i)
    noise.normal(Stream::prior, static_cast<std::uint64_t>(i), 0, {points.row(i).data(), 3});
  Dataset data = Dataset::from_rows(points);
  std::vector<long long> labels;
  for (int i = 0; i < 40; ++i) labels.push_back(i % 3);
  data.set_labels(labels, "test");
  return {{"mixture", std::make_shared<GaussianMixture>(std::vector{a, b})},
          {"gaussian", std::make_shared<GaussianMixture>(gaussian(Vector::Constant(3, 0.2), 0.6))},
          {"spectrum", std::make_shared<GaussianMixture>(gaussian_from_spectrum(Eigen::Vector3d(2, 0.3, 0)))},
          {"linear manifold", std::make_shared<LinearManifold>(random_manifold(3, Eigen::Vector2d(3, 0.4), 1))},
          {"sphere", std::make_shared<Sphere>(3, 1.2)},
          {"empirical", std::make_shared<Empirical>(data)}};
}

TEST(Posteriors, ScoreIsTheGradientOfLogDensity) {
  const RowMatrix x = rows({{0.3, -0.4, 0.9}, {-1.2, 0.1, 0.4}});
  for (const Problem& p : problems())
    for (double t : {0.05, 0.4, 1.5}) {
      const RowMatrix s = score(*p.model, t, x);
      const double h = 1e-5;
      for (Index k = 0; k < 3; ++k) {
        RowMatrix up = x, down = x;
        up.col(k).array() += h;
        down.col(k).array() -= h;
        Summary high, low;
        p.model->summarize(t, up, {}, high);
        p.model->summarize(t, down, {}, low);
        for (Index q = 0; q < 2;
             ++q)  // central differences: error h^2 |third derivative| / 6, up to about 1e-6 at t = 0.05
          EXPECT_NEAR(s(q, k), (high.all.log_density[q] - low.all.log_density[q]) / (2 * h),
                      1e-6 * (1 + std::abs(s(q, k))) / t)
              << p.name << " t=" << t;
      }
    }
}

TEST(Posteriors, CovarianceIsTheJacobianOfTheMean) {  // d mean / d x = e^{-t} Cov / Delta
  const RowMatrix x = rows({{0.3, -0.4, 0.9}}), v = rows({{0.2, 1.0, -0.5}});
  for (const Problem& p : problems())
    for (double t : {0.1, 0.8}) {
      const double h = 1e-5;
      RowMatrix high(1, 3), low(1, 3), applied(1, 3);
      p.model->denoise(t, x + h * v, high);
      p.model->denoise(t, x - h * v, low);
      p.model->covariance_apply(t, x, v, applied);
      const RowMatrix expected = (high - low) / (2 * h) * noise_variance(t) / std::exp(-t);
      EXPECT_LT((applied - expected).norm(), 1e-7) << p.name << " t=" << t;
    }
}

// Statistical test. Null: draws have the posterior's mean and variance along a direction. Statistics are z-scores of
// the sample mean and second moment over 20,000 draws; threshold 4.9 (two-sided 1e-6 each). The broken variant draws at
// the wrong time and must be seen.
TEST(Posteriors, DrawsHaveThePosteriorMoments) {
  const Index draws = 20000;
  const RowMatrix x = rows({{0.3, -0.4, 0.9}}).replicate(draws, 1), v = rows({{0.2, 1.0, -0.5}});
  std::vector<std::uint64_t> names(draws);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = i;
  const Noise noise(11);
  for (const Problem& p : problems()) {
    RowMatrix mean(1, 3), covariance(1, 3), x0(draws, 3);
    p.model->denoise(0.5, x.topRows(1), mean);
    p.model->covariance_apply(0.5, x.topRows(1), v, covariance);
    const double variance = covariance.row(0).dot(v.row(0)), centre = mean.row(0).dot(v.row(0));
    const auto z_scores = [&](double t) {
      p.model->draw(t, x, noise, {Stream::posterior, names, 0}, x0);
      const Vector y = x0 * v.transpose();
      const double n = static_cast<double>(draws);
      const Vector square = (y.array() - centre).square();
      const double spread = std::sqrt((square.array() - square.mean()).square().mean() / n);
      return std::pair((y.mean() - centre) / std::sqrt(variance / n), (square.mean() - variance) / spread);
    };
    const auto [first, second] = z_scores(0.5);
    EXPECT_LT(std::abs(first), 4.9) << p.name;
    EXPECT_LT(std::abs(second), 4.9) << p.name;
    const auto [wrong_first, wrong_second] = z_scores(0.8);
    EXPECT_GT(std::max(std::abs(wrong_first), std::abs(wrong_second)), 4.9) << p.name;
  }
}

// Null: draws from prior and posterior under the same names but in different streams choose their component
// independently; at t = 8 the posterior is the prior, so they agree in half of 4,000 cases. Threshold 4.9 standard
// errors (1e-6). The broken variant, one stream for both, always agrees.
TEST(GaussianMixture, StreamsChooseComponentsIndependently) {
  const Index n = 4000;
  const GaussianMixture model = symmetric_mixture(1, 100.0, 0.01);
  std::vector<std::uint64_t> names(n);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = i;
  RowMatrix prior(n, 1), posterior(n, 1);
  const auto agreement = [&](Stream stream) {
    model.sample_prior(Noise(5), {Stream::prior, names, 0}, prior, {});
    model.draw(8.0, RowMatrix::Zero(n, 1), Noise(5), {stream, names, 0}, posterior);
    return static_cast<double>((prior.array() * posterior.array() > 0).count()) / static_cast<double>(n);
  };
  EXPECT_LT(std::abs(agreement(Stream::posterior) - 0.5), 4.9 * 0.5 / std::sqrt(static_cast<double>(n)));
  EXPECT_GT(agreement(Stream::prior), 0.99);
}

TEST(Posteriors, DrawsDoNotDependOnTheBatch) {
  const RowMatrix x = rows({{0.3, -0.4, 0.9}, {1.3, 0.2, -0.9}, {0, 0, 0.1}});
  const std::vector<std::uint64_t> names = {5, 6, 7};
  for (const Problem& p : problems()) {
    RowMatrix all(3, 3), one(1, 3);
    p.model->draw(0.4, x, Noise(3), {Stream::posterior, names, 2}, all);
    p.model->draw(0.4, x.row(1), Noise(3), {Stream::posterior, std::span(names).subspan(1, 1), 2}, one);
    EXPECT_EQ(all.row(1), one.row(0)) << p.name;
  }
}

}  // namespace
}  // namespace denoiscope
