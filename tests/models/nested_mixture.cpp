// Nested mixtures against the Gaussian mixture of all their 2^K centres, and the closed form of a decoupled level.
#include "denoiscope/models/nested_mixture.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/process/clock.hpp"
#include "tests/base/points.hpp"

namespace denoiscope {
namespace {

using points::names;
using points::normals;
using points::same_bits;
using Shape = NestedMixture::Shape;

Vector norms(std::initializer_list<double> values) {
  Vector out(static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

// Digits from quadrature in an independent program. At x = e^{-t} m + sqrt(Gamma) z the model's own class weights give
// phi(gamma) = E_z sigmoid(2 (gamma + sqrt(gamma) z)), the probability that a level is unchanged by a U-turn.
TEST(NestedMixture, ADecoupledLevelHasTheClosedForm) {
  const struct {
    double gamma, phi;
  } table[] = {{0.01, 0.50495081}, {0.1, 0.5456703}, {0.5, 0.6750567}, {1, 0.77520025},
               {2, 0.88449089},    {4, 0.96570129},  {10, 0.99879434}};
  for (const auto& row : table)
    for (const double variance : {1.0, 0.3}) {
      const double t = 0.7, big_gamma = noise_variance(t) + std::exp(-2 * t) * variance;
      const NestedMixture model(norms({50.0, row.gamma * big_gamma * std::exp(2 * t)}), variance, 6, Shape::levels, 1);
      EXPECT_NEAR(model.signal_to_noise(1, t), row.gamma, 1e-14 * row.gamma);
      const Vector m = 0.5 * (model.centre(0) - model.centre(1));
      const double phi = gaussian_mean(
          [&](double z) {
            const RowMatrix x = (std::exp(-t) + std::sqrt(big_gamma) * z / m.norm()) * m.transpose();
            Summary s;
            model.summarize(t, x, {}, s);
            return std::exp(s.all.class_log_weight(0, 0));
          },
          -std::sqrt(row.gamma));
      EXPECT_NEAR(phi, row.phi, 6e-9 + (row.phi * 1e7 == std::floor(row.phi * 1e7) ? 5e-8 : 0));
    }
  const NestedMixture model(norms({1024, 64}), 1, 2, Shape::levels);
  EXPECT_NEAR(model.speciation_time(0), 3.465736, 5e-7);
  EXPECT_NEAR(model.speciation_time(1), 2.079442, 5e-7);
  const NestedMixture wide(norms({4, 2}), 3, 2, Shape::levels);
  EXPECT_NEAR(wide.signal_to_noise(0, wide.speciation_time(0)), 1, 1e-14);
  EXPECT_TRUE(std::isnan(wide.speciation_time(1)));
}

struct Case {
  NestedMixture model, by_centre;  // classes: the signs of `level`, and all centres
  double t, variance;
  Index level;
  RowMatrix x;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  std::uint64_t seed = 0;
  for (const Shape shape : {Shape::levels, Shape::tree})
    for (const Index k : {1, 2, 3, 4})
      for (const double t : {1e-4, 0.02, 0.3, 1.0, 2.5, 8.0}) {
        ++seed;
        const Index d = shape == Shape::tree ? (Index{1} << k) + 3 : k + 4;
        const Vector squares = (1.5 * normals(1, k, seed).row(0)).array().exp();
        const double variance = seed % 3 ? std::exp(normals(1, 1, seed + 1000)(0, 0)) : 0.0;
        const Index level = static_cast<Index>(seed) % k;
        const NestedMixture model(squares, variance, d, shape, level);
        RowMatrix x = normals(3, d, seed);
        x.row(1) = std::exp(-t) * model.centre(0).transpose() + std::sqrt(noise_variance(t)) * x.row(1);
        x.row(2) = 0.5 * std::exp(-t) * (model.centre(0) + model.centre((Index{1} << k) - 1)).transpose();
        out.push_back(
            {model, NestedMixture(squares, variance, d, shape, NestedMixture::kCentres), t, variance, level, x});
      }
  return out;
}

// All 2^K centres as components; label: class of each.
template <class Label>
GaussianMixture listed(const NestedMixture& model, double variance, Label&& label) {
  std::vector<GaussianMixture::Component> all;
  for (Index c = 0; c < Index{1} << model.levels(); ++c) {
    all.emplace_back();
    all.back().mean = model.centre(c);
    all.back().variance = variance;
    all.back().label = label(c);
  }
  return GaussianMixture(all);
}

// Tolerance 1e-9, relative where a number exceeds 1: at t = 1e-4 logarithms reach 1e5, whose rounding is 1e-11.
void near(const RowMatrix& value, const RowMatrix& expected, const char* what, double t) {
  for (Index i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(value.data()[i], expected.data()[i], 1e-9 * std::max(1.0, std::abs(expected.data()[i])))
        << what << " t=" << t;
}

TEST(NestedMixture, EqualsTheMixtureOfAllCentres) {
  std::uint64_t seed = 0;
  for (const Case& c : cases()) {
    ++seed;
    const Index lower = c.model.levels() - 1 - c.level;  // levels below that of the classes
    const GaussianMixture all = listed(c.model, c.variance, [](Index) { return -1; });
    const GaussianMixture by_sign =
        listed(c.model, c.variance, [&](Index centre) { return static_cast<int>(centre >> lower) & 1; });
    Wanted what;
    what.mean = true;
    Summary ours, centres, expected, signs;
    c.model.summarize(c.t, c.x, what, ours);
    c.by_centre.summarize(c.t, c.x, {}, centres);
    all.summarize(c.t, c.x, what, expected);
    by_sign.summarize(c.t, c.x, {}, signs);
    near(ours.all.log_density, expected.all.log_density, "log density", c.t);
    near(ours.mean, expected.mean, "mean", c.t);
    near(ours.all.class_log_weight, signs.all.class_log_weight, "sign", c.t);
    near(centres.all.class_log_weight, expected.all.class_log_weight, "centre", c.t);
    near(c.model.class_weights(), by_sign.class_weights(), "prior", c.t);
    near(c.by_centre.class_weights(), all.class_weights(), "prior", c.t);
    RowMatrix mean(3, c.x.cols()), applied(3, c.x.cols()), by_list(3, c.x.cols());
    c.model.denoise(c.t, c.x, mean);
    EXPECT_TRUE(same_bits(mean, ours.mean));
    const RowMatrix v = normals(3, c.x.cols(), seed + 50);
    c.model.covariance_apply(c.t, c.x, v, applied);
    all.covariance_apply(c.t, c.x, v, by_list);
    near(applied, by_list, "covariance", c.t);
  }
}

// Null: draws choose centres with the posterior's probabilities (Pearson, 20,000 draws), and leave residuals of its
// mean and variance about them (4.9 standard errors). False-alarm rate 1e-6 each. Broken variants: draws at another
// time, and the prior's centres.
TEST(NestedMixture, DrawsHaveThePosteriorLaw) {
  const Index n = 20000, k = 3;
  const double t = 0.8, variance = 0.01;  // centres are 14 deviations apart: a draw shows its own
  for (const Shape shape : {Shape::levels, Shape::tree}) {
    const NestedMixture model(norms({1.5, 0.8, 0.5}), variance, 9, shape, NestedMixture::kCentres);
    const RowMatrix x = 0.5 * normals(1, 9, 12), many = x.replicate(n, 1);
    RowMatrix centres(8, 9);
    for (Index c = 0; c < 8; ++c) centres.row(c) = model.centre(c);
    Summary s;
    model.summarize(t, x, {}, s);
    const auto statistics = [&](const RowMatrix& x0, const Vector& probability) {
      Vector counts = Vector::Zero(Index{1} << k);
      double sum = 0, shift = 0, square = 0;
      const double gamma = noise_variance(t) + std::exp(-2 * t) * variance;
      const double left = variance * noise_variance(t) / gamma;
      for (Index q = 0; q < n; ++q) {
        Index c = 0;
        (centres.rowwise() - x0.row(q)).rowwise().squaredNorm().minCoeff(&c);
        ++counts[c];
        const RowMatrix mean = (noise_variance(t) * centres.row(c) + variance * std::exp(-t) * x.row(0)) / gamma;
        const RowMatrix residual = (x0.row(q) - mean.row(0)) / std::sqrt(left);
        shift += residual.row(0).dot(x.row(0)) / x.norm();
        square += residual.squaredNorm() - 9;
      }
      for (Index c = 0; c < 8; ++c) {
        const double expected = static_cast<double>(n) * probability[c];
        EXPECT_GT(expected, 5);
        sum += (counts[c] - expected) * (counts[c] - expected) / expected;
      }
      const double cells = 9.0 * static_cast<double>(n);
      return std::array{boost::math::cdf(boost::math::complement(boost::math::chi_squared(7), sum)),
                        std::abs(shift) / std::sqrt(static_cast<double>(n)), std::abs(square) / std::sqrt(2 * cells)};
    };
    RowMatrix x0(n, 9);
    const Vector posterior = s.all.class_log_weight.row(0).array().exp();
    model.draw(t, many, Noise(6), {Stream::posterior, names(n), 2}, x0);
    const auto [p, shift, square] = statistics(x0, posterior);
    EXPECT_GT(p, 1e-6);
    EXPECT_LT(shift, 4.9);
    EXPECT_LT(square, 4.9);
    model.draw(0.05, many, Noise(6), {Stream::posterior, names(n), 2}, x0);
    const auto early = statistics(x0, posterior);
    EXPECT_LT(early[0], 1e-6);
    EXPECT_GT(early[2], 4.9);
    model.sample_prior(Noise(6), {Stream::prior, names(n), 0}, x0, {});
    EXPECT_GT(statistics(x0, model.class_weights())[0], 1e-6);
    EXPECT_LT(statistics(x0, posterior)[0], 1e-6);
    EXPECT_GT(statistics(x0, posterior)[1], 4.9);
  }
}

TEST(NestedMixture, IsFiniteAtTheEndsOfTime) {
  const Index d = 100000;
  const Vector squares = (Vector(10) << 1e5, 3e4, 1e4, 3e3, 1e3, 300, 100, 30, 10, 3).finished();
  for (const Shape shape : {Shape::levels, Shape::tree})
    for (const double variance : {0.0, 1.0})
      for (const double t : {1e-6, 1.0, 8.0}) {
        const NestedMixture model(squares, variance, d, shape, 9);
        RowMatrix x0(2, d), out(2, d);
        model.sample_prior(Noise(1), {Stream::prior, names(2), 0}, x0, {});
        const RowMatrix z = normals(2, d, 2);
        const RowMatrix x = std::exp(-t) * x0 + std::sqrt(noise_variance(t)) * z;
        Summary s;
        Wanted what;
        what.mean = true;
        model.summarize(t, x, what, s);
        EXPECT_TRUE(s.all.log_density.allFinite() && s.all.class_log_weight.allFinite() && s.mean.allFinite());
        model.covariance_apply(t, x, z, out);
        EXPECT_TRUE(out.allFinite());
        model.draw(t, x, Noise(3), {Stream::posterior, names(2), 0}, out);
        EXPECT_TRUE(out.allFinite());
        if (t > 1e-5 || variance > 0) continue;
        // Noise about one of 2^10 points; what is left of x at the point is z to the rounding of x, 1e-13 / 1.4e-3.
        EXPECT_TRUE((out - x0).isZero(1e-12));
        const double expected = -0.5 * (static_cast<double>(d) * std::log(2 * std::numbers::pi * noise_variance(t)) +
                                        z.row(0).squaredNorm()) -
                                10 * std::numbers::ln2;
        EXPECT_NEAR(s.all.log_density[0], expected, 1e-6);
      }
  const NestedMixture many(Vector::Constant(1000, 2.0), 0.5, 1000, Shape::levels);  // 2^1000 centres
  Summary s;
  many.summarize(0.5, normals(1, 1000, 4), {}, s);
  EXPECT_TRUE(s.all.log_density.allFinite());
}

TEST(NestedMixture, BitsDependOnNeitherThreadsNorBatch) {
  for (const Shape shape : {Shape::levels, Shape::tree}) {
    const NestedMixture model(norms({5, 2, 1}), 0.3, 11, shape, NestedMixture::kCentres);
    const RowMatrix x = normals(6, 11, 4), v = normals(6, 11, 5);
    const auto who = names(6);
    const auto all = [&](Index from, Index rows) {
      Summary s;
      Wanted what;
      what.mean = true;
      model.summarize(0.4, x.middleRows(from, rows), what, s);
      RowMatrix drawn(rows, 11), applied(rows, 11), prior(rows, 11), out(rows, 44 + 1 + 8);
      const auto some = std::span(who).subspan(from, rows);
      model.draw(0.4, x.middleRows(from, rows), Noise(2), {Stream::posterior, some, 1}, drawn);
      model.sample_prior(Noise(2), {Stream::prior, some, 1}, prior, {});
      model.covariance_apply(0.4, x.middleRows(from, rows), v.middleRows(from, rows), applied);
      out << s.mean, drawn, applied, prior, s.all.log_density, s.all.class_log_weight;
      return out;
    };
    const int before = threads();
    set_threads(1);
    const RowMatrix one = all(0, 6);
    set_threads(3);
    EXPECT_TRUE(same_bits(one, all(0, 6)));
    for (Index q = 0; q < 6; ++q) EXPECT_TRUE(same_bits(one.row(q), all(q, 1)));
    set_threads(before);
  }
}

TEST(NestedMixture, RefusesWhatIsNone) {
  const auto refuses = [](const char* part, const auto& act) {
    try {
      act();
      ADD_FAILURE() << "accepted: " << part;
    } catch (const UsageError& e) {
      EXPECT_NE(std::string(e.what()).find("nested mixture: "), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  };
  const auto made = [](const Vector& squares, double variance, Index d, Shape shape, Index level) {
    return [=] { NestedMixture(squares, variance, d, shape, level); };
  };
  refuses("no levels", made(Vector(), 1, 4, Shape::levels, 0));
  refuses("level 1 is 0", made(norms({1, 0}), 1, 4, Shape::levels, 0));
  refuses("level 0 is inf", made(norms({kInfinity, 1}), 1, 4, Shape::levels, 0));
  refuses("variance = -1", made(norms({1, 1}), -1, 4, Shape::levels, 0));
  refuses("variance = nan", made(norms({1, 1}), kNaN, 4, Shape::levels, 0));
  refuses("expected d >= 2", made(norms({1, 1}), 1, 1, Shape::levels, 0));
  refuses("expected d >= 3", made(norms({1, 1}), 1, 2, Shape::tree, 0));
  refuses("class level 2", made(norms({1, 1}), 1, 4, Shape::levels, 2));
  refuses("class level -2", made(norms({1, 1}), 1, 4, Shape::levels, -2));
  refuses("at most 24", made(Vector::Ones(25), 1, 1 << 26, Shape::tree, 0));
  refuses("at most 24", made(Vector::Ones(25), 1, 100, Shape::levels, NestedMixture::kCentres));
  const NestedMixture model(norms({1, 1}), 1, 4, Shape::levels);
  refuses("centre 4", [&] { model.centre(4); });
  Summary s;
  refuses("t = 0", [&] { model.summarize(0, RowMatrix::Zero(1, 4), {}, s); });
  refuses("dimension 3", [&] { model.summarize(1, RowMatrix::Zero(1, 3), {}, s); });
}

}  // namespace
}  // namespace denoiscope
