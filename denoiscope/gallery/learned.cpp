// What linear scores learned from few data generate: the law they learned, and whether two of them agree.
#include <fmt/format.h>

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/linear_algebra.hpp"
#include "denoiscope/gallery/functions.hpp"
#include "denoiscope/theory/learned_gaussian.hpp"

namespace denoiscope::gallery {
namespace {

constexpr int kSets = 64;                    // of data, from whose scatter errors are: as many as make it normal
constexpr Index kRepeats = 48, kFewest = 4;  // pairs of models; fewer where data are many and models alike
constexpr double kSpent = 3000;              // pairs times data from which on they are fewer
constexpr Index kSought = 4096;              // training data that a sample is held against

// Divergences of N(0, Chat) from N(0, I) and back, nats a dimension, Chat of n data of known mean 0.
theory::LearnedGaussian divergences(const RowMatrix& x) {
  const Eigen::MatrixXd chat = x.transpose() * x / static_cast<double>(x.rows());
  const Eigen::ArrayXd l = symmetric_eigenvalues(chat);
  return {0.5 * (l - 1 - l.log()).mean(), 0.5 * (l.inverse() - 1 + l.log()).mean()};
}

// Their means at finite n and d, from those of a Wishart matrix's trace, determinant and inverse; n > d + 1.
theory::LearnedGaussian mean_divergences(double n, double d) {
  double log_determinant = d * std::log(2 / n);
  for (int i = 0; i < d; ++i) log_determinant += boost::math::digamma(0.5 * (n - i));
  return {-0.5 * log_determinant / d, 0.5 * (n / (n - d - 1) - 1 + log_determinant / d)};
}

// n data of N(0, diag(1/k)), k = 1 ... d.
RowMatrix power_law_data(Index n, Index d, const Noise& noise) {
  RowMatrix x(n, d);
  noise.normal({Stream::prior, numbered(n), 0}, x);
  for (Index k = 0; k < d; ++k) x.col(k) /= std::sqrt(static_cast<double>(k + 1));
  return x;
}

// C^{1/2} z of the covariance that the data have: what the linear score learned from them makes of the noise z, (m, d).
RowMatrix generated(const RowMatrix& data, const RowMatrix& z) {
  const Eigen::MatrixXd covariance = data.transpose() * data / static_cast<double>(data.rows());
  const Eigenpairs eigen = symmetric_eigen(covariance);
  RowMatrix out = z * eigen.vectors;
  for (Index k = 0; k < out.cols(); ++k) out.col(k) *= std::sqrt(std::max(0.0, eigen.values[k]));
  out *= eigen.vectors.transpose();
  return out;
}

}  // namespace

// What the covariance of n data generates, and its divergence from the truth both ways, against gamma = d/n.
void learned_gaussian(const Entry& entry, Observed& out) {
  const double d = entry.number("samples");
  const Model model = make_model("gaussian", std::vector<std::string>{fmt::format("d={:g}", d)});
  for (const double gamma : entry.values()) {
    const double n = std::round(d / gamma);
    std::vector<double> forth, back;
    for (int set = 0; set < kSets; ++set) {
      const theory::LearnedGaussian kl =
          divergences(points_of(model, static_cast<Index>(n), entry.seed() * kSets + static_cast<std::uint64_t>(set)));
      forth.push_back(kl.learned_from_true);
      back.push_back(kl.true_from_learned);
    }
    const theory::LearnedGaussian mean = mean_divergences(n, d);
    const auto add = [&](const char* name, const std::vector<double>& values, double exact) {
      const Estimate kl = mean_of(values);
      out.number(fmt::format("{} gamma={:g}", name, gamma), kl, exact);
      out.point(fmt::format("{}, d = {:g}", name, d), gamma, kl);
    };
    add("KL(learned || true)", forth, mean.learned_from_true);
    add("KL(true || learned)", back, mean.true_from_learned);
  }
}

// The linear model of arXiv 2310.02557's experiment: cosine between samples of both models from one noise, and between
// a sample and the training datum most like it.
void two_models(const Entry& entry, Observed& out) {
  const Index m = entry.many("starts"), d = entry.many("samples");
  if (m < 1 || d < 1) throw UsageError("gallery: {} samples in {} dimensions; expected at least 1.", m, d);
  for (const double size : entry.values()) {
    const auto n = static_cast<Index>(size);
    const Index repeats = std::clamp<Index>(static_cast<Index>(kSpent / size), kFewest, kRepeats);
    std::vector<double> cosines, likeness;
    for (Index r = 0; r < repeats; ++r) {
      const Noise noise = entry.noise().derived(static_cast<std::uint64_t>(r));
      RowMatrix z(m, d);
      noise.normal({Stream::query, numbered(m), 0}, z);
      RowMatrix data = power_law_data(n, d, noise.derived(1));
      const RowMatrix a = generated(data, z).rowwise().normalized();
      const RowMatrix b = generated(power_law_data(n, d, noise.derived(2)), z).rowwise().normalized();
      data = data.topRows(std::min(n, kSought)).rowwise().normalized().eval();
      cosines.push_back(a.cwiseProduct(b).rowwise().sum().mean());
      likeness.push_back((a * data.transpose()).cwiseAbs().rowwise().maxCoeff().mean());
    }
    const Estimate agree = mean_of(cosines), copy = mean_of(likeness);
    out.number(fmt::format("cosine n={:g}", size), agree);
    out.number(fmt::format("nearest n={:g}", size), copy);
    out.point("between the models", size, agree);
    out.point("sample and nearest training datum", size, copy);
  }
}

}  // namespace denoiscope::gallery
