// langevin: walkers in a landscape, their law beside the exact one, and the work of a drive.
#include "denoiscope/dynamics/langevin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/dynamics/annealed.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {
namespace {

constexpr double kMostNumbers = 1e8;  // walkers times coordinates: memory
constexpr Index kFrames = 10;         // rows of the record, evenly spaced

struct LangevinJob {
  NamedPotential potential;
  std::optional<NamedPotential> to = {};  // a drive
  LangevinSettings settings = {};
  std::string stepper = {};
  bool in_equilibrium = false;
  double start = 0;  // of every coordinate, where not in equilibrium
  Index steps = 0, walkers = 0, dimension = 0;
  std::uint64_t seed = 0;
};

// Parameters that the drive does not name keep their value.
NamedPotential driven_to(const Request& request) {
  std::vector<std::string> words = words_of(request.text("to"));
  const std::size_t named = words.size();
  for (const std::string& word : words_of(request.text("parameters"))) {
    const std::string key = word.substr(0, word.find('=') + 1);
    if (std::none_of(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(named),
                     [&](const std::string& other) { return other.starts_with(key); }))
      words.push_back(word);
  }
  return make_potential(request.text("potential"), words);
}

LangevinJob job_of(const Request& request) {
  LangevinJob job{potential_of(request)};
  if (request.has("to")) job.to = driven_to(request);
  job.stepper = request.text("stepper");
  job.settings = {langevin_stepper(job.stepper), request["temperature"], request["dt"], request["friction"]};
  job.in_equilibrium = request.text("start") == "equilibrium";
  if (!job.in_equilibrium) job.start = parse_number(request.text("start"), "--start");
  if (!std::isfinite(job.start))
    throw UsageError("--start: {}, expected a finite number or equilibrium.", request.text("start"));
  job.steps = request.whole("steps");
  job.walkers = request.whole("walkers");
  job.dimension = request.whole("dimension");
  job.seed = static_cast<std::uint64_t>(request.whole("seed"));
  if (static_cast<double>(job.walkers) * static_cast<double>(job.dimension) > kMostNumbers)
    throw UsageError("--walkers {}, --dimension {}: expected at most {:.0e} numbers.", job.walkers, job.dimension,
                     kMostNumbers);
  return job;
}

std::vector<std::uint64_t> names(Index walkers) {
  std::vector<std::uint64_t> out(static_cast<std::size_t>(walkers));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

// Over walkers, which are independent; coordinates of one walker share its Metropolis decisions.
Estimate mean_square(const RowMatrix& x, double centre) {
  const Vector each = (x.array() - centre).square().rowwise().mean();
  return mean_of({each.data(), static_cast<std::size_t>(each.size())});
}
Estimate mean_point(const RowMatrix& x) {
  const Vector each = x.rowwise().mean();
  return mean_of({each.data(), static_cast<std::size_t>(each.size())});
}

Record sample(const LangevinJob& job) {
  const LangevinSettings& settings = job.settings;
  const auto who = names(job.walkers);
  const Noise noise(job.seed);
  const Equilibrium exact = equilibrium(job.potential.energy, settings.temperature);
  const RowMatrix start = job.in_equilibrium
                              ? equilibrium_draws(job.potential.energy, settings.temperature, job.dimension, noise, who)
                              : RowMatrix::Constant(job.walkers, job.dimension, job.start);
  Langevin walkers(job.potential.energy, settings, start, noise, who);
  const Index frames = std::min(kFrames, job.steps);
  Looks looks(job.steps, job.steps / 2, job.walkers);
  Record rows = Record::list();
  for (Index k = 1; k <= frames; ++k) {
    const Index end = job.steps * k / frames;
    while (walkers.steps() < end) {
      walkers.advance(std::min(end, looks.next(walkers.steps())) - walkers.steps());
      looks.take(walkers.steps(), walkers.points());
    }
    rows.push_back({{"t", walkers.time()},
                    {"mean", to_record(mean_point(walkers.points()))},
                    {"variance", to_record(mean_square(walkers.points(), exact.mean))}});
  }
  const Estimate correlation = looks.integrated_time();
  const double of_stepper =
      job.potential.energy.harmonic() ? harmonic_variance(job.potential.energy.curvature(0), settings) : kNaN;
  return {
      {"potential", job.potential.text()},
      {"temperature", settings.temperature},
      {"stepper", job.stepper},
      {"dt", settings.dt},
      {"friction", settings.stepper == LangevinStepper::baoab ? Record(settings.friction) : Record()},
      {"steps", job.steps},
      {"walkers", job.walkers},
      {"dimension", job.dimension},
      {"seed", job.seed},
      {"exact_mean", exact.mean},
      {"exact_variance", exact.variance},
      {"stepper_variance", finite(of_stepper)},
      {"acceptance", settings.stepper == LangevinStepper::mala ? to_record(walkers.acceptance()) : Record()},
      {"autocorrelation_time", finite(correlation.value * settings.dt)},
      {"autocorrelation_time_stderr", finite(correlation.standard_error * settings.dt)},
      {"reason", std::isfinite(correlation.value) ? Record()
                                                  : Record("autocorrelation_time: the second half of the run is not "
                                                           "32 times as long; take more steps")},
      {"frames", rows}};
}

// From one landscape to another of the same name, parameters linear in time.
Record anneal(const LangevinJob& job) {
  const NamedPotential &from = job.potential, &to = *job.to;
  const LangevinSettings& settings = job.settings;
  const double T = settings.temperature, duration = settings.dt * static_cast<double>(job.steps);
  const Protocol protocol{[&](double t) {
                            Potential now;
                            for (std::size_t k = 0; k < now.c.size(); ++k)
                              now.c[k] = from.energy.c[k] + (to.energy.c[k] - from.energy.c[k]) * (t / duration);
                            return now;
                          },
                          duration};
  const auto who = names(job.walkers);
  const Driven driven = drive(protocol, settings, job.dimension, job.steps, Noise(job.seed), who);
  std::vector<double> log_weight, square;
  const Equilibrium begin = equilibrium(from.energy, T), end = equilibrium(to.energy, T);
  for (std::size_t i = 0; i < driven.work.size(); ++i) {
    log_weight.push_back(-driven.work[i] / T);
    square.push_back((driven.points.row(static_cast<Index>(i)).array() - end.mean).square().mean());
  }
  const WeightedMean all = weighted(log_weight, square);
  return {
      {"potential", from.text()},
      {"to", to.text()},
      {"temperature", T},
      {"stepper", job.stepper},
      {"dt", settings.dt},
      {"duration", duration},
      {"steps", job.steps},
      {"walkers", job.walkers},
      {"dimension", job.dimension},
      {"seed", job.seed},
      {"acceptance", settings.stepper == LangevinStepper::mala ? to_record(driven.acceptance) : Record()},
      {"work", to_record(mean_of(driven.work))},
      {"free_energy", {{"value", -T * all.log_mean_weight}, {"stderr", T * all.standard_error}, {"n", job.walkers}}},
      {"exact_free_energy", T * static_cast<double>(job.dimension) * (begin.log_partition - end.log_partition)},
      {"effective_size", all.effective_size},
      {"weighted_variance", all.value},
      {"exact_variance", end.variance}};
}

// The variance on its way to the exact one.
CurveFigure variance_figure(const Record& record) {
  Curve variance{"walkers", true}, exact{"exact law", false}, of_stepper{"law of this stepper", false};
  for (const Record& row : record["frames"]) {
    const double t = row["t"].number();
    variance.rows.push_back({t, number_from(row["variance"]["value"]), number_from(row["variance"]["stderr"])});
    exact.rows.push_back({t, number_from(record["exact_variance"]), 0});
    of_stepper.rows.push_back({t, number_from(record["stepper_variance"]), 0});
  }
  CurveFigure figure;
  figure.name = "variance";
  figure.title = "Variance of the walkers about the exact mean";
  figure.caption = "Bars are one standard error over independent walkers.";
  figure.x_title = "time";
  figure.y_title = "variance";
  figure.curves = {variance, exact};
  if (!record["stepper_variance"].is_null()) figure.curves.push_back(of_stepper);
  return figure;
}

Record cell(const Record& value) {
  return value.is_object() ? measured(number_from(value["value"]), number_from(value["stderr"])) : value;
}

void show(const Record& record, Frame& frame) {
  const bool driven = record.contains("to");
  frame.title("Langevin walkers in " + record["potential"].text() +
              (driven ? ", driven to " + record["to"].text() : std::string()));
  frame.question(driven ? "What work does the drive take, and what free energy do its weights give?"
                        : "How near to the exact law is that of the walkers?");
  const std::pair<const char*, const char*> numbers[] = {{"mean, exact", "exact_mean"},
                                                         {"variance, exact", "exact_variance"},
                                                         {"variance, law of this stepper", "stepper_variance"},
                                                         {"acceptance", "acceptance"},
                                                         {"autocorrelation time", "autocorrelation_time"},
                                                         {"work", "work"},
                                                         {"free energy, from weights", "free_energy"},
                                                         {"free energy, exact", "exact_free_energy"},
                                                         {"effective sample size", "effective_size"},
                                                         {"variance at the end, weighted", "weighted_variance"}};
  for (const auto& [name, key] : numbers) {
    const Record *value = record.find(key), *error = record.find(std::string(key) + "_stderr");
    if (value && value->is_object())
      frame.number(name, cell(*value));
    else if (value && !value->is_null())
      frame.number(name, error ? measured(value->number(), number_from(*error)) : *value);
  }
  frame.text(fmt::format("{} steps of {} walkers in {} dimensions, {} at dt = {:g}, T = {:g}.", record["steps"].whole(),
                         record["walkers"].whole(), record["dimension"].whole(), record["stepper"].text(),
                         record["dt"].number(), record["temperature"].number()));
  if (driven) return;
  Table table{"on the way", {"t", "mean", "variance about the exact mean"}};
  for (const Record& row : record["frames"]) table.add({row["t"], cell(row["mean"]), cell(row["variance"])});
  frame.table(table);
  frame.figure(variance_figure(record));
}

Record run_langevin(const Request& request, Run& run) {
  const LangevinJob job = job_of(request);
  run.start();
  const Record record = run.unit("walkers", [&] { return job.to ? anneal(job) : sample(job); });
  show(record, run.frame());
  return record;
}

constexpr Parameter kOwn[] = {
    parameter::word("stepper", "ula|mala|baoab", "mala", "ula: biased O(dt); mala: exact; baoab: inertial"),
    parameter::within("dt", 0.01, 0, parameter::kUnbounded, "DT", "length of a step"),
    parameter::within("friction", 1, 0, parameter::kUnbounded, "G", "of baoab"),
    parameter::whole("steps", 2000, 1, 4294967295, "N", "how many"),
    parameter::whole("walkers", 1000, 2, kMostNumbers, "M", "independent ones"),
    parameter::whole("dimension", 1, 1, kMostNumbers, "D", "U(x) is the sum of E over so many coordinates"),
    parameter::text("start", "0", "X|equilibrium", "where every coordinate starts: a number, or exact draws"),
    parameter::text(
        "to", "", "'KEY=VALUE ...'",
        "drive these parameters of the landscape, the others staying, from equilibrium and linearly in time: "
        "work, free energy and effective sample size"),
    parameter::whole("seed", 0, -9.2e18, 9.2e18, "S", "seed; walker i depends on it, i and the step alone"),
};

}  // namespace

Experiment langevin_experiment() {
  static const std::vector<Parameter> parameters = joined({potential_parameters(), kOwn});
  return {"langevin", "Langevin walkers in a landscape beside its exact law; work of a drive", parameters,
          Needs::nothing, run_langevin};
}

}  // namespace denoiscope::experiments
