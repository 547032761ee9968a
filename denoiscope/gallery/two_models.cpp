// Two models of one law from disjoint data: while data are few each makes its own, and both the same once they are
// many.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/linear_algebra.hpp"
#include "denoiscope/base/noise.hpp"
#include "denoiscope/gallery/experiments.hpp"

namespace denoiscope::gallery {
namespace {

constexpr Index kRepeats = 48, kFewest = 4;  // pairs of models; fewer where data are many and models alike
constexpr double kSpent = 3000;              // pairs times data from which on they are fewer
constexpr Index kSought = 4096;              // training data that a sample is held against

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

// The linear model of arXiv 2310.02557's experiment: cosine between samples of both models from one noise, and between
// a sample and the training datum most like it.
Observed run_two_models(const Settings& entry, Scale scale) {
  const auto m = static_cast<Index>(at_scale(entry, "starts", scale));
  const auto d = static_cast<Index>(at_scale(entry, "samples", scale));
  if (m < 1 || d < 1) throw UsageError("gallery: {} samples in {} dimensions; expected at least 1.", m, d);
  const Noise all(static_cast<std::uint64_t>(entry.integer("seed")));
  Curve between{"between the models", true}, nearest{"sample and nearest training datum", true};
  Observed out;
  for (const double size : entry.numbers("values")) {
    const auto n = static_cast<Index>(size);
    const Index repeats = std::clamp<Index>(static_cast<Index>(kSpent / size), kFewest, kRepeats);
    std::vector<double> cosines, likeness;
    for (Index r = 0; r < repeats; ++r) {
      const Noise noise = all.derived(static_cast<std::uint64_t>(r));
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
    out.quantities.push_back({fmt::format("cosine n={:g}", size), agree});
    out.quantities.push_back({fmt::format("nearest n={:g}", size), copy});
    between.rows.push_back({size, agree.value, agree.standard_error});
    nearest.rows.push_back({size, copy.value, copy.standard_error});
  }
  out.curves = {between, nearest};
  return out;
}

}  // namespace denoiscope::gallery
