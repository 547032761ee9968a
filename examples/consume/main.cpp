// Two Gaussian classes: the probability that two clones of a noisy point end in the same class, from the exact
// posterior of 4000 samples and from theory. Exits 1 where they disagree.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/speciation.hpp"

using namespace denoiscope;

RowMatrix normals(Index rows, Index d, Stream stream) {
  RowMatrix out(rows, d);
  for (Index i = 0; i < rows; ++i)
    Noise(0).normal(stream, static_cast<std::uint64_t>(i), 0, {out.row(i).data(), static_cast<std::size_t>(d)});
  return out;
}

int main() {
  const Index n = 4000, d = 16, m = 400;
  RowMatrix points = normals(n, d, Stream::prior);
  std::vector<long long> labels;
  for (Index i = 0; i < n; ++i) {
    labels.push_back(i % 2);
    points.row(i).array() += i % 2 == 0 ? 1 : -1;  // the class means
  }
  Dataset data = Dataset::from_rows(points, "two Gaussians");
  data.set_labels(labels, "example");
  const Empirical model(data);

  fmt::print("{:>5} {:>9} {:>9}\n", "t", "posterior", "theory");
  const RowMatrix noise = normals(m, d, Stream::query);
  double worst = 0;
  for (const double t : {0.5, 1.0, 1.5, 2.0, 3.0}) {
    const RowMatrix x = std::exp(-t) * points.topRows(m) + std::sqrt(noise_variance(t)) * noise;
    Summary posterior;
    model.summarize(t, x, {}, posterior);
    const double phi = (2 * posterior.all.class_log_weight).array().exp().rowwise().sum().mean();  // E sum_c p(c|x)^2
    const double theory = theory::mixture_phi(d, 1, 1, t);
    fmt::print("{:5.2f} {:9.4f} {:9.4f}\n", t, phi, theory);
    worst = std::max(worst, std::abs(phi - theory));
  }
  return worst < 0.03 ? 0 : 1;  // p(c|x)^2 summed lies in [1/2, 1]: 400 points leave an error below 0.01
}
