#include "denoiscope/experiments/clone.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/critical_grid.hpp"
#include "denoiscope/dynamics/limits.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/experiments/model_theory.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

namespace {

constexpr double kUnitWork = 4e9;        // numbers written in about ten seconds
constexpr double kSeenBias = 1e-3;       // of the start from N(0, I): what 1e5 pairs would just see
constexpr double kUsualEnd = 0.01;       // of a grid that cannot reach 0
constexpr double kLong = 30;             // seconds: what one wants to know of beforehand
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
  const Posterior& whole = model.posterior();
  CloneSubject subject;
  subject.name = model.text();
  subject.posterior = reduce ? whole.essential() : model.made.posterior;
  if (!subject.posterior)
    throw UsageError(
        "reduce: {} has no reduced form, as gaussian-mixture and orthogonal-classes have one. Leave out --reduce.",
        model.entry->name);
  subject.score = std::shared_ptr<const Denoiser>(subject.posterior, &subject.posterior->fastest());
  subject.dimension = whole.dimension();
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

CloneSubject clone_subject(const Subject& subject, bool reduce) {
  if (subject.of_model()) return clone_subject(subject.model(), reduce);
  return clone_subject(subject.data(), subject.arithmetic());
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
                                       Run& run) {
  const Posterior& model = *subject.posterior;
  const bool exact = settings.method == CloneMethod::exact;
  const Index points = exact ? settings.pairs : std::min(settings.pairs, kExpectedPoints);
  RowMatrix expected(branches_of(settings), points), found(branches_of(settings), settings.pairs);
  put(run.unit("exact", [&] { return rows_of(exact_agreement(model, settings, noise, 0, points)); }), 0, expected);
  if (exact) return clone_points(settings, expected, expected);
  const Index of_unit = pairs_of_unit(subject, settings);
  run.expect(static_cast<int>((settings.pairs + of_unit - 1) / of_unit));
  for (Index begin = 0; begin < settings.pairs; begin += of_unit) {
    const Index rows = std::min(of_unit, settings.pairs - begin);
    const Record block = run.unit(fmt::format("pairs-{:08}", begin), [&] {
      return rows_of(clone_agreement(model, *subject.score, settings, noise, begin, rows));
    });
    put(block, begin, found);
  }
  return clone_points(settings, found, expected);
}

namespace {

Record to_record(const ClonePoint& point, const CloneSubject& subject) {
  return {{"t", point.t},
          {"phi", point.phi.value},
          {"stderr", finite(point.phi.standard_error)},
          {"exact", finite(subject.exact(point.t))},
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

// The score of data is steep near 0, so their grid is finer there.
CloneSettings settings_of(const Request& request, bool of_a_model) {
  CloneSettings s;
  s.times = request.numbers("times");
  s.method = static_cast<CloneMethod>(static_cast<int>(request["method"]));
  s.pairs = request.whole("pairs");
  s.stepper = &find_stepper(request.text("stepper"));
  s.steps = static_cast<int>(request.whole("steps"));
  s.t_max = request["t_max"];
  const std::string asked = request.text("grid") == kCriticalGrid ? std::string(kBeforeCritical) : request.text("grid");
  s.grid = find_time_grid(!asked.empty() ? asked : of_a_model ? "linear" : "karras").name;
  s.t_min = request.has("t_min") ? request["t_min"] : find_time_grid(s.grid).to_zero ? 0 : kUsualEnd;
  if (s.method == CloneMethod::sde) static_cast<void>(clone_grid(s));  // refused before any work
  return s;
}

// What to know before the work begins: that paths start elsewhere, and how long it takes. Returns the bias.
double warn(const CloneSubject& subject, const CloneSettings& s, const Noise& noise, bool reduced, Run& run) {
  const double bias = start_bias(*subject.posterior, s.t_max, noise);
  if (bias > kSeenBias)
    run.note(
        fmt::format("--t-max {:g} is small: paths start from N(0, I), which moves phi by up to {:.2g}. Use a "
                    "larger one, or --method bridge, which starts from the law itself.",
                    s.t_max, bias));
  const Stiffness stiff = stiffness(*subject.posterior, *s.stepper, clone_grid(s), {}, noise);
  if (stiff.share > 1) run.note(advice(stiff, *s.stepper));
  const double seconds = clone_estimate(subject, s, noise);
  if (seconds > kLong)
    run.note(fmt::format("about {:.0f} s: {} pairs of {:.0f} evaluations each in {} dimensions.{}{}", seconds, s.pairs,
                         clone_evaluations(s), subject.posterior->dimension(),
                         run.kept() ? "" : " --out DIR keeps what is done, for --resume.",
                         reduced ? "" : " --method bridge is exact and has no steps."));
  return bias;
}

Record record_of(const CloneSubject& subject, const CloneSettings& s, const Request& request) {
  const bool sde = s.method == CloneMethod::sde;
  return {{"source", subject.name},
          {"classes", subject.posterior->classes()},
          {"method", request.text("method")},
          {"stepper", sde ? Record(s.stepper->name) : Record()},
          {"grid", !sde             ? Record()
                   : s.path.empty() ? Record(s.grid)
                                    : Record(kCriticalGrid)},
          {"steps", sde ? Record(s.steps) : Record()},
          {"t_max", sde ? Record(s.t_max) : Record()},
          {"t_min", sde ? Record(clone_grid(s).back()) : Record()},
          {"pairs", s.pairs},
          {"dimension", subject.dimension},
          {"dimension_simulated", subject.posterior->dimension()},
          {"seed", request.whole("seed")}};
}

// Integrated paths beside the average over exact points, which has no steps: where they are furthest apart in errors.
void compare_steps(const Record& record, const std::vector<ClonePoint>& points, Frame& frame) {
  constexpr double kSeen = 3.5;  // errors: a false alarm in 2000 at each time
  double worst = kSeen;
  std::string text;
  for (const ClonePoint& p : points) {
    const double apart = p.phi.value - p.expected.value,
                 error = std::hypot(p.phi.standard_error, p.expected.standard_error);
    if (!(std::abs(apart) > worst * error)) continue;
    worst = std::abs(apart) / error;
    text = fmt::format(
        "{} steps are too few: at t = {:g} phi is {:+.2g} +- {:.1g} off the average over exact points. Take more, or "
        "--method bridge, which has none.",
        record["steps"].whole(), p.t, apart, error);
  }
  if (!text.empty()) frame.verdict(Level::warn, text);
}

void show(const Record& record, const CloneSubject& subject, const std::vector<ClonePoint>& points, Frame& frame) {
  frame.title("Clones of " + subject.name);
  frame.question("When is the class decided: how often do two copies of a backward path, made at t, end in one class?");
  if (!record["steps"].is_null()) compare_steps(record, points, frame);
  Table table{fmt::format("{} pairs by {}, {} of {} dimensions simulated", record["pairs"].whole(),
                          record["method"].text(), record["dimension_simulated"].whole(), record["dimension"].whole()),
              {"t", "phi", "posterior average"}};
  const bool closed = record["exact_reason"].is_null();
  if (closed) table.columns.push_back("closed form");
  for (const Record& p : record["points"]) {
    Record::List cells = {p["t"], measured(number_from(p["phi"]), number_from(p["stderr"])),
                          measured(number_from(p["posterior"]), number_from(p["posterior_stderr"]))};
    if (closed) cells.push_back(p["exact"]);
    table.add(std::move(cells));
  }
  frame.table(table);
  frame.figure(clone_figure(subject, points));
}

Record run_clone(const Request& request, Run& run) {
  const Subject about(request, Needs::classes);
  CloneSettings s = settings_of(request, about.of_model());
  const CloneSubject subject = clone_subject(about, request.flag("reduce"));
  const Noise noise = about.noise();
  const bool sde = s.method == CloneMethod::sde;
  if (sde && request.text("grid") == kCriticalGrid)
    s.path = critical_times(*subject.posterior, subject.name, about.of_model() ? 0 : about.data().rows(), s.t_max,
                            s.t_min, s.steps, noise);
  run.start(about.identity());
  Record record = record_of(subject, s, request);
  record["start_bias"] = sde ? Record(warn(subject, s, noise, request.flag("reduce"), run)) : Record();
  const std::vector<ClonePoint> points = clone_in_units(subject, s, noise, run);
  record["points"] = Record::list();
  for (const ClonePoint& p : points) record["points"].push_back(to_record(p, subject));
  const bool closed = std::isfinite(subject.exact(points.front().t));
  record["exact_reason"] = closed ? Record() : Record("no closed form of phi is known here; see posterior");
  show(record, subject, points, run.frame());
  return record;
}

constexpr Parameter kOwn[] = {
    parameter::list("times", "0.5,1,1.5,2,2.5,3,3.5,4,4.5,5,5.5,6", 0, parameter::kUnbounded, true, "t,t,...",
                    "OU times at which paths are copied"),
    parameter::whole("pairs", 4000, 1, 1e12, "N", "pairs of copies at each time"),
    parameter::word("method", "sde|bridge|exact", "bridge",
                    "bridge: exact paths; sde: integrated from N(0, I); exact: the mean of sum_c p(c|x_t)^2 over exact "
                    "points"),
    parameter::text("stepper", "euler-maruyama", "NAME",
                    "of the SDE: euler-maruyama, exponential, ddpm, ddpm-tilde, edm-heun"),
    parameter::text("grid", "", "NAME",
                    "of the SDE: linear, log, karras, ddpm or critical (default: linear; karras on data, whose score "
                    "is steep near 0)"),
    parameter::whole("steps", 1000, 2, 1e7, "N", "of the SDE: steps of the grid"),
    parameter::within("t_max", 10, 0, parameter::kUnbounded, "T", "of the SDE: the OU time where paths start"),
    parameter::within("t_min", parameter::kAbsent, 0, parameter::kUnbounded, "T",
                      "of the SDE: where the grid ends and classes are read off (default: a linear grid runs to 0, "
                      "others to 0.01)"),
    parameter::about(About::model,
                     parameter::flag("reduce",
                                     "of a model: only the coordinates that its score mixes; the classes do not depend "
                                     "on the others")),
};

}  // namespace

Experiment clone_experiment() {
  static const std::vector<Parameter> parameters =
      joined({kDataParameters, kArithmeticParameters, kModelParameters, kSeedParameters, kOwn});
  return {"clone", "phi(t): how often two copies of a backward path, made at t, end in the same class", parameters,
          Needs::classes, run_clone};
}

}  // namespace denoiscope::experiments
