// Experiments of the gallery on learned Gaussians and on collapse of a ferromagnet's data (arXiv 2306.03518).
#include <fmt/format.h>

#include <boost/math/special_functions/digamma.hpp>
#include <cmath>

#include "denoiscope/base/linear_algebra.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/gallery/experiments.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/observables/queries.hpp"
#include "denoiscope/study/synth.hpp"
#include "denoiscope/theory/learned_gaussian.hpp"
#include "denoiscope/theory/spin.hpp"

namespace denoiscope::gallery {
namespace {

constexpr int kSets = 64;  // of data, from whose scatter errors are: as many as make it normal

// Divergences of N(0, Chat) from N(0, I) and back, nats a dimension, Chat of n data of known mean 0.
theory::LearnedGaussian divergences(const Dataset& data) {
  RowMatrix x(data.rows(), data.dimension());
  data.read(0, x);
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

}  // namespace

// What the covariance of n data generates, and its divergence from the truth both ways, against gamma = d/n.
Observed run_learned_gaussian(const Settings& entry, Scale scale) {
  const double d = at_scale(entry, "samples", scale);
  const auto seed = static_cast<std::uint64_t>(entry.integer("seed"));
  const Model model = make_model("gaussian", std::vector<std::string>{fmt::format("d={:g}", d)});
  const std::vector<double> gammas = entry.numbers("values");
  const char* names[2] = {"KL(learned || true)", "KL(true || learned)"};
  Observed out;
  Curve measured[2], limit[2];
  for (int way = 0; way < 2; ++way) {
    measured[way] = {fmt::format("{}, d = {:g}", names[way], d), true};
    limit[way] = {fmt::format("{}, d to infinity", names[way])};
  }
  for (const double gamma : gammas) {
    const double n = std::round(d / gamma);
    std::vector<double> values[2];
    for (int set = 0; set < kSets; ++set) {
      const theory::LearnedGaussian kl =
          divergences(synthesize(model, static_cast<Index>(n), seed * kSets + static_cast<std::uint64_t>(set)));
      values[0].push_back(kl.learned_from_true);
      values[1].push_back(kl.true_from_learned);
    }
    const theory::LearnedGaussian mean = mean_divergences(n, d), large = theory::learned_gaussian(gamma);
    const double exact[2] = {mean.learned_from_true, mean.true_from_learned},
                 limits[2] = {large.learned_from_true, large.true_from_learned};
    for (int way = 0; way < 2; ++way) {
      const Estimate kl = mean_of(values[way]);
      out.quantities.push_back({fmt::format("{} gamma={:g}", names[way], gamma), kl, exact[way]});
      out.quantities.push_back({fmt::format("limit {} gamma={:g}", names[way], gamma), {limits[way], 0, 1}});
      measured[way].rows.push_back({gamma, kl.value, kl.standard_error});
    }
  }
  for (const double gamma : spaced(gammas.front(), gammas.back(), 80)) {
    const theory::LearnedGaussian large = theory::learned_gaussian(gamma);
    limit[0].rows.push_back({gamma, large.learned_from_true, 0});
    limit[1].rows.push_back({gamma, large.true_from_learned, 0});
  }
  out.curves = {measured[0], limit[0], measured[1], limit[1]};
  return out;
}

// Entropy of the datum behind a noisy one, over log n, for spins of a pure state: 1 - I_1(t)/alpha above collapse.
Observed run_spin_collapse(const Settings& entry, Scale scale) {
  const auto points = static_cast<Index>(at_scale(entry, "starts", scale));
  const auto seed = static_cast<std::uint64_t>(entry.integer("seed"));
  const double N = entry.numbers("samples").front(), alpha = entry.numbers("samples").back();
  const auto n = static_cast<Index>(std::llround(std::exp(alpha * N)));
  const double exact_alpha = std::log(static_cast<double>(n)) / N;
  Observed out;
  for (const double mstar : entry.numbers("values")) {
    const Model model =
        make_model("product-spins", std::vector<std::string>{fmt::format("N={:g}", N), fmt::format("mean={}", mstar)});
    Curve measured{fmt::format("measured, m = {:.3g}", mstar), true},
        limit{fmt::format("N to infinity, m = {:.3g}", mstar)};
    const Dataset data = synthesize(model, n, seed);
    const Empirical empirical(data, {}, 1);
    const Noise noise(seed);
    const observables::Queries queries = observables::choose_test_queries(data, points, noise);
    const double t_c = theory::spin_collapse_time(exact_alpha, mstar).value_or(0);
    const auto law = [&](double t) { return 1 - theory::spin_information(mstar, t) / exact_alpha; };
    for (const double t : entry.numbers("times")) {
      Wanted what;
      what.entropy = true;
      Summary s;
      empirical.summarize(t, observables::noisy(data, queries, t, noise), what, s);
      const Estimate f = scaled(s.all.entropy, 1 / std::log(static_cast<double>(n)));
      Quantity quantity{fmt::format("f/alpha m={:.3g} t={:g}", mstar, t), f};
      if (t > 2 * t_c) quantity.exact = law(t);
      out.quantities.push_back(quantity);
      measured.rows.push_back({t, f.value, f.standard_error});
    }
    for (const double a : {0.05, 0.1, 0.2})
      out.quantities.push_back({fmt::format("limit t_C m={:.3g} alpha={:g}", mstar, a),
                                {theory::spin_collapse_time(a, mstar).value_or(kNaN), 0, 1}});
    for (const double t : spaced(entry.numbers("times").front(), entry.numbers("times").back(), 80))
      limit.rows.push_back({t, std::max(0.0, law(t)), 0});
    out.curves.push_back(measured);
    out.curves.push_back(limit);
  }
  return out;
}

}  // namespace denoiscope::gallery
