// Distances and weighted sums of the data that surveys found, in one pass over the data for all trajectories.
#include <algorithm>
#include <array>
#include <cmath>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/path/step.hpp"

namespace denoiscope {
namespace {

constexpr Index kTileRows = 64;  // rows that are read together
constexpr Index kParts = 8;      // parts of the data, whose sums are added in order

// The rows of one survey from `at` on that lie before `end`.
std::span<const Index> rows_before(std::span<const Index> rows, std::size_t& at, Index end) {
  const std::size_t first = at;
  while (at < rows.size() && rows[at] < end) ++at;
  return rows.subspan(first, at - first);
}

}  // namespace

std::vector<PathFollower::Sum> PathFollower::gather(const Step& step, std::span<const Index> who,
                                                    const std::vector<Survey>& surveys) const {
  const Index n = dense_.rows(), d = dense_.dimension(), m = static_cast<Index>(who.size());
  const Index tiles = (n + kTileRows - 1) / kTileRows;
  std::vector<std::vector<double>> squares(surveys.size());
  for (std::size_t i = 0; i < surveys.size(); ++i) squares[i].resize(surveys[i].rows.size());
  std::vector<RowMatrix> means(kParts);
  const auto wants_mean = [&](std::size_t i) { return step.what.mean && !surveys[i].vague; };
  const auto reference = [&](std::size_t i) { return surveys[i].low / step.grow_square; };
  parallel_for(kParts, [&](Index part) {
    const Index begin = part * tiles / kParts * kTileRows, end = std::min(n, (part + 1) * tiles / kParts * kTileRows);
    RowMatrix& mean = means[part];
    mean = RowMatrix::Zero(step.what.mean ? m : 0, d);
    RowMatrix tile(kTileRows, d);
    std::vector<std::size_t> at(surveys.size());
    for (std::size_t i = 0; i < at.size(); ++i)
      at[i] = static_cast<std::size_t>(std::lower_bound(surveys[i].rows.begin(), surveys[i].rows.end(), begin) -
                                       surveys[i].rows.begin());
    for (Index from = begin; from < end; from += kTileRows) {
      std::array<bool, kTileRows> there{};
      for (std::size_t i = 0; i < at.size(); ++i) {
        const std::size_t first = at[i];
        const std::span<const Index> rows = rows_before(surveys[i].rows, at[i], std::min(end, from + kTileRows));
        for (std::size_t k = 0; k < rows.size(); ++k) {
          const Index r = rows[k] - from;
          if (!there[r]) data_.data.read(rows[k], tile.middleRows(r, 1));
          there[r] = true;
          const double* datum = tile.data() + r * d;
          const double square = data_.kernel.distance2(step.at(who[i]), datum, step.shrink, d);
          squares[i][first + k] = square;
          if (!wants_mean(i)) continue;
          const double w = std::exp((reference(i) - square) / (2 * step.delta));
          data_.kernel.add_scaled(datum, w, d, mean.data() + static_cast<Index>(i) * d);
        }
      }
    }
  });
  std::vector<Sum> sums(surveys.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (!surveys[i].found) continue;
    for (std::size_t k = 0; k < squares[i].size(); ++k) sums[i].add(surveys[i].rows[k], squares[i][k]);
    if (!wants_mean(i)) continue;
    sums[i].reference = reference(i);
    sums[i].mean = Vector::Zero(d);
    for (const RowMatrix& mean : means) sums[i].mean += mean.row(static_cast<Index>(i)).transpose();
  }
  return sums;
}

}  // namespace denoiscope
