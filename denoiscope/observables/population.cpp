#include "denoiscope/observables/population.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "denoiscope/process/clock.hpp"

namespace denoiscope::observables {
namespace {

constexpr Index kBlockNumbers = Index{1} << 22;  // of one matrix at a time, 32 MiB

// One entry a point.
struct Samples {
  std::vector<double> log_density, half_norm, variance, entropy;
  std::vector<int> truth;
  RowMatrix class_log_weight;
  double largest_bound = 0;
};

// Points first .. first + count - 1.
void ask(const Population& population, double t, Index first, Index count, Samples& out) {
  const Posterior& model = population.model;
  const Index d = model.dimension();
  std::vector<std::uint64_t> names(count);
  std::iota(names.begin(), names.end(), static_cast<std::uint64_t>(first));
  RowMatrix x0(count, d), z(count, d);
  const auto label = model.classes() > 1 ? std::span(out.truth).subspan(first, count) : std::span<int>{};
  model.sample_prior(population.noise, {Stream::prior, names, 0}, x0, label);
  population.noise.normal({Stream::query, names, 0}, z);
  const RowMatrix x = std::exp(-t) * x0 + std::sqrt(noise_variance(t)) * z;
  Summary summary;
  Wanted what;
  what.mean = what.entropy = true;
  model.summarize(t, x, what, summary);
  for (Index q = 0; q < count; ++q) {
    out.log_density.push_back(summary.all.log_density[q]);
    out.half_norm.push_back(0.5 * (z.row(q).squaredNorm() - static_cast<double>(d)));
    out.variance.push_back((x0.row(q) - summary.mean.row(q)).squaredNorm() / static_cast<double>(d));
    if (summary.all.entropy.size() > 0) out.entropy.push_back(summary.all.entropy[q]);
  }
  if (model.classes() > 1) out.class_log_weight.middleRows(first, count) = summary.all.class_log_weight;
  out.largest_bound = std::max(out.largest_bound, summary.bound.maxCoeff());
}

void measure_classes(const Population& population, const Samples& samples, PopulationSlice& slice) {
  const Index k = population.model.classes();
  const ClassSamples each = class_samples(samples.class_log_weight, samples.truth);
  slice.has_classes = true;
  slice.classes.phi = share_of(each.phi);
  slice.classes.class_entropy = mean_of(each.entropy);
  slice.classes.accuracy = share_of(each.right);
  slice.class_queries.assign(k, 0);
  for (int c : samples.truth) ++slice.class_queries[c];
  if (k > kMaxOddsClasses) return;
  const Vector weights = population.model.class_weights();
  const std::vector<double> shares(weights.begin(), weights.end());
  measure_pairs(samples.class_log_weight, samples.truth, {shares, shares}, slice.classes);
}

}  // namespace

PopulationSlice measure(const Population& population, double t) {
  const Index m = population.queries, d = population.model.dimension(), k = population.model.classes();
  Samples samples;
  if (k > 1) {
    samples.truth.resize(m);
    samples.class_log_weight.resize(m, k);
  }
  const Index block = std::clamp<Index>(kBlockNumbers / d, 1, m);
  for (Index first = 0; first < m; first += block) ask(population, t, first, std::min(block, m - first), samples);
  // log p(x|x_0) = -d/2 log(2 pi e Delta) - (|z|^2 - d)/2
  const double level = 0.5 * static_cast<double>(d) * (std::log(2 * std::numbers::pi * noise_variance(t)) + 1);
  std::vector<double> information;
  for (std::size_t q = 0; q < samples.log_density.size(); ++q)
    information.push_back(-level - samples.half_norm[q] - samples.log_density[q]);
  PopulationSlice slice;
  slice.t = t;
  slice.information = mean_with_control(information, samples.half_norm);
  slice.posterior_variance = mean_of(samples.variance);
  slice.largest_bound = samples.largest_bound;
  slice.discrete = !samples.entropy.empty();
  if (slice.discrete) {
    slice.posterior_entropy = mean_of(samples.entropy);
    for (std::size_t q = 0; q < information.size(); ++q) information[q] += samples.entropy[q];
    slice.source_entropy = mean_with_control(information, samples.half_norm);
  }
  if (k > 1) measure_classes(population, samples, slice);
  return slice;
}

}  // namespace denoiscope::observables
