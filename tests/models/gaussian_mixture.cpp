// Gaussians and mixtures of every kind of covariance: dense formulas, samples, draws, and classes around orthogonal
// centres.
#include "denoiscope/models/gaussian_mixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/linear_algebra.hpp"
#include "denoiscope/theory/channel.hpp"
#include "tests/models/gaussian_checks.hpp"

namespace denoiscope {
namespace {

using namespace checks;

Eigen::MatrixXd orthonormal(Index d, Index r, std::uint32_t which) { return orthonormal_frame(normals(d, r, which)); }

// One component of each kind, and the matrix that it stands for.
struct Kinds {
  std::vector<GaussianMixture::Component> components;
  std::vector<Eigen::MatrixXd> matrices;
};

Kinds every_kind(Index d, std::uint32_t which) {
  Kinds out;
  const auto add = [&](auto&& describe) {
    GaussianMixture::Component c;
    c.weight = 0.5 + std::abs(normals(1, 1, which++)(0, 0));
    c.mean = normals(1, d, which++).row(0);
    out.matrices.push_back(describe(c));
    out.components.push_back(std::move(c));
  };
  add([&](auto& c) -> Eigen::MatrixXd {
    c.variance = 0.7;
    return 0.7 * Eigen::MatrixXd::Identity(d, d);
  });
  add([&](auto& c) -> Eigen::MatrixXd {
    c.spectrum = normals(1, d, which++).row(0).cwiseAbs2();
    c.spectrum[0] = 0;
    return c.spectrum.asDiagonal();
  });
  add([&](auto& c) -> Eigen::MatrixXd {
    const Index r = (d + 1) / 2;
    c.spectrum = normals(1, r, which++).row(0).cwiseAbs2();
    c.axes = orthonormal(d, r, which++);
    return c.axes * c.spectrum.asDiagonal() * c.axes.transpose();
  });
  add([&](auto& c) -> Eigen::MatrixXd {
    const RowMatrix factor = normals(d, d, which++);
    c.covariance = factor * factor.transpose();
    return c.covariance;
  });
  return out;
}

TEST(GaussianMixture, AgreesWithDenseMatrices) {
  const std::vector<double> times = {1e-4, 1e-2, 0.3, 1.0, 8.0};
  std::uint32_t which = 1000;
  for (Index d : {1, 2, 5})
    for (double t : times)
      for (int repeat = 0; repeat < 3; ++repeat, which += 50) {
        const Kinds kinds = every_kind(d, which);
        const std::string where = fmt::format("d={} t={} repeat={}", d, t, repeat);
        // Queries where the model puts them: at t = 1e-4 a point elsewhere has a log density of -1e4, of which the
        // dense route keeps 1e-12 and the class weights 1e-8.
        std::vector<Dense> parts;
        std::vector<double> weights;
        double total = 0;
        for (const auto& c : kinds.components) total += c.weight;
        for (std::size_t c = 0; c < kinds.components.size(); ++c) {
          parts.emplace_back(t, kinds.components[c].mean, kinds.matrices[c]);
          weights.push_back(kinds.components[c].weight / total);
          GaussianMixture::Component alone = kinds.components[c];
          expect_dense(GaussianMixture({alone}), t, normals(2, d, which + 40), normals(2, d, which + 41), {1.0},
                       {parts.back()}, where + fmt::format(" component {}", c));
        }
        const GaussianMixture model(kinds.components);
        RowMatrix x(4, d), clean(4, d);
        const auto who = names(4);
        model.sample_prior(Noise(which), {Stream::prior, who, 0}, clean, {});
        x = std::exp(-t) * clean + std::sqrt(noise_variance(t)) * normals(4, d, which + 42);
        expect_dense(model, t, x, normals(4, d, which + 43), weights, parts, where);
      }
}

TEST(GaussianMixture, DrawsHaveThePosteriorMoments) {  // see posterior_alarm for null and rate
  const Kinds kinds = every_kind(3, 7);
  const GaussianMixture model(kinds.components);
  const RowMatrix x = normals(1, 3, 9);
  for (double t : {0.05, 0.5, 2.0}) EXPECT_LT(posterior_alarm(model, t, x, t), kAlarm) << t;
  EXPECT_GT(posterior_alarm(model, 0.5, x, 0.4), kAlarm);
}

// Null: clean points have the mean and the covariance of the mixture. Broken: of the mixture without its last part.
TEST(GaussianMixture, PriorHasTheMomentsOfTheMixture) {
  const Kinds kinds = every_kind(3, 70);
  RowMatrix draws(20000, 3);
  const auto who = names(20000);
  GaussianMixture(kinds.components).sample_prior(Noise(5), {Stream::prior, who, 0}, draws, {});
  const RowMatrix directions = normals(3, 3, 4);
  const auto alarm_of_first = [&](std::size_t parts) {
    double total = 0;
    Vector mean = Vector::Zero(3);
    Eigen::Matrix3d second = Eigen::Matrix3d::Zero();
    for (std::size_t c = 0; c < parts; ++c) {
      const GaussianMixture::Component& part = kinds.components[c];
      total += part.weight;
      mean += part.weight * part.mean;
      second += part.weight * (kinds.matrices[c] + part.mean * part.mean.transpose());
    }
    mean /= total;
    const Eigen::Matrix3d covariance = second / total - mean * mean.transpose();
    return alarm(draws, mean, directions, (directions * covariance).cwiseProduct(directions).rowwise().sum());
  };
  EXPECT_LT(alarm_of_first(4), kAlarm);
  EXPECT_GT(alarm_of_first(3), kAlarm);
}

TEST(GaussianMixture, DoesNotDependOnBatchOrThreads) {
  for (Index d : {3, 13}) expect_independent_of_batch_and_threads(GaussianMixture(every_kind(d, 1).components), 0.3);
}

TEST(Gaussian, FromASpectrumWithoutAMatrix) {
  const Index d = 100000;  // a (d, d) matrix would take 80 GB
  const Vector spectrum = Vector::LinSpaced(d, 1, 3);
  const Eigen::MatrixXd axes = orthonormal(d, 3, 2);
  const auto who = names(2);
  for (const GaussianMixture& model :
       {gaussian_from_spectrum(spectrum), gaussian_from_spectrum(Vector(Eigen::Vector3d(4, 1, 0)), axes)})
    for (double t : {1e-6, 1.0, 8.0}) {
      RowMatrix clean(2, d), draw(2, d), applied(2, d);
      model.sample_prior(Noise(1), {Stream::prior, who, 0}, clean, {});
      const RowMatrix x = std::exp(-t) * clean + std::sqrt(noise_variance(t)) * normals(2, d, 3);
      Summary out;
      Wanted what;
      what.mean = true;
      model.summarize(t, x, what, out);
      model.draw(t, x, Noise(2), {Stream::posterior, who, 0}, draw);
      model.covariance_apply(t, x, clean, applied);
      EXPECT_TRUE(out.all.log_density.allFinite() && out.mean.allFinite() && draw.allFinite() && applied.allFinite());
      if (t < 1e-3) {
        EXPECT_LT((draw - clean).squaredNorm(), 10 * noise_variance(t) * static_cast<double>(d));
      }
    }
  EXPECT_EQ(complaint([] { gaussian_from_spectrum(Vector(Eigen::Vector2d(1, -2))); }),
            "gaussian mixture: the covariance of component 0 has eigenvalue -2; expected none below 0.");
  EXPECT_EQ(complaint([] { gaussian_from_spectrum(Vector()); }), "gaussian: no eigenvalues; expected one or more.");
  EXPECT_EQ(complaint([] { gaussian_from_spectrum(Vector::Ones(2), Eigen::MatrixXd::Ones(3, 2)); }),
            "gaussian mixture: the axes of component 0 are not orthonormal.");
  EXPECT_EQ(complaint([] { gaussian_from_spectrum(Vector::Ones(1), Eigen::MatrixXd::Identity(3, 2)); }),
            "gaussian mixture: component 0 has axes of shape (3, 2); expected (3, 1), at most 3 columns.");
}

TEST(Gaussian, FromSamplesHasTheirMeanAndCovariance) {
  for (const auto& [n, d] : {std::pair<Index, Index>{40, 6}, {6, 6}, {3, 6}, {2, 6}, {1, 6}}) {
    const RowMatrix data = normals(n, d, 21);
    const GaussianMixture model = gaussian_from_samples(data);
    const Vector mean = data.colwise().mean();
    const RowMatrix centred = data.rowwise() - mean.transpose();
    const Eigen::MatrixXd covariance = centred.transpose() * centred / static_cast<double>(n);
    for (double t : {1e-4, 0.2, 3.0})
      expect_dense(model, t, normals(3, d, 22), normals(3, d, 23), {1.0}, {Dense(t, mean, covariance)},
                   fmt::format("n={} t={}", n, t));
  }
  // Of low rank without a (d, d) matrix.
  const GaussianMixture wide = gaussian_from_samples(normals(5, 50000, 24));
  RowMatrix mean(1, 50000);
  wide.denoise(0.1, normals(1, 50000, 25), mean);
  EXPECT_TRUE(mean.allFinite());
  RowMatrix bad = normals(4, 2, 1);
  bad(2, 1) = kNaN;
  EXPECT_EQ(complaint<DataError>([&] { gaussian_from_samples(bad); }),
            "gaussian from samples: row 2 has a number that is not finite.");
  EXPECT_EQ(complaint<DataError>([] { gaussian_from_samples(RowMatrix(0, 3)); }),
            "gaussian from samples: 0 rows of 3 numbers; expected one or more.");
}

// E sum_c p(c|x)^2 of noisy points at t = 0.4 where R e^{-t} / sqrt(Gamma) = kappa.
Estimate same_class(Index classes, double kappa, double variance, Index n, double stretch = 1) {
  const double t = 0.4, gamma = noise_variance(t) + std::exp(-2 * t) * variance;
  const double norm2 = kappa * kappa * gamma * std::exp(2 * t) * stretch;
  const GaussianMixture model = orthogonal_mixture(classes, classes + 1, norm2, variance);
  RowMatrix clean(n, classes + 1);
  const auto who = names(n);
  model.sample_prior(Noise(9), {Stream::prior, who, 0}, clean, {});
  Summary out;
  model.summarize(t, std::exp(-t) * clean + std::sqrt(noise_variance(t)) * normals(n, classes + 1, 8), {}, out);
  const Vector together = (2 * out.all.class_log_weight.array()).exp().rowwise().sum();
  return mean_of({together.data(), static_cast<std::size_t>(n)});
}

// Null: the mean over 40,000 points is the table's Monte Carlo number, whose standard error is 0.0007 and whose
// rounding is 0.0005; beyond 4.9 joint standard errors with probability 1e-6 each. Broken: centres 10 % farther out in
// squared norm.
TEST(OrthogonalMixture, SameClassProbabilities) {
  struct Row {
    Index classes;
    double kappa, phi;
  };
  for (const Row& row :
       {Row{3, 1, 0.519}, Row{3, 2, 0.807}, Row{3, 3, 0.953}, Row{10, 1, 0.210}, Row{10, 2, 0.554}, Row{10, 3, 0.857}})
    for (double variance : {0.0, 0.6}) {
      const Estimate seen = same_class(row.classes, row.kappa, variance, 40000);
      const double tolerance = 4.9 * std::hypot(seen.standard_error, 0.0007) + 0.0005;
      EXPECT_NEAR(seen.value, row.phi, tolerance) << row.classes << " classes, kappa = " << row.kappa;
      const Estimate wrong = same_class(row.classes, row.kappa, variance, 40000, 1.1);
      EXPECT_GT(std::abs(wrong.value - row.phi), tolerance) << row.classes << " classes, kappa = " << row.kappa;
    }
  for (double kappa : {0.5, 1.0, 2.0, 3.0}) {  // two classes: half their distance is kappa / sqrt 2
    const Estimate seen = same_class(2, kappa, 0.3, 40000);
    EXPECT_NEAR(seen.value, theory::same_class(kappa / std::sqrt(2.0)), 4.9 * seen.standard_error) << kappa;
    EXPECT_GT(std::abs(seen.value - theory::same_class(kappa)), 4.9 * seen.standard_error) << kappa;
  }
}

TEST(OrthogonalMixture, LabelsAreTheClassesOfThePoints) {  // without variance a point is its centre
  RowMatrix points(50, 4);
  const auto who = names(50);
  std::vector<int> labels(50, -1);
  orthogonal_mixture(3, 4, 9, 0).sample_prior(Noise(1), {Stream::prior, who, 0}, points, labels);
  for (Index i = 0; i < 50; ++i) EXPECT_EQ(points(i, labels[i]), 3);
  EXPECT_EQ(*std::max_element(labels.begin(), labels.end()), 2);
}

TEST(OrthogonalMixture, RefusesTooManyCentres) {
  EXPECT_EQ(complaint([] { orthogonal_mixture(4, 3, 1, 1); }),
            "orthogonal mixture: 4 classes; expected 1 to d = 3 orthogonal centres.");
  EXPECT_EQ(complaint([] { orthogonal_mixture(2, 3, -1, 1); }),
            "orthogonal mixture: squared norm -1 of the centres; expected >= 0.");
  EXPECT_THROW(orthogonal_mixture(2, 3, 1, -1), UsageError);
}

}  // namespace
}  // namespace denoiscope
