// The empirical posterior: golden vectors, closed forms, the fast path against the obvious one, and equal bits.
#include "denoiscope/engine/empirical.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

RowMatrix normals(Index n, Index d, std::uint64_t seed, double scale = 1) {
  RowMatrix out(n, d);
  for (Index i = 0; i < n; ++i)
    Noise(seed).normal(Stream::prior, static_cast<std::uint64_t>(i), 0,
                       {out.row(i).data(), static_cast<std::size_t>(d)});
  return scale * out;
}

Dataset labelled(RowMatrix values, int classes) {
  std::vector<long long> labels;
  for (Index i = 0; i < values.rows(); ++i) labels.push_back((i * 7 + i / 5) % classes);
  Dataset data = Dataset::from_rows(std::move(values));
  if (classes > 1) data.set_labels(labels, "test");
  return data;
}

Wanted everything(std::span<const Index> leave_out = {}) {
  Wanted what;
  what.mean = what.entropy = what.neighbours = true;
  what.leave_out = leave_out;
  return what;
}

TEST(Empirical, GoldenVectors) {  // digits computed independently
  RowMatrix points(3, 2), x(1, 2);
  points << 1, 0, -0.5, 0.8, 0.2, -1.1;
  x << 0.4, 0.1;
  const Empirical model(Dataset::from_rows(points));
  const struct {
    double t, log_density, score[2], participation, entropy;
  } golden[] = {{0.05, -2.2199831849, {5.6218417832, -1.0221719143}, 0.9737000077, 0.0788199680},
                {0.30, -1.6495617598, {-0.1376196870, -0.3109076453}, 0.3927535574, 1.0150856367},
                {1.00, -1.8323240598, {-0.3395773019, -0.1564257567}, 0.3367368703, 1.0936155933}};
  for (const auto& g : golden) {
    Summary s;
    model.summarize(g.t, x, everything(), s);
    EXPECT_NEAR(s.all.log_density[0], g.log_density, 1e-9);
    EXPECT_NEAR(s.all.participation[0], g.participation, 1e-9);
    EXPECT_NEAR(s.all.entropy[0], g.entropy, 1e-9);
    const RowMatrix gradient = score(model, g.t, x);
    EXPECT_NEAR(gradient(0, 0), g.score[0], 1e-8);
    EXPECT_NEAR(gradient(0, 1), g.score[1], 1e-8);
    EXPECT_EQ(s.nearest(0, 0), 0);
    EXPECT_NEAR(s.distance(0, 0), std::hypot(0.4 - std::exp(-g.t), 0.1), 1e-14);
  }
}

// Fast path against the reference, to the bound the fast path states. One body, many shapes: sizes around the tile and
// lane widths, few and many classes, near-duplicates, small and large t, offsets that make plain float64 products fail.
struct Shape {
  const char* name;
  Index n, d, m;
  int classes;
  double offset, twin;  // added to every value; distance of planted near-duplicates (0: none)
};

class EmpiricalAgreement : public testing::TestWithParam<Shape> {};

TEST_P(EmpiricalAgreement, FastPathEqualsReferenceWithinItsBound) {
  const Shape shape = GetParam();
  RowMatrix points = normals(shape.n, shape.d, 1);
  points.array() += shape.offset;
  if (shape.twin > 0)
    for (Index i = 0; i + 1 < shape.n; i += 2) {
      points.row(i + 1) = points.row(i);
      points(i + 1, i % shape.d) += shape.twin;
    }
  const Dataset data = labelled(points, shape.classes);
  const Empirical model(data);
  for (double t : {1e-6, 1e-4, 1e-2, 0.2, 1.0, 3.0, 8.0}) {
    std::vector<Index> own;
    RowMatrix x = normals(shape.m, shape.d, 2, std::sqrt(noise_variance(t)));
    for (Index q = 0; q < shape.m; ++q) {
      own.push_back((q * 3) % shape.n);
      x.row(q) += std::exp(-t) * points.row(own.back());
    }
    Summary fast;
    model.summarize(t, x, everything(own), fast);
    const Summary slow = summarize_directly(data, t, x, everything(own));
    for (Index q = 0; q < shape.m; ++q) {
      // The reference's own rounding of a sum of d squares worth up to |log P| nats.
      const double size = static_cast<double>(shape.d) +
                          std::pow(shape.offset, 2) * static_cast<double>(shape.d) * 1e-4 / noise_variance(t);
      const double reference = 1e-15 * static_cast<double>(shape.d) * size + 1e-13 * std::abs(slow.all.log_density[q]);
      EXPECT_LE(std::abs(fast.all.log_density[q] - slow.all.log_density[q]), fast.bound[q] + reference) << "t=" << t;
      if (t >= 1e-4) {
        EXPECT_LT(fast.bound[q], 1e-6) << "t=" << t;
      }
      for (Index c = 0; c < fast.all.class_log_weight.cols(); ++c) {
        const double weight = std::exp(slow.all.class_log_weight(q, c));
        EXPECT_NEAR(std::exp(fast.all.class_log_weight(q, c)), weight, 1e-5 * weight + 1e-300);
        EXPECT_NEAR(std::exp(fast.without.class_log_weight(q, c)), std::exp(slow.without.class_log_weight(q, c)), 1e-5);
      }
      const double nats = 1 + std::abs(std::log(static_cast<double>(shape.n)));
      EXPECT_NEAR(fast.all.entropy[q], slow.all.entropy[q], 1e-5 * nats);
      EXPECT_NEAR(fast.all.participation[q], slow.all.participation[q], 1e-5);
      EXPECT_NEAR(fast.without.entropy[q], slow.without.entropy[q], 1e-5 * nats);
      EXPECT_LT((fast.mean.row(q) - slow.mean.row(q)).norm(), 1e-5 * (1 + slow.mean.row(q).norm()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EmpiricalAgreement,
    testing::Values(Shape{"plain", 300, 10, 30, 3, 0, 0}, Shape{"one_query", 129, 1, 1, 2, 0, 0},
                    Shape{"tile_edges", 257, 7, 25, 5, 0, 0}, Shape{"chunks", 4200, 3, 49, 1, 0, 0},
                    Shape{"twins", 200, 20, 24, 2, 0, 2.8e-3}, Shape{"far_twins", 200, 100, 24, 2, 30, 1e-3},
                    Shape{"wide", 100, 1000, 26, 4, 1, 0}, Shape{"many_classes", 500, 6, 30, 100, 0, 0}),
    [](const auto& shape) { return std::string(shape.param.name); });

TEST(Empirical, ClassLogOddsStayExactFarBelowTheWinner) {
  // A class 1e5 nats behind: its log weight must not be lost to underflow or skipping.
  RowMatrix points(4, 2), x(1, 2);
  points << 0, 0, 0.1, 0, 30, 0, 30.5, 0;
  x << 0.01, 0;
  Dataset data = Dataset::from_rows(points);
  data.set_labels(std::vector<long long>{0, 0, 1, 1}, "test");
  Summary s;
  Empirical(data).summarize(1e-3, x, {}, s);
  const double delta = noise_variance(1e-3), a = std::exp(-1e-3);
  const auto logit = [&](double p) { return -std::pow(0.01 - a * p, 2) / (2 * delta); };
  const double expected = log_add(logit(30), logit(30.5)) - log_add(logit(0), logit(0.1));
  EXPECT_NEAR(s.all.class_log_weight(0, 1), expected, 1e-9 * std::abs(expected));
}

TEST(Empirical, HypercubeClosedForm) {
  // All corners of {-1,1}^d: entropy d Hc(kappa), participation F(kappa)^d with kappa = e^{-t}/sqrt(Delta). Monte Carlo
  // over 20,000 points at d = 6, t = 0.75; references 0.56714491 a dimension and 0.05374821. Null: equal means;
  // threshold 4.9 standard errors (1e-6). The broken variant forgets e^{-t} in the noise-free part.
  const Index d = 6, n = 64, m = 20000;
  RowMatrix corners(n, d);
  for (Index i = 0; i < n; ++i)
    for (Index k = 0; k < d; ++k) corners(i, k) = (i >> k) & 1 ? 1 : -1;
  const Empirical model(Dataset::from_rows(corners));
  const double t = 0.75;
  const auto measure = [&](double shrink) {
    RowMatrix x = normals(m, d, 5, std::sqrt(noise_variance(t)));
    for (Index q = 0; q < m; ++q) x.row(q) += shrink * corners.row(q % n);
    Summary s;
    Wanted what;
    what.entropy = true;
    model.summarize(t, x, what, s);
    return std::pair(mean_of({s.all.entropy.data(), static_cast<std::size_t>(m)}),
                     mean_of({s.all.participation.data(), static_cast<std::size_t>(m)}));
  };
  const auto [entropy, participation] = measure(std::exp(-t));
  EXPECT_LT(std::abs(entropy.value / d - 0.56714491), 4.9 * entropy.standard_error / d);
  EXPECT_LT(std::abs(participation.value - 0.05374821), 4.9 * participation.standard_error);
  const auto [wrong, unused] = measure(1.0);
  EXPECT_GT(std::abs(wrong.value / d - 0.56714491), 4.9 * wrong.standard_error / d);
}

bool same_bits(const RowMatrix& a, const RowMatrix& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}

TEST(Empirical, SameBitsForAnyThreadsAndAnyBatch) {
  const Index m = 61;
  const Dataset data = labelled(normals(5000, 9, 1), 4);
  const Empirical model(data);
  for (double t : {1e-5, 0.3, 2.0}) {
    const RowMatrix x = normals(m, 9, 3);
    std::vector<Index> own;
    for (Index q = 0; q < m; ++q) own.push_back(q * 11);
    Summary first;
    set_threads(1);
    model.summarize(t, x, everything(own), first);
    for (int threads : {2, 3, 4}) {
      set_threads(threads);
      Summary again;
      model.summarize(t, x, everything(own), again);
      EXPECT_TRUE(same_bits(first.all.class_log_weight, again.all.class_log_weight));
      EXPECT_TRUE(same_bits(first.all.class_entropy, again.all.class_entropy));
      EXPECT_TRUE(same_bits(first.mean, again.mean));
    }
    for (Index batch : {1, 5, 24, 40}) {
      for (Index begin = 0; begin < m; begin += batch) {
        const Index count = std::min(batch, m - begin);
        Summary part;
        model.summarize(t, x.middleRows(begin, count), everything(std::span(own).subspan(begin, count)), part);
        EXPECT_TRUE(same_bits(first.all.class_log_weight.middleRows(begin, count), part.all.class_log_weight)) << batch;
        EXPECT_TRUE(same_bits(first.without.class_entropy.middleRows(begin, count), part.without.class_entropy))
            << batch;
        EXPECT_TRUE(same_bits(first.mean.middleRows(begin, count), part.mean)) << batch;
        for (Index q = 0; q < count; ++q) {
          EXPECT_EQ(first.nearest(begin + q, 0), part.nearest(q, 0));
          EXPECT_EQ(first.nearest(begin + q, 1), part.nearest(q, 1));
        }
      }
    }
    set_threads(0);
  }
}

TEST(Empirical, LonelyDatum) {
  const RowMatrix point = normals(1, 5, 1), x = normals(2, 5, 2);
  const Empirical model(Dataset::from_rows(point));
  const std::vector<Index> own = {0, -1};
  Summary s;
  model.summarize(0.4, x, everything(own), s);
  const double delta = noise_variance(0.4);
  for (Index q = 0; q < 2; ++q) {
    EXPECT_NEAR(s.all.log_density[q],
                -(x.row(q) - std::exp(-0.4) * point).squaredNorm() / (2 * delta) - 2.5 * std::log(2 * M_PI * delta),
                1e-12);
    EXPECT_EQ(s.all.entropy[q], 0.0);
    EXPECT_LT((s.mean.row(q) - point).norm(), 1e-14);
  }
  EXPECT_EQ(s.without.log_density[0], -kInfinity);  // nothing is left
  EXPECT_NEAR(s.without.log_density[1], s.all.log_density[1], 1e-14);
  EXPECT_EQ(s.nearest(0, 1), -1);
}

TEST(Empirical, EqualRowsShareTheWeight) {
  const RowMatrix x = normals(3, 4, 2);
  Summary s;
  Empirical(Dataset::from_rows(RowMatrix::Constant(10, 4, 0.5))).summarize(1e-3, x, everything(), s);
  for (Index q = 0; q < 3; ++q) {
    EXPECT_NEAR(s.all.entropy[q], std::log(10.0), 1e-12);
    EXPECT_NEAR(s.all.participation[q], 0.1, 1e-12);
    EXPECT_EQ(s.nearest(q, 0), 0);
    EXPECT_EQ(s.nearest(q, 1), 1);
  }
}

TEST(Empirical, SmallDistancesBetweenTwinsAreExact) {
  RowMatrix points = normals(50, 784, 1);
  points.row(7) = points.row(31);
  points(7, 100) += 2.8e-3;
  const Empirical model(Dataset::from_rows(points));
  const double t = 1e-3;
  Summary s;
  model.summarize(t, std::exp(-t) * points.row(31), everything(), s);
  EXPECT_EQ(s.nearest(0, 0), 31);
  EXPECT_EQ(s.nearest(0, 1), 7);
  EXPECT_NEAR(s.distance(0, 1), 2.8e-3 * std::exp(-t), 1e-14);
}

// Data left out behind a mean: what is stated is what is missing, at most the tolerance, and all else is untouched.
TEST(Empirical, PrunedMeansErrByTheStatedVariation) {
  const Index n = 5000, m = 60;  // three chunks, lists of at most 156 data: complete at small t only
  const RowMatrix points = normals(n, 12, 3);
  const Dataset data = labelled(points, 3);
  const Empirical model(data);
  std::vector<Index> own;
  for (Index q = 0; q < m; ++q) own.push_back(q % 3 == 0 ? -1 : 70 * q);
  const double reach = 2 * points.rowwise().norm().maxCoeff();
  int pruned = 0, dense = 0;
  double largest = 0;
  for (const double t : {0.01, 0.1, 0.2, 0.4, 0.8, 2.0})
    for (const double tolerance : {1e-9, 1e-4, 0.1}) {
      RowMatrix x = std::sqrt(noise_variance(t)) * normals(m, 12, 4);
      for (Index q = 0; q < m; ++q) x.row(q) += std::exp(-t) * points.row(70 * q);
      Wanted what = everything(own);
      Summary exact, some;
      model.summarize(t, x, what, exact);
      what.tolerance = tolerance;
      model.summarize(t, x, what, some);
      EXPECT_TRUE(exact.all.log_density == some.all.log_density && exact.all.entropy == some.all.entropy);
      for (Index q = 0; q < m; ++q) {
        const double variation = some.mean_variation[q], moved = (some.mean.row(q) - exact.mean.row(q)).norm();
        EXPECT_LE(variation, tolerance + 3 * some.bound[q]) << "t " << t << ", query " << q;
        EXPECT_LE(moved, (variation + exact.mean_variation[q]) * reach + 1e-13) << "t " << t << ", query " << q;
        if (tolerance == 0.1) largest = std::max(largest, moved / reach);
        ++(moved > 0 ? pruned : dense);
      }
    }
  EXPECT_GT(pruned, 100);
  EXPECT_GT(dense, 100);
  EXPECT_GT(largest, 1e-4);  // so that a variation stated as 0 would be seen
}

}  // namespace
}  // namespace denoiscope
