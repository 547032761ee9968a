// Guidance computed instead of tuned. Table values were computed by another program: finite volumes in x instead of in
// units of the class, extrapolated, stated to 1e-4 (intervals: 3e-4). Those of the ODE: midpoint steps in
// kappa^{(1 + alpha)/4} from kappa = 0, extrapolated from 4000, 8000 and 16000, for 120 Gauss-Hermite points.
#include "denoiscope/theory/guidance.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "denoiscope/base/ode.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/critical_window.hpp"

namespace denoiscope::theory {
namespace {

constexpr double kTable = 1e-4, kIntervals = 3e-4, kFlow = 1e-6;

void expect(const GuidedLaw& law, double shift, double variance, double tolerance, const std::string& what) {
  EXPECT_NEAR(law.shift, shift, tolerance) << what;
  EXPECT_NEAR(law.variance, variance, tolerance) << what;
}

std::string words(const GuidedClass& g) {
  return "d = " + std::to_string(g.d) + ", omega = " + std::to_string(g.omega) + ", alpha = " + std::to_string(g.alpha);
}

GuidedClass guided(double d, double omega) {
  GuidedClass out;
  out.d = d;
  out.omega = omega;
  return out;
}

TEST(Guidance, OvershootAndShrinkageOfTheSde) {
  const double omegas[] = {1, 2, 5, 10};
  const struct {
    double d, shift[4], variance[4];
  } table[] = {
      {4, {0.333227, 0.478278, 0.696069, 0.870443}, {0.775331, 0.745921, 0.728572, 0.724735}},
      {16, {0.170429, 0.243068, 0.351993, 0.439161}, {0.934819, 0.927338, 0.922994, 0.922080}},
      {64, {0.085215, 0.121535, 0.175998, 0.219582}, {0.983701, 0.981830, 0.980744, 0.980516}},
      {1, {0.4816, 0.7516, 1.1790, 1.5277}, {0.6721, 0.5749, 0.5058, 0.4866}},
  };
  for (const auto& row : table)
    for (int i = 0; i < 4; ++i) {
      const GuidedClass g = guided(row.d, omegas[i]);
      expect(guided_law(g, BackwardLaw::sde), row.shift[i], row.variance[i], kTable, words(g));
    }
}

TEST(Guidance, ArtefactsOfTheSdeVanishWithDimensionAndThoseOfTheOdeStay) {
  const double omegas[] = {1, 2, 5, 10}, shift[] = {0.6817, 0.9723, 1.4080, 1.7567};
  const double loss[] = {1.043, 1.163, 1.232, 1.247};  // printed with three decimals
  const double ode_shift[] = {0.64911298, 1.04976105, 1.86138420, 2.76890541};
  const double ode_variance[] = {0.51777852, 0.39800916, 0.28025125, 0.22439864};
  for (int i = 0; i < 4; ++i) {
    for (const double d : {1e6, 1e10}) {
      const GuidedLaw law = guided_law(guided(d, omegas[i]), BackwardLaw::sde);
      EXPECT_NEAR(law.shift * std::sqrt(d), shift[i], kTable) << omegas[i];
      EXPECT_NEAR((1 - law.variance) * d, loss[i], 6e-4) << omegas[i];
    }
    for (const double d : {16.0, 1e3, 1e10})
      expect(guided_law(guided(d, omegas[i]), BackwardLaw::ode), ode_shift[i], ode_variance[i], kFlow,
             words(guided(d, omegas[i])));
  }
}

TEST(Guidance, PowerLaw) {
  const struct {
    double alpha, four[2], sixteen[2], ode[2];
  } table[] = {
      {-0.5, {0.803796, 0.723086}, {0.411621, 0.914050}, {2.53473503, 0.48115101}},
      {0, {0.478278, 0.745921}, {0.243068, 0.927338}, {1.04976105, 0.39800916}},
      {0.9, {0.295568, 0.756434}, {0.150805, 0.931366}, {0.45205783, 0.43696383}},
      {2, {0.222707, 0.760989}, {0.114317, 0.932502}, {0.26381575, 0.51663948}},
  };
  for (const auto& row : table) {
    GuidedClass g = guided(4, 2);
    g.alpha = row.alpha;
    expect(guided_law(g, BackwardLaw::sde), row.four[0], row.four[1], kTable, words(g));
    g.d = 16;
    expect(guided_law(g, BackwardLaw::sde), row.sixteen[0], row.sixteen[1], kTable, words(g));
    expect(guided_law(g, BackwardLaw::ode), row.ode[0], row.ode[1], kFlow, words(g));
  }
}

TEST(Guidance, Intervals) {
  const double t = 0.5 * std::log(16.0), never = std::numeric_limits<double>::infinity();
  const struct {
    double low, high, sde[2], ode[2];
  } table[] = {
      {0, never, {0.351993, 0.922994}, {1.86138420, 0.28025125}},
      {t + 1, never, {0.118585, 0.996744}, {1.44129359, 0.56571014}},
      {t, never, {0.294806, 0.969099}, {1.85430861, 0.28664746}},
      {t - 1, t + 1, {0.325847, 0.918339}, {1.09536660, 0.20145059}},
      {0, t, {0.198933, 0.892573}, {0.37808072, 0.40776668}},
      {0, t - 1, {0.005779, 0.979723}, {0.00464059, 0.97698185}},
  };
  for (const auto& row : table) {
    GuidedClass g = guided(16, 5);
    g.t_low = row.low;
    g.t_high = row.high;
    const std::string what = std::to_string(row.low) + " to " + std::to_string(row.high);
    expect(guided_law(g, BackwardLaw::sde), row.sde[0], row.sde[1], kIntervals, what);
    expect(guided_law(g, BackwardLaw::ode), row.ode[0], row.ode[1], 10 * kFlow, what);
  }
}

TEST(Guidance, OtherVariances) {
  GuidedClass g = guided(16, 2);
  g.variance = 4;
  expect(guided_law(g, BackwardLaw::sde), 0.956553, 2.983684, kTable, words(g));
  g.d = 256;
  expect(guided_law(g, BackwardLaw::sde), 0.243084, 3.927352, kTable, words(g));
  // Without a power law only |m|^2 / variance counts.
  const GuidedLaw wide = guided_law(g, BackwardLaw::ode), unit = guided_law(guided(64, 2), BackwardLaw::ode);
  EXPECT_NEAR(wide.shift / 2, unit.shift, 1e-8);
  EXPECT_NEAR(wide.variance / 4, unit.variance, 1e-8);
}

TEST(Guidance, WithoutGuidanceTheClassIsExact) {
  for (const BackwardLaw law : {BackwardLaw::sde, BackwardLaw::ode})
    for (const double variance : {0.01, 1.0, 9.0}) {
      GuidedClass g = guided(16, 0);
      g.variance = variance;
      expect(guided_law(g, law), 0, variance, 1e-12, "omega = 0");
      g = guided(16, 5);
      g.variance = variance;
      g.t_low = g.t_high = 1;  // an empty interval
      expect(guided_law(g, law), 0, variance, 1e-12, "nowhere");
      g.t_low = g.t_high = 100;  // above the start
      expect(guided_law(g, law), 0, variance, 1e-12, "too early");
    }
}

// In x and t as the equations are written, with scores and no scaling, by another integrator; quantile by quantile.
TEST(Guidance, OdeInTheVariablesOfThePaper) {
  GuidedClass g = guided(9, 3);
  g.variance = 0.5;
  g.alpha = 0.4;
  g.t_high = 0.5 * std::log(9.0) + 6;  // what the paper's variables start from: guidance earlier counts too
  const double m = 3, start = 0.5 * std::log(9.0) + 6;
  const auto gamma = [&](double t) { return g.variance * std::exp(-2 * t) - std::expm1(-2 * t); };
  const auto slope = [&](const std::vector<double>& y, std::vector<double>& out, double s) {
    const double t = start - s, c = m * std::exp(-t), wide = gamma(t);
    const double apart = c / wide * 2 / (1 + std::exp(2 * c * y[0] / wide));
    out[0] = y[0] + (c - y[0]) / wide + g.omega * std::pow(apart, 1 + g.alpha);
  };
  double mean = 0, square = 0;
  constexpr int half = 60;
  for (int i = -half; i <= half; ++i) {
    const double z = 0.125 * i, weight = 0.125 * std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
    std::vector<double> y{m * std::exp(-start) + std::sqrt(gamma(start)) * z};
    integrate_dormand_prince(slope, y, 0, start, 1e-10);
    mean += weight * (y[0] - m);
    square += weight * (y[0] - m) * (y[0] - m);
  }
  const GuidedLaw law = guided_law(g, BackwardLaw::ode);
  EXPECT_NEAR(law.shift, mean, 1e-7);
  EXPECT_NEAR(law.variance, square - mean * mean, 1e-7);
}

// The start counts: what guidance does before T is what is lost by a start there, and the SDE's start by its mean
// there.
TEST(Guidance, TheStartIsAtInfinity) {
  GuidedClass g = guided(16, 2);
  g.alpha = -0.9;  // guided far longer than it takes the class to form
  const GuidedLaw flow = guided_law(g, BackwardLaw::ode), law = guided_law(g, BackwardLaw::sde);
  EXPECT_NEAR(flow.shift, 17.11982531, kFlow);
  g.t_high = 50;
  EXPECT_LT(guided_law(g, BackwardLaw::ode).shift, flow.shift - 1e-4);
  EXPECT_NEAR(guided_law(g, BackwardLaw::sde).shift, law.shift, 1e-9);
  g.t_high = 0.5 * std::log(g.d) + 6;
  EXPECT_GT(law.shift - guided_law(g, BackwardLaw::sde).shift, 1e-4);
}

// Against twice the resolution, whose own error is a sixteenth.
TEST(Guidance, StatedAccuracy) {
  const struct { double alpha, tolerance; } cases[] = {{-0.5, 1e-5}, {0, 1e-5}, {1, 1e-5}, {-0.9, 1e-3}};
  for (const auto& stated : cases)
    for (GuidedClass g : {guided(1, 100), guided(1e6, 1)}) {
      g.alpha = stated.alpha;
      for (const BackwardLaw law : {BackwardLaw::ode, BackwardLaw::sde}) {
        const GuidedLaw finer = guided_law(g, law, 2);
        expect(guided_law(g, law), finer.shift, finer.variance, stated.tolerance, words(g));
      }
    }
}

TEST(Guidance, SpeciationIsWhereKappaIsOne) {
  EXPECT_NEAR(guidance_speciation_time(guided(16, 1)), 0.5 * std::log(16.0), 1e-15);
  GuidedClass wide = guided(1, 1);
  wide.variance = 2;
  EXPECT_TRUE(std::isnan(guidance_speciation_time(wide)));
}

// Printed with eight decimals.
TEST(CriticalWindow, Table) {
  const struct {
    double eps, kappa_before, before, bound_before, kappa_after, after, bound_after, width;
  } table[] = {
      {0.1, 0.25334710, 1.37299478, 2.995732, 2.57582930, -0.94617154, -1.364055, 2.31916632},
      {0.05, 0.12566135, 2.07416471, 3.688879, 3.02334144, -1.10636266, -1.667389, 3.18052737},
      {0.01, 0.02506891, 3.68612692, 5.298317, 3.89059189, -1.35856130, -2.142087, 5.04468822},
  };
  for (const auto& row : table)
    for (const double norm : {16.0, 128.0}) {
      const CriticalWindow w = critical_window(norm * norm, 1, row.eps);
      EXPECT_NEAR(w.kappa_before, row.kappa_before, 6e-9);
      EXPECT_NEAR(w.kappa_after, row.kappa_after, 6e-9);
      EXPECT_NEAR(w.t_before - std::log(norm), row.before, 6e-9);
      EXPECT_NEAR(w.t_after - std::log(norm), row.after, 6e-9);
      EXPECT_NEAR(w.t_before - w.t_after, row.width, 6e-9);
      EXPECT_NEAR(window_bound_before(norm * norm, row.eps) - std::log(norm), row.bound_before, 6e-7);
      EXPECT_NEAR(window_bound_after(norm * norm, row.eps) - std::log(norm), row.bound_after, 6e-7);
      EXPECT_NEAR(0.5 * total_variation(w.kappa_before), row.eps, 1e-14);
      EXPECT_NEAR(1 - total_variation(w.kappa_after), row.eps * row.eps, 1e-14);
    }
}

TEST(CriticalWindow, VarianceMovesItAndOverlapClosesIt) {
  const CriticalWindow w = critical_window(100, 3, 0.1);
  for (const auto& [t, kappa] : {std::pair(w.t_before, w.kappa_before), std::pair(w.t_after, w.kappa_after)})
    EXPECT_NEAR(10 * std::exp(-t) / std::sqrt(1 + 2 * std::exp(-2 * t)), kappa, 1e-13);
  EXPECT_TRUE(std::isnan(critical_window(1, 1, 0.1).t_after));
  EXPECT_FALSE(std::isnan(critical_window(1, 1, 0.1).t_before));
}

}  // namespace
}  // namespace denoiscope::theory
