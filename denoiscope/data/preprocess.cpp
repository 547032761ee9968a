#include "denoiscope/data/preprocess.hpp"

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/data/scan.hpp"

namespace denoiscope::data {
namespace {

constexpr const char* kScales[] = {"pm1", "unit", "none", "standardize"};

// low -> first, high -> last, where [low, high] is the range of all numbers.
Preprocess by_range(const Dataset& stored, const char* name) {
  const bool symmetric = std::string_view(name) == "pm1";
  double low = 0, high = 255;
  if (stored.scalar() != Scalar::u8) {
    const Ranges ranges = ranges_of(stored);
    low = ranges.low.minCoeff();
    high = ranges.high.maxCoeff();
  }
  if (low == high) return {{low}, {0.0}, name};
  const double half = 0.5 * high - 0.5 * low;  // the full width may overflow
  const double factor = symmetric ? 1.0 / half : 0.5 / half;
  if (!std::isfinite(factor))
    throw DataError("{}: values from {} to {}, expected a range whose inverse is a number. Rescale them.",
                    stored.name(), low, high);
  return {{symmetric ? 0.5 * low + 0.5 * high : low}, {factor}, name};
}

Preprocess standardize(const Dataset& stored) {
  const Ranges ranges = ranges_of(stored);
  const auto n = static_cast<double>(stored.rows());
  Vector mean = Vector::Zero(stored.dimension()), variance = mean;
  for_blocks(stored, [&](Index, Rows block) { mean += block.colwise().sum().transpose() / n; });
  for_blocks(stored, [&](Index, Rows block) {
    variance += (block.rowwise() - mean.transpose()).colwise().squaredNorm().transpose() / n;
  });
  Preprocess scale{{mean.data(), mean.data() + mean.size()}, {}, "standardize"};
  for (Index j = 0; j < mean.size(); ++j) {
    // Constancy is told by the range: the mean of equal numbers may be off by a rounding, and its "variance" with it.
    const bool constant = ranges.low[j] == ranges.high[j];
    const double factor = constant ? 0.0 : 1.0 / std::sqrt(variance[j]);
    if (!std::isfinite(factor) || (factor == 0 && !constant))
      throw DataError(
          "{}: feature {} has values from {} to {}, expected a variance that is a number above 0. "
          "Rescale it.",
          stored.name(), j, ranges.low[j], ranges.high[j]);
    scale.factor.push_back(factor);
  }
  return scale;
}

}  // namespace

Preprocess preprocess_for(const Dataset& data, std::string_view scale) {
  if (scale.empty()) scale = data.is_image() && data.scalar() == Scalar::u8 ? "pm1" : "none";
  Dataset stored = data;
  stored.set_preprocess({{0.0}, {1.0}, "none"});
  if (scale == "pm1" || scale == "unit") return by_range(stored, scale == "pm1" ? "pm1" : "unit");
  if (scale == "none") return stored.preprocess();
  if (scale == "standardize") return standardize(stored);
  throw UsageError("scale: unknown scale '{}'; known: pm1, unit, none, standardize.{}", scale,
                   did_you_mean(scale, {std::begin(kScales), std::end(kScales)}));
}

}  // namespace denoiscope::data
