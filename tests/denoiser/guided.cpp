// Guided denoisers against the score of the two-Gaussian mixture in closed form.
#include "denoiscope/denoiser/guided.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/models/mixture.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

// Asking it is a mistake.
struct Unasked final : Denoiser {
  Index dimension() const override { return 3; }
  void denoise(double, Rows, MutRows) const override { throw InternalError("asked"); }
};

const GaussianMixture kPair = symmetric_mixture(3, 1.7, 0.6);
std::shared_ptr<const Denoiser> conditional() { return kPair.given(0); }
std::shared_ptr<const Denoiser> unconditional() { return std::make_shared<GaussianMixture>(kPair); }

RowMatrix points() {
  RowMatrix x(4, 3);
  x << 0.3, -1.2, 0.7, 2, 0.1, -0.4, -2, -1, -1.5, 0, 0, 0;
  return x;
}

RowMatrix denoised(const Denoiser& model, double t, const RowMatrix& x) {
  RowMatrix mean(x.rows(), x.cols());
  model.denoise(t, x, mean);
  return mean;
}

TEST(Guided, ScaleOneIsTheConditionalToTheBit) {
  const Guided none(conditional(), std::make_shared<Unasked>(), {});
  for (const double t : {0.01, 0.5, 3.0})
    EXPECT_EQ(denoised(none, t, points()), denoised(*conditional(), t, points())) << t;
}

// Along m: s_c - s_u = (c/Gamma) (1 - tanh(c y/Gamma)), c = |m| e^{-t}, y = m.x/|m|.
TEST(Guided, ScoreIsThatOfThePaper) {
  for (const double alpha : {-0.5, 0.0, 0.9})
    for (const double scale : {0.0, 1.5, 6.0})
      for (const double t : {0.05, 0.7, 2.5}) {
        GuidanceSettings settings;
        settings.guidance_scale = scale;
        settings.alpha = alpha;
        const Guided model(conditional(), unconditional(), settings);
        const RowMatrix x = points(), found = score(model, t, x), plain = score(*conditional(), t, x);
        const double gamma = noise_variance(t) + 0.6 * std::exp(-2 * t), c = std::sqrt(3 * 1.7) * std::exp(-t);
        for (Index i = 0; i < x.rows(); ++i) {
          const double y = x.row(i).sum() / std::sqrt(3.0), apart = 2 * c / gamma / (1 + std::exp(2 * c * y / gamma));
          const double push = (scale - 1) * std::pow(apart, 1 + alpha) / std::sqrt(3.0);  // a coordinate
          for (Index k = 0; k < 3; ++k)  // rounding of means of size 1, over Delta_t = 0.1
            EXPECT_NEAR(found(i, k), plain(i, k) + push, 1e-12 * (1 + std::abs(push))) << alpha << " " << t;
        }
      }
}

TEST(Guided, ScaleZeroIsTheUnconditional) {
  GuidanceSettings settings;
  settings.guidance_scale = 0;
  const Guided model(conditional(), unconditional(), settings);
  EXPECT_TRUE(denoised(model, 0.7, points()).isApprox(denoised(*unconditional(), 0.7, points()), 1e-14));
}

TEST(Guided, ActsWithinItsIntervalAndByItsSchedule) {
  GuidanceSettings settings;
  settings.guidance_scale = 3;
  settings.t_low = 0.5;
  settings.t_high = 1.5;
  settings.schedule = [](double t) { return 2 * t; };
  const Guided model(conditional(), unconditional(), settings);
  EXPECT_EQ(model.strength(0.499), 0);
  EXPECT_EQ(model.strength(0.5), 2);
  EXPECT_EQ(model.strength(1), 4);
  EXPECT_EQ(model.strength(1.5), 0);
  for (const double t : {0.3, 1.5, 2.0})
    EXPECT_EQ(denoised(model, t, points()), denoised(*conditional(), t, points())) << t;
  settings = {};
  settings.guidance_scale = 5;
  const Guided same(conditional(), unconditional(), settings);  // what the schedule makes of it at t = 1
  EXPECT_EQ(denoised(model, 1, points()), denoised(same, 1, points()));
  EXPECT_GT((denoised(model, 1, points()) - denoised(*conditional(), 1, points())).norm(), 0.1);
}

// c y / Gamma = 400: 1 - tanh is 1e-347, and means agree to rounding.
TEST(Guided, FarFromTheOtherClassThereIsNothingToGuide) {
  const double norm = 400, t = 1.0, c = norm * std::exp(-t);
  const GaussianMixture far = symmetric_mixture(1, norm * norm, 1);
  const RowMatrix x = RowMatrix::Constant(1, 1, 400 / c);
  for (const double alpha : {-0.95, 0.0, 1.0}) {
    GuidanceSettings settings;
    settings.guidance_scale = 100;
    settings.alpha = alpha;
    const Guided model(far.given(0), std::make_shared<GaussianMixture>(far), settings);
    EXPECT_NEAR(denoised(model, t, x)(0, 0), denoised(*far.given(0), t, x)(0, 0), 1e-10) << alpha;
  }
}

TEST(Guided, ClassesOfDataAndOfMixtures) {
  RowMatrix rows(5, 1);
  rows << 1, 2, -1, -3, 4;
  Dataset data = Dataset::from_rows(rows);
  const long long labels[] = {7, 7, 3, 3, 7}, seven[] = {7};
  data.set_labels(labels, "test");
  GuidanceSettings settings;
  settings.guidance_scale = 2;
  const Guided model(std::make_shared<Empirical>(data.select(data.rows_of_classes(seven))),
                     std::make_shared<Empirical>(data), settings);
  const RowMatrix x = RowMatrix::Constant(1, 1, 0.2);
  double weight[5], conditional = 0, all = 0, mass[2] = {0, 0};
  for (int i = 0; i < 5; ++i) {
    weight[i] = std::exp(-std::pow(0.2 - std::exp(-0.5) * rows(i), 2) / (2 * noise_variance(0.5)));
    mass[0] += weight[i];
    all += weight[i] * rows(i);
    if (labels[i] != 7) continue;
    mass[1] += weight[i];
    conditional += weight[i] * rows(i);
  }
  EXPECT_NEAR(denoised(model, 0.5, x)(0, 0), 2 * conditional / mass[1] - all / mass[0], 1e-13);

  const auto low = std::make_shared<GaussianMixture>(gaussian(Vector::Constant(2, 1), 0.5));
  const Mixture mixture({{low, 1}, {std::make_shared<GaussianMixture>(gaussian(Vector::Zero(2), 2.0)), 3}});
  EXPECT_EQ(mixture.given(0), low);
  EXPECT_THROW(mixture.given(2), UsageError);
}

TEST(Guided, AClassOfAGaussianMixtureIsThePartOfThePosterior) {
  std::vector<GaussianMixture::Component> three(3);
  for (std::size_t i = 0; i < 3; ++i) {
    three[i].mean = Vector::Constant(2, static_cast<double>(i) - 0.7);
    three[i].weight = static_cast<double>(i + 1);
    three[i].variance = 0.3;
    three[i].label = i == 1 ? 1 : 0;
  }
  const GaussianMixture all(three);
  three.erase(three.begin() + 1);
  const GaussianMixture expected(three);
  const RowMatrix x = points().leftCols(2);
  EXPECT_TRUE(denoised(*all.given(0), 0.4, x).isApprox(denoised(expected, 0.4, x), 1e-14));
  EXPECT_EQ(all.given(0)->classes(), 1);
  EXPECT_EQ(all.given(0)->class_weights().size(), 1);
  EXPECT_NEAR(all.given(0)->class_weights()[0], 1, 1e-15);
  EXPECT_THROW(all.given(2), UsageError);
}

TEST(Guided, MistakesAreNamed) {
  const auto complaint = [](std::shared_ptr<const Denoiser> c, std::shared_ptr<const Denoiser> u,
                            const GuidanceSettings& settings) -> std::string {
    try {
      const Guided model(std::move(c), std::move(u), settings);
    } catch (const UsageError& error) {
      return error.what();
    }
    return {};
  };
  const double bad = std::numeric_limits<double>::quiet_NaN();
  GuidanceSettings alpha, scale, interval;
  alpha.alpha = -1;
  scale.guidance_scale = bad;
  interval.t_low = 2;
  interval.t_high = 1;
  EXPECT_NE(complaint(nullptr, unconditional(), {}).find("no conditional denoiser"), std::string::npos);
  EXPECT_NE(complaint(conditional(), nullptr, {}).find("no unconditional denoiser"), std::string::npos);
  EXPECT_NE(complaint(conditional(), std::make_shared<GaussianMixture>(gaussian(Vector::Zero(2), 1.0)), {})
                .find("dimension 3, the unconditional one 2"),
            std::string::npos);
  EXPECT_NE(complaint(conditional(), unconditional(), alpha).find("alpha = -1"), std::string::npos);
  EXPECT_NE(complaint(conditional(), unconditional(), scale).find("guidance scale nan"), std::string::npos);
  EXPECT_NE(complaint(conditional(), unconditional(), interval).find("t_low = 2 to t_high = 1"), std::string::npos);
}

}  // namespace
}  // namespace denoiscope
