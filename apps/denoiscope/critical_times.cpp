#include "critical_times.hpp"

#include <algorithm>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/critical_grid.hpp"

namespace denoiscope::app {
namespace {

constexpr std::uint64_t kGridNoise = 11;  // the grid's points are not those of the paths
constexpr double kNumbers = 4e9;  // of data that all points together look at, at one time of 128: a second or two
constexpr double kFewest = 64;

}  // namespace

std::vector<double> critical_times(const Posterior& model, const std::string& source, Index rows, double from,
                                   double to, int steps, const Noise& noise) {
  if (model.classes() < 2)
    throw UsageError("--grid critical: {} has one class, and nothing is decided. Give --labels, or --grid karras.",
                     source);
  CriticalGridSettings settings{kBeforeCritical};
  const double work = static_cast<double>(rows) * static_cast<double>(model.dimension());
  settings.points =
      static_cast<Index>(std::clamp(kNumbers / (1 + work), kFewest, static_cast<double>(settings.points)));
  return critical_grid(model, from, to, steps, noise.derived(kGridNoise), settings);
}

}  // namespace denoiscope::app
