#include "denoiscope/experiments/collapse/generalization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/generalization.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/observables/spectrum.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "denoiscope/theory/generalization.hpp"

namespace denoiscope::experiments {

using observables::BasinSlice;
using observables::Crossing;
using observables::LikelihoodSlice;

namespace {

constexpr double kFirst = 1e-3, kLast = 6.0;  // the best kernel of data on a manifold is narrower than any other scale
constexpr double kShares[] = {0.5, 0.05};     // of log n: the gap is open, and hardly open
constexpr double kHalf = 0.5;
constexpr double kSame = 1e-6;  // times closer than this are one

std::vector<double> times_of(const GeneralizationPlan& plan) {
  if (plan.times.empty()) return log_times(kFirst, kLast, kGeneralizationTimes);
  if (plan.times.size() < 3)
    throw UsageError("generalization: {} times; expected at least three, around the best one.", plan.times.size());
  return plan.times;
}

Record likelihood_to_json(const LikelihoodSlice& slice) {
  return {{"t", slice.t},
          {"kernel", slice.kernel},
          {"gap", to_record(slice.gap)},
          {"left_out_gap", to_record(slice.left_out_gap)}};
}

LikelihoodSlice likelihood_from(const Record& record) {
  LikelihoodSlice slice;
  slice.t = record.at("t").number();
  slice.kernel = record.at("kernel").numbers();
  slice.gap = estimate_from(record.at("gap"));
  slice.left_out_gap = estimate_from(record.at("left_out_gap"));
  return slice;
}

Record reason_of(const Crossing& crossing) { return crossing.t ? Record(nullptr) : Record(crossing.reason); }

Record crossing_record(const Crossing& crossing) {
  return {{"t", finite(crossing.t)}, {"stderr", finite(crossing.standard_error)}, {"reason", reason_of(crossing)}};
}

// What a Gaussian of the data's covariance does.
struct Surrogate {
  double n, d;
  std::vector<double> spectrum;
  bool varies() const { return n > 1 && !spectrum.empty() && spectrum.front() > 0; }
};

// Slices at the times, then between the neighbours of the best of them, and where gaps close; ascending.
std::vector<LikelihoodSlice> likelihoods(const observables::HeldOutProbe& probe, const std::vector<double>& times,
                                         Run& run) {
  std::vector<LikelihoodSlice> slices;
  const auto measure = [&](const std::string& name, double t) {
    slices.push_back(
        likelihood_from(run.unit(name, [&] { return likelihood_to_json(observables::measure_likelihood(probe, t)); })));
  };
  for (std::size_t k = 0; k < times.size(); ++k) measure(fmt::format("likelihood-{:03}", k), times[k]);
  const auto mean = [](const LikelihoodSlice& s) { return mean_of(s.kernel).value; };
  const auto best = static_cast<std::size_t>(
      std::max_element(slices.begin(), slices.end(),
                       [&](const LikelihoodSlice& a, const LikelihoodSlice& b) { return mean(a) < mean(b); }) -
      slices.begin());
  const double low = times[best == 0 ? 0 : best - 1], high = times[std::min(best + 1, times.size() - 1)];
  std::vector<double> found;
  for (const double share : kShares)
    for (const bool left_out : {false, true})
      found.push_back(observables::gap_time(slices, probe.data.rows(), share, left_out).t.value_or(kNaN));
  int k = 0;
  for (const double t : log_times(low, high, kRefined + 2))  // the ends are there already
    if (std::none_of(times.begin(), times.end(), [t](double other) { return std::abs(t / other - 1) < kSame; }))
      measure(fmt::format("likelihood-best-{}", k++), t);
  const auto rising = [&] {
    std::sort(slices.begin(), slices.end(),
              [](const LikelihoodSlice& a, const LikelihoodSlice& b) { return a.t < b.t; });
  };
  rising();
  std::vector<double> seen;
  for (const LikelihoodSlice& slice : slices) seen.push_back(slice.t);
  k = 0;
  for (const double t : not_near(seen, found)) measure(fmt::format("likelihood-gap-{}", k++), t);
  rising();
  return slices;
}

Record curves_record(const std::vector<LikelihoodSlice>& slices, const Surrogate& surrogate) {
  const double d = surrogate.d, log_n = std::log(surrogate.n);
  Record out = Record::list();
  for (const LikelihoodSlice& s : slices) {
    const Estimate kernel = mean_of(s.kernel);
    const bool known = surrogate.varies();
    const double tau = std::expm1(2 * s.t);
    const double likelihood = known ? theory::kernel_log_likelihood(log_n, d, surrogate.spectrum, tau) : kNaN;
    const double limit = known ? theory::likelihood_gap(log_n, d, surrogate.spectrum, s.t) : kNaN;
    const double annealed =
        known ? theory::likelihood_gap(theory::competition(surrogate.n, surrogate.spectrum, s.t)) : kNaN;
    out.push_back({{"t", s.t},
                   {"kernel", finite(kernel.value / d)},
                   {"kernel_stderr", finite(kernel.standard_error / d)},
                   {"kernel_gaussian", finite(likelihood / d)},
                   {"gap", finite(s.gap.value / d)},
                   {"gap_stderr", finite(s.gap.standard_error / d)},
                   {"gap_left_out", finite(s.left_out_gap.value / d)},
                   {"gap_left_out_stderr", finite(s.left_out_gap.standard_error / d)},
                   {"gap_gaussian", finite(limit / d)},
                   {"gap_annealed", finite(annealed / d)}});
  }
  return out;
}

Record gaps_record(const std::vector<LikelihoodSlice>& slices, Index n) {
  Record out = Record::list();
  for (const double share : kShares) {
    Record row = crossing_record(observables::gap_time(slices, n, share, false));
    const Crossing left_out = observables::gap_time(slices, n, share, true);
    row["share"] = share;
    row["t_left_out"] = finite(left_out.t);
    row["stderr_left_out"] = finite(left_out.standard_error);
    row["reason_left_out"] = reason_of(left_out);
    out.push_back(row);
  }
  return out;
}

// Basins at the times and again at the onset, and t_o: where half of the data are traps.
void add_basins(const observables::HeldOutProbe& probe, const std::vector<double>& times, Index rays,
                const Surrogate& surrogate, Run& run, Record& record) {
  record["basins"] = Record::list();
  Crossing onset;
  onset.reason = "no rays were asked for";
  const observables::Queries chosen = observables::choose_test_queries(probe.data, rays, probe.noise);
  std::map<double, Record> units;
  const auto measure = [&](const char* name, const std::vector<double>& at) {
    const std::vector<Record> found = run.map(name, static_cast<Index>(at.size()), [&](Index k) {
      const BasinSlice s = observables::measure_basins(probe.model, probe.data, chosen, probe.noise, at[k]);
      return Record{{"trapped", to_record(s.trapped)}, {"radius2", to_record(s.radius2)}};
    });
    for (std::size_t k = 0; k < at.size(); ++k) units[at[k]] = found[k];
    std::vector<double> seen;
    std::vector<Estimate> trapped;
    for (const auto& [t, unit] : units) {
      seen.push_back(t);
      trapped.push_back(estimate_from(unit.at("trapped")));
    }
    onset = observables::last_fall_through(seen, trapped, kHalf);
  };
  if (rays > 0) {
    measure("basins", times);
    measure("basins-onset", not_near(times, {onset.t.value_or(kNaN)}));
  }
  for (const auto& [t, unit] : units) {
    const Estimate trapped = estimate_from(unit.at("trapped")), radius2 = estimate_from(unit.at("radius2"));
    const double known = surrogate.varies() ? theory::basin_radius2(surrogate.n, surrogate.spectrum, t) : kNaN;
    record["basins"].push_back({{"t", t},
                                {"trapped", finite(trapped.value)},
                                {"trapped_stderr", finite(trapped.standard_error)},
                                {"radius2", finite(radius2.value)},
                                {"radius2_stderr", finite(radius2.standard_error)},
                                {"radius2_gaussian", finite(known)}});
  }
  record["t_o"] = crossing_record(onset);
}

Record needed_record(double target, const observables::SampleLaw* law, const Surrogate& surrogate) {
  observables::SamplesNeeded needed;
  if (!std::isfinite(target))
    needed.reason = "no time to stay below";
  else if (law)
    needed = observables::samples_for(*law, target);
  else
    needed.reason = "no collapse times of subsets were given";
  const double per_decade = std::log(10.0);
  // t_C of the surrogate is where log n is the information of the channel, minus the mean competition of one rival.
  const double gaussian = std::isfinite(target) && surrogate.varies()
                              ? -theory::competition(2, surrogate.spectrum, target).mean / per_decade
                              : kNaN;
  return {{"t", finite(target)},
          {"log10_n", finite(needed.log_n / per_decade)},
          {"low", finite(needed.low / per_decade)},
          {"high", finite(needed.high / per_decade)},
          {"reason", needed.reason.empty() ? Record(nullptr) : Record(needed.reason)},
          {"log10_n_gaussian", finite(gaussian)}};
}

}  // namespace

void require_generalizable(const Dataset& data, const Dataset* held_out, const GeneralizationPlan& plan) {
  static_cast<void>(times_of(plan));
  if (data.rows() < 3)
    throw DataError("{}: has {} rows; generalisation needs at least three.", data.name(), data.rows());
  if (held_out && held_out->dimension() != data.dimension())
    throw DataError("{}: has dimension {}; expected {}, that of {}.", held_out->name(), held_out->dimension(),
                    data.dimension(), data.name());
  if (plan.points < 2) throw UsageError("generalization: {} points; expected at least two.", plan.points);
}

Record generalization_record(const Dataset& data, const Dataset* held_out, const GeneralizationPlan& plan,
                             const observables::SampleLaw* law, Run& run) {
  require_generalizable(data, held_out, plan);
  const std::vector<double> times = times_of(plan);
  run.expect(static_cast<int>(times.size()) * (plan.rays > 0 ? 2 : 1) + kRefined);
  const Noise noise(plan.seed);
  const observables::HeldOut parts =
      held_out ? observables::HeldOut{data, *held_out} : observables::split(data, plan.held_out, noise);
  const Empirical model(parts.train, {}, 1, plan.arithmetic);
  const observables::Pairs pairs = observables::choose_pairs(parts.train, parts.test, plan.points, noise);
  const observables::HeldOutProbe probe{model, parts.train, parts.test, pairs, noise};
  const Index n = parts.train.rows(), d = parts.train.dimension();
  const Surrogate surrogate{static_cast<double>(n), static_cast<double>(d),
                            observables::covariances(parts.train).spectrum.all(d, n)};
  const std::vector<LikelihoodSlice> slices = likelihoods(probe, times, run);
  const Crossing best = observables::generalization_time(slices, noise);
  Record record = {{"n", n}, {"d", d}, {"held_out", {{"rows", parts.test.rows()}, {"given", held_out != nullptr}}}};
  record["t_g"] = crossing_record(best);
  record["t_g"]["tau"] = finite(best.t ? std::expm1(2 * *best.t) : kNaN);
  const auto known = theory::generalization_time(surrogate.n, surrogate.d, surrogate.spectrum);
  record["t_g"]["t_gaussian"] = finite(known ? known->t : kNaN);
  record["gap"] = gaps_record(slices, n);
  add_basins(probe, times, std::min(plan.rays, n), surrogate, run, record);
  record["t_o"]["t_gaussian"] = finite(theory::trap_onset(surrogate.n, surrogate.spectrum));
  record["t_c_gaussian"] = finite(theory::collapse_time(surrogate.n, surrogate.spectrum));
  record["n_needed"] = needed_record(std::isfinite(plan.target) ? plan.target : best.t.value_or(kNaN), law, surrogate);
  record["curves"] = curves_record(slices, surrogate);
  return record;
}

namespace {

Curve curve_of(const Record& rows, std::string name, bool points, const char* y, const char* error = nullptr) {
  Curve curve{std::move(name), points};
  for (const Record& row : rows)
    if (!row.at(y).is_null())
      curve.rows.push_back({row.at("t").number(), row.at(y).number(), error ? number_from(row.at(error)) : 0});
  return curve;
}

CurveFigure figure_of(const char* name, const char* title, const char* caption, const char* y_title) {
  CurveFigure figure{name, title, caption, "t", y_title};
  figure.log_x = true;
  return figure;
}

}  // namespace

std::vector<CurveFigure> generalization_figures(const Record& record) {
  const Record &curves = record.at("curves"), &basins = record.at("basins");
  CurveFigure kernel = figure_of("generalization-kernel", "How likely held-out points are",
                                 "Log density of the kernel density of variance e^(2t) - 1 at clean held-out points. "
                                 "Its top is t_g, where what the empirical measure generates is closest to the law of "
                                 "the data.",
                                 "log density, nats a dimension");
  kernel.curves = {curve_of(curves, "held-out points", true, "kernel", "kernel_stderr"),
                   curve_of(curves, "Gaussian data of this covariance, d to infinity", false, "kernel_gaussian")};
  CurveFigure gap = figure_of("generalization-gap", "Where the empirical measure stops being novel",
                              "Log-likelihood of noisy training data less that of noisy held-out points. Above the "
                              "collapse the two are alike; below, the measure knows its own.",
                              "gap, nats a dimension");
  gap.curves = {curve_of(curves, "held-out points", true, "gap", "gap_stderr"),
                curve_of(curves, "data left out", true, "gap_left_out", "gap_left_out_stderr"),
                curve_of(curves, "Gaussian data, annealed", false, "gap_annealed"),
                curve_of(curves, "Gaussian data, d to infinity", false, "gap_gaussian")};
  std::vector<CurveFigure> out{std::move(kernel), std::move(gap)};
  if (basins.empty()) return out;
  CurveFigure radius = figure_of("generalization-basins", "Traps around the data",
                                 "Share of data that are traps, and median squared radius of a datum's basin in units "
                                 "of its noise: 0 at the onset t_o, 1 at collapse.",
                                 "share; squared radius");
  // Below the collapse radii grow without bound; what the figure is about ends at 1.
  Curve shown = curve_of(basins, "squared radius", true, "radius2", "radius2_stderr");
  std::erase_if(shown.rows, [](const Curve::Row& row) { return row.y > 2; });
  radius.curves = {std::move(shown), curve_of(basins, "share of traps", true, "trapped", "trapped_stderr"),
                   curve_of(basins, "squared radius, Gaussian data", false, "radius2_gaussian")};
  out.push_back(std::move(radius));
  return out;
}

}  // namespace denoiscope::experiments
