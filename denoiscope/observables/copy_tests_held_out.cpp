// Tests of copying that compare with held-out data.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "denoiscope/observables/copy_tests.hpp"

namespace denoiscope::observables {

namespace {

// NaN, a ratio that says nothing, is as far from a copy as can be.
double or_infinity(double value) {
  if (std::isnan(value)) return kInfinity;
  return value;
}

std::vector<double> ascending(std::span<const double> values) {
  std::vector<double> sorted(values.size());
  std::transform(values.begin(), values.end(), sorted.begin(), or_infinity);
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::vector<std::size_t> order_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

double normal_below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

// For each of `values`, how much of `sorted` lies below it, equals counted half.
std::vector<double> placements(std::span<const double> values, const std::vector<double>& sorted) {
  std::vector<double> below;
  for (double v : values) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), or_infinity(v));
    below.push_back(static_cast<double>((first - sorted.begin()) + (last - sorted.begin())) / 2);
  }
  return below;
}

// Sum of s^3 - s over groups of s equal values.
double tie_sum(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  double sum = 0;
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::upper_bound(begin, all.end(), *begin);
    const auto size = static_cast<double>(end - begin);
    sum += size * size * size - size;
    begin = end;
  }
  return sum;
}

}  // namespace

std::vector<double> conformal_p_values(std::span<const double> ratios, std::span<const double> held_out) {
  const std::vector<double> sorted = ascending(held_out);
  std::vector<double> p;
  for (double r : ratios) {
    const auto as_small = std::upper_bound(sorted.begin(), sorted.end(), or_infinity(r)) - sorted.begin();
    p.push_back((1 + static_cast<double>(as_small)) / (1 + static_cast<double>(sorted.size())));
  }
  return p;
}

std::vector<double> false_discovery_rates(std::span<const double> p_values) {
  const std::vector<std::size_t> order = order_of(p_values);
  std::vector<double> q(p_values.size());
  double least = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const std::size_t i = order[rank - 1];
    least = std::min(least, p_values[i] * static_cast<double>(order.size()) / static_cast<double>(rank));
    q[i] = least;
  }
  return q;
}

std::vector<double> decreasing_fit(std::span<const double> values, std::span<const double> weights) {
  struct Block {
    double mean, weight;
    std::size_t size;
  };
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Block last{values[i], weights[i], 1};
    while (!blocks.empty() && blocks.back().mean <= last.mean) {
      const Block& before = blocks.back();
      const double weight = before.weight + last.weight;
      last = {(before.mean * before.weight + last.mean * last.weight) / weight, weight, before.size + last.size};
      blocks.pop_back();
    }
    blocks.push_back(last);
  }
  std::vector<double> fit;
  for (const Block& block : blocks) fit.insert(fit.end(), block.size, block.mean);
  return fit;
}

std::vector<double> likelihood_ratios(std::span<const double> ratios, std::span<const double> held_out) {
  const std::vector<double> samples = ascending(ratios), others = ascending(held_out);
  // One point for each value of the ratio, with half a held-out one before and half a sample behind.
  std::vector<double> at, share{0}, weight{0.5};
  for (std::size_t i = 0, j = 0; i < samples.size() || j < others.size();) {
    const double r = std::min(i < samples.size() ? samples[i] : kInfinity, j < others.size() ? others[j] : kInfinity);
    const std::size_t i0 = i, j0 = j;
    while (i < samples.size() && samples[i] == r) ++i;
    while (j < others.size() && others[j] == r) ++j;
    const auto here = static_cast<double>(i - i0), all = here + static_cast<double>(j - j0);
    at.push_back(r);
    share.push_back(here / all);
    weight.push_back(all);
  }
  share.push_back(1);
  weight.push_back(0.5);
  const std::vector<double> fit = decreasing_fit(share, weight);
  const double sizes = (static_cast<double>(others.size()) + 0.5) / (static_cast<double>(samples.size()) + 0.5);
  std::vector<double> found;
  for (double r : ratios) {
    const auto k = static_cast<std::size_t>(std::lower_bound(at.begin(), at.end(), or_infinity(r)) - at.begin());
    found.push_back(sizes * fit[k + 1] / (1 - fit[k + 1]));
  }
  return found;
}

RankTest rank_test(std::span<const double> first, std::span<const double> second) {
  RankTest test;
  if (first.empty() || second.empty()) return test;
  const auto m = static_cast<double>(first.size()), n = static_cast<double>(second.size());
  const std::vector<double> above = placements(first, ascending(second));
  test.u = std::accumulate(above.begin(), above.end(), 0.0);
  std::vector<double> all = ascending(first);
  const std::vector<double> others = ascending(second);
  all.insert(all.end(), others.begin(), others.end());
  const double variance = m * n / 12 * (m + n + 1 - tie_sum(std::move(all)) / ((m + n) * (m + n - 1)));
  test.z = variance > 0 ? (test.u - m * n / 2) / std::sqrt(variance) : 0;
  test.below = normal_below(test.z);
  test.p = std::erfc(std::abs(test.z) / std::numbers::sqrt2);
  return test;
}

Estimate membership_area(std::span<const double> first, std::span<const double> second) {
  Estimate area;
  area.n = static_cast<Index>(first.size() + second.size());
  if (first.empty() || second.empty()) return area;
  // A member's part: the share of the others that lies above it; and the same seen from the other side.
  std::vector<double> parts = placements(first, ascending(second)), others = placements(second, ascending(first));
  for (double& v : parts) v = 1 - v / static_cast<double>(second.size());
  for (double& v : others) v /= static_cast<double>(first.size());
  const Estimate of_first = mean_of(parts), of_second = mean_of(others);
  area.value = of_first.value;
  area.standard_error = std::hypot(of_first.standard_error, of_second.standard_error);
  return area;
}

}  // namespace denoiscope::observables
