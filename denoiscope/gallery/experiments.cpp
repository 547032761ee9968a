#include "denoiscope/gallery/experiments.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/study/synth.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "denoiscope/theory/curie_weiss.hpp"
#include "denoiscope/theory/rem.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::gallery {
namespace {

constexpr Experiment kExperiments[] = {
    {"uturn", "noise, denoise by exact draws, compare", run_uturns},
    {"excess-entropy", "entropy of the datum behind a noisy one, for data of a Gaussian mixture", run_excess_entropy},
    {"collapse-dimension", "collapse time against log n / d, of normal and of real data", run_collapse_dimension},
    {"collapse-finite", "entropy and participation of normal data beside their finite-size forms", run_collapse_finite},
    {"last-switch", "last change of the nearest datum along exact backward paths", run_last_switch},
    {"random-energy", "partition function of the other data", run_random_energy},
    {"potential", "potential of the backward equation along the two classes", run_potential},
    {"generation", "Curie-Weiss configurations from pure noise", run_generation},
    {"clone-sde", "two copies of an integrated backward path of two Gaussian classes", run_clone_sde},
    {"clone-data", "two copies of an exact backward path of data", run_clone_data},
    {"step-bias", "what Euler's step does to mean, variance and clones", run_step_bias},
    {"symmetry", "where the centre loses its stability, and starts that late", run_symmetry},
    {"windows", "when the law of one class parts from that of all", run_windows},
    {"covariance-times", "when Gaussian classes of one mean part, by size", run_covariance_times},
    {"ising-times", "when Ising chains of two temperatures part, by size", run_ising_times},
    {"orthogonal", "U-turns among many Gaussian classes", run_orthogonal},
    {"quadratic-well", "the Fokker-Planck equation of a harmonic potential", run_quadratic_well},
    {"double-well", "rates of a Fokker-Planck equation over temperature", run_double_well},
    {"langevin", "stationary laws of three integrators of Langevin motion", run_langevin},
    {"guidance", "what guidance does to one of two Gaussian classes", run_guidance},
    {"two-models", "samples of two linear models from disjoint data", run_two_models},
    {"work", "work done on driven wells, and the weights that undo it", run_work},
    {"audit-null", "copies that chance makes among perfect samples", run_audit_null},
    {"audit-power", "noisy copies planted among perfect samples", run_audit_power},
    {"audit-repeats", "copies of training data that stand twice", run_audit_repeats},
    {"audit-pictures", "copies of pictures that were moved or made darker", run_audit_pictures},
    {"generalization-times", "when data generalise best, collapse and trap, by their number", run_generalization_times},
    {"trap-radius", "how far the basin of a datum reaches", run_trap_radius},
    {"learned-gaussian", "what the covariance of Gaussian data generates", run_learned_gaussian},
    {"spin-collapse", "entropy of the datum behind a noisy one, for data of independent spins", run_spin_collapse},
};

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

double parameter(const Model& model, std::string_view name) { return model.arguments[name]; }

}  // namespace

std::span<const Experiment> experiments() { return kExperiments; }

double at_scale(const Settings& entry, const char* key, Scale scale) {
  const std::vector<double> values = entry.numbers(key);
  if (values.empty()) throw UsageError("gallery: {} is needed and not given.", key);
  return scale == Scale::fast ? values.front() : values.back();
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out = split(text, ' ');
  std::erase(out, "");
  return out;
}

std::vector<double> spaced(double low, double high, int many) {
  std::vector<double> out;
  out.reserve(many);
  for (int i = 0; i < many; ++i) out.push_back(low + (high - low) * i / (many - 1));
  return out;
}

std::vector<std::uint64_t> numbered(Index m) {
  std::vector<std::uint64_t> out(static_cast<std::size_t>(m));
  std::iota(out.begin(), out.end(), std::uint64_t{0});
  return out;
}

Estimate scaled(const Vector& values, double factor) {
  const Vector all = values * factor;
  return mean_of({all.data(), static_cast<std::size_t>(all.size())});
}

void compare_with(double theory, Index starts, Quantity& quantity) {
  const double rare = std::min(theory, 1 - theory);
  quantity.exact = theory;
  if (rare * static_cast<double>(starts) < 14) quantity.allowed = rare;
}

// E H(mu | x_t) / log n of the empirical measure of n points, beside f/alpha of the mixture that they are from, with
// and without the entropy of the class (arXiv 2402.18491).
Observed run_excess_entropy(const Settings& entry, Scale scale) {
  const Model model = make_model(entry.text("model"), words_of(entry.text("parameters")));
  const double n = at_scale(entry, "samples", scale), d = parameter(model, "d"), mu2 = parameter(model, "mu2"),
               variance = parameter(model, "variance"), alpha = std::log(n) / d;
  const auto seed = static_cast<std::uint64_t>(entry.integer("seed"));
  const Dataset data = synthesize(model, static_cast<Index>(n), seed);
  const Empirical empirical(data, {}, 1);
  const NoisyData points = noisy_data(data, static_cast<Index>(at_scale(entry, "starts", scale)), Noise(seed));
  const auto with = [&](double t) { return theory::mixture_excess_entropy(n, d, mu2, variance, t) / alpha; };
  const auto without = [&](double t) { return theory::excess_entropy(n, d, variance, t) / alpha; };
  Observed out;
  Curve measured{fmt::format("measured, n = {:g}", n), true}, one{"with the class term"},
      other{"without the class term"};
  const std::vector<double> times = entry.numbers("times");
  for (const double t : times) {
    Wanted what;
    what.entropy = true;
    Summary s;
    empirical.summarize(t, points.at(t), what, s);
    const Estimate f = scaled(s.all.entropy, 1 / std::log(n));
    out.quantities.push_back({fmt::format("f/alpha t={:g}", t), f, with(t)});
    measured.rows.push_back({t, f.value, f.standard_error});
  }
  for (const double t : spaced(times.front(), times.back(), 80)) {
    one.rows.push_back({t, std::max(0.0, with(t)), 0});
    other.rows.push_back({t, std::max(0.0, without(t)), 0});
  }
  out.curves = {measured, one, other};
  return out;
}

// log(Z_others)/d of n = e^{alpha d} Gaussian data seen from a noisy one of them, and the large-d theory.
Observed run_random_energy(const Settings& entry, Scale scale) {
  const auto seed = static_cast<std::uint64_t>(entry.integer("seed"));
  const std::vector<double> times = entry.numbers("times");
  const auto settled = entry.numbers("values");  // from which time on the annealed average is right at this d
  if (settled.size() != 2) throw UsageError("gallery: values = {}; expected alpha and a time.", entry.text("values"));
  const double alpha = settled.front();
  const Model model = make_model("gaussian", words_of(entry.text("parameters")));
  const double d = parameter(model, "d"), variance = parameter(model, "variance");
  const Dataset data = synthesize(model, static_cast<Index>(std::llround(std::exp(alpha * d))), seed);
  const double n = static_cast<double>(data.rows()), exact_alpha = std::log(n - 1) / d;
  const Empirical empirical(data, {}, 1);
  const NoisyData points = noisy_data(data, static_cast<Index>(at_scale(entry, "starts", scale)), Noise(seed));
  Observed out;
  Curve measured{fmt::format("measured, d = {:g}", d), true}, limit{"random-energy model, d to infinity"};
  for (const double t : times) {
    Wanted what;
    what.leave_out = points.rows;
    Summary s;
    empirical.summarize(t, points.at(t), what, s);
    const double level = 0.5 * d * std::log(2 * std::numbers::pi * noise_variance(t)) + std::log(n - 1);
    const Estimate psi = scaled(s.without.log_density.array() + level, 1 / d);
    const theory::RandomEnergy law = theory::random_energy(alpha, variance, t);
    Quantity quantity{fmt::format("psi t={:g}", t), psi};
    if (t >= settled.back()) {  // the mean of the logarithm is below the logarithm of the mean
      quantity.exact = theory::random_energy(exact_alpha, variance, t).psi;
      quantity.allowed = jensen(variance * channel_snr(t), d, n);
    }
    out.quantities.push_back(quantity);
    out.quantities.push_back({fmt::format("limit psi t={:g}", t), {law.psi, 0, 1}});
    out.quantities.push_back({fmt::format("limit l_star t={:g}", t), {law.l_star, 0, 1}});
    out.quantities.push_back({fmt::format("limit f t={:g}", t), {law.f, 0, 1}});
    measured.rows.push_back({t, psi.value, psi.standard_error});
  }
  for (const double t : spaced(times.front(), times.back(), 80))
    limit.rows.push_back({t, theory::random_energy(alpha, variance, t).psi, 0});
  out.curves = {measured, limit};
  return out;
}

// V(q, t) from the exact score of the mixture: minus the integral of the drift x + 2 s along m, q = m.x / sqrt d.
Observed run_potential(const Settings& entry, Scale) {
  const Model model = make_model("gaussian-mixture", words_of(entry.text("parameters")));
  const double d = parameter(model, "d"), mu2 = parameter(model, "mu2");
  const Posterior& mixture = model.posterior();
  if (parameter(model, "variance") != 1) throw UsageError("gallery: the potential is that of variance=1.");
  RowMatrix m(1, mixture.dimension());
  m.setConstant(std::sqrt(mu2));  // as symmetric_mixture has its centre; the sign does not matter
  const auto slope = [&](double q, double t) {
    const RowMatrix x = m * (q * std::sqrt(d) / m.squaredNorm());
    return -m.row(0).dot((x + 2 * score(mixture, t, x)).row(0)) / std::sqrt(d);
  };
  Observed out;
  for (const double t : entry.numbers("times")) {
    Curve measured{fmt::format("from the score, t = {:g}", t), true}, theory{fmt::format("V(q, t = {:g})", t)};
    double below = 0, at = 0;
    for (const double q : spaced(0, 3, 25)) {  // panels: log cosh bends within 1 / (e^{-t} sqrt d)
      if (q > at) below += integrate_panel([&](double y) { return slope(y, t); }, at, q);
      at = q;
      out.quantities.push_back(
          {fmt::format("V q={:g} t={:g}", q, t), {below, 0, 1}, theory::effective_potential(q, t, d, mu2)});
      for (const double side : {-1.0, 1.0}) measured.rows.push_back({side * q, below, 0});
    }
    for (const double q : spaced(-3, 3, 81)) theory.rows.push_back({q, theory::effective_potential(q, t, d, mu2), 0});
    out.curves.push_back(measured);
    out.curves.push_back(theory);
  }
  double low = 0.1, high = 12;  // one well above, two below: where the slope at the origin changes its sign
  for (int i = 0; i < 60; ++i) (slope(1e-6, 0.5 * (low + high)) > 0 ? high : low) = 0.5 * (low + high);
  out.quantities.push_back({"t of two wells", {0.5 * (low + high), 0, 1}, 0.5 * std::log(2 * d * mu2)});
  return out;
}

// Configurations drawn from pure noise at t = 8, in fields h = eta/N.
Observed run_generation(const Settings& entry, Scale scale) {
  constexpr double kFrom = 8;
  const std::vector<double> etas = entry.numbers("values");
  const auto m = static_cast<Index>(at_scale(entry, "starts", scale));
  Observed out;
  Curve weight{"P(M > 0), generated", true}, size{"|M|/N, generated", true}, weights{"P(M > 0), exact"},
      sizes{"|M|/N, exact"}, limit{"P(M > 0), N to infinity"};
  for (const double eta : etas) {
    std::vector<std::string> settings = words_of(entry.text("parameters"));
    const Model plain = make_model("curie-weiss", settings);
    const double N = parameter(plain, "N"), beta = parameter(plain, "beta");
    settings.push_back(fmt::format("h={}", eta / N));
    const Model model = make_model("curie-weiss", settings);
    const Noise noise = Noise(static_cast<std::uint64_t>(entry.integer("seed")))
                            .derived(static_cast<std::uint64_t>(std::llround(1000 * eta)));
    RowMatrix x(m, static_cast<Index>(N)), x0 = x;
    noise.normal({Stream::query, numbered(m), 0}, x);
    model.posterior().draw(kFrom, x, noise, {Stream::posterior, numbered(m), 0}, x0);
    const Vector magnetisation = x0.rowwise().mean();
    const Vector positive = 0.5 * (1 + magnetisation.array().sign());
    const theory::Magnetisation exact = theory::magnetisation(static_cast<int>(N), beta, eta);
    const Estimate w = scaled(positive, 1), a = scaled(magnetisation.cwiseAbs(), 1);
    out.quantities.push_back({fmt::format("positive eta={:g}", eta), w, exact.positive});
    out.quantities.push_back({fmt::format("magnetisation eta={:g}", eta), a, exact.mean_absolute});
    weight.rows.push_back({eta, w.value, w.standard_error});
    size.rows.push_back({eta, a.value, a.standard_error});
    weights.rows.push_back({eta, exact.positive, 0});
    sizes.rows.push_back({eta, exact.mean_absolute, 0});
    limit.rows.push_back({eta, theory::positive_weight(beta, eta), 0});
  }
  out.curves = {weight, size, weights, sizes, limit};
  return out;
}

}  // namespace denoiscope::gallery
