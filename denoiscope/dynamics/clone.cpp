#include "denoiscope/dynamics/clone.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/dynamics/bridge.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr double kBridgeEnd = 0.01;         // where classes are read off bridges; phi does not depend on it
constexpr Index kNumbers = Index{1} << 19;  // of a batch of points: 4 MiB
constexpr Index kMostRows = 512;            // of a batch
constexpr Index kShares = 16;               // batches for threads to share, at least

// p(c | x), (m, K).
RowMatrix class_posterior(const Posterior& model, double t, Rows x) {
  Summary s;
  model.summarize(t, x, {}, s);
  return s.all.class_log_weight.array().exp();
}

std::vector<std::uint64_t> names_from(Index begin, Index rows) {
  std::vector<std::uint64_t> names(rows);
  std::iota(names.begin(), names.end(), static_cast<std::uint64_t>(begin));
  return names;
}

Noise noise_of_clone(const Noise& noise, double t, std::uint64_t which) {
  return noise.derived(std::bit_cast<std::uint64_t>(t)).derived(which);
}

// Branch times, decreasing and different.
std::vector<double> descending(const std::vector<double>& times) {
  std::vector<double> sorted = times;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

// The grid without branches. Without t_min it has equal steps to 0, of which the last is left out.
std::vector<double> plain_grid(const CloneSettings& s) {
  if (!s.path.empty()) return s.path;
  return s.t_min > 0 ? time_grid(s.grid, s.t_max, s.t_min, s.steps)
                     : time_grid("linear", s.t_max, s.t_max / s.steps, s.steps - 1);
}

// Where pairs of one batch agree: (branch, pair) sum_c p(c|x) p(c|x').
using Agreement = RowMatrix;

Agreement by_sde(const Posterior& model, const Denoiser& score, const CloneSettings& s,
                 const std::vector<double>& branches, const Noise& noise, Index begin, Index rows) {
  const std::vector<double> grid = clone_grid(s);
  const std::vector<std::uint64_t> names = names_from(begin, rows);
  StepperSettings settings;
  settings.churn = s.stepper->churns ? static_cast<double>(s.steps) : 0;  // the most there is
  settings.intervals = s.steps;
  RowMatrix start(rows, model.dimension());
  noise.normal({Stream::prior, names, 0}, start);
  Backward trunk(score, *s.stepper, grid.front(), std::move(start), normals_by_name(noise, names), settings);
  Agreement agree(static_cast<Index>(branches.size()), rows);
  std::size_t next = 0;
  for (std::size_t k = 1; k < grid.size() && next < branches.size(); ++k) {
    trunk.step(grid[k]);
    if (grid[k] != branches[next]) continue;
    RowMatrix ends[2];
    for (std::uint64_t which = 0; which < 2; ++which) {
      Backward copy = trunk.branched(normals_by_name(noise_of_clone(noise, grid[k], which), names));
      for (std::size_t l = k + 1; l < grid.size(); ++l) copy.step(grid[l]);
      ends[which] = class_posterior(model, grid.back(), copy.points());
    }
    agree.row(static_cast<Index>(next++)) = ends[0].cwiseProduct(ends[1]).rowwise().sum().transpose();
  }
  return agree;
}

Agreement by_bridge(const Posterior& model, const std::vector<double>& branches, const Noise& noise, Index begin,
                    Index rows) {
  const std::vector<std::uint64_t> names = names_from(begin, rows);
  Bridge trunk(model, branches.front(), noise, names);
  Agreement agree(static_cast<Index>(branches.size()), rows);
  for (std::size_t b = 0; b < branches.size(); ++b) {
    if (b > 0) trunk.step(branches[b]);
    RowMatrix ends[2];
    for (std::uint64_t which = 0; which < 2; ++which) {
      Bridge copy(model, branches[b], trunk.points(), noise_of_clone(noise, branches[b], which), names);
      const double end = std::min(kBridgeEnd, 0.5 * branches[b]);
      copy.step(end);
      ends[which] = class_posterior(model, end, copy.points());
    }
    agree.row(static_cast<Index>(b)) = ends[0].cwiseProduct(ends[1]).rowwise().sum().transpose();
  }
  return agree;
}

Agreement expected(const Posterior& model, const std::vector<double>& branches, const Noise& noise, Index begin,
                   Index rows) {
  const std::vector<std::uint64_t> names = names_from(begin, rows);
  Bridge path(model, branches.front(), noise, names);
  Agreement agree(static_cast<Index>(branches.size()), rows);
  for (std::size_t b = 0; b < branches.size(); ++b) {
    if (b > 0) path.step(branches[b]);
    agree.row(static_cast<Index>(b)) =
        class_posterior(model, branches[b], path.points()).rowwise().squaredNorm().transpose();
  }
  return agree;
}

// Batches of pairs: side by side where the task is one of `alone`, that keeps to its thread; else one after another,
// and in large ones: the models have threads of their own, and those of data read them once for all rows of a batch.
enum class Threads { alone, of_the_model };

template <class Task>
Agreement in_batches(Threads threads, Index first, Index pairs, Index dimension, std::size_t branches, Task&& task) {
  const bool alone = threads == Threads::alone;
  const Index most = alone ? std::clamp<Index>(pairs / kShares, 1, kMostRows) : pairs;
  const Index rows = std::clamp<Index>((alone ? 1 : 8) * kNumbers / dimension, 1, most);
  const Index batches = (pairs + rows - 1) / rows;
  Agreement all(static_cast<Index>(branches), pairs);
  const auto run = [&](Index batch) {
    const Index begin = batch * rows, count = std::min(rows, pairs - begin);
    all.middleCols(begin, count) = task(first + begin, count);
  };
  if (alone)
    parallel_for(batches, run);
  else
    for (Index batch = 0; batch < batches; ++batch) run(batch);
  return all;
}

Estimate mean_of_row(const Agreement& agree, Index row) {
  return share_of({agree.data() + row * agree.cols(), static_cast<std::size_t>(agree.cols())});
}

void check(const CloneSettings& s) {
  if (s.times.empty()) throw UsageError("clone: no times to branch at; give one or more.");
  if (s.pairs < 1) throw UsageError("clone: {} pairs, expected 1 or more.", s.pairs);
  for (const double t : s.times)
    if (!(t > 0) || std::isinf(t)) throw UsageError("clone: branch at t = {}, expected a finite time above 0.", t);
  if (s.method != CloneMethod::sde) return;
  if (s.steps < 2) throw UsageError("clone: {} steps, expected 2 or more.", s.steps);
  if (!(s.t_max > 0) || std::isinf(s.t_max))
    throw UsageError("clone: t-max = {}, expected a finite time above 0.", s.t_max);
  if (s.t_min <= 0 && !find_time_grid(s.grid).to_zero)
    throw UsageError("clone: the grid {} ends above 0; give t-min, as 0.01.", s.grid);
  if (!s.stepper->stochastic)
    throw UsageError(
        "clone: {} has no noise, and both clones would be one path. Use a stochastic stepper, as euler-maruyama.",
        s.stepper->name);
  const double end = plain_grid(s).back();
  for (const double t : s.times)
    if (!(t > end && t < s.t_max))
      throw UsageError(
          "clone: branch at t = {}, which is not between the end of the grid at {:.6g} and t-max = {}. Change t-max, "
          "{}.",
          t, end, s.t_max, s.t_min > 0 ? "or t-min" : "or steps, as the grid ends at t-max / steps");
}

}  // namespace

std::vector<double> clone_grid(const CloneSettings& s) {
  check(s);
  const std::vector<double> branches = descending(s.times), plain = plain_grid(s);
  std::vector<double> grid = {plain.front(), plain.back()};
  grid.insert(grid.end(), branches.begin(), branches.end());
  for (std::size_t k = 1; k + 1 < plain.size(); ++k) {
    const auto replaces = [&](double b) {
      const double step = b > plain[k] ? plain[k - 1] - plain[k] : plain[k] - plain[k + 1];
      return std::abs(b - plain[k]) <= 0.5 * step;
    };
    if (std::none_of(branches.begin(), branches.end(), replaces)) grid.push_back(plain[k]);
  }
  return descending(grid);
}

double clone_evaluations(const CloneSettings& s) {
  const std::vector<double> grid = clone_grid(s);
  const double lowest = *std::min_element(s.times.begin(), s.times.end());
  double steps = 0;
  for (std::size_t k = 1; k < grid.size(); ++k) steps += grid[k] >= lowest ? 1 : 0;
  for (const double t : descending(s.times))
    for (const double at : grid) steps += at < t ? 2 : 0;
  return steps;
}

RowMatrix clone_agreement(const Posterior& model, const Denoiser& score, const CloneSettings& s, const Noise& noise,
                          Index begin, Index rows) {
  check(s);
  const std::vector<double> branches = descending(s.times);
  if (s.method == CloneMethod::exact) return exact_agreement(model, s, noise, begin, rows);
  const bool alone = s.method == CloneMethod::sde && score.keeps_to_its_thread();
  return in_batches(alone ? Threads::alone : Threads::of_the_model, begin, rows, model.dimension(), branches.size(),
                    [&](Index first, Index count) {
                      return s.method == CloneMethod::sde ? by_sde(model, score, s, branches, noise, first, count)
                                                          : by_bridge(model, branches, noise, first, count);
                    });
}

RowMatrix exact_agreement(const Posterior& model, const CloneSettings& s, const Noise& noise, Index begin, Index rows) {
  check(s);
  const std::vector<double> branches = descending(s.times);
  const Noise apart = noise.derived(Part::clone_average);
  return in_batches(Threads::of_the_model, begin, rows, model.dimension(), branches.size(),
                    [&](Index first, Index count) { return expected(model, branches, apart, first, count); });
}

std::vector<ClonePoint> clone_points(const CloneSettings& s, const RowMatrix& found, const RowMatrix& expected) {
  const std::vector<double> branches = descending(s.times);
  std::vector<ClonePoint> out;
  for (const double t : s.times) {
    const auto row = std::find(branches.begin(), branches.end(), t) - branches.begin();
    out.push_back({t, mean_of_row(found, row), mean_of_row(expected, row)});
  }
  return out;
}

std::vector<ClonePoint> clone(const Posterior& model, const Denoiser& score, const CloneSettings& s,
                              const Noise& noise) {
  check(s);
  const bool exact = s.method == CloneMethod::exact;
  const RowMatrix expected = exact_agreement(model, s, noise, 0, exact ? s.pairs : std::min(s.pairs, kExpectedPoints));
  return clone_points(s, exact ? expected : clone_agreement(model, score, s, noise, 0, s.pairs), expected);
}

}  // namespace denoiscope
