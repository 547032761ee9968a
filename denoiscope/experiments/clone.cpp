#include "denoiscope/experiments/clone.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/experiments/analyze/model_theory.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

namespace {

constexpr double kUnitWork = 4e9;        // numbers written in about ten seconds
constexpr double kWorkOfProduct = 0.01;  // one of the n d products of a sweep over data, in numbers written

double work_of_pair(const CloneSubject& subject, const CloneSettings& settings) {
  // A bridge draws twice a clone and reads its class off: six evaluations a branch.
  const double evaluations = settings.method == CloneMethod::sde ? clone_evaluations(settings)
                                                                 : 6.0 * static_cast<double>(settings.times.size());
  return evaluations * subject.work;
}

Index pairs_of_unit(const CloneSubject& subject, const CloneSettings& settings) {
  const double pairs = kUnitWork / work_of_pair(subject, settings);
  return std::clamp<Index>(static_cast<Index>(std::min(pairs, 1e9)), std::min<Index>(16, settings.pairs),
                           settings.pairs);
}

Record rows_of(const RowMatrix& agreement) {
  Record rows = Record::list();
  for (Index k = 0; k < agreement.rows(); ++k)
    rows.push_back(std::vector<double>(agreement.row(k).begin(), agreement.row(k).end()));
  return rows;
}

void put(const Record& rows, Index begin, RowMatrix& all) {
  for (Index k = 0; k < all.rows(); ++k) {
    const auto values = rows.at(k).numbers();
    for (std::size_t i = 0; i < values.size(); ++i) all(k, begin + static_cast<Index>(i)) = values[i];
  }
}

Index branches_of(const CloneSettings& settings) {
  std::vector<double> times = settings.times;
  std::sort(times.begin(), times.end());
  return std::unique(times.begin(), times.end()) - times.begin();
}

}  // namespace

CloneSubject clone_subject(const Model& model, bool reduce) {
  const Model used = reduce ? reduced(model) : model;
  CloneSubject subject;
  subject.name = model.text();
  subject.posterior = used.made.posterior;
  const auto score = std::make_shared<CloneScore>(used);
  subject.score = std::shared_ptr<const Denoiser>(score, &score->denoiser());
  subject.dimension = model.posterior().dimension();
  if (const ModelTheory* theory = theory_of(model.entry->name)) subject.phi = theory->phi;
  subject.arguments = model.arguments;
  subject.work = static_cast<double>(subject.posterior->dimension());
  return subject;
}

CloneSubject clone_subject(const Dataset& data, const Arithmetic& arithmetic) {
  if (!data.labelled())
    throw DataError("{}: has no class labels, and clones are told apart by class. Give --labels FILE.", data.name());
  CloneSubject subject;
  subject.name = data.name();
  subject.posterior = std::make_shared<Empirical>(data, arithmetic);
  subject.score = subject.posterior;
  subject.dimension = data.dimension();
  subject.work = static_cast<double>(data.dimension()) * (1 + kWorkOfProduct * static_cast<double>(data.rows()));
  return subject;
}

int clone_units(const CloneSubject& subject, const CloneSettings& settings) {
  const Index of_unit = pairs_of_unit(subject, settings);
  const Index blocks = settings.method == CloneMethod::exact ? 0 : (settings.pairs + of_unit - 1) / of_unit;
  return static_cast<int>(blocks + 1);
}

double clone_estimate(const CloneSubject& subject, const CloneSettings& settings, const Noise& noise) {
  constexpr Index kRows = 64;
  constexpr int kSteps = 12;
  CloneSettings few = settings;  // the same branches on a coarse grid
  few.t_min = clone_grid(settings).back();
  few.grid = "log";
  few.path.clear();
  few.steps = std::min(settings.steps, kSteps);
  few.pairs = std::min(settings.pairs, kRows);
  double least = kInfinity;
  for (int repeat = 0; repeat < 2; ++repeat) {  // the first also warms up
    const auto begin = std::chrono::steady_clock::now();
    clone_agreement(*subject.posterior, *subject.score, few, noise, 0, few.pairs);
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  const auto pairs = static_cast<double>(settings.pairs) / static_cast<double>(few.pairs);
  return least * pairs * clone_evaluations(settings) / clone_evaluations(few);
}

std::vector<ClonePoint> clone_in_units(const CloneSubject& subject, const CloneSettings& settings, const Noise& noise,
                                       ExperimentRun& run) {
  const Posterior& model = *subject.posterior;
  const bool exact = settings.method == CloneMethod::exact;
  const Index points = exact ? settings.pairs : std::min(settings.pairs, kExpectedPoints);
  RowMatrix expected(branches_of(settings), points), found(branches_of(settings), settings.pairs);
  put(run.unit("exact", [&] { return rows_of(exact_agreement(model, settings, noise, 0, points)); }), 0, expected);
  if (exact) return clone_points(settings, expected, expected);
  const Index of_unit = pairs_of_unit(subject, settings);
  for (Index begin = 0; begin < settings.pairs; begin += of_unit) {
    const Index rows = std::min(of_unit, settings.pairs - begin);
    const Record block = run.unit(fmt::format("pairs-{:08}", begin), [&] {
      return rows_of(clone_agreement(model, *subject.score, settings, noise, begin, rows));
    });
    put(block, begin, found);
  }
  return clone_points(settings, found, expected);
}

Record to_record(const ClonePoint& point, const CloneSubject& subject) {
  const double known = subject.exact(point.t);
  const bool closed = std::isfinite(known);
  return {{"t", point.t},
          {"phi", point.phi.value},
          {"stderr", finite(point.phi.standard_error)},
          {"exact", closed ? known : point.expected.value},
          {"exact_stderr", closed ? Record(0.0) : finite(point.expected.standard_error)},
          {"posterior", point.expected.value},
          {"posterior_stderr", finite(point.expected.standard_error)}};
}

CurveFigure clone_figure(const CloneSubject& subject, const std::vector<ClonePoint>& points) {
  constexpr int kFine = 120;
  Curve clones{"clones", true}, posterior{"mean of sum p(c|x)^2", false}, closed{"closed form", false};
  for (const ClonePoint& p : points) {
    clones.rows.push_back({p.t, p.phi.value, p.phi.standard_error});
    posterior.rows.push_back({p.t, p.expected.value, 0});
  }
  const auto [low, high] = std::minmax_element(points.begin(), points.end(),
                                               [](const ClonePoint& a, const ClonePoint& b) { return a.t < b.t; });
  for (int k = 0; k <= kFine; ++k) {
    const double t = low->t + (high->t - low->t) * k / kFine;
    closed.rows.push_back({t, subject.exact(t), 0});
  }
  const bool known = std::isfinite(subject.exact(low->t));
  CurveFigure figure;
  figure.name = "clone";
  figure.title = "Two clones of a backward path end in one class";
  figure.caption =
      "Copied at t, the copies go on with noise of their own. Where the probability falls from one to chance, classes "
      "form: speciation.";
  figure.x_title = "time t of the copy";
  figure.y_title = "probability of the same class";
  figure.curves = {clones, known ? closed : posterior};
  return figure;
}

}  // namespace denoiscope::experiments
