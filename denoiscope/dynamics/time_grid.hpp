// Grids of OU times for backward dynamics.
#pragma once

#include <string_view>
#include <vector>

namespace denoiscope {

/// A row of the table: `steps` + 1 decreasing times whose ends are exactly `from` and `to`.
struct TimeGrid {
  std::string_view name, description;
  std::vector<double> (*times)(double from, double to, int steps);
  bool to_zero = false;  ///< may end at 0, which is infinitely far on the others
};

/// linear, log (equal ratios of t), karras (sigma^(1/7) linear, arXiv 2206.00364 equation 5), ddpm (equal parts of the
/// linear schedule of arXiv 2006.11239, which must span both ends).
const std::vector<TimeGrid>& time_grids();

/// Throws UsageError with a suggestion for an unknown name.
const TimeGrid& find_time_grid(std::string_view name);

/// The grid called `name`. Throws UsageError for an unknown name (with a suggestion), for steps < 1, and unless
/// 0 < to < from; to = 0 as well where the grid may end there.
std::vector<double> time_grid(std::string_view name, double from, double to, int steps);

}  // namespace denoiscope
