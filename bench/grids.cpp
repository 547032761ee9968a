// What a time grid costs in accuracy at few steps: paths of the probability-flow ODE that end in another class than the
// same path in many steps, and how far the weights of classes are from those of the data, whose exact paths (the
// bridge) keep them. Usage: bench_grids [DATA [class,class [rows]]]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "denoiscope/base/text.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/dynamics/backward.hpp"
#include "denoiscope/dynamics/bridge.hpp"
#include "denoiscope/dynamics/critical_grid.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope {
namespace {

constexpr double kFrom = 6, kTo = 0.01;
constexpr int kReference = 400;  // steps

struct Problem {
  std::string name;
  const Posterior& model;
  Index paths;
};

// p(first class | x) at the end of a path a row.
Vector ends(const Problem& problem, const char* stepper, const std::vector<double>& times) {
  const Noise noise(1);
  std::vector<std::uint64_t> names(problem.paths);
  std::iota(names.begin(), names.end(), std::uint64_t{0});
  StepperSettings settings;
  settings.intervals = static_cast<int>(times.size()) - 1;
  Backward walk(problem.model, find_stepper(stepper), kFrom, Bridge(problem.model, kFrom, noise, names).points(),
                normals_by_name(noise, names), settings);
  for (std::size_t k = 1; k < times.size(); ++k) walk.step(times[k]);
  Summary s;
  problem.model.summarize(kTo, walk.points(), {}, s);
  return s.all.class_log_weight.col(0).array().exp();
}

// A grid by its name; "critical BASE" is critical_grid on that one.
std::vector<double> grid_of(const Problem& problem, const std::string& name, int steps) {
  const std::size_t blank = name.find(' ');
  if (blank == std::string::npos) return time_grid(name, kFrom, kTo, steps);
  const std::string base = name.substr(blank + 1);
  return critical_grid(problem.model, kFrom, kTo, steps, Noise(2), {base});
}

void compare(const Problem& problem) {
  const double weight = problem.model.class_weights()[0];
  fmt::print("{}: {} paths from t = {} to {}, weight of the first class {:.4f}\n", problem.name, problem.paths, kFrom,
             kTo, weight);
  fmt::print("{:>16} {:>6} {:>26} {:>24} {:>28}\n", "grid", "steps", "ddim: in another class", "ddim: error of weight",
             "euler-maruyama: the same");
  const Vector exact = ends(problem, "ddim", grid_of(problem, "critical karras", kReference));
  const double reference = exact.mean();
  for (const int steps : {8, 16, 32})
    for (const char* grid : {"linear", "log", "karras", "critical linear", "critical log", "critical karras"}) {
      const std::vector<double> times = grid_of(problem, grid, steps);
      const Vector ode = ends(problem, "ddim", times), sde = ends(problem, "euler-maruyama", times);
      const double other = ((ode.array() > 0.5) != (exact.array() > 0.5)).cast<double>().mean();
      fmt::print("{:>16} {:>6} {:>26.4f} {:>24.4f} {:>28.4f}\n", grid, steps, other, ode.mean() - reference,
                 sde.mean() - weight);
    }
  fmt::print("ddim in {} steps (critical karras): error of weight {:.4f}; one standard error of a weight {:.4f}\n\n",
             kReference, reference - weight, std::sqrt(weight * (1 - weight) / static_cast<double>(problem.paths)));
}

}  // namespace
}  // namespace denoiscope

int main(int argc, char** argv) {
  using namespace denoiscope;
  const Model pair =
      make_model("gaussian-mixture", std::vector<std::string>{"d=16", "mu2=16", "variance=1", "weight=0.8"});
  compare({pair.text(), pair.posterior(), 20000});
  const std::vector<Parameter> table = joined({kDataParameters, kSeedParameters});
  Request request(table);
  request.set("data", argc > 1 ? argv[1] : "fashion-mnist", "bench");
  request.set("classes", argc > 2 ? argv[2] : "7,9", "bench");
  request.set("rows", argc > 3 ? argv[3] : "2000", "bench");
  const Dataset data = load(request).data;
  const Empirical model(data);
  compare({data.name() + ", classes " + request.text("classes"), model, 512});
}
