// Theories by name: values, echo of parameters, and one helpful line for every mistake.
#include "denoiscope/theory/registry.hpp"

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
                                       "rem alpha=0.5 variance=1 t=0.2"};
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
                           "mixture-kappa d=10 mu2=1 variance=0 t=0"}) {
    const Evaluation done = run(line);
    EXPECT_TRUE(std::isnan(done.result.value)) << line;
    EXPECT_FALSE(done.result.reason.empty()) << line;
    for (const auto& entry : done.result.fields) EXPECT_FALSE(std::isinf(entry.second)) << line << " " << entry.first;
  }
  EXPECT_NE(run("collapse-time n=1 d=10 variance=1").result.reason.find("alpha = 0"), std::string::npos);
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
  };
  for (const Case& bad : cases) {
    const std::string text = complaint(bad.line);
    for (const std::string& part : bad.says) EXPECT_NE(text.find(part), std::string::npos) << bad.line << "\n" << text;
  }
}

}  // namespace
}  // namespace denoiscope::theory
