// fokker-planck: relaxation rates, passage times and densities in a landscape, without sampling.
#include "denoiscope/dynamics/fokker_planck.hpp"

#include <fmt/format.h>

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/potential.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {
namespace {

constexpr double kExcess = 40;      // nats below which the range leaves nothing out
constexpr double kMostCells = 1e5;  // a spectrum of more takes minutes
constexpr double kMostWork = 2e9;   // cells times steps: minutes

struct Interval {
  double first, second;
};

Interval pair_of(const Request& request, std::string_view name) {
  const std::span<const double> values = request.list(name);
  if (values.size() != 2)
    throw UsageError("{}: '{}' holds {} numbers, expected 2 separated by a comma.", flag_of(name), request.text(name),
                     values.size());
  return {values[0], values[1]};
}

Curve density(const std::string& name, bool points, const FokkerPlanck& grid, const Vector& mass) {
  constexpr Index kShown = 400;  // of more cells, some
  Curve curve{name, points};
  const Index stride = (grid.cells() + kShown - 1) / kShown;
  for (Index i = 0; i < grid.cells(); i += stride) curve.rows.push_back({grid.centres()[i], mass[i] / grid.width(), 0});
  return curve;
}

// All that is to be known before the work begins.
struct Job {
  NamedPotential potential;
  double temperature;
  Index modes, steps;
  ImplicitStepper stepper;
  LineInterval range;
  FokkerPlanck grid;
  Record passage;
  Interval start{};
  std::vector<double> times = {};  // of an evolution; empty: none
  Vector mass = {};                // at its start
};

Record passage_of(const Request& request, const Potential& energy, double T) {
  if (!request.has("passage")) return nullptr;
  const Interval ends = pair_of(request, "passage");
  return {{"from", ends.first},
          {"to", ends.second},
          {"time", first_passage_time(energy, T, ends.first, ends.second)},
          {"time_of_cells", first_passage_time(energy, T, ends.first, ends.second, request.whole("cells"))}};
}

void read_evolution(const Request& request, Job& job) {
  if (request.has("start") != request.has("times"))
    throw UsageError("{}: needs {} beside it: a density evolves from --start MEAN,VARIANCE to --times T,...",
                     request.has("start") ? "--start" : "--times", request.has("start") ? "--times" : "--start");
  if (!request.has("start")) return;
  job.start = pair_of(request, "start");
  job.times = request.numbers("times");
  const double work = request["steps"] * request["cells"] * static_cast<double>(job.times.size());
  if (work > kMostWork)
    throw UsageError("--steps: {}, expected at most {:.0e} cells times steps times --times.", job.steps, kMostWork);
  double before = 0;
  for (const double t : job.times) {
    if (t < before) throw UsageError("--times: {} after {}, expected times that rise from 0.", t, before);
    before = t;
  }
  job.mass = job.grid.gaussian(job.start.first, job.start.second);
}

Job job_of(const Request& request) {
  const NamedPotential potential = potential_of(request);
  const double T = request["temperature"];
  const Index cells = request.whole("cells"), modes = request.whole("modes");
  if (modes >= cells) throw UsageError("--modes: {}, expected fewer than cells, {}.", modes, cells);
  LineInterval range = reach(potential.energy, kExcess * T);
  if (request.has("range")) {
    const Interval ends = pair_of(request, "range");
    range = {ends.first, ends.second};
  }
  Job job{potential,
          T,
          modes,
          request.whole("steps"),
          request.text("stepper") == "euler" ? ImplicitStepper::euler : ImplicitStepper::sdirk2,
          range,
          FokkerPlanck(potential.energy, T, range, cells),
          passage_of(request, potential.energy, T)};
  read_evolution(request, job);
  return job;
}

// Lets the mass evolve; a curve and a row at each of the times.
Record evolution(Job& job, CurveFigure& figure) {
  Record rows = Record::list();
  const Potential& energy = job.potential.energy;
  const double k = energy.curvature(0), settled = job.temperature / k;
  double now = 0;
  for (const double t : job.times) {
    job.grid.advance(job.mass, t - now, job.steps, job.stepper);
    now = t;
    figure.curves.push_back(density(fmt::format("t = {:g}", t), false, job.grid, job.mass));
    const double mean = job.start.first * std::exp(-k * t),
                 variance = settled + (job.start.second - settled) * std::exp(-2 * k * t);
    rows.push_back({{"t", t},
                    {"mean", job.grid.mean(job.mass)},
                    {"variance", job.grid.variance(job.mass)},
                    {"relative_entropy", finite(job.grid.relative_entropy(job.mass))},
                    {"exact_mean", energy.harmonic() ? finite(mean) : Record()},
                    {"exact_variance", energy.harmonic() ? finite(variance) : Record()}});
  }
  return rows;
}

Record wells(const Potential& energy, double T, double slowest) {
  const auto rates = kramers(energy, T);
  if (!rates) return nullptr;
  return {{"left", rates->left},
          {"top", rates->top},
          {"right", rates->right},
          {"rate_left_to_right", rates->from_left},
          {"rate_right_to_left", rates->from_right},
          {"relaxation", rates->relaxation()},
          {"ratio", finite(slowest / rates->relaxation())}};
}

CurveFigure density_figure(const FokkerPlanck& grid) {
  CurveFigure figure;
  figure.name = "density";
  figure.title = "Density";
  figure.caption = "The equilibrium law, and the density on its way there.";
  figure.x_title = "x";
  figure.y_title = "density";
  figure.curves = {density("equilibrium", false, grid, grid.stationary())};
  return figure;
}

void show_numbers(const Record& record, Frame& frame) {
  frame.number("mean", record["mean"]);
  frame.number("variance", record["variance"]);
  if (const Record& k = record["kramers"]; !k.is_null()) {
    frame.number("left well", k["left"]);
    frame.number("top of the barrier", k["top"]);
    frame.number("right well", k["right"]);
    frame.number("relaxation rate, Kramers", k["relaxation"]);
    frame.number("slowest rate over Kramers'", k["ratio"]);
  }
  if (const Record& p = record["passage"]; !p.is_null()) {
    const std::string name = fmt::format("first passage {:g} -> {:g}", p["from"].number(), p["to"].number());
    frame.number(name, p["time"]);
    frame.number(name + ", on the grid", p["time_of_cells"]);
  }
}

void show(const Record& record, Frame& frame) {
  frame.title("Fokker-Planck equation of " + record["potential"].text());
  frame.question("How fast does a density relax in this landscape?");
  show_numbers(record, frame);
  frame.text(fmt::format("{} cells on [{:.6g}, {:.6g}] with reflecting ends, T = {:g}.", record["cells"].whole(),
                         record["low"].number(), record["high"].number(), record["temperature"].number()));
  Table rates{"decay rates", {"mode", "rate (h -> 0)", "rate on the grid", "time"}};
  for (std::size_t k = 0; k < record["eigenvalues"].size(); ++k)
    rates.add(
        {k + 1, record["eigenvalues"][k], record["eigenvalues_of_cells"][k], 1 / record["eigenvalues"][k].number()});
  frame.table(rates);
  if (record["evolution"].empty()) return;
  Table rows{"on the way", {"t", "mean", "variance", "KL to the end, nats", "exact mean", "exact variance"}};
  for (const Record& row : record["evolution"])
    rows.add(
        {row["t"], row["mean"], row["variance"], row["relative_entropy"], row["exact_mean"], row["exact_variance"]});
  frame.table(rows);
}

Record run_fokker_planck(const Request& request, Run& run) {
  Job job = job_of(request);
  const FokkerPlanck& grid = job.grid;
  const double T = job.temperature;
  run.start();
  const Record rates = run.unit("spectrum", [&]() -> Record {
    return {{"cells", grid.spectrum(job.modes)},
            {"limit", extrapolated_spectrum(job.potential.energy, T, job.range, grid.cells(), job.modes)}};
  });
  CurveFigure figure = density_figure(grid);
  Record record = {{"potential", job.potential.text()},
                   {"temperature", T},
                   {"low", job.range.low},
                   {"high", job.range.high},
                   {"cells", grid.cells()},
                   {"mean", grid.mean(grid.stationary())},
                   {"variance", grid.variance(grid.stationary())},
                   {"eigenvalues", rates["limit"]},
                   {"eigenvalues_of_cells", rates["cells"]},
                   {"kramers", wells(job.potential.energy, T, rates["limit"][0].number())},
                   {"passage", job.passage},
                   {"evolution", evolution(job, figure)}};
  show(record, run.frame());
  run.frame().figure(figure);
  return record;
}

constexpr Parameter kOwn[] = {
    parameter::whole("cells", 1000, 8, kMostCells, "N", "finite volumes"),
    parameter::list("range", "", -parameter::kUnbounded, parameter::kUnbounded, false, "LOW,HIGH",
                    "reflecting ends (default: where E is 40 T above its minimum)"),
    parameter::whole("modes", 4, 1, 100, "K", "how many decay rates"),
    parameter::list("passage", "", -parameter::kUnbounded, parameter::kUnbounded, false, "FROM,TO",
                    "mean time of the first passage between two points"),
    parameter::list("start", "", -parameter::kUnbounded, parameter::kUnbounded, false, "MEAN,VARIANCE",
                    "a Gaussian density to let evolve"),
    parameter::list("times", "", 0, parameter::kUnbounded, false, "T,...", "when to look at it, rising"),
    parameter::whole("steps", 1000, 1, kMostWork, "N", "implicit steps from each of these times to the next"),
    parameter::word("stepper", "sdirk2|euler", "sdirk2", "sdirk2: second order; euler: first, positive at any step"),
};

}  // namespace

Experiment fokker_planck_experiment() {
  static const std::vector<Parameter> parameters = joined({potential_parameters(), kOwn});
  return {"fokker-planck",
          "relaxation rates, passage times and densities of Langevin motion in a landscape, no sampling", parameters,
          Needs::nothing, run_fokker_planck};
}

}  // namespace denoiscope::experiments
