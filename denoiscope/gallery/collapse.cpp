// Collapse of normal data, of spins and of real data, and the energies of the other data.
#include "denoiscope/theory/collapse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/duplicates.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/gallery/functions.hpp"
#include "denoiscope/observables/curve.hpp"
#include "denoiscope/observables/last_switch.hpp"
#include "denoiscope/observables/queries.hpp"
#include "denoiscope/observables/spectrum.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/study/subject.hpp"
#include "denoiscope/theory/rem.hpp"
#include "denoiscope/theory/spin.hpp"

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

Summary summary_of(const Empirical& model, double t, const RowMatrix& x) {
  Wanted what;
  what.entropy = true;
  Summary s;
  model.summarize(t, x, what, s);
  return s;
}

// Where phi_C falls through 1/2: there the own datum and all others together weigh the same in the middle.
Estimate half_time(const Dataset& data, double low, double high, Index starts, const Noise& noise) {
  const Empirical model(data, {}, 1);
  const observables::Queries queries =
      observables::choose_queries(data, observables::nested_shells(data.rows(), noise), starts);
  const std::vector<double> times = experiments::log_times(low, high, 12);
  std::vector<Estimate> phi;
  for (const double t : times)
    phi.push_back(scaled(summary_of(model, t, observables::noisy(data, queries, t, noise)).all.participation));
  const observables::Crossing found = observables::last_fall_through(times, phi, kHalfWeight);
  if (!found.t) throw UsageError("gallery: {}: phi_C is {}.", data.name(), found.reason);
  return {*found.t, found.standard_error, 1};
}

// Twice the leading term of (log E Z - E log Z)/d for Z of n - 1 independent levels, Var Z / (2 d (E Z)^2), with the
// annealed exponents g(l) of Gaussian data; r = variance lambda_t.
double jensen(double r, double d, double n) {
  const auto g = [r](double l) { return -0.5 * std::log1p(l * r) - l * (1 + r) / (2 * (1 + l * r)); };
  return std::exp(d * (g(2) - 2 * g(1))) / ((n - 1) * d);
}

// Real data: nested subsets, and the Gaussian of the same spectrum.
void collapse_of_data(const Entry& entry, double largest, Observed& out) {
  const std::string& name = entry.text("data");
  Dataset data = data_of({"data=" + name, "scale=standardize"});
  std::vector<Index> order = entry.noise().permutation(data.rows(), Order::subsets);
  for (const double part : {1.0, 4.0, 16.0}) {
    order.resize(static_cast<std::size_t>(std::min<double>(largest / part, static_cast<double>(data.rows()))));
    const Dataset some = data.select(order);
    const double rows = static_cast<double>(some.rows()),
                 alpha = std::log(rows) / static_cast<double>(some.dimension());
    const Estimate half = half_time(some, 0.1, 4, entry.many("starts"), entry.noise());
    out.number(fmt::format("{} n={:g}", name, rows), half);
    out.point(name + ", subsets", alpha, half);
    const auto spectrum = observables::covariances(some).spectrum.all(some.dimension(), some.rows());
    out.joined("Gaussian of the same spectrum", alpha, theory::collapse_time(rows, spectrum).value_or(kNaN));
  }
}

}  // namespace

// t_C of standard normals against log n / d, and of real data.
void collapse_dimension(const Entry& entry, Observed& out) {
  const double largest = entry.number("samples");
  for (const double n : {largest / 8, largest})
    for (const double d : entry.values()) {
      const double t_c = *theory::collapse_time(n, d, 1);
      const Estimate half =
          half_time(normals(d, n, entry.seed()), 0.4 * t_c, 2.5 * t_c, entry.many("starts"), entry.noise());
      out.number(fmt::format("t/t_C d={:g} n={:g}", d, n), Estimate{half.value / t_c, half.standard_error / t_c, 1}, 1,
                 kAnnealed * theory::competition(n, d, 1, t_c).variance / d);
      out.point(fmt::format("normal data, n = {:g}", n), std::log(n) / d, half);
    }
  out.line("1/2 log(1 + 1/(n^{2/d} - 1))", experiments::log_times(0.005, 1, 80),
           [](double alpha) { return -0.5 * std::log(-std::expm1(-2 * alpha)); });
  collapse_of_data(entry, largest, out);
}

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

// Entropy of the datum behind a noisy one, over log n, for spins of a pure state: 1 - I_1(t)/alpha above collapse.
void spin_collapse(const Entry& entry, Observed& out) {
  constexpr double kAlpha = 0.12;
  for (const Sweep::Place& place : entry.sweep("vary").places) {
    const Model model = entry.model(place);
    const double N = model.arguments["N"], m = model.arguments["mean"];
    const Dataset data = synthesize(model, std::llround(std::exp(kAlpha * N)), entry.seed());
    const double log_n = std::log(static_cast<double>(data.rows())), alpha = log_n / N;
    const Empirical empirical(data, {}, 1);
    const observables::Queries queries = observables::choose_test_queries(data, entry.many("starts"), entry.noise());
    const double t_c = theory::spin_collapse_time(alpha, m).value_or(0);
    const auto law = [&](double t) { return 1 - theory::spin_information(m, t) / alpha; };
    for (const double t : entry.times()) {
      const Estimate f =
          scaled(summary_of(empirical, t, observables::noisy(data, queries, t, entry.noise())).all.entropy, 1 / log_n);
      out.number(fmt::format("f/alpha m={:.3g} t={:g}", m, t), f, t > 2 * t_c ? std::optional(law(t)) : std::nullopt);
      out.point(fmt::format("measured, m = {:.3g}", m), t, f);
    }
    out.line(fmt::format("N to infinity, m = {:.3g}", m), spaced(entry.times(), 80),
             [&](double t) { return std::max(0.0, law(t)); });
  }
}

}  // namespace denoiscope::gallery
