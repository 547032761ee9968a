// Theories of spectra: a learned covariance, and the geometry of random linear manifolds.
#include <array>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/theory/learned_gaussian.hpp"
#include "denoiscope/theory/linear_manifold.hpp"
#include "denoiscope/theory/theories.hpp"

namespace denoiscope::theory {
namespace {

constexpr Parameter kGamma{.name = "gamma", .description = "d/n", .low = 0, .high = 1, .open = true};
constexpr Parameter kAspect{.name = "gamma", .description = "d/n", .low = 0, .open = true};
constexpr Parameter kEll{.name = "ell", .description = "excess variance of the direction", .low = 0, .open = true};
constexpr Parameter kLatent{.name = "variance", .description = "latent variance", .low = 0, .open = true};
constexpr Parameter kC1{.name = "c1", .description = "share of N of variance v1", .low = 0, .high = 1, .open = true};
constexpr Parameter kC2{.name = "c2", .description = "share of N of variance v2", .low = 0, .high = 1, .open = true};
constexpr Parameter kV1{.name = "v1", .description = "larger latent variance", .low = 0, .open = true};
constexpr Parameter kV2{.name = "v2", .description = "smaller latent variance", .low = 0, .open = true};

constexpr std::array kOfLearned{kGamma};
constexpr std::array kOfSpike{kEll, kAspect};
constexpr std::array kOfManifold{kC, optional(kLatent, 1.0), kPositiveTime};
constexpr std::array kOfTwoVariances{kC1, kV1, kC2, kV2, optional(kPositiveTime)};
constexpr std::array kOfManifoldCollapse{kC, kAlpha, optional(kPositiveTime)};

Result of_learned_gaussian(const Arguments& a) {
  const LearnedGaussian kl = learned_gaussian(a["gamma"]);
  return {kl.learned_from_true,
          {},
          {{"kl_learned_true", kl.learned_from_true}, {"kl_true_learned", kl.true_from_learned}},
          {}};
}

Result of_spike(const Arguments& a) {
  const Spike seen = spike(a["ell"], a["gamma"]);
  return {
      seen.overlap, {}, {{"threshold", seen.threshold}, {"eigenvalue", seen.eigenvalue}, {"bulk_edge", seen.edge}}, {}};
}

// q runs over 0.9 and 0.1 where tau is 9 times the largest and a ninth of the smallest eigenvalue: our choice of what
// separates the phases, the papers give no sharp ones.
void add_phases(const Bulk& bulk, Result& result) {
  result.fields.emplace_back("t_trivial", 0.5 * std::log1p(9.0 * bulk.high));
  result.fields.emplace_back("t_consolidation", 0.5 * std::log1p(bulk.low / 9.0));
}

Result of_linear_manifold(const Arguments& a) {
  const double t = a["t"];
  const Bulk bulk = manifold_bulk(a["c"], a["variance"]);
  const double q_low = jacobian_eigenvalue(bulk.high, t), q_high = jacobian_eigenvalue(bulk.low, t);
  Result result{bulk.low / (std::expm1(2.0 * t) + bulk.low),  // 1 - q_high without cancellation
                {},
                {{"gamma_low", bulk.low},
                 {"gamma_high", bulk.high},
                 {"tau", std::expm1(2.0 * t)},
                 {"q_low", q_low},
                 {"q_high", q_high},
                 {"d_tr_over_N", trace_dimension(a["c"], a["variance"], t)},
                 {"t_half_gap", 0.5 * std::log1p(bulk.low)}},
                {}};
  add_phases(bulk, result);
  return result;
}

Result of_two_variances(const Arguments& a) {
  const TwoVariances model{a["c1"], a["v1"], a["c2"], a["v2"]};
  if (!(model.v1 > model.v2))
    throw UsageError("theory two-variance-manifold: v1 = {} is not above v2 = {}; swap them (with c1 and c2)", model.v1,
                     model.v2);
  if (!(model.c1 + model.c2 < 1))
    throw UsageError("theory two-variance-manifold: c1 + c2 = {} is not below 1; the manifold lies in N dimensions",
                     model.c1 + model.c2);
  const auto edges = two_variance_edges(model);
  const Bulk whole = two_variance_bulk(model);
  const double a0 = edges ? (*edges)[1] : kNaN, b0 = edges ? (*edges)[2] : kNaN;
  const double tau_max = std::sqrt(a0 * b0);
  Result result{(std::sqrt(b0) - std::sqrt(a0)) / (std::sqrt(b0) + std::sqrt(a0)),
                {},
                {{"low_bulk_low", whole.low},
                 {"low_bulk_high", a0},
                 {"high_bulk_low", b0},
                 {"high_bulk_high", whole.high},
                 {"tau_max", tau_max},
                 {"t_max", 0.5 * std::log1p(tau_max)}},
                {}};
  if (!edges) result.reason = "the two bulks are one: no gap opens between the variances; take v1 and v2 further apart";
  add_phases(whole, result);
  if (!a.has("t")) return result;
  const double t = a["t"];
  result.fields.emplace_back("gap_inter", jacobian_eigenvalue(a0, t) - jacobian_eigenvalue(b0, t));
  result.fields.emplace_back("gap_final", whole.low / (std::expm1(2.0 * t) + whole.low));
  return result;
}

Result of_manifold_collapse(const Arguments& a) {
  const double c = a["c"], alpha = a["alpha"];
  const ManifoldCollapse times = manifold_collapse(c, alpha);
  Result result{times.collapse,
                {},
                {{"tau_c", std::expm1(2.0 * times.collapse)}, {"t_o", times.onset}, {"t_c_isometric", times.isometric}},
                {}};
  if (!a.has("t")) return result;
  result.fields.emplace_back("information", manifold_information(c, a["t"]));
  result.fields.emplace_back("rho2", basin_radius2(c, alpha, a["t"]));
  return result;
}

constexpr std::string_view kTimesOfManifold[] = {"t_half_gap", "t_trivial", "t_consolidation"};
constexpr std::string_view kTimesOfTwo[] = {"t_max", "t_trivial", "t_consolidation"};
constexpr std::string_view kTimesOfCollapse[] = {"value", "t_o", "t_c_isometric"};

constexpr Theory kTable[] = {
    {"learned-gaussian", "divergence between N(0, I) and what a covariance learned from n data generates, both ways",
     "arXiv 2306.03518, Gaussian model; Marchenko-Pastur law", "nats a dimension", kOfLearned, of_learned_gaussian},
    {"bbp", "squared overlap of a direction of variance 1 + ell with the first eigenvector of the sample covariance",
     "arXiv math/0403022 (threshold), 0910.2120 (overlap)", "squared cosine", kOfSpike, of_spike},
    {"linear-manifold", "random linear manifold: gap of the score's Jacobian at t, its bulk, the dimension it sees",
     "arXiv 2410.05898, single variance", "eigenvalue gap", kOfManifold, of_linear_manifold, kTimesOfManifold},
    {"two-variance-manifold",
     "the same with two latent variances: widest gap between their bulks, where it opens; with t, both gaps",
     "arXiv 2410.05898, two variances; edges by Silverstein's map", "eigenvalue gap", kOfTwoVariances, of_two_variances,
     kTimesOfTwo},
    {"manifold-collapse",
     "collapse of n = e^{alpha N} data on a random linear manifold: t_c, onset t_o; with t, squared basin radius rho2",
     "arXiv 2502.09578, 2502.04339", "OU time", kOfManifoldCollapse, of_manifold_collapse, kTimesOfCollapse},
};

}  // namespace

std::span<const Theory> spectrum_theories() { return kTable; }

}  // namespace denoiscope::theory
