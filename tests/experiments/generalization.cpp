// The record of generalisation: what it measures on Gaussian data, its shape, and plans that cannot be.
#include "denoiscope/experiments/collapse/generalization.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "denoiscope/base/error.hpp"
#include "denoiscope/theory/collapse.hpp"

namespace denoiscope::experiments {
namespace {

Dataset normals(Index n, Index d, std::uint64_t seed) {
  RowMatrix rows(n, d);
  for (Index i = 0; i < n; ++i)
    Noise(seed).normal(Stream::prior, static_cast<std::uint64_t>(i), 0,
                       {rows.row(i).data(), static_cast<std::size_t>(d)});
  return Dataset::from_rows(std::move(rows));
}

Record record_of(const Dataset& data, const Dataset* held_out, const GeneralizationPlan& plan,
                 const observables::SampleLaw* law = nullptr) {
  Silent silent;
  const Request request;
  Run run(request, {}, silent);
  run.start();
  return generalization_record(data, held_out, plan, law, run);
}

// At d = 20, n = 403 the best kernel has variance 0.80 (a grid search elsewhere on one set of data, which differ by
// 0.03; tests/observables/generalization.cpp); five such deviations and the error of 500 points.
TEST(Generalization, OfGaussianData) {
  GeneralizationPlan plan;
  plan.seed = 3;
  plan.rays = 32;
  const Dataset data = normals(403, 20, 1), fresh = normals(500, 20, 2);
  const Record record = record_of(data, &fresh, plan);
  EXPECT_EQ(record.at("n"), 403);
  EXPECT_EQ(record.at("held_out").at("rows"), 500);
  EXPECT_NEAR(record.at("t_g").at("tau").number(), 0.80, 0.15);
  const double t_g = record.at("t_g").at("t").number(), t_c = record.at("t_c_gaussian").number(),
               t_o = record.at("t_o").at("t").number();
  EXPECT_LT(t_g, t_c);
  EXPECT_LT(t_c, t_o);
  // The sample covariance of 403 data spreads the eigenvalues and adds 1 % to the times.
  EXPECT_NEAR(t_c, *theory::collapse_time(403, 20, 1.0), 0.02 * t_c);
  EXPECT_NEAR(t_o, record.at("t_o").at("t_gaussian").number(), 0.25 * t_o);  // at d = 20 a crossover
  for (const Record& gap : record.at("gap")) {
    EXPECT_NEAR(gap.at("t").number(), gap.at("t_left_out").number(),
                4.9 * gap.at("stderr").number() + 4.9 * gap.at("stderr_left_out").number());
  }
  // The best time is resolved by the refinement, and where the gaps close and traps begin there is another look.
  EXPECT_GT(record.at("curves").size(), static_cast<std::size_t>(kGeneralizationTimes + kRefined));
  EXPECT_EQ(record.at("basins").size(), static_cast<std::size_t>(kGeneralizationTimes + 1));
  const double log10_n = record.at("n_needed").at("log10_n_gaussian").number();
  EXPECT_GT(log10_n, std::log10(403.0));  // t_g is below t_C, where it takes more data
  EXPECT_TRUE(record.at("n_needed").at("log10_n").is_null());
  EXPECT_FALSE(record.at("n_needed").at("reason").is_null());
  const std::vector<CurveFigure> figures = generalization_figures(record);
  ASSERT_EQ(figures.size(), 3u);
  for (const CurveFigure& figure : figures)
    for (const Curve& curve : figure.curves) EXPECT_FALSE(curve.rows.empty()) << figure.name << " " << curve.name;
}

TEST(Generalization, HoldsOutAShareAndAnswersForATarget) {
  GeneralizationPlan plan;
  plan.times = {0.05, 0.1, 0.2, 0.4, 0.8, 1.6};
  plan.held_out = 0.25;
  plan.rays = 0;
  plan.target = 0.1;
  observables::SampleLaw law;  // log t = 1 - log(n)/2: t = 0.1 at log n = 2 (1 - log 0.1)
  law.intercept = 1;
  law.slope = -0.5;
  law.intercept_variance = law.slope_variance = law.covariance = 0;
  const Record record = record_of(normals(200, 4, 1), nullptr, plan, &law);
  EXPECT_EQ(record.at("n"), 150);
  EXPECT_EQ(record.at("held_out"), (Record{{"rows", 50}, {"given", false}}));
  EXPECT_NEAR(record.at("n_needed").at("log10_n").number(), 2 * (1 / std::log(10.0) + 1), 1e-12);
  EXPECT_EQ(record.at("n_needed").at("t"), 0.1);
  EXPECT_TRUE(record.at("basins").empty());
  EXPECT_TRUE(record.at("t_o").at("t").is_null());
  EXPECT_EQ(generalization_figures(record).size(), 2u);
  EXPECT_EQ(record, record_of(normals(200, 4, 1), nullptr, plan, &law));
}

TEST(Generalization, RefusesWhatCannotBeAndSaysWhatIsUndefined) {
  GeneralizationPlan plan;
  plan.times = {0.1, 0.2};
  EXPECT_THROW(record_of(normals(50, 2, 1), nullptr, plan), UsageError);
  plan.times = {0.1, 0.2, 0.4};
  EXPECT_THROW(record_of(normals(2, 2, 1), nullptr, plan), DataError);
  const Dataset flat = normals(20, 1, 1);
  EXPECT_THROW(record_of(normals(50, 2, 1), &flat, plan), DataError);
  plan.points = 1;
  EXPECT_THROW(record_of(normals(50, 2, 1), nullptr, plan), UsageError);
  plan.points = 20;
  plan.rays = 4;
  const Dataset same = Dataset::from_rows(RowMatrix::Ones(20, 3));  // no variance: nothing of a Gaussian is defined
  const Record record = record_of(same, nullptr, plan);
  EXPECT_TRUE(record.at("t_g").at("t").is_null());
  EXPECT_FALSE(record.at("t_g").at("reason").is_null());
  EXPECT_TRUE(record.at("t_g").at("t_gaussian").is_null());
  EXPECT_TRUE(record.at("t_c_gaussian").is_null());
  EXPECT_TRUE(record.at("n_needed").at("log10_n_gaussian").is_null());
}

}  // namespace
}  // namespace denoiscope::experiments
