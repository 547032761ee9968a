// The hidden manifold: moments of its bend, its points, and the linear manifold that it is without a bend.
#include "denoiscope/models/hidden_manifold.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/models/linear_manifold.hpp"
#include "tests/models/gaussian_checks.hpp"

namespace denoiscope {
namespace {

using namespace checks;

TEST(HiddenManifold, GoldenMomentsOfTanh) {
  const HiddenManifold model(2, 2, "tanh", 1, 1);
  const HiddenManifold::Moments& m = model.moments();
  EXPECT_NEAR(m.mean, 0, 1e-15);
  EXPECT_NEAR(m.slope, 0.605706, 5.1e-7);
  EXPECT_NEAR(m.square, 0.394294, 5.1e-7);
  EXPECT_NEAR(m.rest, 0.027415, 5.1e-7);
  EXPECT_NEAR(m.variance, m.square, 1e-15);
}

TEST(HiddenManifold, MomentsInClosedForm) {
  const auto moments = [](const char* name, double gain) { return HiddenManifold(2, 2, name, gain, 1).moments(); };
  const HiddenManifold::Moments identity = moments("identity", 3);
  EXPECT_NEAR(identity.slope, 3, 1e-12);
  EXPECT_NEAR(identity.square, 9, 1e-12);
  EXPECT_NEAR(identity.rest, 0, 1e-11);
  const HiddenManifold::Moments relu = moments("relu", 2);  // relu(2h) = 2 relu(h): 1/sqrt(2 pi), 1/2, 1/2
  EXPECT_NEAR(relu.mean, 2 / std::sqrt(2 * M_PI), 1e-12);
  EXPECT_NEAR(relu.slope, 1, 1e-12);
  EXPECT_NEAR(relu.square, 2, 1e-12);
  EXPECT_NEAR(relu.rest, 2 - 1 - 4 / (2 * M_PI), 1e-12);
  const HiddenManifold::Moments sign = moments("sign", 5);  // sqrt(2 / pi), 1
  EXPECT_NEAR(sign.slope, std::sqrt(2 / M_PI), 1e-12);
  EXPECT_NEAR(sign.square, 1, 1e-12);
  const double gain = 1.7, g2 = gain * gain;  // Williams 1998: E erf(a h)^2 = 2/pi asin(2 a^2 / (1 + 2 a^2))
  const HiddenManifold::Moments erf = moments("erf", gain);
  EXPECT_NEAR(erf.slope, 2 * gain / std::sqrt(M_PI * (1 + 2 * g2)), 1e-12);
  EXPECT_NEAR(erf.square, 2 / M_PI * std::asin(2 * g2 / (1 + 2 * g2)), 1e-12);
}

TEST(HiddenManifold, PointsAreTheBentLatents) {
  for (std::string_view name : activations()) {
    const HiddenManifold model(7, 3, name, 1.3, 5);
    const auto who = names(4);
    RowMatrix points(4, 7), latents(4, 3);
    model.generate(Noise(6), {Stream::prior, who, 2}, points);
    Noise(6).normal({Stream::prior, who, 2}, latents);
    const RowMatrix field = 1.3 * latents * gaussian_frame(7, 3, 5).transpose() / std::sqrt(3.0);
    for (Index q = 0; q < 4; ++q)
      for (Index i = 0; i < 7; ++i) {
        const double h = field(q, i);
        const double expected = name == "identity" ? h
                                : name == "tanh"   ? std::tanh(h)
                                : name == "relu"   ? std::max(h, 0.0)
                                : name == "sign"   ? (h > 0) - (h < 0)
                                                   : std::erf(h);
        EXPECT_NEAR(points(q, i), expected, 1e-14) << name;
      }
  }
}

// Null: points of the unbent model have mean 0 and the covariance gain^2 W W^T of the linear manifold on its frame.
// The broken variant is bent.
TEST(HiddenManifold, WithoutABendIsALinearManifold) {
  const Index d = 9;
  const HiddenManifold straight(d, 4, "identity", 0.8, 3), bent(d, 4, "tanh", 0.8, 3);
  const LinearManifold linear(straight.frame(), Vector::Constant(4, 0.64));
  const RowMatrix directions = normals(3, d, 4), at = RowMatrix::Zero(3, d);
  // The covariance of the prior, as the limit of the posterior's: at t = 18, e^{-2t} = 2e-16.
  RowMatrix applied(3, d), points(20000, d);
  linear.covariance_apply(18, at, directions, applied);
  const Vector variances = directions.cwiseProduct(applied).rowwise().sum();
  const auto who = names(20000);
  straight.generate(Noise(2), {Stream::prior, who, 0}, points);
  EXPECT_LT(alarm(points, Vector::Zero(d), directions, variances), kAlarm);
  bent.generate(Noise(2), {Stream::prior, who, 0}, points);
  EXPECT_GT(alarm(points, Vector::Zero(d), directions, variances), kAlarm);
}

// Null: coordinate i has the mean and variance of g(|F_i| h / sqrt D), h ~ N(0, 1). The broken variant forgets that
// |F_i|^2 / D is 1 on average only.
TEST(HiddenManifold, CoordinatesHaveTheMomentsOfTheirRow) {
  const HiddenManifold model(3, 10, "relu", 1, 9);
  RowMatrix points(20000, 3);
  const auto who = names(20000);
  model.generate(Noise(3), {Stream::prior, who, 0}, points);
  const RowMatrix axes = RowMatrix::Identity(3, 3);
  Vector mean(3), variances(3);
  for (Index i = 0; i < 3; ++i) {
    const double scale = model.frame().row(i).norm();
    mean[i] = gaussian_mean([&](double h) { return std::max(scale * h, 0.0); });
    variances[i] = gaussian_mean([&](double h) { return std::pow(std::max(scale * h, 0.0), 2); }) - mean[i] * mean[i];
  }
  EXPECT_LT(alarm(points, mean, axes, variances), kAlarm);
  const HiddenManifold::Moments& m = model.moments();
  EXPECT_GT(alarm(points, Vector::Constant(3, m.mean), axes, Vector::Constant(3, m.variance)), kAlarm);
}

TEST(HiddenManifold, DoesNotDependOnBatchOrThreads) {
  const HiddenManifold model(13, 5, "tanh", 1, 1);
  const auto who = names(20);
  RowMatrix all(20, 13), one(1, 13);
  set_threads(4);
  model.generate(Noise(1), {Stream::prior, who, 0}, all);
  set_threads(1);
  for (Index q = 0; q < 20; ++q) {
    model.generate(Noise(1), {Stream::prior, std::span(who).subspan(q, 1), 0}, one);
    EXPECT_EQ(one.row(0), all.row(q));
  }
  set_threads(0);
}

TEST(HiddenManifold, RefusesWhatIsNoManifold) {
  EXPECT_EQ(
      complaint([] { HiddenManifold(2, 2, "tanhh", 1, 1); }),
      "hidden manifold: activation 'tanhh'; expected one of identity, tanh, relu, sign, erf. Did you mean 'tanh'?");
  EXPECT_EQ(complaint([] { HiddenManifold(0, 2, "tanh", 1, 1); }),
            "hidden manifold: dimension d = 0; expected 1 or more.");
  EXPECT_EQ(complaint([] { HiddenManifold(2, 0, "tanh", 1, 1); }),
            "hidden manifold: latent dimension D = 0; expected 1 or more.");
  EXPECT_EQ(complaint([] { HiddenManifold(2, 2, "tanh", 0, 1); }),
            "hidden manifold: gain = 0; expected a finite number above 0.");
  RowMatrix out(1, 3);
  const auto who = names(1);
  EXPECT_THROW(HiddenManifold(2, 2, "tanh", 1, 1).generate(Noise(1), {Stream::prior, who, 0}, out), UsageError);
}

}  // namespace
}  // namespace denoiscope
