// The last change of the nearest datum, the energies of the other data, and the trap around a datum.
#include "denoiscope/theory/collapse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "denoiscope/base/text.hpp"
#include "denoiscope/data/duplicates.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/gallery/functions.hpp"
#include "denoiscope/observables/generalization.hpp"
#include "denoiscope/observables/last_switch.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/study/subject.hpp"
#include "denoiscope/theory/generalization.hpp"
#include "denoiscope/theory/rem.hpp"

namespace denoiscope::gallery {
namespace {

Dataset normals(double d, double n, std::uint64_t seed) {
  return synthesize(make_model("gaussian", std::vector<std::string>{fmt::format("d={:g}", d)}), static_cast<Index>(n),
                    seed);
}

// Noisy data: which datum, and x_t. The same points at every t.
struct NoisyData {
  std::vector<Index> rows;
  RowMatrix clean, z;
  RowMatrix at(double t) const { return std::exp(-t) * clean + std::sqrt(noise_variance(t)) * z; }
};

NoisyData noisy_data(const Dataset& data, Index m, const Noise& noise) {
  NoisyData out{{}, RowMatrix(m, data.dimension()), RowMatrix(m, data.dimension())};
  for (const std::uint64_t q : numbered(m))
    out.rows.push_back(static_cast<Index>(noise.uniform(Stream::choice, q, 0) * static_cast<double>(data.rows())));
  data.read(out.rows, out.clean);
  noise.normal({Stream::query, numbered(m), 0}, out.z);
  return out;
}

// Twice the leading term of (log E Z - E log Z)/d for Z of n - 1 independent levels, Var Z / (2 d (E Z)^2), with the
// annealed exponents g(l) of Gaussian data; r = variance lambda_t.
double jensen(double r, double d, double n) {
  const auto g = [r](double l) { return -0.5 * std::log1p(l * r) - l * (1 + r) / (2 * (1 + l * r)); };
  return std::exp(d * (g(2) - 2 * g(1))) / ((n - 1) * d);
}

}  // namespace

// The last change of the nearest datum along exact backward trajectories.
void last_switch(const Entry& entry, Observed& out) {
  constexpr Index kOfSet = 100;  // trajectories of one data set
  const double n = entry.number("samples"), d = entry.model().arguments["d"];
  const std::vector<double> times = entry.times();
  std::vector<double> all, means;
  for (Index set = 0; set < entry.many("starts") / kOfSet; ++set) {
    const Noise noise = entry.noise().derived(static_cast<std::uint64_t>(set));
    const Dataset data = normals(d, n, noise.seed());
    const Empirical model(data, {}, 1);
    const auto found = observables::last_switches(data, model, data::first_equal(data), times, numbered(kOfSet), noise);
    all.insert(all.end(), found.t.begin(), found.t.end());
    means.push_back(mean_of(found.t).value);
  }
  out.number("mean last switch", mean_of(means));
  const auto many = static_cast<double>(all.size());
  double top = 0;
  for (const double t : times) {
    const auto count = static_cast<double>(std::count(all.begin(), all.end(), t));
    top = std::max(top, count / many);
    out.point("trajectories", t, {count / many, std::sqrt(count) / many, 1});
    out.joined("guide to the eye", t, count / many);
  }
  for (const double height : {0.0, top}) out.joined("t_C of the entropy", *theory::collapse_time(n, d, 1), height);
}

// log(Z_others)/d of n = e^{alpha d} Gaussian data seen from a noisy one of them, and the large-d theory.
void random_energy(const Entry& entry, Observed& out) {
  constexpr double kAlpha = 0.5, kSettled = 0.6;  // from which time on the annealed average is right at this d
  const Model model = entry.model();
  const double d = model.arguments["d"], variance = model.arguments["variance"];
  const Dataset data = synthesize(model, static_cast<Index>(std::llround(std::exp(kAlpha * d))), entry.seed());
  const double n = static_cast<double>(data.rows());
  const Empirical empirical(data, {}, 1);
  const NoisyData points = noisy_data(data, entry.many("starts"), entry.noise());
  for (const double t : entry.times()) {
    Wanted what;
    what.leave_out = points.rows;
    Summary s;
    empirical.summarize(t, points.at(t), what, s);
    const double level = 0.5 * d * std::log(2 * std::numbers::pi * noise_variance(t)) + std::log(n - 1);
    const Estimate psi = scaled(s.without.log_density.array() + level, 1 / d);
    const bool settled = t >= kSettled;  // the mean of the logarithm is below the logarithm of the mean
    out.number(fmt::format("psi t={:g}", t), psi,
               settled ? std::optional(theory::random_energy(std::log(n - 1) / d, variance, t).psi) : std::nullopt,
               settled ? jensen(variance * channel_snr(t), d, n) : 0);
    out.point(fmt::format("measured, d = {:g}", d), t, psi);
  }
}

// Squared radius of the basins along t between collapse and onset, for pairs of d and n, over sets of data.
void trap_radius(const Entry& entry, Observed& out) {
  constexpr std::uint64_t kSets = 4;
  for (const Sweep::Place& place : entry.sweep("vary").places) {
    const double d = parse_number(place.front().second, "d"), n = parse_number(place.back().second, "n"),
                 t_c = *theory::collapse_time(n, d, 1), t_o = *theory::trap_onset(n, d, 1);
    std::map<double, std::vector<double>> radii;
    for (std::uint64_t set = 0; set < kSets; ++set) {
      const std::uint64_t seed = entry.seed() * kSets + set;
      const Dataset data = normals(d, n, seed);
      const Empirical model(data, {}, 1);
      const observables::Queries rays = observables::choose_test_queries(data, entry.many("starts"), Noise(seed));
      for (const double t : entry.times())
        if (t > t_c && t < t_o)
          radii[t].push_back(observables::measure_basins(model, data, rays, Noise(seed), t).radius2.value);
    }
    for (const auto& [t, values] : radii) {
      out.number(fmt::format("rho2 d={:g} t={:g}", d, t), mean_of(values));
      out.number(fmt::format("limit rho2 d={:g} t={:g}", d, t), theory::basin_radius2(n, d, 1, t));
      out.point(fmt::format("median of data, d = {:g}, n = {:g}", d, n), t, mean_of(values));
    }
    out.line(fmt::format("rho*^2 of alpha = {:.2f}, d to infinity", std::log(n) / d),
             spaced(t_c + 1e-9, t_o - 1e-9, 60), [&](double t) { return theory::basin_radius2(n, d, 1, t); });
  }
}

}  // namespace denoiscope::gallery
