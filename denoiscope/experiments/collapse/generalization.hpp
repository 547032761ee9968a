// Generalisation of the empirical measure of a data set along t, in units that are kept: the best time for held-out
// points, where the likelihoods of training and held-out points part, traps. For a verb: one call makes the record, one
// the figures from it.
#pragma once

#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/observables/collapse.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

struct GeneralizationPlan {
  std::vector<double> times;  ///< increasing, at least three; empty: kGeneralizationTimes even ones in log t
  Index points = 512;         ///< training and held-out points asked, each at most
  Index rays = 64;            ///< data whose basins are measured: each costs 18 queries a time; 0: none
  double held_out = 0.1;      ///< share of the data that is held out where no held-out data are given
  double target = kNaN;       ///< OU time below which collapse is wanted, for `n_needed`; NaN: the measured t_g
  std::uint64_t seed = 0;
  Arithmetic arithmetic = {};
};

inline constexpr int kGeneralizationTimes = 24, kRefined = 6;  ///< the latter between the best time's neighbours

/// Throws UsageError for a plan that cannot be, DataError for fewer than three rows or held-out data of another
/// dimension.
void require_generalizable(const Dataset& data, const Dataset* held_out, const GeneralizationPlan& plan);

/// {n, d, held_out {rows, given}, t_g {t, stderr, reason, tau, t_gaussian}, gap [{share, t, stderr, reason, t_left_out,
/// stderr_left_out, reason_left_out}] (times where the gap is that share of log n), t_o {t, stderr, reason,
/// t_gaussian}, t_c_gaussian, n_needed {t, log10_n, low, high, reason, log10_n_gaussian}, curves [{t, kernel,
/// kernel_stderr, kernel_gaussian, gap, gap_stderr, gap_left_out, gap_left_out_stderr, gap_gaussian, gap_annealed}]
/// (nats a dimension), basins [{t, trapped, trapped_stderr, radius2, radius2_stderr, radius2_gaussian}]}; what is
/// undefined is null, with a reason. *_gaussian: theory of Gaussian data of the same covariance. held_out: fresh points
/// of the same law, read as `data` are; null: plan.held_out of the data. law: how t_C falls with n (null: n_needed of
/// the surrogate alone). Throws as require_generalizable.
Record generalization_record(const Dataset& data, const Dataset* held_out, const GeneralizationPlan& plan,
                             const observables::SampleLaw* law, Run& run);

/// Likelihood of held-out points, the gap, and the basins, each beside its theory.
std::vector<CurveFigure> generalization_figures(const Record& record);

}  // namespace denoiscope::experiments
