#include "denoiscope/dynamics/critical_grid.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr int kKnots = 128;
constexpr double kNumbers = 4e9;  // of data that all points together look at, at one time of 128: a second or two
constexpr double kFewest = 64;    // points, however many the data

// E H(c|x_t), nats, at each time; the same points at all, so that it falls smoothly.
std::vector<double> class_entropies(const Posterior& model, const std::vector<double>& times, Index points,
                                    const Noise& noise) {
  std::vector<std::uint64_t> names(points);
  std::iota(names.begin(), names.end(), 0);
  RowMatrix x0(points, model.dimension()), z(points, model.dimension());
  model.sample_prior(noise, {Stream::prior, names, 0}, x0, {});
  noise.normal({Stream::query, names, 0}, z);
  std::vector<double> out;
  Summary summary;
  for (const double t : times) {
    model.summarize(t, std::exp(-t) * x0 + std::sqrt(noise_variance(t)) * z, {}, summary);
    const auto log_p = summary.all.class_log_weight.array();
    out.push_back(-(log_p > -700).select(log_p.exp() * log_p, 0.0).sum() / static_cast<double>(points));
  }
  return out;
}

// Where progress, rising from 0 to 1 along the knots, is `level`; linear in log t.
double time_at(const std::vector<double>& knots, const std::vector<double>& progress, double level) {
  const auto above = std::upper_bound(progress.begin() + 1, progress.end() - 1, level);
  const auto k = static_cast<std::size_t>(above - progress.begin());
  const double share = (level - progress[k - 1]) / (progress[k] - progress[k - 1]);
  return knots[k - 1] * std::pow(knots[k] / knots[k - 1], share);
}

}  // namespace

std::vector<double> critical_grid(const Posterior& model, double from, double to, int steps, const Noise& noise,
                                  const CriticalGridSettings& settings) {
  std::vector<double> times = time_grid(settings.base, from, to, steps);
  if (!(settings.share >= 0 && settings.share < 1))
    throw UsageError("critical grid: share {}; expected at least 0 and below 1.", settings.share);
  if (settings.points < 1) throw UsageError("critical grid: {} points; expected at least 1.", settings.points);
  if (!(to > 0)) throw UsageError("critical grid: to t = {}; expected a time above 0, where classes have a law.", to);
  if (model.classes() < 2 || settings.share == 0) return times;
  const std::vector<double> knots = time_grid(settings.base, from, to, kKnots);
  std::vector<double> entropy = class_entropies(model, knots, settings.points, noise);
  for (std::size_t k = 1; k < entropy.size(); ++k) entropy[k] = std::min(entropy[k], entropy[k - 1]);
  const double fall = entropy.front() - entropy.back();
  if (!(fall > 1e-12)) return times;  // rounding of entropies of at most log K
  std::vector<double> progress;
  for (std::size_t k = 0; k < knots.size(); ++k)
    progress.push_back((1 - settings.share) * static_cast<double>(k) / kKnots +
                       settings.share * (entropy.front() - entropy[k]) / fall);
  for (std::size_t k = 1; k + 1 < times.size(); ++k)
    times[k] = time_at(knots, progress, static_cast<double>(k) / steps);
  return times;
}

std::vector<double> critical_times(const Posterior& model, const std::string& source, Index rows, double from,
                                   double to, int steps, const Noise& noise) {
  if (model.classes() < 2)
    throw UsageError("--grid critical: {} has one class, and nothing is decided. Give --labels, or --grid karras.",
                     source);
  CriticalGridSettings settings;
  const double work = static_cast<double>(rows) * static_cast<double>(model.dimension());
  settings.points =
      static_cast<Index>(std::clamp(kNumbers / (1 + work), kFewest, static_cast<double>(settings.points)));
  return critical_grid(model, from, to, steps, noise.derived(11), settings);
}

}  // namespace denoiscope
