#include "denoiscope/engine/dense/prepared.hpp"

#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/dense/rounding.hpp"
#include "denoiscope/engine/kernels/half.hpp"
#include "denoiscope/engine/kernels/single.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr double kLargestPanels = 4.0 * 1024 * 1024 * 1024;  // bytes; larger data are streamed in double precision
constexpr Index kMostNorms = Index{1} << 20;                 // norms of more rows are computed again in every sweep

bool panels_fit(const Dataset& data) {
  return 4.0 * static_cast<double>(data.rows()) * static_cast<double>(data.dimension()) <= kLargestPanels;
}

}  // namespace

Prepared::Prepared(const Dataset& given, std::span<const int> cell, Index count, const Arithmetic& arithmetic)
    : cells(count), kernel(arithmetic.kernel != nullptr ? *arithmetic.kernel : kernel::best()) {
  const Index n = given.rows();
  if (n < 1) throw DataError("{}: no rows; an empirical posterior needs at least one datum.", given.name());
  sort_by_cell(given, cell);
  centre = data.mean();
  measure_norms((panels_fit(data) && arithmetic.precision != Precision::f64) || n <= kMostNorms);
  make_panels(arithmetic);
}

void Prepared::make_panels(const Arithmetic& arithmetic) {
  using Content = HalfPanels::Content;
  const bool fits = panels_fit(data);
  const auto in_half = [&](Content with_means, Content without) {
    half_panels = std::make_unique<const HalfPanels>(data, centre, arithmetic.means ? with_means : without);
  };
  if (arithmetic.precision == Precision::f32 && fits) {
    if (in_pieces(data, arithmetic))
      in_half(Content::exact, Content::exact_panels);
    else
      panels = std::make_unique<const Panels>(data, centre, kernel.single->height);
  }
  if (arithmetic.precision != Precision::bf16) return;
  if (kernel::best_half() == nullptr)
    throw UsageError("precision: bf16, but this CPU multiplies no bfloat16 numbers; give f32 or f64.");
  if (fits) in_half(Content::rounded, Content::rounded_panels);
}

void Prepared::sort_by_cell(const Dataset& given, std::span<const int> cell) {
  data = given;
  first.assign(cells + 1, 0);
  for (const int c : cell) ++first[c + 1];
  if (cell.empty()) first[1] = given.rows();
  std::partial_sum(first.begin(), first.end(), first.begin());
  if (std::is_sorted(cell.begin(), cell.end())) return;
  order.resize(cell.size());
  place.resize(cell.size());
  std::vector<Index> next = first;
  for (std::size_t row = 0; row < cell.size(); ++row) {
    const Index at = next[cell[row]]++;
    place[row] = at;
    order[at] = static_cast<Index>(row);
  }
  data = given.select(order);
}

void Prepared::measure_norms(bool keep) {
  const Index n = rows(), chunks = (n + kChunk - 1) / kChunk;
  if (keep) norm.resize(n);
  std::vector<double> largest(chunks);
  parallel_for(chunks, [&](Index chunk) {
    RowMatrix block(kTile, dimension());
    for (Index begin = chunk * kChunk; begin < std::min(n, (chunk + 1) * kChunk); begin += kTile) {
      const Index count = std::min(kTile, n - begin);
      data.read(begin, block.topRows(count));
      block.topRows(count).rowwise() -= centre.transpose();
      for (Index r = 0; r < count; ++r) {
        const double square = block.row(r).squaredNorm();
        if (keep) norm[begin + r] = square;
        double& most = largest[chunk];
        most = std::max(most, square);
      }
    }
  });
  largest_norm = *std::max_element(largest.begin(), largest.end());
}

double Prepared::difference_error(double t, double square) const {
  const double size = std::exp(-t) * (std::sqrt(largest_norm) + centre.norm());
  const double step = 3 * kUnitRoundoff * (std::sqrt(square) * size);
  return (sum_rounding(dimension() + 8) * square + 2 * step + 10 * kUnitRoundoff * kUnitRoundoff * size * size) /
         (2 * noise_variance(t));
}

}  // namespace denoiscope
