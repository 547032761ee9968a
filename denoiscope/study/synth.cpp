#include "denoiscope/study/synth.hpp"

#include <algorithm>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"

namespace denoiscope {

Dataset synthesize(const Model& model, Index rows, std::uint64_t seed) {
  if (rows < 1) throw UsageError("synth: rows = {}; expected at least 1.", rows);
  const auto n = static_cast<std::size_t>(rows);
  const bool labelled = model.made.posterior && model.made.posterior->classes() > 1;
  RowMatrix points(rows, model.made.dimension);
  std::vector<std::uint64_t> names(n);
  std::iota(names.begin(), names.end(), std::uint64_t{0});
  std::vector<int> labels(labelled ? n : 0);
  constexpr Index kBlock = 256;  // rows a task
  parallel_for((rows + kBlock - 1) / kBlock, [&](Index block) {
    const Index first = block * kBlock, count = std::min(kBlock, rows - first);
    const auto from = static_cast<std::size_t>(first), length = static_cast<std::size_t>(count);
    model.made.sample(Noise(seed), {Stream::prior, std::span(names).subspan(from, length), 0},
                      points.middleRows(first, count),
                      labelled ? std::span(labels).subspan(from, length) : std::span<int>{});
  });
  Dataset data = Dataset::from_rows(std::move(points), model.text());
  if (labelled) data.set_labels(std::vector<long long>(labels.begin(), labels.end()), model.text());
  return data;
}

}  // namespace denoiscope
