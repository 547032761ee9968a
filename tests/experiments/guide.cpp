// Guidance computed from a model: window against the closed form, table against theory, rule, units.
#include "denoiscope/experiments/guide.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/theory/channel.hpp"

namespace denoiscope::experiments {
namespace {

GuideSubject pair_of_classes() {
  return guide_subject(make_model("gaussian-mixture", std::vector<std::string>{"d=1", "mu2=16"}));
}

// A run that is kept nowhere.
struct Unkept {
  Request request;
  Silent silent;
  Run run{request, {}, silent};
  Unkept() { run.start(); }
};

// p(+m | x_t) of points of +m averages to F(kappa_t), kappa_t^2 = |m|^2 e^{-2t} for unit variance. Null: the ends are
// where F is 1/2 + 0.05/2 and 1/2 + 0.95/2, within 4.9 standard errors (1e-6) and what linear interpolation on a grid
// of 24 times leaves, 0.03. Broken: the ends of classes of half the distance, which are lower by log 2.
TEST(Guide, WindowOfTwoGaussiansIsTheClosedForm) {
  GuideSettings settings;
  settings.queries = 8000;
  Unkept job;
  const auto windows = guide_windows(pair_of_classes(), settings, Noise(1), job.run);
  ASSERT_EQ(windows.size(), 2u);
  for (const ClassWindow& w : windows) {
    const auto time_of = [](double phi) { return std::log(4 / theory::kappa_for_same_class(phi)); };
    ASSERT_TRUE(w.window.low.t && w.window.high.t);
    for (const auto& [found, exact] :
         {std::pair(w.window.high, time_of(0.525)), std::pair(w.window.low, time_of(0.975))}) {
      const double allowed = 4.9 * found.standard_error + 0.03;
      EXPECT_NEAR(*found.t, exact, allowed);
      EXPECT_GT(std::abs(*found.t - (exact - std::log(2.0))), allowed);
    }
  }
}

// Null: what guidance adds to the same paths is what the theory says, within 4.9 standard errors and 0.3 h, h = 0.08
// the length of a step where the class is decided: in the gallery's guidance-sde the bias of ddpm-tilde is a fifth of
// h, and that of dpm-solver++2m of order h^2. Broken: omega + 1 in place of omega.
TEST(Guide, TableOfTwoGaussiansIsTheTheory) {
  GuideSettings settings;
  settings.samples = 6000;
  settings.scales = {1, 2};
  const GuideSubject subject = pair_of_classes();
  const GuideInterval interval{0.6, 2.9};
  Unkept job;
  const auto table = guide_table(subject, settings, interval, guide_start(interval), Noise(1), job.run);
  ASSERT_EQ(table.size(), 16u);
  for (const GuideRow& row : table) {
    if (row.scale == 1) continue;
    const double bias = 0.3 * 0.08;
    EXPECT_NEAR(row.extra_shift.value, row.theory_shift, 4.9 * row.extra_shift.standard_error + bias) << row.sde;
    EXPECT_NEAR(row.variance_ratio.value, row.theory_variance, 4.9 * row.variance_ratio.standard_error + bias);
    theory::GuidedClass more = *subject.pair;
    more.omega = 2;
    more.t_low = row.limited ? interval.low : 0;
    more.t_high = row.limited ? interval.high : guide_start(interval);
    const auto law = theory::guided_law(more, row.sde ? theory::BackwardLaw::sde : theory::BackwardLaw::ode);
    EXPECT_GT(std::abs(row.extra_shift.value - law.shift), 4.9 * row.extra_shift.standard_error + bias);
  }
}

TEST(Guide, ThreadsDoNotMatter) {
  const Dataset data = [] {
    RowMatrix x(300, 6);
    std::vector<std::uint64_t> names(300);
    std::vector<long long> labels(300);
    for (std::size_t i = 0; i < 300; ++i) {
      names[i] = i;
      labels[i] = static_cast<long long>(i % 3);
    }
    Noise(4).normal({Stream::prior, names, 0}, x);
    for (Index i = 0; i < 300; ++i) x(i, i % 3) += 3;
    Dataset made = Dataset::from_rows(x);
    made.set_labels(labels, "test");
    return made;
  }();
  const GuideSubject subject = guide_subject(data, {});
  GuideSettings settings;
  settings.samples = 40;
  settings.steps = 12;
  const auto at = [&](int threads) {
    set_threads(threads);
    return guided_samples(subject, settings, 1, *settings.sde, 2, {0.2, 1.5}, 4, Noise(2));
  };
  const GuidedSamples one = at(1), two = at(2);
  set_threads(0);
  EXPECT_EQ(one.position, two.position);
  EXPECT_EQ(one.probability, two.probability);
}

GuideRow row_at(double scale, double shift, double variance, double probability) {
  GuideRow row;
  row.limited = true;
  row.scale = scale;
  row.extra_shift = {shift, 0.01, 100};
  row.variance_ratio = {variance, 0.01, 100};
  row.extra_probability = {probability, 0.001, 100};
  return row;
}

TEST(Guide, RecommendsTheLargestScaleOfWhichAllBelowKeepTheRule) {
  GuideSettings settings;
  settings.scales = {1, 2, 3, 4};
  const auto best = [&](const GuideRow& two, const GuideRow& three) {
    return recommended_scale({row_at(1, 0, 1, 0), two, three, row_at(4, 0.1, 0.9, 0)}, settings, true);
  };
  EXPECT_EQ(best(row_at(2, 0.3, 0.8, 0), row_at(3, 0.4, 0.6, 0)), 4);
  EXPECT_EQ(best(row_at(2, 0.3, 0.8, 0), row_at(3, 0.49, 0.6, 0)), 2);  // within two errors of the bound
  EXPECT_EQ(best(row_at(2, 0.3, 0.8, 0), row_at(3, 0.4, 0.49, 0)), 2);
  EXPECT_EQ(best(row_at(2, 0.3, 0.8, -0.01), row_at(3, 0.4, 0.6, 0)), 1);
  EXPECT_EQ(best(row_at(2, kNaN, 0.8, 0), row_at(3, 0.4, 0.6, 0)), 1);
}

TEST(Guide, RefusesWhatItCannotMeasure) {
  const auto settings = [](const char* name, const char* typed) {
    Request request(guide_experiment().parameters);
    request.set(name, typed, "test");
    return guide_settings(request);
  };
  const std::pair<const char*, const char*> wrong[] = {{"scales", "0.5"}, {"scales", "nan"}, {"samples", "1"},
                                                       {"sde", "ddim"},   {"ode", "ddpm"},   {"most_shift", "nan"}};
  for (const auto& [name, typed] : wrong) EXPECT_THROW(settings(name, typed), UsageError) << name;
  EXPECT_EQ(settings("scales", "3,2").scales, (std::vector<double>{1, 2, 3}));
  const auto model = [](const char* name, std::vector<std::string> settings) {
    return guide_subject(make_model(name, settings));
  };
  EXPECT_THROW(model("gaussian", {"d=3"}), UsageError);
  EXPECT_THROW(model("curie-weiss", {"N=9", "beta=1.5"}), UsageError);
  EXPECT_THROW(model("orthogonal-classes", {"K=40", "d=50", "norm2=9"}), UsageError);
}

// Classes of one mean have no direction: no shift, and the reason is said.
TEST(Guide, ClassesOfOneMeanHaveNoDirection) {
  const GuideSubject subject =
      guide_subject(make_model("covariance-classes", std::vector<std::string>{"d=40", "v1=0.5", "v2=2"}));
  GuideSettings settings;
  settings.samples = 20;
  settings.steps = 8;
  settings.scales = {1, 2};
  settings.times = {0.05, 0.3, 1, 3};
  Unkept job;
  const auto record = guide(subject, settings, Noise(1), job.run);
  for (const auto& row : record["table"]) {
    EXPECT_TRUE(row["shift"].is_null());
    EXPECT_NE(row["reason"].text().find("mean of all"), std::string::npos);
  }
  EXPECT_EQ(record["guidance_scale"], 1);
}

}  // namespace
}  // namespace denoiscope::experiments
