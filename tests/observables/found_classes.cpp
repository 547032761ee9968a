// Classes found from the posterior alone: where they are known, where there are none, and how partitions are compared.
#include "denoiscope/observables/found_classes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/generated.hpp"
#include "denoiscope/models/nested_mixture.hpp"
#include "denoiscope/observables/criterion.hpp"
#include "tests/observables/problems.hpp"

namespace denoiscope::observables {
namespace {

using testing::kSigmas;
using testing::normals;

constexpr Index kPoints = 1024;

// The signs of the first `levels` of three levels, as one number.
std::vector<int> known_classes(const Dataset& data, int levels) {
  std::vector<int> out;
  for (const int label : data.labels()) out.push_back(label >> (3 - levels));
  return out;
}

// The leaf of every landmark where groups below depth `levels` are not split.
std::vector<int> cut_at(const FoundClasses& found, int levels) {
  std::vector<int> depth(found.groups.size(), 0), out(found.label.size(), 0);
  for (std::size_t g = 0; g < found.groups.size(); ++g) {
    const FoundGroup& group = found.groups[g];
    if (group.left >= 0) depth[group.left] = depth[group.right] = depth[g] + 1;
    if (depth[g] <= levels)
      for (const Index i : group.landmarks) out[i] = static_cast<int>(g);
  }
  return out;
}

// t_rs of the signs of level 0 of a tree of those levels, from the exact posterior.
double exact_time(std::vector<double> squared_norms, Index d) {
  const Vector norms = Eigen::Map<Vector>(squared_norms.data(), static_cast<Index>(squared_norms.size()));
  const NestedMixture model(norms, 1.0, d, NestedMixture::Shape::tree);
  return class_criterion(model, 0, 1, Noise(1)).ab.t.value();
}

TEST(FoundClasses, FindsTheTopOfThreeLevelsAndWhenTheyPart) {
  const Dataset data = data::three_level_mixture(0, kPoints);
  RowMatrix points(kPoints, data.dimension());
  data.read(0, points);
  FoundSettings settings;
  settings.most = 4;
  const FoundClasses found = find_classes(points, settings, Noise(1));
  EXPECT_GT(adjusted_rand(cut_at(found, 1), known_classes(data, 1)), 0.95);
  EXPECT_GT(adjusted_rand(found.label, known_classes(data, 2)), 0.95);
  EXPECT_LT(adjusted_rand(found.label, known_classes(data, 1)), 0.8);  // seen rejected: another level of the tree
  // 1024 landmarks are not the law they are from, and a path's end counts only where other data are.
  EXPECT_NEAR(found.groups[0].t, exact_time({64, 16, 4}, 64), 0.15);
  for (const Index half : {found.groups[0].left, found.groups[0].right})
    EXPECT_NEAR(found.groups[half].t, exact_time({16, 4}, 64), 0.15);
  EXPECT_EQ(found.leaves, 4);
  // Other rows of the same law. At the time of the last split a noisy row is on the wrong side of it as often as
  // Phi(-1); the mean over 32 of them is not.
  const Dataset others = data::three_level_mixture(kPoints, 512);
  const std::vector<int> label = assign_classes(others, Dataset::from_rows(points), found, 32, Noise(1));
  EXPECT_GT(adjusted_rand(label, known_classes(others, 2)), 0.95);
}

// One Gaussian, `stretch` times as wide along its first axis.
RowMatrix one_cloud(double stretch, std::uint64_t seed) {
  RowMatrix points = normals(256, 16, seed);
  points.col(0) *= stretch;
  return points;
}

TEST(FoundClasses, OneGaussianHasNone) {
  for (const double stretch : {1.0, 10.0})
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const FoundClasses found = find_classes(one_cloud(stretch, seed), {}, Noise(seed));
      EXPECT_EQ(found.leaves, 1) << stretch << " " << seed;
      EXPECT_FALSE(found.groups[0].reason.empty());
    }
}

TEST(FoundClasses, WithoutClarityALongGaussianIsCut) {
  FoundSettings settings;
  settings.clarity = 0;
  const FoundClasses found = find_classes(one_cloud(10, 1), settings, Noise(1));
  EXPECT_GT(found.leaves, 1);
  EXPECT_LT(found.groups[0].clarity, FoundSettings{}.clarity);
  EXPECT_EQ(find_classes(one_cloud(1, 1), settings, Noise(1)).leaves, 1);  // a round one never parts
}

TEST(FoundClasses, ThreadsChangeNothing) {
  const Dataset data = data::three_level_mixture(0, 300);
  RowMatrix points(300, data.dimension());
  data.read(0, points);
  const auto with = [&](int threads) {
    set_threads(threads);
    FoundClasses found = find_classes(points, {}, Noise(2));
    set_threads(0);
    return found;
  };
  const FoundClasses one = with(1), four = with(4);
  EXPECT_GT(one.leaves, 1);
  EXPECT_EQ(one.label, four.label);
  EXPECT_EQ(one.lowest, four.lowest);
  ASSERT_EQ(one.groups.size(), four.groups.size());
  for (std::size_t g = 0; g < one.groups.size(); ++g) EXPECT_EQ(one.groups[g].t, four.groups[g].t);
}

TEST(FoundClasses, RefusesFewLandmarks) {
  EXPECT_THROW(find_classes(normals(31, 2, 1), {}, Noise(1)), UsageError);
  EXPECT_EQ(find_classes(normals(32, 2, 1), {}, Noise(1)).label.size(), 32u);
}

TEST(AdjustedRand, ByHand) {
  // Pairs together in both 2, in a 6, in b 3, of 15: (2 - 6 * 3 / 15) / ((6 + 3) / 2 - 6 * 3 / 15) = 8/33.
  EXPECT_NEAR(adjusted_rand({0, 0, 0, 1, 1, 1}, {0, 0, 1, 1, 2, 2}), 8.0 / 33, 1e-15);
  EXPECT_EQ(adjusted_rand({0, 1, 1, 2}, {5, 3, 3, 4}), 1);  // names do not count
  EXPECT_EQ(adjusted_rand({7, 7, 7}, {1, 1, 1}), 1);
  EXPECT_THROW(adjusted_rand({0, 1}, {0, 1, 1}), UsageError);
}

// Null: independent labels have mean 0; the mean of 400 is normal enough for false alarms of 1e-6.
TEST(AdjustedRand, ZeroOnAverageForIndependentLabels) {
  constexpr Index kRows = 60, kSets = 400;
  const auto label = [](double z) { return z < -0.5 ? 0 : z < 0.3 ? 1 : 2; };  // unequal classes
  const RowMatrix a = normals(kSets, kRows, 1), b = normals(kSets, kRows, 2);
  std::vector<double> independent, copied;
  for (Index s = 0; s < kSets; ++s) {
    std::vector<int> of_a, of_b, partly;
    for (Index i = 0; i < kRows; ++i) {
      of_a.push_back(label(a(s, i)));
      of_b.push_back(label(b(s, i)));
      partly.push_back(i % 5 == 0 ? of_a.back() : of_b.back());
    }
    independent.push_back(adjusted_rand(of_a, of_b));
    copied.push_back(adjusted_rand(of_a, partly));
  }
  EXPECT_LT(std::abs(testing::sigmas(mean_of(independent), 0)), kSigmas);
  EXPECT_GT(testing::sigmas(mean_of(copied), 0), kSigmas);  // seen rejected: a fifth of the rows copied
}

}  // namespace
}  // namespace denoiscope::observables
