// The linear manifold: dense formulas, the Marchenko-Pastur law, the generalised law of two variances, draws, extremes.
#include "denoiscope/models/linear_manifold.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/gaussian_checks.hpp"

namespace denoiscope {
namespace {

using namespace checks;

TEST(LinearManifold, AgreesWithDenseMatrices) {
  const std::pair<Index, Index> shapes[] = {{1, 1}, {6, 3}, {5, 5}, {4, 7}, {2, 9}};
  std::uint32_t which = 100;
  for (const auto& [d, latent] : shapes)
    for (double t : {1e-4, 1e-2, 0.3, 1.0, 8.0})
      for (int repeat = 0; repeat < 4; ++repeat, which += 4) {
        const RowMatrix frame = normals(d, latent, which);
        Vector variances = normals(1, latent, which + 1).row(0).cwiseAbs2();
        if (repeat % 2 == 1) variances[latent - 1] = 0;
        const LinearManifold model(frame, variances);
        const Eigen::MatrixXd c = frame * variances.asDiagonal() * frame.transpose();
        // Off the manifold log P_t is of the order of |x|^2 / Delta: the tolerance is relative.
        expect_dense(model, t, normals(3, d, which + 2), normals(3, d, which + 3), {1.0},
                     {Dense(t, Vector::Zero(d), c)}, fmt::format("d={} D={} t={} repeat={}", d, latent, t, repeat));
      }
}

TEST(LinearManifold, WithoutVarianceIsThePointAtZero) {
  const LinearManifold model(normals(4, 2, 1), Vector::Zero(2));
  EXPECT_EQ(model.eigenvalues().size(), 0);
  RowMatrix x = normals(1, 4, 2), mean(1, 4), draw(1, 4);
  Summary out;
  model.denoise(0.3, x, mean);
  model.summarize(0.3, x, {}, out);
  const auto who = names(1);
  model.draw(0.3, x, Noise(1), {Stream::posterior, who, 0}, draw);
  EXPECT_EQ(mean.norm() + draw.norm(), 0.0);
  const double delta = noise_variance(0.3);
  EXPECT_NEAR(out.all.log_density[0], -2 * std::log(2 * M_PI * delta) - x.squaredNorm() / (2 * delta), 1e-12);
}

// Trace of I + Delta J = e^{-2t} / Delta Cov over all of R^N, by covariance_apply to the unit vectors.
double trace_by_application(const LinearManifold& model, double t) {
  const Index n = model.dimension();
  RowMatrix applied(n, n);
  model.covariance_apply(t, RowMatrix::Zero(n, n), RowMatrix::Identity(n, n), applied);
  return channel_snr(t) * applied.trace();
}

double trace_by_eigenvalues(const LinearManifold& model, double t) {
  const double tau = std::expm1(2 * t);
  return model.eigenvalues().unaryExpr([=](double e) { return e / (tau + e); }).sum();
}

struct Golden {
  double t, low, high, gap, trace;  // edges of the bulk of -Delta J, final gap, d_tr / N
};

// One draw of the frame at N = 1000. Edges of a sample lie within N^{-2/3} of the law's relative to the eigenvalue's
// scale: 6 % of it is the stated tolerance, so gap = gamma_- / (tau + gamma_-) and the edges of q move by at most that
// in their logit. Linear statistics of the spectrum fluctuate by O(1): d_tr / N by a few 1/N.
void expect_single_variance_law(double c, double gamma_low, double gamma_high, const std::vector<Golden>& golden) {
  const Index n = 1000, latent = static_cast<Index>(c * 1000);
  const LinearManifold model = random_manifold(n, Vector::Ones(latent), 3);
  ASSERT_EQ(model.eigenvalues().size(), latent);
  const double high = model.eigenvalues()[0], low = model.eigenvalues()[latent - 1];
  EXPECT_NEAR(high / gamma_high, 1, 0.06);
  EXPECT_NEAR(low / gamma_low, 1, 0.06);
  EXPECT_NEAR(gamma_high, std::pow(1 + std::sqrt(c), 2), 1e-8);
  const auto logit = [](double q) { return std::log(q / (1 - q)); };
  for (const Golden& g : golden) {
    const double tau = std::expm1(2 * g.t);
    EXPECT_NEAR(logit(tau / (tau + high)), logit(g.low), 0.06) << g.t;
    EXPECT_NEAR(logit(tau / (tau + low)), logit(g.high), 0.06) << g.t;
    EXPECT_NEAR(logit(low / (tau + low)), logit(g.gap), 0.06) << g.t;
    EXPECT_NEAR(trace_by_eigenvalues(model, g.t) / static_cast<double>(n), g.trace, 3e-3) << g.t;
    // The closed form itself: F(g, c) / (4 g) with g = 1 / tau.
    const double snr = 1 / tau;
    const double f = std::pow(
        std::sqrt(1 + snr * std::pow(1 + std::sqrt(c), 2)) - std::sqrt(1 + snr * std::pow(1 - std::sqrt(c), 2)), 2);
    EXPECT_NEAR(f / (4 * snr), g.trace, 6e-7) << g.t;  // six printed digits
  }
  EXPECT_NEAR(trace_by_application(model, 0.1), trace_by_eigenvalues(model, 0.1), 1e-9);
  // Broken: the other convention of the frame, F / sqrt(D), which multiplies every eigenvalue by 1 / c.
  const LinearManifold other(gaussian_frame(n, latent, 3) / std::sqrt(static_cast<double>(latent)),
                             Vector::Ones(latent));
  EXPECT_GT(std::abs(trace_by_eigenvalues(other, 0.1) / static_cast<double>(n) - golden[1].trace), 3e-3);
}

TEST(LinearManifold, OneVarianceFollowsMarchenkoPastur) {
  expect_single_variance_law(0.4, 0.13508894, 2.66491106,
                             {{0.01, 0.007523, 0.130088, 0.869912, 0.387234},
                              {0.1, 0.076708, 0.621060, 0.378940, 0.303516},
                              {0.5, 0.392016, 0.927112, 0.072888, 0.134037},
                              {1.0, 0.705664, 0.979294, 0.020706, 0.051697}});
  expect_single_variance_law(0.1, 0.46754447, 1.73245553,
                             {{0.01, 0.011526, 0.041418, 0.958582, 0.097810},
                              {0.1, 0.113316, 0.321364, 0.678636, 0.080592},
                              {0.5, 0.497946, 0.786102, 0.213898, 0.035941}});
}

// Lowest and highest eigenvalue of both bulks, in the mean over `draws` frames.
Eigen::Vector4d mean_edges(Index n, double variance, int draws) {
  const Index half = n / 5;
  Vector variances = Vector::Ones(2 * half);
  variances.tail(half).setConstant(variance);
  Eigen::Vector4d sum = Eigen::Vector4d::Zero();
  for (int k = 0; k < draws; ++k) {
    const Vector e = random_manifold(n, variances, static_cast<std::uint64_t>(k)).eigenvalues();
    sum += Eigen::Vector4d(e[2 * half - 1], e[half], e[half - 1], e[0]);
  }
  return sum / draws;
}

// Samples end inside of the law's edges by a distance ~ N^{-2/3}: 6 % is allowed at N = 1000, and 10^{2/3} times that
// at N = 100. (Seen in 200 draws at N = 100: 17 % at the lowest edge, with a spread of 14 % from draw to draw.)
TEST(LinearManifold, TwoVariancesHaveTheEdgesOfTheGeneralisedLaw) {
  struct Row {
    double variance, edges[4], apart[2], tau, gap;  // apart: the low bulk by a Marchenko-Pastur law of its own
  };
  for (const Row& row : {Row{0.01, {0.001995, 0.017954, 0.307610, 2.096441}, {0.00306, 0.02094}, 0.074316, 0.610834},
                         Row{0.04, {0.007919, 0.071230, 0.314197, 2.102655}, {0.01222, 0.08378}, 0.149600, 0.354891}}) {
    const Eigen::Vector4d large = mean_edges(1000, row.variance, 4), small = mean_edges(100, row.variance, 40);
    for (int k = 0; k < 4; ++k) {
      EXPECT_NEAR(large[k] / row.edges[k], 1, 0.06) << "N = 1000, edge " << k;
      EXPECT_NEAR(small[k] / row.edges[k], 1, 0.28) << "N = 100, edge " << k;
    }
    for (int k = 0; k < 2; ++k) EXPECT_GT(std::abs(large[k] / row.apart[k] - 1), 0.06) << "edge " << k;
    // The gap between the bulks is widest at tau = sqrt(a b), sqrt b - sqrt a over sqrt b + sqrt a.
    const double a = std::sqrt(large[1]), b = std::sqrt(large[2]);
    EXPECT_NEAR(a * b / row.tau, 1, 0.06);
    EXPECT_NEAR((b - a) / (b + a) / row.gap, 1, 0.06);
  }
}

TEST(LinearManifold, OrthonormalFramesKeepTheVariances) {
  Vector variances(3);
  variances << 0.5, 4, 1;
  const LinearManifold model = orthonormal_manifold(50, variances, 4);
  ASSERT_EQ(model.eigenvalues().size(), 3);
  EXPECT_NEAR(model.eigenvalues()[0], 4, 1e-13);
  EXPECT_NEAR(model.eigenvalues()[1], 1, 1e-13);
  EXPECT_NEAR(model.eigenvalues()[2], 0.5, 1e-13);
}

TEST(LinearManifold, DrawsHaveThePosteriorMoments) {  // see posterior_alarm for null and rate
  const LinearManifold model = random_manifold(8, Vector::LinSpaced(3, 0.2, 3), 2);
  const RowMatrix x = normals(1, 8, 9);
  for (double t : {0.01, 0.5, 2.0}) EXPECT_LT(posterior_alarm(model, t, x, t), kAlarm) << t;
  EXPECT_GT(posterior_alarm(model, 0.5, x, 0.4), kAlarm);
}

// Null: clean points have mean 0 and the covariance W S W^T. The broken variant has another frame.
TEST(LinearManifold, PriorHasTheDataCovariance) {
  const RowMatrix frame = normals(6, 4, 3), directions = normals(3, 6, 4);
  const Vector variances = Vector::LinSpaced(4, 0, 2);
  RowMatrix draws(20000, 6);
  const auto who = names(20000);
  std::vector<int> labels(20000, -1);
  LinearManifold(frame, variances).sample_prior(Noise(5), {Stream::prior, who, 0}, draws, labels);
  EXPECT_EQ(labels, std::vector<int>(20000, 0));
  const auto along = [&](const RowMatrix& w) {
    return Vector((directions * w * variances.asDiagonal() * w.transpose()).cwiseProduct(directions).rowwise().sum());
  };
  EXPECT_LT(alarm(draws, Vector::Zero(6), directions, along(frame)), kAlarm);
  EXPECT_GT(alarm(draws, Vector::Zero(6), directions, along(1.05 * frame)), kAlarm);
}

TEST(LinearManifold, DoesNotDependOnBatchOrThreads) {
  expect_independent_of_batch_and_threads(random_manifold(13, Vector::LinSpaced(5, 0.1, 2), 6), 0.3);
  expect_independent_of_batch_and_threads(random_manifold(3, Vector::Ones(5), 6), 1e-3);
}

TEST(LinearManifold, IsFiniteInHighDimensionAtEveryTime) {
  const Index d = 100000;
  const LinearManifold model = random_manifold(d, Vector::Ones(3), 1);
  const auto who = names(2);
  RowMatrix clean(2, d), noisy(2, d), draw(2, d), applied(2, d);
  model.sample_prior(Noise(1), {Stream::prior, who, 0}, clean, {});
  Noise(1).normal({Stream::query, who, 0}, noisy);
  for (double t : {1e-6, 1.0, 8.0}) {
    const RowMatrix x = std::exp(-t) * clean + std::sqrt(noise_variance(t)) * noisy;
    Summary out;
    Wanted what;
    what.mean = true;
    model.summarize(t, x, what, out);
    model.draw(t, x, Noise(2), {Stream::posterior, who, 0}, draw);
    model.covariance_apply(t, x, clean, applied);
    EXPECT_TRUE(out.all.log_density.allFinite() && out.mean.allFinite() && draw.allFinite() && applied.allFinite())
        << t;
    // log P_t of a typical point is -(d/2) log(2 pi e Delta) within sqrt(d / 2) a standard deviation; 10 of them.
    const double typical = -0.5 * static_cast<double>(d) * std::log(2 * M_PI * std::exp(1) * noise_variance(t));
    EXPECT_NEAR(out.all.log_density[0], typical, 10 * std::sqrt(0.5 * static_cast<double>(d)) + 30) << t;
  }
  const double t = 1e-6;  // the three coordinates are known up to sqrt(Delta): |mean - clean|^2 is about 3 Delta
  RowMatrix mean(2, d);
  model.denoise(t, std::exp(-t) * clean + std::sqrt(noise_variance(t)) * noisy, mean);
  EXPECT_LT((mean - clean).squaredNorm(), 60 * noise_variance(t));
}

TEST(LinearManifold, RefusesWhatIsNoManifold) {
  const RowMatrix frame = normals(3, 2, 1);
  EXPECT_EQ(complaint([&] { LinearManifold(frame, Vector::Ones(3)); }),
            "linear manifold: 3 latent variances for a frame of 2 columns; expected one a column.");
  EXPECT_EQ(complaint([&] { LinearManifold(frame, Vector(Eigen::Vector2d(1, -0.5))); }),
            "linear manifold: latent variance 1 is -0.5; expected a finite number >= 0.");
  EXPECT_EQ(complaint([&] { LinearManifold(RowMatrix(3, 0), Vector()); }),
            "linear manifold: a frame of shape (3, 0); expected one row and one column or more.");
  EXPECT_EQ(complaint([&] { LinearManifold(frame * kInfinity, Vector::Ones(2)); }),
            "linear manifold: the frame has a number that is not finite.");
  EXPECT_EQ(complaint([&] { random_manifold(0, Vector::Ones(2), 1); }),
            "linear manifold: dimension d = 0; expected 1 or more.");
  EXPECT_EQ(complaint([&] { orthonormal_manifold(2, Vector::Ones(3), 1); }),
            "linear manifold: 3 orthonormal directions in dimension 2; expected at most as many.");
  const LinearManifold model(frame, Vector::Ones(2));
  RowMatrix mean(1, 3);
  EXPECT_THROW(model.denoise(0, normals(1, 3, 1), mean), UsageError);
  EXPECT_THROW(model.denoise(1, normals(1, 2, 1), mean), UsageError);
}

}  // namespace
}  // namespace denoiscope
