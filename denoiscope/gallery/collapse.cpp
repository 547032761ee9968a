// Collapse against dimension, at finite n, and as the last change of the nearest datum.
#include "denoiscope/theory/collapse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/duplicates.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/experiments/analyze/grid.hpp"
#include "denoiscope/experiments/collapse/collapse_parts.hpp"
#include "denoiscope/gallery/experiments.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/observables/curve.hpp"
#include "denoiscope/observables/last_switch.hpp"
#include "denoiscope/observables/queries.hpp"
#include "denoiscope/observables/spectrum.hpp"
#include "denoiscope/study/synth.hpp"

namespace denoiscope::gallery {
namespace {

constexpr double kHalfWeight = 0.5;
// The crossing lies above t_C because the weight of the others is averaged before its logarithm is taken: by 0.16 t_C
// where the noise leaves 0.85 of the directions standing (d = 8, n = 2000), and in proportion.
constexpr double kAnnealed = 0.25;

Dataset normals(double d, double n, std::uint64_t seed) {
  return synthesize(make_model("gaussian", std::vector<std::string>{fmt::format("d={:g}", d)}), static_cast<Index>(n),
                    seed);
}

struct Averages {
  Estimate entropy, participation;  // d f^e and phi_C
};

// Over `starts` noisy versions of random data, the same at every t.
Averages averages(const Dataset& data, const Empirical& model, Index starts, double t, const Noise& noise) {
  const observables::Queries queries =
      observables::choose_queries(data, observables::nested_shells(data.rows(), noise), starts);
  Wanted what;
  what.entropy = true;
  Summary s;
  model.summarize(t, observables::noisy(data, queries, t, noise), what, s);
  return {scaled(s.all.entropy, 1), scaled(s.all.participation, 1)};
}

// Where phi_C falls through 1/2: there the own datum and all others together weigh the same in the middle.
observables::Crossing half_time(const Dataset& data, double low, double high, Index starts, const Noise& noise) {
  const Empirical model(data, {}, 1);
  const std::vector<double> times = experiments::log_times(low, high, 12);
  std::vector<Estimate> phi;
  phi.reserve(times.size());
  for (const double t : times) phi.push_back(averages(data, model, starts, t, noise).participation);
  return observables::last_fall_through(times, phi, kHalfWeight);
}

Quantity quantity_of(const std::string& name, const observables::Crossing& crossing, double unit) {
  if (!crossing.t) throw UsageError("gallery: {}: phi_C is {}.", name, crossing.reason);
  return {name, {*crossing.t / unit, crossing.standard_error / unit, 1}};
}

// Real data: nested subsets, and the Gaussian of the same spectrum.
void add_data(const Settings& entry, Index starts, double largest, Observed& out) {
  Settings settings(analyze_settings());
  settings.set("data", entry.text("data"), "gallery");
  settings.set("scale", "standardize", "gallery");
  Dataset data = load(settings).data;
  const Noise noise(static_cast<std::uint64_t>(entry.integer("seed")));
  std::vector<Index> order = noise.permutation(data.rows(), Order::subsets);
  Curve measured{entry.text("data") + ", subsets", true}, gaussian{"Gaussian of the same spectrum"};
  for (const double part : {1.0, 4.0, 16.0}) {
    const double n = largest / part;
    order.resize(static_cast<std::size_t>(std::min<double>(n, static_cast<double>(data.rows()))));
    const Dataset some = data.select(order);
    const double rows = static_cast<double>(some.rows()), d = static_cast<double>(some.dimension());
    const observables::Crossing half = half_time(some, 0.1, 4, starts, noise);
    const Quantity found = quantity_of(fmt::format("{} n={:g}", entry.text("data"), rows), half, 1);
    measured.rows.push_back({std::log(rows) / d, found.measured.value, found.measured.standard_error});
    const auto spectrum = observables::covariances(some).spectrum.all(some.dimension(), some.rows());
    gaussian.rows.push_back({std::log(rows) / d, theory::collapse_time(rows, spectrum).value_or(kNaN), 0});
    out.quantities.push_back(found);
  }
  out.curves.push_back(measured);
  out.curves.push_back(gaussian);
}

// Entropy and participation over several data sets, with the errors of the sets' means.
std::vector<Averages> over_sets(double n, double d, Index sets, Index starts, const std::vector<double>& times,
                                std::uint64_t seed) {
  std::vector<std::vector<double>> entropy(times.size()), participation(times.size());
  for (Index set = 0; set < sets; ++set) {
    const Noise noise = Noise(seed).derived(static_cast<std::uint64_t>(set));
    const Dataset data = normals(d, n, noise.seed());
    const Empirical model(data, {}, 1);
    for (std::size_t k = 0; k < times.size(); ++k) {
      const Averages found = averages(data, model, starts, times[k], noise);
      entropy[k].push_back(found.entropy.value);
      participation[k].push_back(found.participation.value);
    }
  }
  std::vector<Averages> out;
  for (std::size_t k = 0; k < times.size(); ++k) out.push_back({mean_of(entropy[k]), mean_of(participation[k])});
  return out;
}

}  // namespace

// t_C of standard normals against log n / d, and of real data.
Observed run_collapse_dimension(const Settings& entry, Scale scale) {
  const auto starts = static_cast<Index>(at_scale(entry, "starts", scale));
  const double largest = at_scale(entry, "samples", scale);
  const auto seed = static_cast<std::uint64_t>(entry.integer("seed"));
  Observed out;
  Curve line{"1/2 log(1 + 1/(n^{2/d} - 1))"};
  for (const double n : {largest / 8, largest}) {
    Curve measured{fmt::format("normal data, n = {:g}", n), true};
    for (const double d : entry.numbers("values")) {
      const double t_c = *theory::collapse_time(n, d, 1);
      const auto half = half_time(normals(d, n, seed), 0.4 * t_c, 2.5 * t_c, starts, Noise(seed));
      Quantity quantity = quantity_of(fmt::format("t/t_C d={:g} n={:g}", d, n), half, t_c);
      quantity.exact = 1;
      quantity.allowed = kAnnealed * theory::competition(n, d, 1, t_c).variance / d;
      measured.rows.push_back({std::log(n) / d, t_c * quantity.measured.value, t_c * quantity.measured.standard_error});
      out.quantities.push_back(quantity);
    }
    out.curves.push_back(measured);
  }
  for (const double alpha : experiments::log_times(0.005, 1, 80))
    line.rows.push_back({alpha, -0.5 * std::log(-std::expm1(-2 * alpha)), 0});
  out.curves.push_back(line);
  add_data(entry, starts, largest, out);
  return out;
}

// d f^e and phi_C of n normal data in d dimensions beside the finite-size forms.
Observed run_collapse_finite(const Settings& entry, Scale scale) {
  const std::vector<double> sizes = entry.numbers("values"), ratios = entry.numbers("times");
  if (sizes.size() != 2) throw UsageError("gallery: values = {}; expected n and d.", entry.text("values"));
  const double n = sizes[0], d = sizes[1], t_c = *theory::collapse_time(n, d, 1), log_n = std::log(n);
  std::vector<double> times;
  times.reserve(ratios.size());
  for (const double ratio : ratios) times.push_back(ratio * t_c);
  const auto found = over_sets(n, d, static_cast<Index>(at_scale(entry, "samples", scale)),
                               static_cast<Index>(at_scale(entry, "starts", scale)), times,
                               static_cast<std::uint64_t>(entry.integer("seed")));
  Observed out;
  Curve entropy{"f / alpha, measured", true}, phi{"phi_C, measured", true}, upper{"upper bound of f / alpha"},
      lower{"lower bound of phi_C"};
  for (std::size_t k = 0; k < times.size(); ++k) {
    out.quantities.push_back({fmt::format("entropy t/t_C={:g}", ratios[k]), found[k].entropy});
    out.quantities.push_back({fmt::format("phi_C t/t_C={:g}", ratios[k]), found[k].participation});
    entropy.rows.push_back({ratios[k], found[k].entropy.value / log_n, found[k].entropy.standard_error / log_n});
    phi.rows.push_back({ratios[k], found[k].participation.value, found[k].participation.standard_error});
  }
  for (const double ratio : spaced(0.4, ratios.back(), 80)) {
    const theory::Competition odds = theory::competition(n, d, 1, ratio * t_c);
    upper.rows.push_back({ratio, theory::softplus_entropy(odds) / log_n, 0});
    lower.rows.push_back({ratio, theory::participation(odds), 0});
  }
  out.curves = {entropy, phi, upper, lower};
  return out;
}

// The last change of the nearest datum along exact backward trajectories.
Observed run_last_switch(const Settings& entry, Scale scale) {
  constexpr Index kOfSet = 100;  // trajectories of one data set
  const std::vector<double> sizes = entry.numbers("values");
  if (sizes.size() != 2) throw UsageError("gallery: values = {}; expected n and d.", entry.text("values"));
  const std::vector<double> times = entry.numbers("times");
  const auto sets = static_cast<Index>(at_scale(entry, "starts", scale)) / kOfSet;
  std::vector<double> all, means;
  for (Index set = 0; set < sets; ++set) {
    const Noise noise =
        Noise(static_cast<std::uint64_t>(entry.integer("seed"))).derived(static_cast<std::uint64_t>(set));
    const Dataset data = normals(sizes[1], sizes[0], noise.seed());
    const Empirical model(data, {}, 1);
    const auto found = observables::last_switches(data, model, data::first_equal(data), times, numbered(kOfSet), noise);
    all.insert(all.end(), found.t.begin(), found.t.end());
    means.push_back(mean_of(found.t).value);
  }
  Observed out;
  out.quantities = {{"mean last switch", mean_of(means)}};
  Curve shares{"trajectories", true}, joined{"guide to the eye"}, t_c{"t_C of the entropy"};
  const auto many = static_cast<double>(all.size());
  double top = 0;
  for (const double t : times) {
    const auto count = static_cast<double>(std::count(all.begin(), all.end(), t));
    top = std::max(top, count / many);
    shares.rows.push_back({t, count / many, std::sqrt(count) / many});
    joined.rows.push_back({t, count / many, 0});
  }
  const double critical = *theory::collapse_time(sizes[0], sizes[1], 1);
  t_c.rows = {{critical, 0, 0}, {critical, top, 0}};
  out.curves = {shares, joined, t_c};
  return out;
}

}  // namespace denoiscope::gallery
