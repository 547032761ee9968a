#include "denoiscope/base/stats.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace denoiscope {

double log_add(double a, double b) {
  const double top = std::max(a, b);
  if (!(top > -kInfinity)) return -kInfinity;
  return top + std::log1p(std::exp(std::min(a, b) - top));
}

double log_sum_exp(std::span<const double> values) {
  double top = -kInfinity;
  for (double v : values) top = std::max(top, v);
  if (!(top > -kInfinity)) return -kInfinity;
  double sum = 0;
  for (double v : values) sum += std::exp(v - top);
  return top + std::log(sum);
}

Estimate mean_with_control(std::span<const double> values, std::span<const double> control) {
  const Estimate plain = mean_of(values), offset = mean_of(control);
  const auto n = static_cast<double>(values.size());
  double together = 0, alone = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double c = control[i] - offset.value;
    together += c * (values[i] - plain.value);
    alone += c * c;
  }
  if (values.size() < 3 || !(alone > 0)) return plain;
  const double slope = together / alone;
  double left = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double residual = values[i] - plain.value - slope * (control[i] - offset.value);
    left += residual * residual;
  }
  // The variance of an intercept: the control's own mean was not drawn at 0.
  const double variance = left / (n - 2) * (1 / n + offset.value * offset.value / alone);
  return {plain.value - slope * offset.value, std::sqrt(variance), plain.n};
}

double deviation_of(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.size() < 2) return kNaN;
  double mean = 0;
  for (double v : values) mean += v;
  mean /= n;
  double square = 0;
  for (double v : values) square += (v - mean) * (v - mean);
  return std::sqrt(square / (n - 1));
}

Estimate mean_of(std::span<const double> values) {
  Estimate e;
  e.n = static_cast<Index>(values.size());
  if (values.empty()) return e;
  double sum = 0;
  for (double v : values) sum += v;
  e.value = sum / static_cast<double>(e.n);
  e.standard_error = deviation_of(values) / std::sqrt(static_cast<double>(e.n));
  return e;
}

Estimate stratified_mean(std::span<const double> values, std::span<const int> stratum,
                         std::span<const double> weights) {
  std::vector<std::vector<double>> groups(weights.size());
  for (std::size_t i = 0; i < values.size(); ++i) groups[stratum[i]].push_back(values[i]);
  double total_weight = 0, pooled_square = 0, pooled_freedom = 0;
  for (std::size_t s = 0; s < groups.size(); ++s) {
    if (groups[s].empty()) continue;
    total_weight += weights[s];
    if (groups[s].size() < 2) continue;
    const double deviation = deviation_of(groups[s]);
    const double freedom = static_cast<double>(groups[s].size() - 1);
    pooled_square += freedom * deviation * deviation;
    pooled_freedom += freedom;
  }
  Estimate e;
  e.n = static_cast<Index>(values.size());
  if (!(total_weight > 0)) return e;
  double mean = 0, variance = 0;
  for (std::size_t s = 0; s < groups.size(); ++s) {
    if (groups[s].empty()) continue;
    const double share = weights[s] / total_weight;
    const double deviation = groups[s].size() > 1 ? deviation_of(groups[s]) : std::sqrt(pooled_square / pooled_freedom);
    mean += share * mean_of(groups[s]).value;
    variance += share * share * deviation * deviation / static_cast<double>(groups[s].size());
  }
  e.value = mean;
  e.standard_error = pooled_freedom > 0 ? std::sqrt(variance) : kNaN;
  return e;
}

namespace {

// How far from the mean a sample may lie that is a few times rarer than the rarest seen: as far beyond the largest
// deviation, in its logarithm, as that is beyond the third; no further than the boundary.
double unseen(std::span<const double> values, double mean) {
  const double boundary = std::max(mean, 1 - mean);
  if (values.size() < 3) return boundary;
  std::vector<double> far;
  for (const double v : values) far.push_back(std::abs(v - mean));
  std::partial_sort(far.begin(), far.begin() + 3, far.end(), std::greater<>());
  if (far[0] == 0) return mean == 0 || mean == 1 ? 1 : 0;
  return std::min(boundary, far[0] * (far[0] / far[2]));
}

// Number of samples that the distance of the mean from its boundary rests on: of 0 and 1 those that are rarer.
double events(std::span<const double> values, double mean) {
  double sum = 0, square = 0;
  for (const double v : values) {
    const double u = mean < 0.5 ? v : 1 - v;
    sum += u;
    square += u * u;
  }
  return square > 0 ? sum * sum / square : 0;
}

Estimate within_bounds(Estimate e, std::span<const double> values, double effective) {
  const double missing = 1.5 / ((effective + 1) * std::sqrt(1 + events(values, e.value)));
  e.standard_error = std::hypot(e.standard_error, missing * unseen(values, e.value));
  return e;
}

}  // namespace

Estimate share_of(std::span<const double> values) {
  return within_bounds(mean_of(values), values, static_cast<double>(values.size()));
}

Estimate stratified_share(std::span<const double> values, std::span<const int> stratum,
                          std::span<const double> weights) {
  std::vector<double> count(weights.size(), 0);
  for (const int s : stratum) count[s] += 1;
  double total = 0, square = 0;
  for (std::size_t s = 0; s < count.size(); ++s) {
    if (count[s] == 0) continue;
    total += weights[s];
    square += weights[s] * weights[s] / count[s];
  }
  return within_bounds(stratified_mean(values, stratum, weights), values, total * total / square);
}

Record to_record(const Estimate& e) {
  return {{"value", finite(e.value)}, {"stderr", finite(e.standard_error)}, {"n", e.n}};
}

Estimate estimate_from(const Record& record) {
  return {number_from(record.at("value")), number_from(record.at("stderr")), record.at("n").whole()};
}

Record matrix_record(const RowMatrix& matrix) {
  Record out = Record::list();
  for (Index i = 0; i < matrix.rows(); ++i) {
    Record row = Record::list();
    for (Index j = 0; j < matrix.cols(); ++j) row.push_back(finite(matrix(i, j)));
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace denoiscope
