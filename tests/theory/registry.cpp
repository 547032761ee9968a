// Theories by name: values, echo of parameters, and one helpful line for every mistake.
#include "denoiscope/theory/registry.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope::theory {
namespace {

// "NAME key=value key=value"
Evaluation run(const std::string& line) {
  std::vector<std::string> words = split(line, ' ');
  const std::string name = words.front();
  words.erase(words.begin());
  return evaluate(name, words);
}

double value(const std::string& line) { return run(line).result.value; }

double field(const std::string& line, const std::string& name) {
  const Evaluation done = run(line);
  for (const auto& entry : done.result.fields)
    if (entry.first == name) return entry.second;
  ADD_FAILURE() << line << " has no field " << name;
  return 0;
}

std::string complaint(const std::string& line) {
  try {
    run(line);
  } catch (const UsageError& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return text;
  }
  ADD_FAILURE() << line << " was accepted";
  return {};
}

TEST(TheoryRegistry, EveryTheoryIsWellFormedAndAnswers) {
  const std::vector<std::string> calls{"clock t=1",
                                       "same-class kappa=1",
                                       "same-class-weighted kappa=1 weight=0.8",
                                       "class-entropy kappa=1",
                                       "bayes-error kappa=1",
                                       "total-variation kappa=1",
                                       "mixture-kappa d=256 mu2=1 variance=1 t=3",
                                       "mixture-phi d=256 mu2=1 variance=1 t=3",
                                       "effective-potential q=0.1 t=3 d=256 mu2=1",
                                       "speciation-time lambda=16.72",
                                       "excess-entropy n=20000 d=256 variance=1 t=2",
                                       "collapse-time n=20000 d=256 variance=1",
                                       "collapse-band n=20000 d=256 variance=1",
                                       "softplus n=1000 d=20 variance=1 t=0.5",
                                       "rem alpha=0.5 variance=1 t=0.2",
                                       "covariance-classes d=1000 v1=1 v2=2 t=1.25",
                                       "orthogonal-classes K=3 kappa=1",
                                       "ising-classes N=200 K1=1 K2=0.5",
                                       "ising-hierarchy N=1000 K=1.5,1,0.25",
                                       "nested-levels norm2=1024,64 t=2",
                                       "hierarchy-mean-field v=32 m=8 s=2 eps=0.5 L=7",
                                       "cfg d=16 omega=2 sampler=ode",
                                       "critical-window norm2=256 eps=0.1",
                                       "curie-weiss beta=1.5 N=1000 t=3 eta=0.5",
                                       "curie-weiss-magnetisation beta=1.5 N=100 eta=0.5",
                                       "spin-collapse alpha=0.1 mstar=0.5",
                                       "learned-gaussian gamma=0.25",
                                       "bbp ell=1 gamma=0.25",
                                       "linear-manifold c=0.4 t=0.1",
                                       "two-variance-manifold c1=0.2 v1=1 c2=0.2 v2=0.01 t=0.1",
                                       "manifold-collapse c=0.1 alpha=0.1 t=0.5",
                                       "generalization n=403 d=20 variance=1",
                                       "trap-onset n=1339 d=24 variance=1 t=0.5",
                                       "nonlinear-manifold-collapse c=0.1 alpha=0.1 t=0.5"};
  ASSERT_EQ(calls.size(), theories().size());
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Theory& theory = theories()[i];
    EXPECT_TRUE(names.insert(theory.name).second) << theory.name;
    EXPECT_FALSE(theory.description.empty() || theory.citation.empty() || theory.unit.empty()) << theory.name;
    const Evaluation done = run(calls[i]);
    EXPECT_EQ(done.theory, &theory) << calls[i];
    EXPECT_EQ(done.result.unit, theory.unit);
    EXPECT_TRUE(std::isfinite(done.result.value)) << calls[i];
    EXPECT_TRUE(done.result.reason.empty()) << calls[i];
    for (const std::string_view time : theory.times) {  // each is there, and a time
      const double t = time == "value" ? done.result.value : field(calls[i], std::string(time));
      EXPECT_GT(t, 0) << calls[i] << ": " << time;
    }
  }
}

TEST(TheoryRegistry, Values) {
  EXPECT_NEAR(value("same-class kappa=1"), 0.7752002454, 1e-10);
  EXPECT_NEAR(value("class-entropy kappa=1"), 0.3563163602, 1e-10);
  EXPECT_NEAR(value("bayes-error kappa=2"), 0.0227501319, 1e-10);
  EXPECT_NEAR(value("total-variation kappa=2"), 0.9544997361, 1e-10);
  EXPECT_NEAR(value("mixture-phi d=256 mu2=1 variance=1 t=3"), 0.70685169, 1e-8);
  EXPECT_NEAR(value("mixture-kappa d=4 mu2=1.328125 variance=0.49 t=0.6"), 1.3749511746, 1e-10);
  EXPECT_NEAR(value("same-class-weighted kappa=1 weight=0.8"), 0.8368253960, 1e-10);
  EXPECT_NEAR(field("same-class-weighted kappa=1 weight=0.8", "same_first"), 0.8980158725, 1e-10);
  EXPECT_NEAR(field("same-class-weighted kappa=1 weight=0.8", "same_second"), 0.5920634899, 1e-10);
  EXPECT_NEAR(field("effective-potential q=0 t=3 d=256 mu2=1", "curvature_at_0"), 1 - 512 * std::exp(-6.0), 1e-12);
}

TEST(TheoryRegistry, SpeciationTime) {
  EXPECT_NEAR(value("speciation-time lambda=16.72"), 1.40830280, 1e-8);
  EXPECT_NEAR(field("speciation-time lambda=16.72", "half_log"), 1.40830280, 1e-8);
  EXPECT_NEAR(field("speciation-time lambda=16.72", "half_log1p"), 1.43734697, 1e-8);
  EXPECT_NEAR(field("speciation-time lambda=16.72", "half_asinh"), 1.75532293, 1e-8);
  EXPECT_EQ(field("speciation-time lambda=16.72", "ddpm_step"), 526);
  const Evaluation weak = run("speciation-time lambda=0.5");
  EXPECT_TRUE(std::isnan(weak.result.value));
  EXPECT_NE(weak.result.reason.find("lambda below 1"), std::string::npos);
}

TEST(TheoryRegistry, Collapse) {
  EXPECT_NEAR(value("collapse-time n=20000 d=256 variance=1"), 1.29878969, 1e-8);
  EXPECT_NEAR(field("collapse-time n=20000 d=256 variance=1", "half"), 1.33373281, 1e-8);
  EXPECT_NEAR(field("collapse-time n=20000 d=256 variance=1", "alpha"), 0.03868550, 1e-8);
  EXPECT_NEAR(value("collapse-time n=20 eigenvalues=4,1,0.25"), 0.0797744009, 1e-10);
  EXPECT_NEAR(value("collapse-time n=1000 d=100 eigenvalues=1,1,1,1,1"), 0.0325870866, 1e-10);
  EXPECT_NEAR(field("collapse-time n=1000 d=100 eigenvalues=1,1,1,1,1", "alpha"), std::log(1000.0) / 100, 1e-15);
  const double f = value("excess-entropy n=20000 d=256 variance=1 t=2");
  EXPECT_NEAR(f, 0.03868550 + 0.5 * std::log1p(-std::exp(-4.0)), 1e-8);  // 1 + 1/(e^{2t} - 1) = 1/(1 - e^{-2t})
  EXPECT_NEAR(field("excess-entropy n=20000 d=256 variance=1 t=2", "f_over_alpha"), f / 0.03868550, 1e-6);
  EXPECT_NEAR(field("excess-entropy n=20000 d=256 variance=1 t=2.904 mu2=1", "f_over_alpha"), 0.9328, 5e-5);
  EXPECT_NEAR(value("softplus n=1000 d=20 variance=1 t=0.347762"), 1.4485, 5.1e-5);
  EXPECT_NEAR(field("softplus n=1000 d=20 variance=1 t=0.347762", "participation"), 0.5001, 5.1e-5);
  EXPECT_LT(value("softplus n=1000 d=20 variance=1 t=0.6 mu2=1"), value("softplus n=1000 d=20 variance=1 t=0.6"));
  EXPECT_LT(field("collapse-band n=1000 d=20 variance=1", "low"), 0.347762);
  EXPECT_GT(field("collapse-band n=1000 d=20 variance=1", "high"), 0.347762);
  const std::string rem = "rem alpha=0.5 variance=1 t=0.2";
  EXPECT_NEAR(field(rem, "r"), 2.03324478, 1e-8);
  EXPECT_NEAR(field(rem, "l_star"), 0.88188516, 1e-8);
  EXPECT_NEAR(field(rem, "psi"), -0.55838318, 1e-8);
  EXPECT_NEAR(field(rem, "f"), -0.05481647, 1e-8);
  EXPECT_EQ(value(rem), field(rem, "psi"));
}

TEST(TheoryRegistry, UndefinedIsNanWithAReason) {
  for (const char* line : {"collapse-time n=1 d=10 variance=1", "collapse-time n=100 d=10 variance=0",
                           "collapse-time n=100 eigenvalues=0,0", "collapse-band n=2 d=10 variance=1",
                           "mixture-kappa d=10 mu2=1 variance=0 t=0", "generalization n=1 d=10 variance=1",
                           "generalization n=100 eigenvalues=0,0", "trap-onset n=100 d=10 variance=0 t=1",
                           "nonlinear-manifold-collapse c=0.05 alpha=3"}) {
    const Evaluation done = run(line);
    EXPECT_TRUE(std::isnan(done.result.value)) << line;
    EXPECT_FALSE(done.result.reason.empty()) << line;
    for (const auto& entry : done.result.fields) EXPECT_FALSE(std::isinf(entry.second)) << line << " " << entry.first;
  }
  EXPECT_NE(run("collapse-time n=1 d=10 variance=1").result.reason.find("alpha = 0"), std::string::npos);
}

TEST(TheoryRegistry, CovarianceClasses) {
  const std::string line = "covariance-classes d=1000 v1=1 v2=2";
  EXPECT_NEAR(value(line), 1.19217088, 6e-9);
  EXPECT_NEAR(field(line, "t_rs_1"), 1.19217088, 6e-9);
  EXPECT_NEAR(field(line, "t_rs_2"), 1.17657743, 6e-9);
  EXPECT_NEAR(field(line, "asymptote"), 1.20707843, 6e-9);
  EXPECT_EQ(field(line, "Dsq"), 1000);
  EXPECT_NEAR(field(line + " t=1.25", "p_same"), 0.73633964, 6e-9);
  EXPECT_NEAR(field(line + " t=1", "A"), 3.862545, 6e-7);
  EXPECT_NEAR(field(line + " t=1", "B"), 2.665458, 6e-7);
  EXPECT_EQ(field(line + " t=1", "A"), field("covariance-classes d=1000 v1=2 v2=1 t=1", "A_2"));
  EXPECT_EQ(run(line).result.fields.size(), 4u);  // nothing at a time that was not given
  EXPECT_NEAR(value("covariance-classes d=1000 v1=2,0.5 v2=0.5,2"), 1.40179324, 6e-9);
  EXPECT_NEAR(field("covariance-classes d=3 v1=2,0.5,1 v2=0.5,2,1 t=0.4", "p_same"),
              field("covariance-classes d=3 v1=1,2,0.5 v2=1,0.5,2 t=0.4", "p_same"), 1e-14);
}

TEST(TheoryRegistry, OtherClasses) {
  EXPECT_NEAR(value("orthogonal-classes K=2 kappa=2"), value("same-class kappa=1.4142135623730951"), 1e-12);
  EXPECT_NEAR(value("ising-classes N=200 K1=1 K2=0.5"), 0.83156819, 6e-9);
  EXPECT_NEAR(field("ising-classes N=200 K1=1 K2=0.5", "Dsq"), 222.67521904, 6e-9);
  EXPECT_NEAR(field("ising-classes N=200 K1=1 K2=0.5", "t_rs_1"), 0.523, 5e-4);
  EXPECT_NEAR(field("ising-classes N=200 K1=1 K2=0.5", "t_rs_2"), 0.587, 5e-4);
  EXPECT_NEAR(field("ising-classes N=1000 K1=0.5 K2=1", "asymptote_limit"), 1.23829, 6e-6);
  const std::string chain = "ising-hierarchy N=1000 K=1.5,1,0.25";
  EXPECT_NEAR(field(chain, "t_0_1"), 1.47781748, 6e-9);
  EXPECT_NEAR(field(chain, "t_1_2"), 1.37691952, 6e-9);
  EXPECT_NEAR(field(chain, "t_0_2"), 1.72868157, 6e-9);
  EXPECT_EQ(value(chain), field(chain, "t_0_2"));  // the extremes separate first
  const std::string nested = "nested-levels norm2=1024,64 t=2.079441541679836";
  EXPECT_NEAR(value(nested), 3.465736, 6e-7);
  EXPECT_NEAR(field(nested, "t_1"), 2.079442, 6e-7);
  EXPECT_NEAR(field(nested, "gamma_1"), 1.0, 1e-13);
  EXPECT_NEAR(field(nested, "phi_1"), 0.77520025, 6e-9);
  EXPECT_EQ(run("nested-levels norm2=1024,64").result.fields.size(), 2u);
  const std::string tree = "hierarchy-mean-field v=32 m=8 s=2 eps=0.5 L=7";
  EXPECT_NEAR(value(tree), 0.731183, 6e-7);
  EXPECT_NEAR(field(tree, "p_star"), 7.0 / 24, 1e-14);
  EXPECT_NEAR(field(tree, "nu"), 1.892796, 6e-7);
  EXPECT_NEAR(field(tree, "slope_at_1"), 0.48484848, 6e-9);
  EXPECT_NEAR(field(tree, "slope_at_chance"), 0.242424, 6e-7);
  EXPECT_NEAR(field(tree, "slope_at_p_star"), 1.442248, 6e-7);
  EXPECT_NEAR(field(tree, "root_belief"), 0.98348, 6e-6);
}

TEST(TheoryRegistry, Guidance) {
  const std::string sde = "cfg d=16 omega=2";
  EXPECT_NEAR(value(sde), 0.243068, 1e-5);
  EXPECT_EQ(value(sde), field(sde + " sampler=sde alpha=0 t_low=0 variance=1", "shift"));
  EXPECT_NEAR(field(sde, "variance"), 0.927338, 1e-6);
  EXPECT_EQ(field(sde, "guidance_scale"), 3);
  EXPECT_NEAR(field(sde, "t_S"), 0.5 * std::log(16.0), 1e-15);
  EXPECT_NEAR(field("cfg d=1e10 omega=2", "shift_sqrt_d"), 0.9723, 1e-4);
  EXPECT_NEAR(field("cfg d=1e10 omega=2 variance=4", "shift_sqrt_d"), 0.9723, 1e-4);
  EXPECT_NEAR(field("cfg d=1e10 omega=2", "variance_loss_d"), 1.163, 1e-3);
  EXPECT_NEAR(value("cfg d=16 omega=5 sampler=ode t_low=0.386294 t_high=2.386294"), 1.095367, 2e-6);
  EXPECT_NEAR(value("cfg d=16 omega=2 sampler=ode alpha=0.9"), 0.452058, 1e-6);
  EXPECT_NEAR(value("critical-window norm2=256 eps=0.1"), 2.31916632, 6e-9);
  EXPECT_NEAR(field("critical-window norm2=256 eps=0.1", "t_before"), 1.37299478 + std::log(16.0), 6e-9);
  EXPECT_NEAR(field("critical-window norm2=256 eps=0.1", "bound_after"), -1.364055 + std::log(16.0), 6e-7);
}

TEST(TheoryRegistry, Spins) {
  const std::string magnet = "curie-weiss beta=1.5 N=1000 eta=0.5";
  EXPECT_NEAR(value(magnet), 3.30137850, 6e-9);
  EXPECT_NEAR(field(magnet, "mstar"), 0.8585596366, 6e-11);
  EXPECT_NEAR(field(magnet, "chi"), 0.43401189, 6e-9);
  EXPECT_NEAR(field(magnet, "w_plus"), 0.702360, 6e-7);
  // Variance of the uniform mode, against the law of M by enumeration; what is left is of order 1/N of it.
  for (const double N : {220.0, 2200.0})
    for (const double eta : {0.0, 0.4, 2.0}) {
      const std::string of = fmt::format(" beta=1.35 N={} eta={}", N, eta);
      const auto moment = [&](const char* name) { return field("curie-weiss-magnetisation" + of, name); };
      const double exact = N * (moment("mean_square") - moment("mean") * moment("mean"));
      EXPECT_NEAR(field("curie-weiss" + of, "Lambda"), exact, 10 / N * exact) << of;
    }
  EXPECT_EQ(run(magnet).result.fields.size(), 7u);
  const std::string at = "curie-weiss beta=1.5 N=1000 t=" + fmt::format("{:.17g}", field(magnet, "t_S_improved"));
  EXPECT_NEAR(field(at, "kappa"), 1.0, 1e-12);
  EXPECT_NEAR(field(at, "phi"), 0.7752002454, 1e-10);
  EXPECT_NEAR(field(at + " eta=0.5", "phi"), value("same-class-weighted kappa=1 weight=0.70236"), 1e-5);
  EXPECT_NEAR(value("curie-weiss-magnetisation beta=1.2 N=100"), 0.59219801, 6e-9);
  EXPECT_NEAR(field("curie-weiss-magnetisation beta=1.2 N=100", "mean_square"), 0.38223046, 6e-9);
  EXPECT_NEAR(field("curie-weiss-magnetisation beta=1.5 N=100 eta=0.5", "positive"), 0.700189, 6e-7);
  EXPECT_NEAR(value("spin-collapse alpha=0.1"), 0.85343518, 6e-9);
  EXPECT_NEAR(value("spin-collapse alpha=0.1 mstar=0.8585596366"), 0.37080790, 6e-9);
}

TEST(TheoryRegistry, Spectra) {
  EXPECT_NEAR(value("learned-gaussian gamma=0.25"), 0.0684768913, 6e-11);
  EXPECT_NEAR(field("learned-gaussian gamma=0.25", "kl_true_learned"), 0.0981897753, 6e-11);
  EXPECT_NEAR(value("bbp ell=1 gamma=0.25"), 0.6, 1e-15);
  EXPECT_NEAR(value("linear-manifold c=0.4 t=0.1"), 0.378940, 6e-7);
  EXPECT_NEAR(field("linear-manifold c=0.4 t=0.1", "d_tr_over_N"), 0.303516, 6e-7);
  const std::string two = "two-variance-manifold c1=0.2 v1=1 c2=0.2 v2=0.01";
  EXPECT_NEAR(value(two), 0.610834, 6e-7);
  EXPECT_NEAR(field(two, "t_max"), 0.035842, 6e-7);
  EXPECT_NEAR(field(two, "low_bulk_high"), 0.017954, 6e-7);
  EXPECT_NEAR(field(two + " t=0.035841849", "gap_inter"), 0.610834, 6e-7);
  EXPECT_NEAR(field(two + " t=1e-6", "gap_final"), 1.0, 2e-3);
  EXPECT_NEAR(value("manifold-collapse c=0.1 alpha=0.1"), 0.457588, 6e-7);
  EXPECT_NEAR(field("manifold-collapse c=0.1 alpha=0.1", "t_o"), 0.772648, 6e-7);
  EXPECT_NEAR(field("generalization n=22026 d=400 rank=100 variance=2", "tau"), 0.5 * 1.078633, 1e-5);  // n near e^10
  EXPECT_EQ(field("generalization n=403 d=20 variance=1", "t_c"), value("collapse-time n=403 d=20 variance=1"));
  EXPECT_NEAR(field("generalization n=403 d=2 variance=1", "log_likelihood"),
              field("generalization n=403 eigenvalues=1,1", "log_likelihood"), 1e-12);
  EXPECT_NEAR(field("trap-onset n=1339 d=24 variance=1 t=0.5493061443", "rho2"), 0.4165, 6e-5);
  EXPECT_NEAR(value("nonlinear-manifold-collapse c=0.5 alpha=0.2 slope=2"), 0.34055, 6e-6);
  EXPECT_NEAR(value("nonlinear-manifold-collapse c=0.1 alpha=0.1 g=identity"), 0.457588, 6e-7);
  EXPECT_NEAR(field("nonlinear-manifold-collapse c=0.1 alpha=0.1 t=0.2027325541", "information"), 0.112143, 6e-7);
  EXPECT_NEAR(field("manifold-collapse c=0.1 alpha=0.1 t=0.615118", "rho2"), 0.49745, 1e-5);
}

TEST(TheoryRegistry, NoClassesNoTime) {
  const struct {
    const char* line;
    const char* says;
  } cases[] = {{"covariance-classes d=10 v1=1 v2=2", "A < B at every t"},
               {"covariance-classes d=10 v1=1 v2=1", "only one class"},
               {"ising-classes N=4 K1=0.5 K2=0.6", "Dsq below 8"},
               {"ising-hierarchy N=4 K=0.5,0.6", "below 8 for every pair"},
               {"nested-levels norm2=0.5,0.2", "below variance"},
               {"critical-window norm2=4 eps=0.1", "kappa is 2 at t = 0, below kappa_after"},
               {"hierarchy-mean-field v=32 m=24 s=2", "slope_at_1 is at least 1"},
               {"hierarchy-mean-field v=32 m=1 s=2", "slope_at_chance is at least 1"},
               {"curie-weiss beta=0.9 N=1000", "beta at most 1"},
               {"curie-weiss beta=1 N=1000 t=1", "beta at most 1"},
               {"curie-weiss beta=1.1 N=2", "too few spins"},
               {"spin-collapse alpha=0.3 mstar=0.8585596366", "spin_entropy = 0.2554978"},
               {"two-variance-manifold c1=0.2 v1=1 c2=0.2 v2=0.9", "the two bulks are one"}};
  for (const auto& none : cases) {
    const Evaluation done = run(none.line);
    EXPECT_TRUE(std::isnan(done.result.value)) << none.line;
    EXPECT_NE(done.result.reason.find(none.says), std::string::npos) << none.line << "\n" << done.result.reason;
    for (const auto& entry : done.result.fields) EXPECT_FALSE(std::isinf(entry.second)) << none.line << entry.first;
  }
}

TEST(TheoryRegistry, Clock) {
  EXPECT_NEAR(value("clock ddpm_step=500"), 1.27682840, 1e-8);
  EXPECT_NEAR(field("clock ddpm_step=500", "alpha_bar"), 7.7796658365e-2, 1e-11);
  EXPECT_NEAR(field("clock t=1.27682840", "ddpm_step"), 500, 1e-4);
  EXPECT_NEAR(value("clock sigma=1"), 0.5 * std::log(2.0), 1e-15);
  EXPECT_NEAR(field("clock flow_s=0.5", "log_snr"), 0.0, 1e-15);
  EXPECT_TRUE(std::isnan(field("clock t=6", "ddpm_step")));
  EXPECT_NE(complaint("clock").find("exactly one"), std::string::npos);
  EXPECT_NE(complaint("clock t=1 sigma=2").find("exactly one"), std::string::npos);
  EXPECT_NE(complaint("clock sigma=-1").find("sigma"), std::string::npos);
  EXPECT_NE(complaint("clock ddpm_step=1000").find("0 to 999"), std::string::npos);
}

TEST(TheoryRegistry, EchoesTheParametersUsed) {
  const Evaluation done = run("excess-entropy t=2 n=20000 d=256 variance=1");
  ASSERT_EQ(done.arguments.size(), 5u);  // in the declared order, the default mu2 among them
  EXPECT_EQ(done.arguments[0].name, "n");
  EXPECT_EQ(done.arguments[0].values, std::vector<double>{20000});
  EXPECT_EQ(done.arguments[4].name, "mu2");
  EXPECT_EQ(done.arguments[4].values, std::vector<double>{0});
  const Evaluation spectrum = run("collapse-time n=20 eigenvalues=4,1,0.25");
  ASSERT_EQ(spectrum.arguments.size(), 2u);  // what was neither given nor has a default stays away
  EXPECT_EQ(spectrum.arguments[1].kind, Kind::list);
  EXPECT_EQ(spectrum.arguments[1].values, (std::vector<double>{4, 1, 0.25}));
}

TEST(TheoryRegistry, MistakesAreNamed) {
  struct Case {
    const char* line;
    std::vector<std::string> says;
  };
  const Case cases[] = {
      {"same-clas kappa=1", {"same-clas", "Did you mean 'same-class'?", "Known:"}},
      {"zzzzzzzz kappa=1", {"zzzzzzzz", "Known: clock, same-class"}},
      {"same-class kapa=1", {"same-class", "'kapa'", "Did you mean 'kappa'?"}},
      {"same-class", {"kappa", "is missing", "same-class kappa=..."}},
      {"mixture-phi d=256 mu2=1 t=3", {"variance", "is missing"}},
      {"same-class kappa=abc", {"kappa", "'abc' is not a number", "at least 0"}},
      {"same-class kappa=", {"kappa", "'' is not a number"}},
      {"same-class kappa=-1", {"kappa = -1", "out of range", "at least 0"}},
      {"same-class kappa=nan", {"kappa = nan", "finite number"}},
      {"same-class kappa=inf", {"kappa = inf", "finite number"}},
      {"same-class kappa", {"'kappa' is not key=value"}},
      {"same-class kappa=1 kappa=2", {"kappa is given twice"}},
      {"same-class-weighted kappa=1 weight=1", {"weight = 1", "above 0, below 1"}},
      {"collapse-time n=0 d=10 variance=1", {"n = 0", "a whole number, at least 1"}},
      {"collapse-time n=100 d=0 variance=1", {"d = 0", "a whole number, at least 1"}},
      {"collapse-time n=100 d=2.5 variance=1", {"d = 2.5", "a whole number"}},
      {"collapse-time n=100 d=10", {"either variance", "eigenvalues"}},
      {"collapse-time n=100 variance=1", {"d (dimension) is missing"}},
      {"collapse-time n=100 d=3 variance=1 eigenvalues=1", {"either variance", "eigenvalues"}},
      {"collapse-time n=100 d=2 eigenvalues=1,1,1", {"d = 2 is below the number of eigenvalues, 3"}},
      {"collapse-time n=100 eigenvalues=1,,2", {"eigenvalues", "'' is not a number"}},
      {"collapse-time n=100 eigenvalues=", {"eigenvalues", "no value given"}},
      {"collapse-time n=100 eigenvalues=1,-2", {"eigenvalues = -2", "out of range"}},
      {"excess-entropy n=100 d=10 variance=1 t=0", {"t = 0", "above 0"}},
      {"softplus n=100 eigenvalues=1,2 t=1 mu2=1", {"softplus", "mu2", "variance"}},
      {"rem alpha=0 variance=1 t=1", {"alpha = 0", "above 0"}},
      {"covariance-clases d=10 v1=1 v2=2", {"Did you mean 'covariance-classes'?"}},
      {"covariance-classes d=10 v1=1,2 v2=2", {"v1 has 2 entries and v2 has 1"}},
      {"covariance-classes d=9 v1=1,2 v2=2,1", {"d = 9", "no multiple of the 2 blocks"}},
      {"covariance-classes d=10 v1=-1 v2=2", {"v1 = -1", "out of range"}},
      {"covariance-classes d=10 v1=1 v2=2 t=0", {"t = 0", "above 0"}},
      {"cfg d=16 omega=-1", {"omega = -1", "at least 0"}},
      {"cfg d=16 omega=2 alpha=-1", {"alpha = -1", "at least -0.95"}},
      {"cfg d=16 omega=2 sampler=odd", {"sampler = odd", "sde or ode", "Did you mean 'ode'?"}},
      {"cfg d=16 omega=2 t_low=2 t_high=1", {"t_low = 2 is not below t_high = 1"}},
      {"critical-window norm2=16 eps=0.5", {"eps = 0.5", "below 0.5"}},
      {"ising-hierarchy N=10 K=1", {"K has one coupling", "at least two"}},
      {"ising-classes N=2.5 K1=1 K2=2", {"N = 2.5", "a whole number"}},
      {"hierarchy-mean-field v=3 m=4 s=2", {"m = 4", "v^(s-1) = 3"}},
      {"hierarchy-mean-field v=3 m=2 s=2 L=4", {"eps and L go together"}},
      {"curie-weiss beta=-1 N=10", {"beta = -1", "at least 0"}},
      {"learned-gaussian gamma=1", {"gamma = 1", "below 1"}},
      {"spin-collapse alpha=0.1 mstar=1.5", {"mstar = 1.5", "at most 1"}},
      {"two-variance-manifold c1=0.2 v1=1 c2=0.2 v2=2", {"v1 = 1 is not above v2 = 2", "swap"}},
      {"generalization n=403 d=20 variance=1 rank=21", {"rank = 21 is above d = 20"}},
      {"generalization n=403 eigenvalues=1,2 rank=2", {"rank goes with variance"}},
      {"trap-onset n=403 d=20", {"either variance", "eigenvalues"}},
      {"nonlinear-manifold-collapse c=0.1 alpha=0.1 g=relu", {"g = relu", "identity or tanh"}},
      {"nonlinear-manifold-collapse c=0.1 alpha=0.1 slope=0", {"slope = 0", "above 0"}},
      {"two-variance-manifold c1=0.6 v1=1 c2=0.6 v2=0.5", {"c1 + c2 = 1.2", "below 1"}},
  };
  for (const Case& bad : cases) {
    const std::string text = complaint(bad.line);
    for (const std::string& part : bad.says) EXPECT_NE(text.find(part), std::string::npos) << bad.line << "\n" << text;
  }
}

}  // namespace
}  // namespace denoiscope::theory
