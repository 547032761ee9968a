#include "sample_options.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/dynamics/critical_grid.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::app {
namespace {

constexpr const char *kGrid = "karras", *kSteps = "50", *kTMax = "10", *kTMin = "0.001";
constexpr std::size_t kMostSeeds = 1'000'000;
constexpr long long kMostSteps = 1'000'000, kMostFrames = 1000;
constexpr double kLatest = 350;  // e^{2t} is a number

std::string either(const std::string& typed, const char* fallback) { return typed.empty() ? fallback : typed; }

long long whole(const std::string& text, const char* flag, long long low, long long high) {
  const long long value = parse_integer(text, flag);
  if (value < low || value > high)
    throw UsageError("{}: {}, expected a whole number from {} to {}.", flag, value, low, high);
  return value;
}

double time_of(const std::string& text, const char* flag, bool zero) {
  const double t = parse_number(text, flag);
  if (!(zero ? t >= 0 : t > 0) || t > kLatest)
    throw UsageError("{}: {}, expected an OU time {} 0 and up to {}.", flag, text, zero ? "from" : "above", kLatest);
  return t;
}

// Flags about a stepper, where there is none.
void refuse_with_bridge(const SamplingOptions& o) {
  const std::pair<const char*, const std::string*> flags[] = {
      {"--steps", &o.steps}, {"--times", &o.times}, {"--churn", &o.churn}, {"--tolerance", &o.tolerance}};
  for (const auto& [flag, typed] : flags)
    if (!typed->empty())
      throw UsageError("{}: {} is about integration, and bridges are exact without it; give --stepper NAME too.", flag,
                       *typed);
  if (!o.grid.empty() && o.frames.empty())
    throw UsageError("--grid: {} spaces the steps of a --stepper or the --frames, and none are asked for.", o.grid);
}

std::vector<double> falling_times(const SamplingOptions& o) {
  for (const auto& [flag, typed] :
       {std::pair{"--steps", &o.steps}, {"--grid", &o.grid}, {"--t-max", &o.t_max}, {"--t-min", &o.t_min}})
    if (!typed->empty()) throw UsageError("{}: {} beside --times, which say it all; leave one out.", flag, *typed);
  std::vector<double> times;
  for (const std::string& part : split(o.times, ',')) {
    times.push_back(time_of(part, "--times", true));
    if (times.size() > 1 && !(times.back() < times[times.size() - 2]))
      throw UsageError("--times: {} after {}, expected times that fall.", part, times[times.size() - 2]);
  }
  if (times.size() < 2) throw UsageError("--times: '{}', expected two times or more, as 5,2,1,0.1.", o.times);
  return times;
}

std::vector<double> spaced_times(const SamplingOptions& o, int steps) {
  const std::string grid = either(o.grid, kGrid);
  const double to = time_of(either(o.t_min, kTMin), "--t-min", true);
  const double from =
      grid == "ddpm" && o.t_max.empty() ? ddpm_times().back() : time_of(either(o.t_max, kTMax), "--t-max", false);
  auto names = names_of(time_grids());
  names.emplace_back(kCriticalGrid);
  if (std::find(names.begin(), names.end(), grid) == names.end())
    throw UsageError("--grid: '{}' is no time grid.{} Known: {}.", grid, did_you_mean(grid, names),
                     fmt::join(names, ", "));
  if (to >= from)
    throw UsageError("--t-min: {:g} is not below --t-max {:g}; paths go down from one to the other.", to, from);
  const std::string_view base = grid == kCriticalGrid ? kBeforeCritical : std::string_view(grid);
  if (to == 0 && !find_time_grid(base).to_zero)
    throw UsageError("--t-min: 0 is infinitely far on the grid {}; give a time above 0, or --grid linear.", grid);
  return time_grid(base, from, to, steps);
}

// Places in `times` of those asked for, or of so many, evenly.
std::vector<Index> kept_places(const SamplingOptions& o, const std::vector<double>& times) {
  std::vector<Index> places;
  if (!o.frames.empty()) {
    const long long frames = whole(o.frames, "--frames", 2, kMostFrames);
    const auto last = static_cast<long long>(times.size()) - 1;
    for (long long k = 0; k < frames; ++k)
      places.push_back(static_cast<Index>((2 * k * last + frames - 1) / (2 * (frames - 1))));
  }
  for (const std::string& part : split(o.keep, ',')) {
    const double t = time_of(part, "--keep", true);
    if (t > times.front()) throw UsageError("--keep: {} is above {:g}, where paths start.", part, times.front());
    const auto farther = [t](double a, double b) { return std::abs(a - t) < std::abs(b - t); };
    places.push_back(std::min_element(times.begin(), times.end(), farther) - times.begin());
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

// Any times do for exact paths: only those that are kept are visited.
std::vector<double> bridge_times(const SamplingOptions& o) {
  if (!o.frames.empty()) return spaced_times(o, static_cast<int>(whole(o.frames, "--frames", 2, kMostFrames)) - 1);
  std::vector<double> times = {time_of(either(o.t_max, kTMax), "--t-max", false)};
  for (const std::string& part : split(o.keep, ',')) times.push_back(time_of(part, "--keep", true));
  if (*std::max_element(times.begin(), times.end()) > times.front())
    throw UsageError("--keep: {} is above --t-max {:g}, where paths start.", o.keep, times.front());
  std::sort(times.begin(), times.end(), std::greater<>());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

const Stepper& stepper_of(const std::string& name) {
  std::vector<std::string> names = names_of(steppers());
  names.insert(names.begin(), "bridge");
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw UsageError("--stepper: '{}' is none.{} Known: {}.", name, did_you_mean(name, names), fmt::join(names, ", "));
  return find_stepper(name);
}

}  // namespace

void SamplingOptions::add(CLI::App& verb) {
  std::string known, grids;
  for (const Stepper& row : steppers()) known += (known.empty() ? "" : ", ") + std::string(row.name);
  for (const TimeGrid& row : time_grids()) grids += std::string(row.name) + "|";
  grids += kCriticalGrid;
  verb.add_option("--seeds", seeds, "one a sample, which depends on nothing else of this job: 0-63, or 1,5,9-12")
      ->default_str(seeds)
      ->type_name("SEEDS");
  verb.add_option(
          "--stepper", stepper,
          "bridge: exact draws, of data therefore training data; else how the backward equation is integrated from "
          "N(0, I): " +
              known)
      ->default_str(stepper)
      ->type_name("NAME");
  verb.add_option("--steps", steps, "of the stepper, from --t-max to --t-min, where E[x_0|x] is taken")
      ->default_str(kSteps)
      ->type_name("N");
  verb.add_option("--grid", grid, "how its times are spaced")->default_str(kGrid)->type_name(grids);
  verb.add_option("--times", times, "instead, its OU times, falling, down to 0 at most")->type_name("t,t,...");
  verb.add_option("--t-max", t_max, "the OU time where paths start; 5.06 with --grid ddpm")
      ->default_str(kTMax)
      ->type_name("T");
  verb.add_option("--t-min", t_min, "the last noise level")->default_str(kTMin)->type_name("T");
  verb.add_option("--churn", churn, "of edm-heun: noise added before its steps, from 0 to 0.41 --steps (S_churn)")
      ->type_name("S");
  verb.add_option("--tolerance", tolerance, "of dormand-prince: of the error of a step")
      ->default_str("1e-8")
      ->type_name("E");
  verb.add_option("--keep", keep, "OU times at which points are kept; with a stepper the nearest of its own")
      ->type_name("t,t,...");
  verb.add_option("--frames", frames, "instead, so many of the times, first and last included")->type_name("K");
}

std::vector<double> Sampling::kept() const {
  std::vector<double> out;
  for (const Index place : settings.keep) out.push_back(settings.times[place]);
  return out;
}

Sampling parse(const SamplingOptions& o) {
  Sampling s;
  s.seeds = parse_seeds(o.seeds, "--seeds", kMostSeeds);
  s.exact = o.stepper == "bridge";
  if (!o.keep.empty() && !o.frames.empty()) throw UsageError("--frames: {} beside --keep; give one of them.", o.frames);
  if (s.exact) {
    refuse_with_bridge(o);
    s.settings.times = bridge_times(o);
    if (!o.frames.empty()) s.grid = either(o.grid, kGrid);
  } else {
    s.settings.stepper = &stepper_of(o.stepper);
    s.grid = o.times.empty() ? either(o.grid, kGrid) : "explicit";
    s.settings.times = o.times.empty()
                           ? spaced_times(o, static_cast<int>(whole(either(o.steps, kSteps), "--steps", 1, kMostSteps)))
                           : falling_times(o);
  }
  s.settings.keep = kept_places(o, s.settings.times);
  StepperSettings& stepping = s.settings.stepping;
  stepping.intervals = static_cast<int>(s.settings.times.size()) - 1;
  if (!o.churn.empty()) {
    stepping.churn = parse_number(o.churn, "--churn");
    if (!s.settings.stepper->churns)
      throw UsageError("--churn: {} is about edm-heun, not {}; leave it out.", o.churn, o.stepper);
    if (!(stepping.churn >= 0)) throw UsageError("--churn: {}, expected 0 or more.", o.churn);
  }
  if (!o.tolerance.empty()) {
    stepping.tolerance = parse_number(o.tolerance, "--tolerance");
    if (!s.settings.stepper->adaptive)
      throw UsageError("--tolerance: {} is about dormand-prince, not {}; leave it out.", o.tolerance, o.stepper);
    if (!(stepping.tolerance > 0)) throw UsageError("--tolerance: {}, expected a number above 0.", o.tolerance);
  }
  return s;
}

void know_model(const SamplingOptions& o, const Posterior& model, const std::string& source, Index rows,
                const Noise& noise, Sampling& s) {
  if (s.grid != kCriticalGrid) return;
  std::vector<double>& times = s.settings.times;
  times = critical_times(model, source, rows, times.front(), times.back(), static_cast<int>(times.size()) - 1, noise);
  s.settings.keep = kept_places(o, times);
}

}  // namespace denoiscope::app
