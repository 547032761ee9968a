// Theories of generalisation: the best kernel, traps, and collapse on non-linear manifolds.
#include <array>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "denoiscope/theory/generalization.hpp"
#include "denoiscope/theory/linear_manifold.hpp"
#include "denoiscope/theory/nonlinear_manifold.hpp"
#include "denoiscope/theory/theories.hpp"

namespace denoiscope::theory {
namespace {

constexpr Parameter kRank{.name = "rank",
                          .description = "directions that vary, with variance; d where left out",
                          .kind = Kind::whole,
                          .low = 1};
constexpr Parameter kLink{
    .name = "g", .description = "the manifold's g(h)", .kind = Kind::word, .words = "identity|tanh"};
constexpr Parameter kSlope{.name = "slope", .description = "g(slope h) is meant", .low = 0, .open = true};

constexpr std::array kOfBest{kN, optional(kD), optional(kVariance), kEigenvalues, optional(kRank)};
constexpr std::array kOfTrap{kN, optional(kD), optional(kVariance), kEigenvalues, optional(kPositiveTime)};
constexpr std::array kOfNonlinear{kC, kAlpha, optional(kLink, 1.0), optional(kSlope, 1.0), optional(kPositiveTime)};

const char* no_time(double n) {
  return n > 1 ? "all data coincide (no variance)" : "n = 1: a single datum; give n of at least 2";
}

Result of_generalization(const Arguments& a) {
  const Shape shape = shape_of("generalization", a);
  const double n = a["n"], N = shape.d, D = a.has("rank") ? a["rank"] : N;
  if (a.has("rank") && !shape.isotropic)
    throw UsageError("theory generalization: rank goes with variance; eigenvalues have theirs");
  if (D > N) throw UsageError("theory generalization: rank = {} is above d = {}", D, N);
  const auto best =
      shape.isotropic ? generalization_time(n, N, D, shape.variance) : generalization_time(n, N, shape.eigenvalues);
  const auto t_c = shape.isotropic ? collapse_time(n, D, shape.variance) : collapse_time(n, shape.eigenvalues);
  double likelihood = kNaN;
  if (best && best->tau > 0)  // all is homogeneous in (log n, N, number of equal eigenvalues)
    likelihood = shape.isotropic
                     ? kernel_log_likelihood(std::log(n) / D, N / D, {&shape.variance, 1}, best->tau) * D / N
                     : kernel_log_likelihood(std::log(n), N, shape.eigenvalues, best->tau) / N;
  return {best ? best->t : kNaN,
          {},
          {{"tau", best ? best->tau : kNaN},
           {"beta_c", best ? std::exp(best->log_b) : kNaN},
           {"t_c", t_c.value_or(kNaN)},
           {"log_likelihood", likelihood}},
          best ? "" : no_time(n)};
}

Result of_trap_onset(const Arguments& a) {
  const Shape shape = shape_of("trap-onset", a);
  const double n = a["n"];
  const auto onset = shape.isotropic ? trap_onset(n, shape.d, shape.variance) : trap_onset(n, shape.eigenvalues);
  const auto t_c = shape.isotropic ? collapse_time(n, shape.d, shape.variance) : collapse_time(n, shape.eigenvalues);
  Result result{onset.value_or(kNaN), {}, {{"t_c", t_c.value_or(kNaN)}}, onset ? "" : no_time(n)};
  if (a.has("t"))
    result.fields.emplace_back("rho2", shape.isotropic ? basin_radius2(n, shape.d, shape.variance, a["t"])
                                                       : basin_radius2(n, shape.eigenvalues, a["t"]));
  return result;
}

Result of_nonlinear(const Arguments& a) {
  const Link link{a["g"] == 0 ? Link::Shape::identity : Link::Shape::tanh, a["slope"]};
  const double c = a["c"], t_c = manifold_collapse_time(link, c, a["alpha"]), tau = std::expm1(2.0 * t_c);
  Result result = just(t_c);
  result.fields = {{"tau_c", tau}, {"overlap", t_c > 0 ? manifold_channel(link, c, tau).overlap : kNaN}};
  if (!(t_c > 0)) result.reason = "alpha is beyond what x_t tells at any noise that doubles resolve";
  if (!a.has("t")) return result;
  const ManifoldChannel channel = manifold_channel(link, c, std::expm1(2.0 * a["t"]));
  result.fields.emplace_back("information", channel.information);
  result.fields.emplace_back("overlap_t", channel.overlap);
  return result;
}

constexpr std::string_view kTimesOfBest[] = {"value", "t_c"};
constexpr std::string_view kTimesOfNonlinear[] = {"value"};

constexpr Theory kTable[] = {
    {"generalization",
     "time t_g at which n data generalise best, the kernel density of least KL divergence from their law",
     "arXiv 2502.09578; kernel densities 2408.05807", "OU time", kOfBest, of_generalization, kTimesOfBest},
    {"trap-onset", "time t_o from which each datum is a trap; with t, squared radius rho2 of its basin",
     "arXiv 2502.09578, onset of memorisation", "OU time", kOfTrap, of_trap_onset, kTimesOfBest},
    {"nonlinear-manifold-collapse",
     "collapse of n = e^{alpha N} data on the manifold g(F xi / sqrt D); with t, information a dimension",
     "arXiv 2502.09578; information by 1708.03395", "OU time", kOfNonlinear, of_nonlinear, kTimesOfNonlinear},
};

}  // namespace

std::span<const Theory> generalization_theories() { return kTable; }

}  // namespace denoiscope::theory
