// When an empirical measure of Gaussian data generalises, collapses and traps.
#include "denoiscope/observables/generalization.hpp"

#include <fmt/format.h>

#include <cmath>

#include "denoiscope/base/text.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/gallery/functions.hpp"
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
      curve.push_back(rho > 0 ? scaled(own) : scaled((own.array() > 0.5).cast<double>()));
    }
    return observables::last_fall_through(times, curve, 0.5).t.value_or(kNaN);
  }
};

std::vector<Sample> samples_of(const Entry& entry, const Model& model, double n) {
  std::vector<Sample> out;
  out.reserve(kSets);
  for (int set = 0; set < kSets; ++set)
    out.emplace_back(model, static_cast<Index>(n), entry.many("starts"),
                     entry.seed() * kSets + static_cast<std::uint64_t>(set));
  return out;
}

template <class Value>
Estimate mean_over(const std::vector<Sample>& samples, Value value) {
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(value(sample));
  return mean_of(values);
}

}  // namespace

// t_g, t_C and t_o of n = e^{alpha d} Gaussian data against alpha, beside the limits of large d.
void generalization_times(const Entry& entry, Observed& out) {
  const Model model = entry.model();
  const double d = model.arguments["d"], variance = model.arguments["variance"];
  const std::vector<double> alphas = entry.values();
  for (const double alpha : alphas) {
    const double n = std::round(std::exp(alpha * d)), guess = theory::generalization_time(n, d, d, variance)->tau;
    const std::vector<Sample> samples = samples_of(entry, model, n);
    std::vector<double> tau, t_g;
    for (const Sample& s : samples) {
      tau.push_back(s.best_variance(guess));
      t_g.push_back(t_of(tau.back()));
    }
    out.number(fmt::format("tau_g alpha={:g}", alpha), mean_of(tau));
    const auto add = [&](const char* name, const char* curve, const Estimate& t) {
      out.number(fmt::format("{} alpha={:g}", name, alpha), t);
      out.point(curve, alpha, t);
    };
    add("t_g", "t_g: held-out points are likeliest", mean_of(t_g));
    add("t_C", "t_C: half of a noisy datum's weight",
        mean_over(samples, [&](const Sample& s) { return s.half_time(1, *theory::collapse_time(n, d, variance)); }));
    add("t_o", "t_o: half of the data are traps",
        mean_over(samples, [&](const Sample& s) { return s.half_time(0, *theory::trap_onset(n, d, variance)); }));
  }
  for (const double alpha : spaced(alphas, 60)) {
    const double n = std::exp(alpha * d);
    out.joined("t_g, d to infinity", alpha, theory::generalization_time(n, d, d, variance)->t);
    out.joined("t_C, d to infinity", alpha, *theory::collapse_time(n, d, variance));
    out.joined("t_o, d to infinity", alpha, *theory::trap_onset(n, d, variance));
  }
  for (const double alpha : entry.times()) {  // of the limit alone
    const auto limit = theory::generalization_time(std::exp(alpha * d), d, d, 1.0);
    out.number(fmt::format("limit tau_g alpha={:g}", alpha), limit->tau);
    out.number(fmt::format("limit beta_c alpha={:g}", alpha), std::exp(limit->log_b));
  }
}

// Squared radius of the basins along t between collapse and onset, for pairs of d and n.
void trap_radius(const Entry& entry, Observed& out) {
  for (const Sweep::Place& place : entry.sweep("vary").places) {
    const Model model = entry.model({place.front()});
    const double d = model.arguments["d"], n = parse_number(place.back().second, "n");
    const std::vector<Sample> samples = samples_of(entry, model, n);
    const double t_c = *theory::collapse_time(n, d, 1), t_o = *theory::trap_onset(n, d, 1);
    for (const double t : entry.times()) {
      if (!(t > t_c && t < t_o)) continue;
      const Estimate radius = mean_over(samples, [t](const Sample& s) {
        return observables::measure_basins(s.empirical, s.data, s.pairs.train, s.noise, t).radius2.value;
      });
      out.number(fmt::format("rho2 d={:g} t={:g}", d, t), radius);
      out.number(fmt::format("limit rho2 d={:g} t={:g}", d, t), theory::basin_radius2(n, d, 1, t));
      out.point(fmt::format("median of data, d = {:g}, n = {:g}", d, n), t, radius);
    }
    out.line(fmt::format("rho*^2 of alpha = {:.2f}, d to infinity", std::log(n) / d),
             spaced(t_c + 1e-9, t_o - 1e-9, 60), [&](double t) { return theory::basin_radius2(n, d, 1, t); });
  }
}

}  // namespace denoiscope::gallery
