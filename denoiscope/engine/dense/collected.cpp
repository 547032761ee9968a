#include "denoiscope/engine/dense/collected.hpp"

#include <algorithm>
#include <cmath>

namespace denoiscope {

void CellSums::add(double logit) { merge({logit, 1, 0, 1}); }

void CellSums::merge(const CellSums& other) {
  if (!(other.sum > 0)) return;
  const double highest = std::max(top, other.top);
  const auto moved = [&](const CellSums& c) -> CellSums {
    if (!(c.sum > 0)) return {highest, 0, 0, 0};
    const double drop = c.top - highest, scale = std::exp(drop);
    return {highest, c.sum * scale, (c.first + drop * c.sum) * scale, c.second * scale * scale};
  };
  const CellSums a = moved(*this), b = moved(other);
  *this = {highest, a.sum + b.sum, a.first + b.first, a.second + b.second};
}

void Collected::merge_mean(const Collected& other) {
  if (other.mean_top == -kInfinity) return;
  const double top = std::max(mean_top, other.mean_top);
  mean = std::exp(mean_top - top) * mean + std::exp(other.mean_top - top) * other.mean;
  mean_top = top;
}

void Collected::merge(const Collected& other) {
  for (std::size_t c = 0; c < cells.size(); ++c) cells[c].merge(other.cells[c]);
  coarse.merge(other.coarse);
  if (mean.size() > 0) merge_mean(other);
  for (int i = 0; i < 2; ++i) {
    if (!(other.square[i] < square[1])) continue;
    const int place = other.square[i] < square[0] ? 0 : 1;
    if (place == 0) {
      square[1] = square[0];
      nearest[1] = nearest[0];
    }
    square[place] = other.square[i];
    nearest[place] = other.nearest[i];
  }
}

}  // namespace denoiscope
