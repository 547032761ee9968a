// Generalisation, traps and non-linear manifolds. Table values were computed in double precision elsewhere: each
// tolerance is half a unit of the last printed digit, rounded up, unless it says otherwise.
#include "denoiscope/theory/generalization.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "denoiscope/theory/linear_manifold.hpp"
#include "denoiscope/theory/nonlinear_manifold.hpp"
#include "denoiscope/theory/rem.hpp"

namespace denoiscope::theory {
namespace {

constexpr double kDigits6 = 6e-7, kQuadrature = 1e-10;  // the latter as nonlinear_manifold.hpp states it

double t_of(double tau) { return 0.5 * std::log1p(tau); }
double tau_of(double t) { return std::expm1(2.0 * t); }

TEST(GeneralizationTime, Table) {
  const struct {
    double a, b, two_eps;
  } table[] = {{0.1, 0.532184, 1.078633},
               {0.2, 0.914588, 0.795109},
               {0.3, 1.328061, 0.614048},
               {0.5, 2.351317, 0.387427},
               {1.0, 7.222142, 0.136415}};
  for (const auto& row : table)
    for (const double share : {1.0, 0.25}) {
      const double D = 40, N = D / share, n = std::exp(row.a * D);
      const Generalization best = generalization_time(n, N, D, 1.0).value();
      EXPECT_NEAR(std::exp(best.log_b), row.b, kDigits6) << row.a;
      EXPECT_NEAR(best.tau, share * row.two_eps, kDigits6) << row.a;
      EXPECT_NEAR(best.t, t_of(best.tau), 1e-15);
      const double b = std::exp(best.log_b);  // the equation itself
      EXPECT_NEAR(0.5 * std::log1p(b) - b / (2 * (1 + b) * (1 + b)), row.a, 1e-13);
      // Variances are lengths squared, and equal eigenvalues are what D of them are.
      EXPECT_NEAR(generalization_time(n, N, D, 2.5)->tau, 2.5 * best.tau, 1e-12);
      EXPECT_NEAR(generalization_time(n, N, std::vector<double>(40, 2.5))->tau, 2.5 * best.tau, 1e-12);
      EXPECT_LT(best.t, *collapse_time(n, D, 1.0));
    }
  EXPECT_FALSE(generalization_time(1, 10, 10, 1.0));
  EXPECT_FALSE(generalization_time(100, 10, 10, 0.0));
  EXPECT_FALSE(generalization_time(100, 3, std::vector<double>{0, 0}));
  // Few data in many dimensions: b -> sqrt(4 a/3), tau -> 2 c.
  EXPECT_NEAR(std::exp(generalization_time(2, 1e9, 1e9, 1.0)->log_b) / std::sqrt(std::log(2.0) / 0.75e9), 1, 1e-4);
  EXPECT_NEAR(generalization_time(2, 1e9, 1e9, 1.0)->tau, 2, 1e-4);
}

TEST(KernelLikelihood, IsLargestAtTheGeneralisationTime) {
  std::vector<double> spectrum{9, 4, 2, 1, 1, 1, 0.5, 0.2, 0.1, 0.01};
  for (const double N : {10.0, 25.0})
    for (const double n : {20.0, 1e3, 1e6}) {
      const Generalization best = generalization_time(n, N, spectrum).value();
      const double log_n = std::log(n), most = kernel_log_likelihood(log_n, N, spectrum, best.tau);
      for (const double factor : {0.3, 0.8, 0.99, 1.01, 1.3, 3.0})
        EXPECT_LT(kernel_log_likelihood(log_n, N, spectrum, factor * best.tau), most) << N << " " << n << " " << factor;
      EXPECT_LT(best.t, *collapse_time(n, spectrum));
    }
  // A wide kernel is a Gaussian: E log N(y; a, tau I), whose mean over data is exact there.
  const double tau = 1e9, wide = -5 * std::log(2 * std::numbers::pi * tau) - 18.81 / tau;
  EXPECT_NEAR(kernel_log_likelihood(3, 10, spectrum, tau), wide, 1e-9);
}

TEST(LikelihoodGap, IsThatOfTheRandomEnergyModel) {
  for (const double alpha : {0.1, 0.5})
    for (const double t : {0.05, 0.1, 0.2, 0.3, 0.6, 1.0}) {
      const double psi = random_energy(alpha, 2.0, t).psi;
      for (const double N : {4.0, 9.0})  // directions across add the same to both likelihoods
        EXPECT_NEAR(likelihood_gap(4 * alpha, N, std::vector<double>(4, 2.0), t), 4 * std::max(0.0, -0.5 - psi), 1e-12);
    }
  const std::vector<double> spectrum{4, 1, 0.25};
  const double t_c = *collapse_time(20, spectrum);
  EXPECT_EQ(likelihood_gap(std::log(20), 3, spectrum, 1.01 * t_c), 0);
  EXPECT_GT(likelihood_gap(std::log(20), 3, spectrum, 0.99 * t_c), 0);
}

// D eigenvalues of equal weight that stand for the bulk of a random manifold with coordinates of variance 1.
std::vector<double> manifold_spectrum(double c, int D) {
  const Bulk bulk = manifold_bulk(c, 1.0);
  const double middle = 0.5 * (bulk.low + bulk.high), half = 0.5 * (bulk.high - bulk.low);
  auto below = [&](double angle) {  // the Marchenko-Pastur law, l = middle - half cos(angle)
    auto density = [&](double at) {
      const double sine = half * std::sin(at);
      return sine * sine / (2 * std::numbers::pi * c * (middle - half * std::cos(at)));
    };
    return integrate_panel(density, 0.0, angle);
  };
  std::vector<double> eigenvalues;
  for (int i = 0; i < D; ++i) {
    const auto angle = find_root([&](double at) { return below(at) - (i + 0.5) / D; }, 0.0, std::numbers::pi);
    eigenvalues.push_back((middle - half * std::cos(angle.value())) / c);
  }
  return eigenvalues;
}

TEST(TrapOnset, IsometricAndRandomManifolds) {
  for (const double n : {50.0, 1339.0, 1e6})
    for (const double variance : {1.0, 0.3}) {
      const double d = 24, tau = tau_of(trap_onset(n, d, variance).value()) / variance;
      EXPECT_NEAR(0.5 * std::log1p(1 / tau) + 0.5 / (1 + tau), std::log(n) / d, 1e-12);
      EXPECT_NEAR(trap_onset(n, std::vector<double>(24, variance)).value(), t_of(variance * tau), 1e-12);
      EXPECT_GT(t_of(variance * tau), *collapse_time(n, d, variance));
    }
  EXPECT_FALSE(trap_onset(1, 10, 1));
  EXPECT_FALSE(trap_onset(100, std::vector<double>{0.0}));
  // The random manifold has closed forms of its own (linear_manifold.hpp); 100 quantiles stand for its bulk to 1e-3.
  const double table[][3] = {{0.1, 0.1, 0.772648}, {0.2, 0.1, 0.984716}, {0.5, 0.1, 1.096587}, {0.5, 0.2, 0.711867}};
  for (const auto& row : table) {
    const std::vector<double> spectrum = manifold_spectrum(row[0], 100);
    const double n = std::exp(row[1] * 100 / row[0]);
    EXPECT_NEAR(trap_onset(n, spectrum).value(), row[2], 1e-3) << row[0];
    EXPECT_NEAR(manifold_collapse(row[0], row[1]).onset, row[2], kDigits6) << row[0];
    const double t = 0.5 * (row[2] + *collapse_time(n, spectrum));
    EXPECT_NEAR(basin_radius2(n, spectrum, t), basin_radius2(row[0], row[1], t), 5e-3) << row[0];
  }
}

TEST(BasinRadius, IsotropicValues) {
  EXPECT_NEAR(basin_radius2(1339, 24, 1, t_of(2.0)), 0.416, 6e-4);
  EXPECT_NEAR(basin_radius2(8103, 36, 1, t_of(2.5)), 0.428, 6e-4);
  const double t_c = *collapse_time(1339, 24, 1), t_o = *trap_onset(1339, 24, 1);
  EXPECT_NEAR(basin_radius2(1339, 24, 1, t_o * (1 - 1e-12)), 0, 1e-9);
  EXPECT_NEAR(basin_radius2(1339, 24, 1, t_c * (1 + 1e-12)), 1, 1e-9);
  EXPECT_TRUE(std::isnan(basin_radius2(1339, 24, 1, 1.1 * t_o)));
  EXPECT_TRUE(std::isnan(basin_radius2(1339, 24, 1, 0.9 * t_c)));
  EXPECT_NEAR(basin_radius2(1339, std::vector<double>(24, 1.0), 0.5), basin_radius2(1339, 24, 1, 0.5), 1e-13);
}

constexpr Link kIdentity{Link::Shape::identity, 1}, kTanh{Link::Shape::tanh, 1}, kSteep{Link::Shape::tanh, 2};

TEST(NonlinearManifold, InformationTable) {
  const struct {
    Link link;
    double c, tau, information, overlap;
  } table[] = {{kTanh, 0.1, 0.05, 0.222935, 0.98738},
               {kTanh, 0.1, 0.5, 0.112143, 0.88458},
               {kTanh, 0.5, 0.05, 0.640773, 0.87988},
               {kTanh, 0.5, 1.0, 0.136603, 0.37681}};
  for (const auto& row : table) {
    const ManifoldChannel channel = manifold_channel(row.link, row.c, row.tau);
    EXPECT_NEAR(channel.information, row.information, kDigits6) << row.c << " " << row.tau;
    EXPECT_NEAR(channel.overlap, row.overlap, 6e-6) << row.c << " " << row.tau;
  }
  EXPECT_NEAR(manifold_channel(kIdentity, 0.5, 0.3).information, 0.457772290, 6e-10);
  EXPECT_NEAR(manifold_channel(kIdentity, 0.5, 0.3).overlap, 0.8, 1e-7);  // a minimum's place is half as precise
  EXPECT_NEAR(manifold_channel(kIdentity, 0.2, 0.1).information, 0.382921605, 6e-10);
  EXPECT_NEAR(manifold_channel(kIdentity, 0.2, 0.1).overlap, 0.97575, 6e-6);
}

TEST(NonlinearManifold, LinearOneHasTheClosedForm) {
  for (const double c : {0.05, 0.3, 0.9})
    for (const double tau : {1e-4, 0.02, 0.7, 30.0})
      EXPECT_NEAR(manifold_channel(kIdentity, c, tau).information, manifold_information(c, t_of(tau)), kQuadrature)
          << c << " " << tau;
  // A slope is a scale of the noise; a flat tanh is linear up to slope^2.
  EXPECT_NEAR(manifold_channel({Link::Shape::identity, 3}, 0.3, 0.7).information,
              manifold_information(0.3, t_of(0.7 / 9)), kQuadrature);
  EXPECT_NEAR(manifold_channel({Link::Shape::tanh, 1e-3}, 0.3, 0.7e-6).information,
              manifold_information(0.3, t_of(0.7)), 1e-6);
}

TEST(NonlinearManifold, TheSolutionIsTheLargestOfAll) {
  for (const Link& link : {kTanh, Link{Link::Shape::tanh, 4}})
    for (const double c : {0.1, 0.8})
      for (const double tau : {0.05, 0.3}) {
        const ManifoldChannel channel = manifold_channel(link, c, tau);
        const double largest = -channel.information - 0.5 * std::log(2 * std::numbers::pi * std::numbers::e * tau);
        EXPECT_NEAR(manifold_potential(link, c, tau, channel.overlap), largest, 1e-11);
        for (double q = 0; q < 1; q += 0.1)
          EXPECT_LT(manifold_potential(link, c, tau, q), largest + 1e-12) << link.slope << " " << c << " " << q;
      }
}

TEST(NonlinearManifold, CollapseTable) {
  const struct {
    Link link;
    double c, alpha, t, tolerance;
  } table[] = {{kTanh, 0.1, 0.1, 0.2523, 6e-5},
               {kTanh, 0.1, 0.2, 0.03828, 6e-6},
               {kTanh, 0.5, 0.2, 0.22693, 6e-6},
               {kTanh, 0.5, 0.4, 0.07546, 6e-6},
               {kSteep, 0.1, 0.1, 0.40721, 6e-6},
               // Coarser quadrature gives 0.07541; the information at 0.0753839, by equal steps on 400 x 100 x 300
               // points in numpy, is 0.20000 to 2e-8.
               {kSteep, 0.1, 0.2, 0.0753839, 6e-7},
               {kSteep, 0.5, 0.2, 0.34055, 6e-6},
               {kSteep, 0.5, 0.4, 0.12156, 6e-6},
               {kIdentity, 0.1, 0.1, 0.457588, kDigits6}};
  for (const auto& row : table) {
    const double t = manifold_collapse_time(row.link, row.c, row.alpha);
    EXPECT_NEAR(t, row.t, row.tolerance) << row.link.slope << " " << row.c << " " << row.alpha;
    EXPECT_NEAR(manifold_channel(row.link, row.c, tau_of(t)).information, row.alpha, 1e-10);
  }
  // More than any noise leaves that doubles resolve beside coordinates of size 1.
  EXPECT_TRUE(std::isnan(manifold_collapse_time(kTanh, 0.05, 3)));
}

}  // namespace
}  // namespace denoiscope::theory
