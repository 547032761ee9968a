// langevin: walkers in a landscape, their law beside the exact one, and the work of a drive.
#include "denoiscope/dynamics/langevin.hpp"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/dynamics/annealed.hpp"
#include "dynamics_options.hpp"
#include "run_output.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

constexpr double kMostNumbers = 1e8;  // walkers times (coordinates, or frames): memory
constexpr Index kFrames = 200;        // looks at the walkers, evenly spaced: the second half is for correlations

struct Options {
  PotentialOptions potential;
  std::string stepper = "mala", dt = "0.01", friction = "1", start = "0", to;
  long long steps = 2000, walkers = 1000, dimension = 1, seed = 0;
  RunOutput output;
};

void require_sizes(const Options& o) {
  if (o.steps < 1 || o.steps > UINT32_MAX) throw UsageError("--steps: {}, expected 1 to 2^32 - 1.", o.steps);
  if (o.walkers < 2 || o.dimension < 1 ||
      static_cast<double>(o.walkers) * static_cast<double>(std::max<long long>(o.dimension, kFrames)) > kMostNumbers)
    throw UsageError(
        "--walkers {}, --dimension {}: expected at least 2 walkers, one dimension, and at most {:.0e} numbers.",
        o.walkers, o.dimension, kMostNumbers);
}

LangevinSettings settings_of(const Options& o) {
  return {langevin_stepper(o.stepper), o.potential.degrees(), numbers_of(o.dt, "--dt", 1)[0],
          numbers_of(o.friction, "--friction", 1)[0]};
}

std::vector<std::uint64_t> names(long long walkers) {
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

Record sample(const Options& options, Progress& progress) {
  const NamedPotential potential = options.potential.make();
  const LangevinSettings settings = settings_of(options);
  const auto who = names(options.walkers);
  const Noise noise(static_cast<std::uint64_t>(options.seed));
  const Equilibrium exact = equilibrium(potential.energy, settings.temperature);
  const RowMatrix start =
      options.start == "equilibrium"
          ? equilibrium_draws(potential.energy, settings.temperature, options.dimension, noise, who)
          : RowMatrix::Constant(options.walkers, options.dimension, numbers_of(options.start, "--start", 1)[0]);
  Langevin walkers(potential.energy, settings, start, noise, who);
  const Index frames = std::min<Index>(kFrames, options.steps), second = frames / 2;
  RowMatrix series(options.walkers, frames - second);
  Record rows = Record::list();
  for (Index k = 1; k <= frames; ++k) {
    progress.at(static_cast<int>(k - 1), static_cast<int>(frames), "look");
    if (progress.stop_requested())
      throw Stopped("langevin: stopped after {} of {} steps.", walkers.steps(), options.steps);
    walkers.advance(options.steps * k / frames - walkers.steps());
    if (k > second) series.col(k - second - 1) = walkers.points().col(0);
    if (k * 10 / frames > (k - 1) * 10 / frames)
      rows.push_back({{"t", walkers.time()},
                      {"mean", json_estimate(mean_point(walkers.points()))},
                      {"variance", json_estimate(mean_square(walkers.points(), exact.mean))}});
  }
  const double frame = walkers.time() / static_cast<double>(frames);
  const double correlation =
      frames >= 8 ? integrated_time(autocorrelation(series, exact.mean, series.cols() - 1)) : kNaN;
  const double of_stepper =
      potential.energy.harmonic() ? harmonic_variance(potential.energy.curvature(0), settings) : kNaN;
  return {{"potential", potential.text()},
          {"temperature", settings.temperature},
          {"stepper", options.stepper},
          {"dt", settings.dt},
          {"friction", settings.stepper == LangevinStepper::baoab ? Record(settings.friction) : Record()},
          {"steps", options.steps},
          {"walkers", options.walkers},
          {"dimension", options.dimension},
          {"seed", options.seed},
          {"exact_mean", exact.mean},
          {"exact_variance", exact.variance},
          {"stepper_variance", json_number(of_stepper)},
          {"acceptance", settings.stepper == LangevinStepper::mala ? json_estimate(walkers.acceptance()) : Record()},
          {"autocorrelation_time", json_number(correlation * frame)},
          {"reason", std::isfinite(correlation) ? Record()
                                                : Record("autocorrelation_time: the second half of the run is not "
                                                         "several times as long; take more steps")},
          {"frames", rows}};
}

// From one landscape to another of the same name, parameters linear in time.
Record anneal(const Options& options) {
  const NamedPotential from = options.potential.make();
  const NamedPotential to = make_potential(options.potential.name, split(options.to, ' '));
  LangevinSettings settings = settings_of(options);
  const double T = settings.temperature, duration = settings.dt * static_cast<double>(options.steps);
  const Protocol protocol{[&](double t) {
                            Potential now;
                            for (std::size_t k = 0; k < now.c.size(); ++k)
                              now.c[k] = from.energy.c[k] + (to.energy.c[k] - from.energy.c[k]) * (t / duration);
                            return now;
                          },
                          duration};
  const auto who = names(options.walkers);
  const Driven driven =
      drive(protocol, settings, options.dimension, options.steps, Noise(static_cast<std::uint64_t>(options.seed)), who);
  std::vector<double> log_weight, square;
  const Equilibrium begin = equilibrium(from.energy, T), end = equilibrium(to.energy, T);
  for (std::size_t i = 0; i < driven.work.size(); ++i) {
    log_weight.push_back(-driven.work[i] / T);
    square.push_back((driven.points.row(static_cast<Index>(i)).array() - end.mean).square().mean());
  }
  const WeightedMean all = weighted(log_weight, square);
  return {{"potential", from.text()},
          {"to", to.text()},
          {"temperature", T},
          {"stepper", options.stepper},
          {"dt", settings.dt},
          {"duration", duration},
          {"steps", options.steps},
          {"walkers", options.walkers},
          {"dimension", options.dimension},
          {"seed", options.seed},
          {"acceptance", settings.stepper == LangevinStepper::mala ? json_estimate(driven.acceptance) : Record()},
          {"work", json_estimate(mean_of(driven.work))},
          {"free_energy",
           {{"value", -T * all.log_mean_weight}, {"stderr", T * all.standard_error}, {"n", options.walkers}}},
          {"exact_free_energy", T * static_cast<double>(options.dimension) * (begin.log_partition - end.log_partition)},
          {"effective_size", all.effective_size},
          {"weighted_variance", all.value},
          {"exact_variance", end.variance}};
}

// The variance on its way to the exact one.
CurveFigure figure_of(const Record& record) {
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

std::string shown(const Record& value) {
  if (value.is_null()) return "-";
  if (!value.is_object()) return fmt::format("{:.8g}", value.number());
  const std::string error = value["stderr"].is_null() ? "?" : fmt::format("{:.2g}", value["stderr"].number());
  return fmt::format("{} +- {}", shown(value["value"]), error);
}

std::string table(const Record& record) {
  std::string out = fmt::format("{}{}, T = {:g}, {} at dt = {:g}: {} steps of {} walkers in d = {}\n",
                                record["potential"].text(), record.contains("to") ? " -> " + record["to"].text() : "",
                                record["temperature"].number(), record["stepper"].text(), record["dt"].number(),
                                record["steps"].whole(), record["walkers"].whole(), record["dimension"].whole());
  const auto line = [&](const char* name, const char* key) {
    if (record.contains(key)) out += fmt::format("  {:<44} {}\n", name, shown(record[key]));
  };
  if (record.contains("frames")) {
    out += fmt::format("{:>12} {:>28} {:>28}\n", "t", "mean", "variance about exact mean");
    for (const Record& row : record["frames"])
      out += fmt::format("{:>12} {:>28} {:>28}\n", shown(row["t"]), shown(row["mean"]), shown(row["variance"]));
  }
  line("mean, exact", "exact_mean");
  line("variance, exact", "exact_variance");
  line("variance, stationary law of this stepper", "stepper_variance");
  line("acceptance", "acceptance");
  line("autocorrelation time", "autocorrelation_time");
  line("work", "work");
  line("free energy difference, from weights", "free_energy");
  line("free energy difference, exact", "exact_free_energy");
  line("effective sample size", "effective_size");
  line("variance at the end, weighted", "weighted_variance");
  return out;
}

void run(const Options& options, const Call& call) {
  require_sizes(options);
  const bool driven = !options.to.empty();
  Record settings = {{"verb", "langevin"},
                     {"potential", options.potential.make().text()},
                     {"temperature", options.potential.degrees()},
                     {"to", options.to},
                     {"stepper", options.stepper},
                     {"dt", options.dt},
                     {"friction", options.friction},
                     {"start", options.start},
                     {"steps", options.steps},
                     {"walkers", options.walkers},
                     {"dimension", options.dimension},
                     {"seed", options.seed}};
  TerminalProgress progress(call.progress, call.quiet);
  ExperimentRun kept = open_run(options.output, std::move(settings), progress, 1);
  const Record record = kept.unit("walkers", [&] { return driven ? anneal(options) : sample(options, progress); });
  ExperimentPage page{"Langevin walkers in " + record["potential"].text(), table(record)};
  if (!driven) page.figures.push_back(figure_of(record));
  finish(kept, record, page, options.output, call);
}

}  // namespace

void add_langevin(CLI::App& program, Call& call) {
  CLI::App* verb =
      program.add_subcommand("langevin", "Langevin walkers in a landscape beside its exact law; work of a drive");
  auto options = std::make_shared<Options>();
  options->potential.add(*verb);
  verb->add_option("--stepper", options->stepper, "ula: biased O(dt); mala: exact; baoab: inertial")
      ->default_str("mala")
      ->type_name("ula|mala|baoab");
  verb->add_option("--dt", options->dt, "length of a step")->default_str("0.01")->type_name("DT");
  verb->add_option("--friction", options->friction, "of baoab")->default_str("1")->type_name("G");
  verb->add_option("--steps", options->steps, "how many")->default_str("2000")->type_name("N");
  verb->add_option("--walkers", options->walkers, "independent ones")->default_str("1000")->type_name("M");
  verb->add_option("--dimension", options->dimension, "U(x) is the sum of E over so many coordinates")
      ->default_str("1")
      ->type_name("D");
  verb->add_option("--start", options->start, "where every coordinate starts: a number, or exact draws")
      ->default_str("0")
      ->type_name("X|equilibrium");
  verb->add_option("--to", options->to,
                   "drive the landscape to these parameters, from equilibrium and linearly in time: work, free energy "
                   "and effective sample size")
      ->type_name("'KEY=VALUE ...'");
  verb->add_option("--seed", options->seed, "seed; walker i depends on it, i and the step alone")
      ->default_str("0")
      ->type_name("S");
  add_run_output(*verb, options->output);
  add_common(*verb, call);
  verb->callback([options, &call] {
    set_threads(call.threads);
    run(*options, call);
  });
}

}  // namespace denoiscope::app
