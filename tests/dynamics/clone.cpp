// Clones of two Gaussian classes against the closed form, and the known bias of coarse steps.
#include "denoiscope/dynamics/clone.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope {
namespace {

constexpr double kAlarm = 4.9;  // standard errors: two-sided false-alarm rate 1e-6 a statistic

using Law = std::shared_ptr<const Posterior>;

Law law(const std::string& name, const std::vector<std::string>& settings) {
  return make_model(name, settings).made.posterior;
}

Law mixture(const std::string& d) { return law("gaussian-mixture", {"d=" + d}); }

double exact(double d, double t) { return theory::same_class(theory::mixture_kappa(d, 1, 1, t)); }

CloneSettings by(CloneMethod method, std::vector<double> times, Index pairs, int steps = 1000) {
  CloneSettings s;
  s.times = std::move(times);
  s.pairs = pairs;
  s.method = method;
  s.stepper = &find_stepper("euler-maruyama");
  s.steps = steps;
  return s;
}

std::vector<ClonePoint> run(const Law& model, const CloneSettings& s, std::uint64_t seed = 1) {
  return clone(*model, model->fastest(), s, Noise(seed));
}

double z_of(const Estimate& e, double value) { return (e.value - value) / e.standard_error; }

// Statistical test. Null: phi is F(kappa). Two methods, three times, and E sum p^2 beside them: 12 statistics,
// threshold 4.9 each (1.2e-5 together). Broken variant: clones that share their noise (both ends are one path), and F
// of the dimension above.
TEST(Clone, BridgesAndTheirExpectationAgreeWithTheClosedForm) {
  const Law model = mixture("16");
  for (const CloneMethod method : {CloneMethod::bridge, CloneMethod::exact})
    for (const ClonePoint& p : run(model, by(method, {0.7, 1.5, 2.5}, 4000))) {
      EXPECT_LT(std::abs(z_of(p.phi, exact(16, p.t))), kAlarm) << p.t;
      EXPECT_LT(std::abs(z_of(p.expected, exact(16, p.t))), kAlarm) << p.t;
      EXPECT_GT(std::abs(z_of(p.phi, exact(64, p.t))), kAlarm) << p.t;
      EXPECT_GT(std::abs(z_of(p.phi, 1)), kAlarm) << p.t;
    }
}

// Statistical test. Null: Euler's clones of |m| = 16 have the phi of an independent simulation
// of 2e5 pairs with steps of 0.2, so the error of the difference is theirs and ours. Rejected: the exact phi, which
// coarse steps miss. 2 statistics.
TEST(Clone, CoarseStepsHaveTheirKnownBias) {
  const Index pairs = 100000;
  const auto points = run(mixture("256")->essential(), by(CloneMethod::sde, {2, 3}, pairs, 50));
  const double measured[2] = {0.9688, 0.6962};
  for (std::size_t k = 0; k < 2; ++k) {
    const double error = std::hypot(points[k].phi.standard_error, std::sqrt(measured[k] * (1 - measured[k]) / 2e5));
    EXPECT_LT(std::abs(points[k].phi.value - measured[k]) / error, kAlarm);
    EXPECT_GT(std::abs(z_of(points[k].phi, exact(256, points[k].t))), kAlarm);
  }
}

// Statistical test. Null: with steps of 0.01 the bias, 0.05 h, is below 6e-4 and the rest is noise. In one coordinate
// and in all of them. 4 statistics.
TEST(Clone, FineStepsAgreeWithTheClosedForm) {
  const Law full = mixture("24");
  for (const Law& model : {full, full->essential()})
    for (const ClonePoint& p : run(model, by(CloneMethod::sde, {1, 2}, 3000)))
      EXPECT_LT(std::abs(p.phi.value - exact(24, p.t)), kAlarm * p.phi.standard_error + 6e-4);
}

TEST(Clone, PairsDependOnNothingButTheirNames) {
  const Law model = mixture("3");
  const auto bits = [&](CloneMethod method, std::vector<double> times, Index pairs) {
    return run(model, by(method, std::move(times), pairs, 20), 7).front();
  };
  for (const CloneMethod method : {CloneMethod::sde, CloneMethod::bridge}) {
    set_threads(1);
    const ClonePoint one = bits(method, {2, 5}, 1300);
    set_threads(3);
    const ClonePoint three = bits(method, {2, 5}, 1300);
    set_threads(0);
    EXPECT_EQ(one.phi.value, three.phi.value);
    EXPECT_EQ(one.expected.value, three.expected.value);
  }
}

TEST(Clone, TheFastScoreIsThatOfTheModel) {
  const Law model = law("gaussian-mixture", {"d=3", "mu2=0.6", "variance=0.4", "weight=0.7"});
  EXPECT_NE(&model->fastest(), model.get());
  const RowMatrix x = (RowMatrix(2, 3) << 0.3, -1.2, 0.7, 4, 5, 6).finished();
  RowMatrix fast(2, 3), slow(2, 3);
  for (const double t : {1e-3, 0.5, 4.0}) {
    model->fastest().denoise(t, x, fast);
    model->denoise(t, x, slow);
    EXPECT_LT((fast - slow).cwiseAbs().maxCoeff(), 1e-11);  // rounding, magnified by Delta at most
  }
}

TEST(Clone, ReductionKeepsTheClasses) {
  const Law full = law("orthogonal-classes", {"K=3", "d=40", "norm2=30"}), small = full->essential();
  EXPECT_EQ(small->dimension(), 3);
  const auto a = run(full, by(CloneMethod::exact, {1, 2}, 4000)),
             b = run(small, by(CloneMethod::exact, {1, 2}, 4000), 2);
  for (std::size_t k = 0; k < 2; ++k)
    EXPECT_LT(std::abs(a[k].phi.value - b[k].phi.value),
              kAlarm * std::hypot(a[k].phi.standard_error, b[k].phi.standard_error));
  EXPECT_EQ(law("covariance-classes", {"d=4", "v1=1", "v2=2"})->essential(), nullptr);
}

TEST(Clone, ErrorsNameTheCulprit) {
  const Law model = mixture("2");
  const auto refused = [&](CloneSettings s) { EXPECT_THROW(run(model, s), UsageError); };
  refused(by(CloneMethod::sde, {}, 10));
  refused(by(CloneMethod::sde, {1}, 0));
  refused(by(CloneMethod::sde, {1}, 10, 0));
  refused(by(CloneMethod::sde, {11}, 10));
  refused(by(CloneMethod::sde, {0.005}, 10));
  refused(by(CloneMethod::bridge, {0}, 10));
  CloneSettings ode = by(CloneMethod::sde, {1}, 10);
  ode.stepper = &find_stepper("ddim");
  refused(ode);
  try {
    find_stepper("euler-marujama");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("Did you mean 'euler-maruyama'?"), std::string::npos);
  }
}

}  // namespace
}  // namespace denoiscope
