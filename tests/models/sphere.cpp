// The sphere: reference values, integrals over the sphere by quadrature, draws from von Mises-Fisher, extremes.
#include "denoiscope/models/sphere.hpp"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "denoiscope/base/quadrature.hpp"
#include "tests/models/gaussian_checks.hpp"

namespace denoiscope {
namespace {

using namespace checks;

// Eigenvalue of -Delta J = I - e^{-2t} / Delta Cov along v.
double curvature(const Sphere& model, double t, Rows x, Rows v) {
  RowMatrix applied(1, model.dimension());
  model.covariance_apply(t, x, v, applied);
  return 1 - channel_snr(t) * applied.row(0).dot(v.row(0)) / v.row(0).squaredNorm();
}

TEST(Sphere, GoldenEigenvaluesOfTheJacobian) {  // at r = e^{-t}, R = 1; to the digits of the reference
  struct Row {
    double t, kappa, tangential, radial, trace;
  };
  const Sphere model(5);
  for (const Row& row :
       {Row{0.005, 99.500833, 0.01005017, 0.98994983, 1.989950}, Row{0.02, 24.503333, 0.04081077, 0.95918923, 1.959189},
        Row{0.1, 4.516656, 0.22116400, 0.78075431, 1.776918}, Row{0.5, 0.581977, 0.81025140, 0.81847429, 0.561023}}) {
    const double r = std::exp(-row.t);
    EXPECT_NEAR(std::exp(-row.t) * r / noise_variance(row.t), row.kappa, 5.1e-7);
    RowMatrix x(1, 5), along(1, 5), across(1, 5), off(1, 5);
    along << 2.0 / 3, -1.0 / 3, 2.0 / 3, 0, 0;
    across << 1, 2, 0, 0, 0;
    off << 0, 0, 0, 3, -1;
    x = r * along + 0.3 * off;
    const double radial = curvature(model, row.t, x, along), tangential = curvature(model, row.t, x, across);
    EXPECT_NEAR(tangential, row.tangential, 5.1e-9);
    EXPECT_NEAR(radial, row.radial, 5.1e-9);
    EXPECT_EQ(curvature(model, row.t, x, off), 1);
    EXPECT_NEAR(3 - radial - 2 * tangential, row.trace, 5.1e-7);
  }
}

// Integrals over the sphere as one over s = 1 - cos(x_0, x_par) in [0, 2], the weight e^{-kappa s} / 2 taken apart:
// nothing of Langevin's function. Beyond kappa s = 50 the weight is below 1e-21.
struct Integrals {
  double mass, depth, variance, across;  // E e^{-kappa s}; mean and variance of s; E sin^2 / 2
};
Integrals integrals(double kappa) {
  const double end = std::min(2.0, 50 / kappa);
  const int panels = 16;  // kappa s grows by 3 at most in one: 30 Gauss points are exact to rounding
  const auto over = [&](auto&& f) {
    double sum = 0;
    for (int k = 0; k < panels; ++k)
      sum += boost::math::quadrature::gauss<double, 30>::integrate(
          [&](double s) { return f(s) * std::exp(-kappa * s); }, end * k / panels, end * (k + 1) / panels);
    return sum;
  };
  const double whole = over([](double) { return 1.0; });
  const double depth = over([](double s) { return s; }) / whole;
  return {whole / 2, depth, over([&](double s) { return (s - depth) * (s - depth); }) / whole,
          over([](double s) { return s * (2 - s) / 2; }) / whole};
}

TEST(Sphere, AgreesWithIntegralsOverTheSphere) {
  std::uint32_t which = 100;
  for (Index d : {3, 4, 7})
    for (double t : {1e-4, 1e-3, 1e-2, 0.1, 0.5, 1.0, 2.0, 8.0})
      for (double radius : {0.3, 1.0, 5.0}) {
        const Sphere model(d, radius);
        const RowMatrix x = normals(1, d, ++which), v = normals(1, d, ++which);
        const Eigen::Vector3d along = x.row(0).head<3>();
        const double r = along.norm(), delta = noise_variance(t), shrink = std::exp(-t);
        const Eigen::Vector3d centre = along / r, change = v.row(0).head<3>();
        const Integrals sphere = integrals(shrink * radius * r / delta);
        Summary out;
        Wanted what;
        what.mean = true;
        RowMatrix applied(1, d);
        model.summarize(t, x, what, out);
        model.covariance_apply(t, x, v, applied);
        // |x - e^{-t} x_0|^2 is smallest at s = 0.
        Vector nearest = x.row(0);
        nearest.head<3>() -= shrink * radius * centre;
        const double log_density = -0.5 * static_cast<double>(d) * std::log(2 * M_PI * delta) -
                                   nearest.squaredNorm() / (2 * delta) + std::log(sphere.mass);
        const std::string where = fmt::format("d={} t={} R={}", d, t, radius);
        EXPECT_NEAR(out.all.log_density[0], log_density, 1e-9 * (1 + std::abs(log_density))) << where;
        EXPECT_EQ(out.all.class_log_weight(0, 0), 0);
        Vector mean = Vector::Zero(d), second = Vector::Zero(d);
        mean.head<3>() = radius * (1 - sphere.depth) * centre;
        const Eigen::Vector3d radial = centre * centre.dot(change);
        second.head<3>() = radius * radius * (sphere.variance * radial + sphere.across * (change - radial));
        EXPECT_LT((out.mean.row(0).transpose() - mean).norm(), 1e-9 * radius) << where;
        EXPECT_LT((applied.row(0).transpose() - second).norm(), 1e-9 * second.norm()) << where;
      }
}

// The same in fixed axes, by a product rule that knows nothing of the direction of x: trapezia in the longitude (exact
// to rounding for kappa below 60 with 256 points) and adaptive quadrature in the cosine.
TEST(Sphere, AgreesWithIntegralsInFixedAxes) {
  const Sphere model(4, 1.5);
  for (double t : {0.05, 0.4, 1.5}) {
    const RowMatrix x = normals(1, 4, 31);
    const double delta = noise_variance(t), shrink = std::exp(-t);
    const auto density = [&](const Eigen::Vector4d& x0) {
      return std::exp(-(x.row(0).transpose() - shrink * x0).squaredNorm() / (2 * delta));
    };
    const auto over = [&](auto&& f) {
      return integrate(
                 [&](double z) {
                   double sum = 0;
                   for (int k = 0; k < 256; ++k) {
                     const double phi = 2 * M_PI * k / 256, across = std::sqrt((1 - z) * (1 + z));
                     const Eigen::Vector4d x0 =
                         1.5 * Eigen::Vector4d(across * std::cos(phi), across * std::sin(phi), z, 0);
                     sum += f(x0) * density(x0);
                   }
                   return sum / 256;
                 },
                 -1, 1) /
             2;
    };
    const double mass = over([](const auto&) { return 1.0; });
    Summary out;
    Wanted what;
    what.mean = true;
    model.summarize(t, x, what, out);
    EXPECT_NEAR(out.all.log_density[0], std::log(mass) - 2 * std::log(2 * M_PI * delta), 1e-9);
    RowMatrix applied(4, 4);
    model.covariance_apply(t, x.replicate(4, 1), RowMatrix::Identity(4, 4), applied);
    for (int i = 0; i < 4; ++i) {
      EXPECT_NEAR(out.mean(0, i), over([&](const auto& x0) { return x0[i]; }) / mass, 1e-9);
      for (int j = 0; j < 4; ++j)
        EXPECT_NEAR(applied(i, j),
                    over([&](const auto& x0) { return (x0[i] - out.mean(0, i)) * (x0[j] - out.mean(0, j)); }) / mass,
                    1e-9);
    }
  }
}

TEST(Sphere, HoldsFromKappaZeroTo1e12) {
  const Sphere model(3);
  const double t = 0.5, snr_over_shrink = std::exp(-t) / noise_variance(t);
  Wanted what;
  what.mean = true;
  double before = -1;
  for (double kappa : {0.0, 1e-300, 1e-9, 1e-3, 0.9999999, 1.0000001, 30.0, 700.0, 720.0, 1e6, 1e12}) {
    RowMatrix x = RowMatrix::Zero(1, 3), applied(1, 3), draw(1, 3);
    x(0, 1) = kappa / snr_over_shrink;
    Summary out;
    model.summarize(t, x, what, out);
    model.covariance_apply(t, x, RowMatrix::Constant(1, 3, 1), applied);
    const auto who = names(1);
    model.draw(t, x, Noise(1), {Stream::posterior, who, 0}, draw);
    EXPECT_TRUE(std::isfinite(out.all.log_density[0])) << kappa;
    EXPECT_GE(out.mean(0, 1), before) << kappa;
    before = out.mean(0, 1);
    EXPECT_NEAR(draw.norm(), 1, 1e-14) << kappa;
    // Variances along and across: 1/3 each at 0; 1/k^2 and 1/k - 1/k^2 from 30 on, up to e^{-60}.
    if (kappa < 1e-6) {
      EXPECT_NEAR(applied(0, 1), 1.0 / 3, 1e-12) << kappa;
      EXPECT_NEAR(applied(0, 0), 1.0 / 3, 1e-12) << kappa;
    } else if (kappa >= 30) {
      EXPECT_NEAR(applied(0, 1) * kappa * kappa, 1, 1e-12) << kappa;
      EXPECT_NEAR(applied(0, 0) * kappa, 1 - 1 / kappa, 1e-12) << kappa;
      EXPECT_NEAR((out.mean(0, 1) - 1) * kappa, -1, kappa * 1e-15 + 1e-12) << kappa;
    }
  }
  // Both branches of Langevin's function meet at kappa = 1.
  const RowMatrix at_one = Eigen::RowVector3d(0, 1 / snr_over_shrink, 0);
  RowMatrix low(1, 3), high(1, 3);
  model.denoise(t, at_one * (1 - 1e-13), low);
  model.denoise(t, at_one * (1 + 1e-13), high);
  EXPECT_NEAR(low(0, 1), high(0, 1), 1e-13);
}

// Null: (1 - cos) of the draws follows F(s) = (1 - e^{-kappa s}) / (1 - e^{-2 kappa}) and the longitude is uniform:
// chi-square over 20 equally likely cells each, 20,000 draws. 19 degrees of freedom exceed 62.0 with probability 2e-6.
// The broken variants draw at a wrong time, or around a wrong point.
TEST(Sphere, DrawsAreVonMisesFisher) {
  const Index n = 20000;
  const Sphere model(4, 2);
  const auto who = names(n);
  const RowMatrix x = normals(1, 4, 3);
  RowMatrix draws(n, 4);
  const auto chi_square = [&](double t, double drawn_at, Rows drawn_from) {
    model.draw(drawn_at, drawn_from.replicate(n, 1), Noise(7), {Stream::posterior, who, 1}, draws);
    const Eigen::Vector3d along = x.row(0).head<3>(), centre = along.normalized();
    const Eigen::Vector3d first = Eigen::Vector3d(centre[1], -centre[0], 0).normalized(), second = centre.cross(first);
    const double kappa = std::exp(-t) * 2 * along.norm() / noise_variance(t);
    std::vector<double> depth(20, 0), longitude(20, 0);
    for (Index i = 0; i < n; ++i) {
      const Eigen::Vector3d y = draws.row(i).head<3>() / 2;
      EXPECT_NEAR(y.norm(), 1, 1e-14);
      EXPECT_EQ(draws(i, 3), 0);
      const double rank = std::expm1(-kappa * (1 - y.dot(centre))) / std::expm1(-2 * kappa);
      const double turn = 0.5 + std::atan2(y.dot(second), y.dot(first)) / (2 * M_PI);
      depth[std::clamp(rank * 20, 0.0, 19.0)] += 1;
      longitude[std::clamp(turn * 20, 0.0, 19.0)] += 1;
    }
    double worst = 0;
    for (const auto& counts : {depth, longitude}) {
      double sum = 0;
      for (double count : counts) sum += (count - n / 20.0) * (count - n / 20.0) / (n / 20.0);
      worst = std::max(worst, sum);
    }
    return worst;
  };
  for (double t : {0.05, 0.4, 1.0, 6.0}) EXPECT_LT(chi_square(t, t, x), 62.0) << t;
  EXPECT_GT(chi_square(0.4, 0.45, x), 62.0);
  RowMatrix moved = x;
  moved(0, 0) += 0.1;
  EXPECT_GT(chi_square(0.4, 0.4, moved), 62.0);
}

TEST(Sphere, DrawsHaveThePosteriorMoments) {  // see posterior_alarm for null and rate
  const Sphere model(5, 1.5);
  const RowMatrix x = normals(1, 5, 9);
  for (double t : {0.05, 0.5, 2.0}) EXPECT_LT(posterior_alarm(model, t, x, t), kAlarm) << t;
  EXPECT_GT(posterior_alarm(model, 0.5, x, 0.4), kAlarm);
}

TEST(Sphere, PriorIsUniform) {  // null: mean 0 and covariance R^2 / 3; broken: a radius 5 % larger
  RowMatrix draws(20000, 3);
  const auto who = names(20000);
  std::vector<int> labels(20000, -1);
  Sphere(3, 2).sample_prior(Noise(5), {Stream::prior, who, 0}, draws, labels);
  EXPECT_EQ(labels, std::vector<int>(20000, 0));
  const RowMatrix directions = normals(3, 3, 1);
  const Vector variances = directions.rowwise().squaredNorm() * (4.0 / 3);
  EXPECT_LT(alarm(draws, Vector::Zero(3), directions, variances), kAlarm);
  EXPECT_GT(alarm(draws, Vector::Zero(3), directions, variances * 1.05 * 1.05), kAlarm);
}

TEST(Sphere, DoesNotDependOnBatchOrThreads) {
  expect_independent_of_batch_and_threads(Sphere(3), 0.3);
  expect_independent_of_batch_and_threads(Sphere(14, 2), 1e-3);
}

TEST(Sphere, IsFiniteInHighDimensionAtEveryTime) {
  const Index d = 100000;
  const Sphere model(d, 300);
  const auto who = names(1);
  RowMatrix clean(1, d), noise(1, d), applied(1, d), draw(1, d);
  model.sample_prior(Noise(1), {Stream::prior, who, 0}, clean, {});
  Noise(1).normal({Stream::query, who, 0}, noise);
  for (double t : {1e-6, 1.0, 8.0}) {
    const RowMatrix x = std::exp(-t) * clean + std::sqrt(noise_variance(t)) * noise;
    Summary out;
    Wanted what;
    what.mean = true;
    model.summarize(t, x, what, out);
    model.draw(t, x, Noise(1), {Stream::posterior, who, 0}, draw);
    model.covariance_apply(t, x, noise, applied);
    // A typical point has -(d/2) log(2 pi e Delta), up to sqrt(d / 2) a standard deviation; 10 of them.
    const double typical = -0.5 * static_cast<double>(d) * std::log(2 * M_PI * std::exp(1) * noise_variance(t));
    EXPECT_NEAR(out.all.log_density[0], typical, 10 * std::sqrt(0.5 * static_cast<double>(d))) << t;
    EXPECT_TRUE(out.mean.allFinite() && draw.allFinite() && applied.allFinite()) << t;
    if (t < 1e-3) {
      EXPECT_LT((draw - clean).norm(), 10 * std::sqrt(noise_variance(t)));
    }
  }
}

TEST(Sphere, RefusesWhatIsNoSphere) {
  EXPECT_EQ(complaint([] { Sphere(2); }), "sphere: dimension d = 2; expected 3 or more.");
  EXPECT_EQ(complaint([] { Sphere(3, 0); }), "sphere: radius = 0; expected a finite number above 0.");
  EXPECT_EQ(complaint([] { Sphere(3, kInfinity); }), "sphere: radius = inf; expected a finite number above 0.");
  RowMatrix mean(1, 3);
  EXPECT_THROW(Sphere(3).denoise(-1, normals(1, 3, 1), mean), UsageError);
  EXPECT_THROW(Sphere(3).denoise(1, normals(1, 4, 1), mean), UsageError);
}

}  // namespace
}  // namespace denoiscope
