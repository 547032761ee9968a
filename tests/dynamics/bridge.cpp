// Exact backward paths: closed forms, the law of whole paths, and equal bits.
#include "denoiscope/dynamics/bridge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr double kAlarm = 4.9;  // standard errors: two-sided false-alarm rate 1e-6 a statistic
const std::vector<double> kGrid = {3, 1, 0.9, 0.3, 0.29, 0.05, 1e-3, 1e-6};

std::vector<std::uint64_t> names(Index m, std::uint64_t first = 0) {
  std::vector<std::uint64_t> out(m);
  std::iota(out.begin(), out.end(), first);
  return out;
}

RowMatrix normals(Index n, Index d, std::uint64_t seed) {
  RowMatrix out(n, d);
  for (Index i = 0; i < n; ++i)
    Noise(seed).normal(Stream::test, static_cast<std::uint64_t>(i), 0,
                       {out.row(i).data(), static_cast<std::size_t>(d)});
  return out;
}

bool same_bits(const RowMatrix& a, const RowMatrix& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}

GaussianMixture mixture() {
  GaussianMixture::Component a, b;
  a.mean = (Vector(2) << 1.5, -0.5).finished();
  a.covariance = (RowMatrix(2, 2) << 0.5, 0.2, 0.2, 0.3).finished();
  a.weight = 0.3;
  b.mean = (Vector(2) << -1, 0.2).finished();
  b.variance = 0.2;
  b.weight = 0.7;
  return GaussianMixture({a, b});
}

TEST(BridgeLaw, EqualsHyperbolicSinesInLongDouble) {
  for (const double u : {1e-300, 1e-12, 1e-6, 1e-3, 0.5, 3.0, 30.0})
    for (const double part : {1e-9, 0.01, 0.5, 0.999, 1.0}) {
      const double t = u * part;
      const long double tl = t, ul = u, top = std::sinh(ul);
      const BridgeLaw law = bridge_law(t, u);
      const auto near = [](double value, long double expected, long double scale) {
        EXPECT_LE(std::abs(static_cast<long double>(value) - expected), 4e-15L * scale);
      };
      near(law.clean, std::sinh(ul - tl) / top, std::sinh(ul - tl) / top);
      // e^{t - u} errs by a unit of u.
      near(law.noisy, std::sinh(tl) / top, (1 + ul) * std::sinh(tl) / top);
      near(law.variance, 2 * std::sinh(tl) * (std::sinh(ul - tl) / top),
           2 * std::sinh(tl) * (std::sinh(ul - tl) / top));
    }
  const BridgeLaw far = bridge_law(1, 5000);  // from infinity: the forward law from the clean end
  EXPECT_NEAR(far.clean, std::exp(-1), 1e-16);
  EXPECT_EQ(far.noisy, 0);
  EXPECT_NEAR(far.variance, noise_variance(1), 1e-16);
  for (const auto& [t, u] : {std::pair{2.0, 1.0}, {-1.0, 1.0}, {0.0, 0.0}, {kNaN, 1.0}, {1.0, kInfinity}})
    EXPECT_THROW(bridge_law(t, u), UsageError);
}

TEST(BridgeLaw, TwoStepsAreOne) {
  for (const double u : {1e-6, 0.01, 0.7, 6.0})
    for (const double first : {0.9, 0.5, 0.1})
      for (const double second : {0.99, 0.3}) {
        const BridgeLaw one = bridge_law(u * first, u), two = bridge_law(u * first * second, u * first),
                        both = bridge_law(u * first * second, u);
        EXPECT_NEAR(two.noisy * one.noisy, both.noisy, 1e-14 * both.noisy);
        EXPECT_NEAR(two.clean + two.noisy * one.clean, both.clean, 1e-14 * both.clean);
        EXPECT_NEAR(two.variance + two.noisy * two.noisy * one.variance, both.variance, 1e-14 * both.variance);
      }
}

// z-scores of every covariance of (x_0, x_t, x_t') against the forward process: with C(t) = e^{-2t} V + Delta_t I and
// V = E x_0 x_0^T, E x_t x_0^T = e^{-t} V and E x_u x_t^T = e^{-(u - t)} C(t) for u >= t. Returns the largest.
double largest_z(const std::vector<RowMatrix>& path, const RowMatrix& clean, const RowMatrix& second_moment) {
  double worst = 0;
  const auto n = static_cast<double>(clean.rows());
  const auto compare = [&](const RowMatrix& x, const RowMatrix& y, const RowMatrix& expected) {
    for (Index i = 0; i < x.cols(); ++i)
      for (Index j = 0; j < x.cols(); ++j) {
        const Vector product = x.col(i).cwiseProduct(y.col(j));
        const double error = std::sqrt((product.array() - product.mean()).square().mean() / n);
        worst = std::max(worst, std::abs(product.mean() - expected(i, j)) / error);
      }
  };
  for (std::size_t k = 0; k < path.size(); ++k) {
    const double t = kGrid[k];
    const RowMatrix now = std::exp(-2 * t) * second_moment + noise_variance(t) * RowMatrix::Identity(2, 2);
    compare(path[k], clean, std::exp(-t) * second_moment);
    for (std::size_t l = 0; l <= k; ++l) compare(path[l], path[k], std::exp(-(kGrid[l] - t)) * now);
  }
  return worst;
}

// Statistical test. Null: paths have the covariances of the forward process at every pair of times. 8 times make 44
// matrices of 4 z-scores each, 20,000 paths; threshold 4.9 each (all together 2e-4). Broken variants: the clean end is
// drawn from the prior instead of the posterior; the clean end is drawn anew for every step from the first point.
TEST(Bridge, PathsHaveTheCovariancesOfTheForwardProcess) {
  const Index m = 20000;
  const GaussianMixture model = mixture();
  RowMatrix second = RowMatrix::Zero(2, 2);
  second += 0.3 * (RowMatrix(2, 2) << 0.5 + 2.25, 0.2 - 0.75, 0.2 - 0.75, 0.3 + 0.25).finished();
  second += 0.7 * (RowMatrix(2, 2) << 0.2 + 1, -0.2, -0.2, 0.2 + 0.04).finished();
  const std::vector<std::uint64_t> who = names(m);
  Bridge bridge(model, kGrid[0], Noise(1), who);
  std::vector<RowMatrix> path = {bridge.points()};
  for (std::size_t k = 1; k < kGrid.size(); ++k) {
    bridge.step(kGrid[k]);
    path.push_back(bridge.points());
  }
  EXPECT_LT(largest_z(path, bridge.clean(), second), kAlarm);

  RowMatrix start(m, 2);
  model.sample_prior(Noise(2), {Stream::prior, who, 0}, start, {});
  start = std::exp(-0.3) * start + std::sqrt(noise_variance(0.3)) * normals(m, 2, 3);
  const auto from = [&](const Posterior& drawn_from,
                        bool anew) {       // paths of the second half of the grid, from x at 0.3
    std::vector<RowMatrix> out(4, start);  // the first three are replaced below
    Bridge some(drawn_from, 0.3, start, Noise(4), who);
    for (std::size_t k = 4; k < kGrid.size(); ++k) {
      if (anew) some = Bridge(drawn_from, 0.3, start, Noise(4 + k), who);
      some.step(kGrid[k]);
      out.push_back(some.points());
    }
    for (std::size_t k = 0; k < 3; ++k) {  // forward from 0.3: the path before it, exactly
      out[2 - k] = std::exp(-(kGrid[2 - k] - kGrid[3 - k])) * out[3 - k] +
                   std::sqrt(noise_variance(kGrid[2 - k] - kGrid[3 - k])) * normals(m, 2, 20 + k);
    }
    return largest_z(out, some.clean(), second);
  };
  EXPECT_LT(from(model, false), kAlarm);
  EXPECT_GT(from(model, true), kAlarm);
  EXPECT_GT(from(gaussian(Vector::Zero(2), 1.0), false), kAlarm);
}

// Two-sample Kolmogorov-Smirnov statistic, scaled: exceeds 2.69 with probability below 2 exp(-2 2.69^2) = 1.04e-6.
double smirnov(Vector a, Vector b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double largest = 0;
  Index i = 0, j = 0;
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  while (i < a.size() && j < b.size()) {
    if (a[i] <= b[j]) {
      ++i;
    } else {
      ++j;
    }
    largest = std::max(largest, std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m));
  }
  return largest * std::sqrt(n * m / (n + m));
}

// Null: x_t of a backward path and of the forward process from fresh clean points have one law, at 4 times along 2
// axes. The broken variant ends on draws of a Gaussian with the mixture's mean and covariance.
TEST(Bridge, MarginalsAreThoseOfTheForwardProcess) {
  const Index m = 20000;
  const GaussianMixture model = mixture();
  const Vector mean = 0.3 * (Vector(2) << 1.5, -0.5).finished() + 0.7 * (Vector(2) << -1, 0.2).finished();
  RowMatrix covariance = 0.3 * (RowMatrix(2, 2) << 2.75, -0.55, -0.55, 0.55).finished() +
                         0.7 * (RowMatrix(2, 2) << 1.2, -0.2, -0.2, 0.24).finished() - mean * mean.transpose();
  const GaussianMixture wrong = gaussian(mean, covariance);
  const std::vector<std::uint64_t> who = names(m);
  RowMatrix fresh(m, 2);
  model.sample_prior(Noise(7), {Stream::prior, who, 0}, fresh, {});
  const auto worst = [&](const Posterior& posterior) {
    RowMatrix start(m, 2);
    model.sample_prior(Noise(5), {Stream::prior, who, 0}, start, {});
    start = std::exp(-1.0) * start + std::sqrt(noise_variance(1)) * normals(m, 2, 6);
    Bridge bridge(posterior, 1, start, Noise(5), who);
    double largest = 0;
    for (const double t : {0.6, 0.2, 0.02, 0.0}) {
      bridge.step(t);
      const RowMatrix forward = std::exp(-t) * fresh + std::sqrt(noise_variance(t)) * normals(m, 2, 8);
      for (Index k = 0; k < 2; ++k) largest = std::max(largest, smirnov(bridge.points().col(k), forward.col(k)));
    }
    return largest;
  };
  EXPECT_LT(worst(model), 2.69);
  EXPECT_GT(worst(wrong), 2.69);
}

// Given x_u, closed form for a Gaussian N(mu, v): x_0 | x_u ~ N(mu + k (x_u - e^{-u} mu), v (1 - k e^{-u})) with
// k = e^{-u} v / (Delta_u + e^{-2u} v). Also at u = 1e-6, where a formula that cancels would lose everything.
TEST(Bridge, FromAPointHasTheClosedFormOfAGaussian) {
  const Index m = 20000;
  for (const double u : {2.0, 0.1, 1e-6}) {
    const double v = 0.5, mu = 0.7, x = 0.4, t = 0.3 * u, s = std::exp(-u);
    const GaussianMixture model = gaussian(Vector::Constant(1, mu), v);
    Bridge bridge(model, u, RowMatrix::Constant(m, 1, x), Noise(3), names(m));
    bridge.step(0.6 * u);
    bridge.step(t);
    const BridgeLaw law = bridge_law(t, u);
    const double k = s * v / (noise_variance(u) + s * s * v), end = mu + k * (x - s * mu),
                 end_variance = v * noise_variance(u) / (noise_variance(u) + s * s * v);
    const double mean = law.clean * end + law.noisy * x, variance = law.clean * law.clean * end_variance + law.variance,
                 n = static_cast<double>(m);
    const Vector off = bridge.points().col(0).array() - mean;
    EXPECT_LT(std::abs(off.mean()), kAlarm * std::sqrt(variance / n)) << u;
    EXPECT_LT(std::abs(off.squaredNorm() / n - variance), kAlarm * variance * std::sqrt(2 / n)) << u;
    // The broken variant takes the noise of a free process for that of a bridge.
    const double free = law.clean * law.clean * end_variance + noise_variance(u - t);
    EXPECT_GT(std::abs(off.squaredNorm() / n - free), kAlarm * free * std::sqrt(2 / n)) << u;
  }
}

TEST(Bridge, EndsOnADatumWithTheSameBitsForAnyThreadsAndAnyCompany) {
  const Index m = 40, d = 5;
  const RowMatrix data = normals(3000, d, 1);
  const Empirical model(Dataset::from_rows(data));
  const RowMatrix x = normals(m, d, 2);
  const auto travel = [&](Index begin, Index count) {
    RowMatrix out(0, d);
    Bridge bridge(model, 1, x.middleRows(begin, count), Noise(6), names(count, static_cast<std::uint64_t>(begin)));
    for (const double t : {0.5, 0.5, 0.01, 0.0, 0.0}) {
      bridge.step(t);
      EXPECT_EQ(bridge.time(), t);
      out.conservativeResize(out.rows() + count, Eigen::NoChange);
      out.bottomRows(count) = bridge.points();
    }
    return out;
  };
  set_threads(1);
  const RowMatrix all = travel(0, m);
  for (Index q = 0; q < m; ++q) {
    const auto end = all.bottomRows(m).row(q);
    EXPECT_EQ((data.rowwise() - end).rowwise().squaredNorm().minCoeff(), 0);
    EXPECT_EQ(all.row(q), all.row(m + q));  // a step of no length changes nothing
  }
  for (const int threads : {2, 3, 4}) {
    set_threads(threads);
    EXPECT_TRUE(same_bits(all, travel(0, m)));
  }
  set_threads(0);
  for (const auto& [begin, count] : {std::pair<Index, Index>{0, 1}, {7, 20}}) {
    const RowMatrix part = travel(begin, count);
    for (Index step = 0; step < 5; ++step)
      EXPECT_TRUE(same_bits(all.middleRows(step * m + begin, count), part.middleRows(step * count, count)));
  }
}

TEST(Bridge, RefusesTimesThatRiseAndBatchesWithoutNames) {
  const GaussianMixture model = mixture();
  EXPECT_THROW(Bridge(model, 1, RowMatrix::Zero(2, 2), Noise(1), names(3)), UsageError);
  EXPECT_THROW(Bridge(model, 1, RowMatrix::Zero(2, 3), Noise(1), names(2)), UsageError);
  EXPECT_THROW(Bridge(model, 0, Noise(1), names(2)), UsageError);
  Bridge bridge(model, 1, Noise(1), names(2));
  EXPECT_THROW(bridge.step(1.5), UsageError);
  EXPECT_THROW(bridge.step(-0.5), UsageError);
  EXPECT_EQ(bridge.time(), 1);
}

}  // namespace
}  // namespace denoiscope
