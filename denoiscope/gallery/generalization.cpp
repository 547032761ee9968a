// Experiments of the gallery on generalisation and memorization of Gaussian data.
#include "denoiscope/observables/generalization.hpp"

#include <fmt/format.h>

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/gallery/experiments.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/study/subject.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "denoiscope/theory/generalization.hpp"

namespace denoiscope::gallery {
namespace {

constexpr int kSets = 4;  // of data, from whose scatter errors are

double t_of(double tau) { return 0.5 * std::log1p(tau); }

// A data set of Gaussian data, held-out points, and what they are asked by.
struct Sample {
  Noise noise;
  Dataset data, fresh;
  Empirical empirical;
  observables::Pairs pairs;
  Sample(const Model& model, Index n, Index points, std::uint64_t seed)
      : noise(seed),
        data(synthesize(model, n, 2 * seed)),
        fresh(synthesize(model, points, 2 * seed + 1)),
        empirical(data, {}, 1),
        pairs(observables::choose_pairs(data, fresh, points, noise)) {}

  double best_variance(double guess) const {
    std::vector<observables::LikelihoodSlice> slices;
    for (int k = 0; k < 10; ++k) {
      const double factor = 0.5 * std::pow(1.2, k);  // to 2.58
      slices.push_back(observables::measure_likelihood({empirical, data, fresh, pairs, noise}, t_of(factor * guess)));
    }
    const observables::Crossing best = observables::generalization_time(slices, noise);
    return best.t ? std::expm1(2 * *best.t) : kNaN;
  }
  /// Where points with noise (rho = 1) or data as they are (rho = 0) cease to belong to their own datum by half.
  double half_time(double rho, double guess) const {
    RowMatrix clean(pairs.train.size(), data.dimension()), z = clean;
    data.read(pairs.train.row, clean);
    noise.normal({pairs.train.stream, pairs.train.trajectory, 0}, z);
    std::vector<double> times;
    std::vector<Estimate> curve;
    for (const double factor : spaced(0.6, 1.6, 11)) {
      const double t = factor * guess;
      Wanted what;
      what.leave_out = pairs.train.row;
      Summary s;
      empirical.summarize(t, std::exp(-t) * clean + rho * std::sqrt(noise_variance(t)) * z, what, s);
      times.push_back(t);
      const Vector own = s.own_log_weight.array().exp();
      // Without noise a datum is a trap or none; with noise, weights are averaged.
      curve.push_back(rho > 0 ? scaled(own, 1) : scaled((own.array() > 0.5).cast<double>(), 1));
    }
    return observables::last_fall_through(times, curve, 0.5).t.value_or(kNaN);
  }
};

Curve points_of(const char* name) { return {name, true}; }

void put(double x, const std::vector<double>& values, const std::string& name, Curve& curve, Observed& out) {
  const Estimate mean = mean_of(values);
  out.quantities.push_back({name, mean});
  curve.rows.push_back({x, mean.value, mean.standard_error});
}

}  // namespace

// t_g, t_C and t_o of n = e^{alpha d} Gaussian data against alpha, beside the limits of large d.
Observed run_generalization_times(const Arguments& entry, Scale scale) {
  const Model model = make_model("gaussian", words_of(entry.text("parameters")));
  const double d = model.arguments["d"], variance = model.arguments["variance"];
  const auto points = static_cast<Index>(at_scale(entry, "starts", scale));
  const auto seed = static_cast<std::uint64_t>(entry.whole("seed"));
  Observed out;
  Curve best = points_of("t_g: held-out points are likeliest"),
        collapse = points_of("t_C: half of a noisy datum's weight"),
        onset = points_of("t_o: half of the data are traps");
  const std::vector<double> alphas = entry.numbers("values");
  for (const double alpha : alphas) {
    const double n = std::round(std::exp(alpha * d)), limit = theory::generalization_time(n, d, d, variance)->tau;
    std::vector<double> variances, times, collapses, onsets;
    for (int set = 0; set < kSets; ++set) {
      const Sample sample(model, static_cast<Index>(n), points, seed * kSets + static_cast<std::uint64_t>(set));
      variances.push_back(sample.best_variance(limit));
      times.push_back(t_of(variances.back()));
      collapses.push_back(sample.half_time(1, *theory::collapse_time(n, d, variance)));
      onsets.push_back(sample.half_time(0, *theory::trap_onset(n, d, variance)));
    }
    out.quantities.push_back({fmt::format("tau_g alpha={:g}", alpha), mean_of(variances)});
    put(alpha, times, fmt::format("t_g alpha={:g}", alpha), best, out);
    put(alpha, collapses, fmt::format("t_C alpha={:g}", alpha), collapse, out);
    put(alpha, onsets, fmt::format("t_o alpha={:g}", alpha), onset, out);
  }
  Curve of_best{"t_g, d to infinity"}, of_collapse{"t_C, d to infinity"}, of_onset{"t_o, d to infinity"};
  for (const double alpha : spaced(alphas.front(), alphas.back(), 60)) {
    const double n = std::exp(alpha * d);
    of_best.rows.push_back({alpha, theory::generalization_time(n, d, d, variance)->t, 0});
    of_collapse.rows.push_back({alpha, *theory::collapse_time(n, d, variance), 0});
    of_onset.rows.push_back({alpha, *theory::trap_onset(n, d, variance), 0});
  }
  for (const double alpha : entry.numbers("times")) {  // of the limit alone
    const auto limit = theory::generalization_time(std::exp(alpha * d), d, d, 1.0);
    out.quantities.push_back({fmt::format("limit tau_g alpha={:g}", alpha), {limit->tau, 0, 1}});
    out.quantities.push_back({fmt::format("limit beta_c alpha={:g}", alpha), {std::exp(limit->log_b), 0, 1}});
  }
  out.curves = {best, of_best, collapse, of_collapse, onset, of_onset};
  return out;
}

// Squared radius of the basins along t between collapse and onset, for pairs of d and n.
Observed run_trap_radius(const Arguments& entry, Scale scale) {
  const std::vector<double> dimensions = entry.numbers("values"), sizes = entry.numbers("samples");
  if (dimensions.size() != sizes.size())
    throw UsageError("gallery: values and samples have {} and {} members; expected a dimension and a number each.",
                     dimensions.size(), sizes.size());
  const auto rays = static_cast<Index>(at_scale(entry, "starts", scale));
  const auto seed = static_cast<std::uint64_t>(entry.whole("seed"));
  Observed out;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double d = dimensions[i], n = sizes[i];
    const std::vector<std::string> parameters = {fmt::format("d={:g}", d)};
    const Model model = make_model("gaussian", parameters);
    Curve measured{fmt::format("median of data, d = {:g}, n = {:g}", d, n), true},
        limit{fmt::format("rho*^2 of alpha = {:.2f}, d to infinity", std::log(n) / d)};
    std::vector<Sample> samples;
    samples.reserve(kSets);
    for (int set = 0; set < kSets; ++set)
      samples.emplace_back(model, static_cast<Index>(n), rays, seed * kSets + static_cast<std::uint64_t>(set));
    const double t_c = *theory::collapse_time(n, d, 1), t_o = *theory::trap_onset(n, d, 1);
    for (const double t : entry.numbers("times")) {
      if (!(t > t_c && t < t_o)) continue;
      std::vector<double> radii;
      radii.reserve(samples.size());
      for (const Sample& s : samples)
        radii.push_back(observables::measure_basins(s.empirical, s.data, s.pairs.train, s.noise, t).radius2.value);
      put(t, radii, fmt::format("rho2 d={:g} t={:g}", d, t), measured, out);
      out.quantities.push_back(
          {fmt::format("limit rho2 d={:g} t={:g}", d, t), {theory::basin_radius2(n, d, 1, t), 0, 1}});
    }
    for (const double t : spaced(t_c + 1e-9, t_o - 1e-9, 60))
      limit.rows.push_back({t, theory::basin_radius2(n, d, 1, t), 0});
    out.curves.push_back(measured);
    out.curves.push_back(limit);
  }
  return out;
}

}  // namespace denoiscope::gallery
