// fokker-planck: relaxation rates, passage times and densities in a landscape, without sampling.
#include "denoiscope/dynamics/fokker_planck.hpp"

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/record.hpp"
#include "dynamics_options.hpp"
#include "run_output.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

constexpr double kExcess = 40;         // nats below which the range leaves nothing out
constexpr Index kMostCells = 100'000;  // a spectrum of more takes minutes
constexpr double kMostWork = 2e9;      // cells times steps: minutes

struct Options {
  PotentialOptions potential;
  long long cells = 1000, modes = 4, steps = 1000;
  std::string range, start, times, passage, stepper = "sdirk2";
  RunOutput output;
};

Curve density(const std::string& name, bool points, const FokkerPlanck& grid, const Vector& mass) {
  constexpr Index kShown = 400;  // of more cells, some
  Curve curve{name, points};
  const Index stride = (grid.cells() + kShown - 1) / kShown;
  for (Index i = 0; i < grid.cells(); i += stride) curve.rows.push_back({grid.centres()[i], mass[i] / grid.width(), 0});
  return curve;
}

Record evolution(const Options& options, const FokkerPlanck& grid, const NamedPotential& potential, double T,
                 CurveFigure& figure) {
  Record rows = Record::list();
  if (options.start.empty() != options.times.empty())
    throw UsageError("{}: needs {} beside it: a density evolves from --start MEAN,VARIANCE to --times T,...",
                     options.start.empty() ? "--times" : "--start", options.start.empty() ? "--start" : "--times");
  if (options.start.empty()) return rows;
  if (options.stepper != "sdirk2" && options.stepper != "euler")
    throw UsageError("--stepper: '{}', expected sdirk2 or euler.", options.stepper);
  const auto stepper = options.stepper == "euler" ? ImplicitStepper::euler : ImplicitStepper::sdirk2;
  const auto start = numbers_of(options.start, "--start", 2);
  const auto times = numbers_of(options.times, "--times");
  if (options.steps < 1 ||
      static_cast<double>(options.steps) * static_cast<double>(times.size()) * static_cast<double>(options.cells) >
          kMostWork)
    throw UsageError("--steps: {}, expected at least 1 and at most {:.0e} cells times steps times --times.",
                     options.steps, kMostWork);
  Vector mass = grid.gaussian(start[0], start[1]);
  double now = 0;
  for (const double t : times) {
    if (!(t >= now)) throw UsageError("--times: {} after {}, expected times that rise from 0.", t, now);
    grid.advance(mass, t - now, options.steps, stepper);
    now = t;
    figure.curves.push_back(density(fmt::format("t = {:g}", t), false, grid, mass));
    const bool exact = potential.energy.harmonic();
    const double k = potential.energy.curvature(0), settled = T / k;
    rows.push_back(
        {{"t", t},
         {"mean", grid.mean(mass)},
         {"variance", grid.variance(mass)},
         {"relative_entropy", json_number(grid.relative_entropy(mass))},
         {"exact_mean", json_number(exact ? start[0] * std::exp(-k * t) : kNaN)},
         {"exact_variance", json_number(exact ? settled + (start[1] - settled) * std::exp(-2 * k * t) : kNaN)}});
  }
  return rows;
}

Record passage(const Options& options, const NamedPotential& potential, double T) {
  if (options.passage.empty()) return nullptr;
  const auto ends = numbers_of(options.passage, "--passage", 2);
  return {{"from", ends[0]},
          {"to", ends[1]},
          {"time", first_passage_time(potential.energy, T, ends[0], ends[1])},
          {"time_of_cells", first_passage_time(potential.energy, T, ends[0], ends[1], options.cells)}};
}

Record wells(const NamedPotential& potential, double T, double slowest) {
  const auto rates = kramers(potential.energy, T);
  if (!rates) return nullptr;
  return {{"left", rates->left},
          {"top", rates->top},
          {"right", rates->right},
          {"rate_left_to_right", rates->from_left},
          {"rate_right_to_left", rates->from_right},
          {"relaxation", rates->relaxation()},
          {"ratio", json_number(slowest / rates->relaxation())}};
}

Record measure(const Options& options, CurveFigure& figure) {
  const NamedPotential potential = options.potential.make();
  const double T = options.potential.degrees();
  if (options.cells < 8 || options.cells > kMostCells)
    throw UsageError("--cells: {}, expected 8 to {}.", options.cells, kMostCells);
  if (options.modes < 1 || options.modes > 100 || options.modes >= options.cells)
    throw UsageError("--modes: {}, expected 1 to 100, and fewer than cells.", options.modes);
  LineInterval range = reach(potential.energy, kExcess * T);
  if (!options.range.empty()) {
    const auto ends = numbers_of(options.range, "--range", 2);
    range = {ends[0], ends[1]};
  }
  const FokkerPlanck grid(potential.energy, T, range, options.cells);
  const auto rates = grid.spectrum(options.modes),
             limit = extrapolated_spectrum(potential.energy, T, range, options.cells, options.modes);
  figure.name = "density";
  figure.title = "Density";
  figure.caption = "The equilibrium law, and the density on its way there.";
  figure.x_title = "x";
  figure.y_title = "density";
  figure.curves = {density("equilibrium", false, grid, grid.stationary())};
  return {{"potential", potential.text()},
          {"temperature", T},
          {"low", range.low},
          {"high", range.high},
          {"cells", options.cells},
          {"mean", grid.mean(grid.stationary())},
          {"variance", grid.variance(grid.stationary())},
          {"eigenvalues", limit},
          {"eigenvalues_of_cells", rates},
          {"kramers", wells(potential, T, limit.front())},
          {"passage", passage(options, potential, T)},
          {"evolution", evolution(options, grid, potential, T, figure)}};
}

std::string shown(const Record& value) { return value.is_null() ? "-" : fmt::format("{:.10g}", value.number()); }

std::string table(const Record& record) {
  std::string out = fmt::format("{} at T = {:g}, {} cells on [{:.6g}, {:.6g}], reflecting ends\n",
                                record["potential"].text(), record["temperature"].number(), record["cells"].whole(),
                                record["low"].number(), record["high"].number());
  out += fmt::format("stationary: mean {}, variance {}\n", shown(record["mean"]), shown(record["variance"]));
  out += fmt::format("{:>5} {:>18} {:>18} {:>16}\n", "mode", "rate (h -> 0)", "rate on the grid", "time");
  for (std::size_t k = 0; k < record["eigenvalues"].size(); ++k)
    out += fmt::format("{:>5} {:>18} {:>18} {:>16.8g}\n", k + 1, shown(record["eigenvalues"][k]),
                       shown(record["eigenvalues_of_cells"][k]), 1 / record["eigenvalues"][k].number());
  if (const Record& k = record["kramers"]; !k.is_null())
    out += fmt::format("Kramers: wells {:.6g} and {:.6g}, barrier at {:.6g}: relaxation {}, slowest rate over it {}\n",
                       k["left"].number(), k["right"].number(), k["top"].number(), shown(k["relaxation"]),
                       shown(k["ratio"]));
  if (const Record& p = record["passage"]; !p.is_null())
    out += fmt::format("first passage {:g} -> {:g}: mean time {} (on the grid {})\n", p["from"].number(),
                       p["to"].number(), shown(p["time"]), shown(p["time_of_cells"]));
  if (record["evolution"].empty()) return out;
  out += fmt::format("{:>10} {:>16} {:>16} {:>16} {:>16} {:>16}\n", "t", "mean", "variance", "KL to the end, nats",
                     "exact mean", "exact variance");
  for (const Record& row : record["evolution"])
    out += fmt::format("{:>10} {:>16} {:>16} {:>19} {:>16} {:>16}\n", shown(row["t"]), shown(row["mean"]),
                       shown(row["variance"]), shown(row["relative_entropy"]), shown(row["exact_mean"]),
                       shown(row["exact_variance"]));
  return out;
}

// Milliseconds to seconds, so there are no units to keep.
void run(const Options& options, const Call& call) {
  TerminalProgress progress(call.progress, call.quiet);
  const Record settings = {{"verb", "fokker-planck"},
                           {"potential", options.potential.make().text()},
                           {"temperature", options.potential.degrees()},
                           {"cells", options.cells},
                           {"modes", options.modes},
                           {"steps", options.steps},
                           {"range", options.range},
                           {"start", options.start},
                           {"times", options.times},
                           {"passage", options.passage},
                           {"stepper", options.stepper}};
  CurveFigure figure;
  const Record record = measure(options, figure);
  ExperimentRun kept = open_run(options.output, settings, progress, 0);
  finish(kept, record, {"Fokker-Planck equation of " + record["potential"].text(), table(record), {figure}},
         options.output, call);
}

}  // namespace

void add_fokker_planck(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "fokker-planck", "relaxation rates, passage times and densities of Langevin motion in a landscape, no sampling");
  auto options = std::make_shared<Options>();
  options->potential.add(*verb);
  verb->add_option("--cells", options->cells, "finite volumes")->default_str("1000")->type_name("N");
  verb->add_option("--range", options->range, "reflecting ends (default: where E is 40 T above its minimum)")
      ->type_name("LOW,HIGH");
  verb->add_option("--modes", options->modes, "how many decay rates")->default_str("4")->type_name("K");
  verb->add_option("--passage", options->passage, "mean time of the first passage between two points")
      ->type_name("FROM,TO");
  verb->add_option("--start", options->start, "a Gaussian density to let evolve")->type_name("MEAN,VARIANCE");
  verb->add_option("--times", options->times, "when to look at it, rising")->type_name("T,...");
  verb->add_option("--steps", options->steps, "implicit steps from each of these times to the next")
      ->default_str("1000")
      ->type_name("N");
  verb->add_option("--stepper", options->stepper, "sdirk2: second order; euler: first, positive at any step")
      ->default_str("sdirk2")
      ->type_name("sdirk2|euler");
  add_run_output(*verb, options->output);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
