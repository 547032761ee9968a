// Collapse times of single data where they are known: corners of a cube, a planted outlier, repeated rows.
#include "denoiscope/observables/datum_collapse.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;
using testing::normals;
using testing::sigmas;

std::vector<Index> first(Index count) {
  std::vector<Index> rows(count);
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

std::vector<double> log_times(double low, double high, int many) {
  std::vector<double> out;
  for (int k = 0; k < many; ++k) out.push_back(low * std::pow(high / low, k / (many - 1.0)));
  return out;
}

// All corners of {-1,1}^d: the own weight of any corner averages to F(kappa)^d, kappa = e^{-t}/sqrt(Delta_t).
TEST(DatumCollapse, OfTheCornersOfACubeIsTheClosedForm) {
  constexpr Index d = 6;
  RowMatrix corners(Index{1} << d, d);
  for (Index i = 0; i < corners.rows(); ++i)
    for (Index k = 0; k < d; ++k) corners(i, k) = (i >> k & 1) != 0 ? 1.0 : -1.0;
  const Dataset data = Dataset::from_rows(corners);
  const auto weight = [](double t) { return std::pow(theory::same_class(std::sqrt(channel_snr(t))), d); };
  const double exact = *find_root([&](double t) { return weight(t) - 0.5; }, 0.05, 2);
  const std::vector<double> times = log_times(0.5 * exact, 2 * exact, 33);
  // Means over noises of one corner, on average over seeds; the corner does not matter.
  std::vector<double> collapse, at_exact;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto found = datum_collapse(data, first(1), times, 24, Noise(seed));
    ASSERT_TRUE(found[0].t_c.t);
    collapse.push_back(*found[0].t_c.t);
    at_exact.push_back(found[0].weight[16].value);  // of 33 times the middle one is t_C itself
    EXPECT_DOUBLE_EQ(found[0].distance, 2);
  }
  EXPECT_LT(std::abs(sigmas(mean_of(at_exact), 0.5)), kSigmas);
  EXPECT_LT(mean_of(at_exact).standard_error, 0.02);
  // The crossing of a mean of 24 is biased by the curvature over their variance: 0.02 of t_C allows it (24 noises leave
  // 0.07 of t_C, whose square times the curvature, of order one, is 0.005).
  EXPECT_NEAR(mean_of(collapse).value, exact, 0.02 * exact + kSigmas * mean_of(collapse).standard_error);
  EXPECT_LT(mean_of(collapse).standard_error, 0.02 * exact);
  EXPECT_GT(std::abs(mean_of(collapse).value - 1.15 * exact),
            0.02 * exact + kSigmas * mean_of(collapse).standard_error);
  // The error that is stated is that of the scatter between seeds.
  const double stated = datum_collapse(data, first(1), times, 24, Noise(1))[0].t_c.standard_error;
  EXPECT_NEAR(std::log(stated / deviation_of(collapse)), 0, 0.7);  // a factor of two: 24 noises know theirs to 15 %
}

// The sums are those of the empirical posterior at the same points.
TEST(DatumCollapse, WeighsAsTheEmpiricalPosteriorDoes) {
  for (const Index d : {3, 20}) {
    RowMatrix points = normals(300, d, 11);
    points.col(0).array() += 50;  // far from the origin: sums are about the mean
    const Dataset data = Dataset::from_rows(points);
    const std::vector<double> times = {0.02, 0.1, 0.3, 1, 3};
    const Noise noise(5);
    constexpr Index kNoises = 3;
    const auto found = datum_collapse(data, first(60), times, kNoises, noise);
    const Empirical model(data);
    for (std::size_t g = 0; g < times.size(); ++g)
      for (std::size_t i = 0; i < found.size(); ++i) {
        RowMatrix x(kNoises, d);
        for (Index k = 0; k < kNoises; ++k)
          noise.normal(Stream::query, static_cast<std::uint64_t>(k), 1, {x.row(k).data(), static_cast<std::size_t>(d)});
        x = std::sqrt(noise_variance(times[g])) * x;
        x.rowwise() += std::exp(-times[g]) * points.row(static_cast<Index>(i));
        const std::vector<Index> own(kNoises, static_cast<Index>(i));
        Wanted what;
        what.leave_out = own;
        Summary summary;
        model.summarize(times[g], x, what, summary);
        // 1e-6: the posterior's own certificate is 1e-7 nats.
        EXPECT_NEAR(found[i].weight[g].value, summary.own_log_weight.array().exp().mean(), 1e-6) << i << " " << g;
      }
  }
}

TEST(DatumCollapse, ComesFirstForAPlantedOutlierAndLastForNearDuplicates) {
  RowMatrix points = normals(400, 10, 12);
  points.row(37) *= 4;
  points.row(200) = points.row(100);
  points(200, 3) += 0.01;
  const Dataset data = Dataset::from_rows(points);
  const auto found = datum_collapse(data, first(400), log_times(0.01, 3, 40), 8, Noise(1));
  const auto time = [&](Index row) { return found[row].t_c.t.value_or(0); };
  for (Index row = 0; row < 400; ++row) {
    if (row != 37) {
      EXPECT_LT(time(row), time(37)) << row;
    }
    if (row != 100 && row != 200) {
      EXPECT_GT(time(row), 0.01) << row;
    }
  }
  // A pair 0.01 apart in d dimensions has weight F(0.005/sqrt(0.02)) = 1/2 and a little at t = 0.01, less the others'.
  EXPECT_FALSE(found[100].t_c.t.has_value() && *found[100].t_c.t > 0.05);
  EXPECT_EQ(found[100].nearest, 200);
  EXPECT_NEAR(found[100].distance, 0.01, 1e-12);
}

TEST(DatumCollapse, OfRepeatedRowsIsNowhere) {
  RowMatrix points = normals(50, 4, 13);
  points.row(9) = points.row(4);
  points.row(19) = points.row(4);
  const auto found = datum_collapse(Dataset::from_rows(points), first(50), log_times(0.001, 3, 40), 8, Noise(1));
  EXPECT_FALSE(found[4].t_c.t.has_value());
  EXPECT_NEAR(found[4].weight[0].value, 1.0 / 3, 1e-9);
  EXPECT_EQ(found[4].distance, 0);
  EXPECT_TRUE(found[5].t_c.t.has_value());
}

TEST(DatumCollapse, DoesNotDependOnWhatElseIsAsked) {
  const Dataset data = Dataset::from_rows(normals(200, 6, 14));
  const std::vector<double> times = log_times(0.05, 2, 20);
  const auto all = datum_collapse(data, first(100), times, 4, Noise(1));
  const auto one = datum_collapse(data, std::vector<Index>{77}, times, 4, Noise(1));
  EXPECT_EQ(*one[0].t_c.t, *all[77].t_c.t);
  EXPECT_EQ(one[0].nearest, all[77].nearest);
  const auto alone = datum_collapse(Dataset::from_rows(normals(1, 3, 1)), std::vector<Index>{0}, times, 2, Noise(1));
  EXPECT_EQ(alone[0].weight[0].value, 1);
  EXPECT_EQ(alone[0].nearest, -1);
  EXPECT_NE(alone[0].t_c.reason, "");
  EXPECT_THROW(datum_collapse(data, first(1), {}, 2, Noise(1)), UsageError);
  EXPECT_THROW(datum_collapse(data, first(1), times, 25, Noise(1)), UsageError);
}

}  // namespace
}  // namespace denoiscope::observables
