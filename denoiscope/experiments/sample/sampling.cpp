// What `sample` is told about the way from noise to a sample.
#include <algorithm>
#include <cmath>
#include <functional>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/critical_grid.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/experiments/sample/sample.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::experiments {
namespace {

// Where nothing is said. They are no defaults of the table, as with bridge nothing of it may be said.
constexpr const char* kGrid = "karras";
constexpr int kSteps = 50;
constexpr double kTMax = 10, kTMin = 0.001;
constexpr std::size_t kMostSeeds = 1'000'000;

double number_or(const Request& request, const char* name, double otherwise) {
  return request.has(name) ? request[name] : otherwise;
}

std::string grid_of(const Request& request) { return request.has("grid") ? request.text("grid") : kGrid; }

// What is about a stepper, where there is none.
void refuse_with_bridge(const Request& request) {
  for (const char* name : {"steps", "times", "churn", "tolerance"})
    if (request.has(name))
      throw UsageError("{}: {} is about integration, and bridges are exact without it; give --stepper NAME too.",
                       flag_of(name), request.text(name));
  if (request.has("grid") && !request.has("frames"))
    throw UsageError("--grid: {} spaces the steps of a --stepper or the --frames, and none are asked for.",
                     request.text("grid"));
}

std::vector<double> falling_times(const Request& request) {
  for (const char* name : {"steps", "grid", "t_max", "t_min"})
    if (request.has(name))
      throw UsageError("{}: {} beside --times, which say it all; leave one out.", flag_of(name), request.text(name));
  std::vector<double> times = request.numbers("times");
  for (std::size_t k = 1; k < times.size(); ++k)
    if (!(times[k] < times[k - 1]))
      throw UsageError("--times: {} after {}, expected times that fall.", times[k], times[k - 1]);
  if (times.size() < 2)
    throw UsageError("--times: '{}', expected two times or more, as 5,2,1,0.1.", request.text("times"));
  return times;
}

std::vector<double> spaced_times(const Request& request, int steps) {
  const std::string grid = grid_of(request);
  const double to = number_or(request, "t_min", kTMin);
  const double from = number_or(request, "t_max", grid == "ddpm" ? ddpm_times().back() : kTMax);
  if (to >= from)
    throw UsageError("--t-min: {:g} is not below --t-max {:g}; paths go down from one to the other.", to, from);
  if (to == 0 && grid != "linear")
    throw UsageError("--t-min: 0 is infinitely far on the grid {}; give a time above 0, or --grid linear.", grid);
  return time_grid(grid == kCriticalGrid ? kBeforeCritical : grid, from, to, steps);
}

// Places in `times` of those asked for, or of so many, evenly.
std::vector<Index> kept_places(const Request& request, const std::vector<double>& times) {
  std::vector<Index> places;
  if (request.has("frames")) {
    const long long frames = request.whole("frames"), last = static_cast<long long>(times.size()) - 1;
    for (long long k = 0; k < frames; ++k)
      places.push_back(static_cast<Index>((2 * k * last + frames - 1) / (2 * (frames - 1))));
  }
  for (const double t : request.list("keep")) {
    if (t > times.front()) throw UsageError("--keep: {} is above {:g}, where paths start.", t, times.front());
    const auto farther = [t](double a, double b) { return std::abs(a - t) < std::abs(b - t); };
    places.push_back(std::min_element(times.begin(), times.end(), farther) - times.begin());
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

// Any times do for exact paths: only those that are kept are visited.
std::vector<double> bridge_times(const Request& request) {
  if (request.has("frames")) return spaced_times(request, static_cast<int>(request.whole("frames")) - 1);
  std::vector<double> times = {number_or(request, "t_max", kTMax)};
  for (const double t : request.list("keep")) {
    if (t > times.front()) throw UsageError("--keep: {} is above --t-max {:g}, where paths start.", t, times.front());
    times.push_back(t);
  }
  std::sort(times.begin(), times.end(), std::greater<>());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

StepperSettings stepping_of(const Request& request, const Stepper& stepper, std::size_t times) {
  StepperSettings stepping;
  stepping.intervals = static_cast<int>(times) - 1;
  if (request.has("churn")) {
    if (stepper.name != "edm-heun")
      throw UsageError("--churn: {} is about edm-heun, not {}; leave it out.", request.text("churn"), stepper.name);
    stepping.churn = request["churn"];
  }
  if (request.has("tolerance")) {
    if (!stepper.adaptive)
      throw UsageError("--tolerance: {} is about dormand-prince, not {}; leave it out.", request.text("tolerance"),
                       stepper.name);
    stepping.tolerance = request["tolerance"];
  }
  return stepping;
}

}  // namespace

std::vector<double> Sampling::kept() const {
  std::vector<double> out;
  for (const Index place : settings.keep) out.push_back(settings.times[place]);
  return out;
}

Sampling sampling_of(const Request& request) {
  Sampling s;
  s.seeds = parse_seeds(request.text("seeds"), "--seeds", kMostSeeds);
  s.exact = request.text("stepper") == "bridge";
  if (request.has("keep") && request.has("frames"))
    throw UsageError("--frames: {} beside --keep; give one of them.", request.text("frames"));
  if (s.exact) {
    refuse_with_bridge(request);
    s.settings.times = bridge_times(request);
    if (request.has("frames")) s.grid = grid_of(request);
  } else {
    const bool typed = request.has("times");
    const auto steps = static_cast<int>(request.has("steps") ? request.whole("steps") : kSteps);
    s.settings.stepper = &find_stepper(request.text("stepper"));
    s.grid = typed ? "explicit" : grid_of(request);
    s.settings.times = typed ? falling_times(request) : spaced_times(request, steps);
    s.settings.stepping = stepping_of(request, *s.settings.stepper, s.settings.times.size());
  }
  s.settings.keep = kept_places(request, s.settings.times);
  return s;
}

void know_model(const Request& request, const Posterior& model, const std::string& source, Index rows,
                const Noise& noise, Sampling& s) {
  if (s.grid != kCriticalGrid) return;
  std::vector<double>& times = s.settings.times;
  times = critical_times(model, source, rows, times.front(), times.back(), static_cast<int>(times.size()) - 1, noise);
  s.settings.keep = kept_places(request, times);
}

}  // namespace denoiscope::experiments
