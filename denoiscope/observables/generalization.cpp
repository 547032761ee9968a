#include "denoiscope/observables/generalization.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <optional>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::observables {
namespace {

constexpr int kHalvings = 16;

// Mean of each slice's kernel density over the held-out points that are named.
std::vector<double> means(const std::vector<LikelihoodSlice>& slices, const std::vector<std::size_t>& points) {
  std::vector<double> out;
  for (const LikelihoodSlice& slice : slices) {
    double sum = 0;
    for (const std::size_t i : points) sum += slice.kernel[i];
    out.push_back(sum / static_cast<double>(points.size()));
  }
  return out;
}

// Place of the top of the parabola through (x_k, y_k), k = 0, 1, 2, the middle one the highest.
double top(const double x[3], const double y[3]) {
  const double left = (y[1] - y[0]) / (x[1] - x[0]), right = (y[2] - y[1]) / (x[2] - x[1]);
  if (left == right) return x[1];
  const double share = left / (left - right);  // the slope goes from left to right between the centres of the intervals
  return 0.5 * (x[0] + x[1]) + share * 0.5 * (x[2] - x[0]);
}

double log_tau(double t) { return -log_snr_of_t(t); }

// log tau where the curve is largest; none where that is at an end.
std::optional<double> best(const std::vector<LikelihoodSlice>& slices, const std::vector<double>& curve) {
  const std::ptrdiff_t k = std::max_element(curve.begin(), curve.end()) - curve.begin();
  if (k == 0 || k + 1 == std::ssize(curve)) return std::nullopt;
  double x[3], y[3];
  for (std::ptrdiff_t j = 0; j < 3; ++j) {
    x[j] = log_tau(slices[k + j - 1].t);
    y[j] = curve[k + j - 1];
  }
  return top(x, y);
}

// log own weight of each ray's datum at e^{-t} a + rho sqrt(Delta_t) z.
Vector own_log_weight(const Empirical& model, const RowMatrix& clean, const RowMatrix& z, const Vector& rho, double t,
                      const std::vector<Index>& rows) {
  const RowMatrix x = std::exp(-t) * clean + std::sqrt(noise_variance(t)) * (rho.asDiagonal() * z);
  Wanted what;
  what.leave_out = rows;
  Summary summary;
  model.summarize(t, x, what, summary);
  return summary.own_log_weight;
}

// Its error is half the distance of the two order statistics that a binomial count of deviation sqrt(m)/2 allows.
Estimate median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto m = static_cast<double>(values.size());
  const auto at = [&](double place) {
    const double inside = std::clamp(place - 0.5, 0.0, m - 1), share = inside - std::floor(inside);
    const auto i = static_cast<std::size_t>(inside);
    return values[i] + (share > 0 ? share * (values[i + 1] - values[i]) : 0.0);
  };
  const double spread = 0.5 * std::sqrt(m);
  return {at(0.5 * m), m < 2 ? kNaN : 0.5 * (at(0.5 * m + spread) - at(0.5 * m - spread)),
          static_cast<Index>(values.size())};
}

}  // namespace

HeldOut split(const Dataset& data, double share, const Noise& noise) {
  const Index n = data.rows();
  if (n < 2) throw DataError("{}: has one row; at least two are needed to hold one out.", data.name());
  const Index out = std::clamp<Index>(static_cast<Index>(std::llround(share * static_cast<double>(n))), 1, n - 1);
  const std::vector<Index> order = noise.permutation(n, Order::apart);
  const std::span<const Index> all(order);
  return {data.select(all.subspan(out)), data.select(all.first(out))};
}

Pairs choose_pairs(const Dataset& data, const Dataset& held_out, Index m, const Noise& noise) {
  return {choose_test_queries(data, std::min(m, data.rows()), noise),
          choose_test_queries(held_out, std::min(m, held_out.rows()), noise)};
}

LikelihoodSlice measure_likelihood(const HeldOutProbe& probe, double t) {
  const Queries &train = probe.pairs.train, &test = probe.pairs.test;
  const Index m = test.size(), d = probe.data.dimension();
  LikelihoodSlice slice;
  slice.t = t;
  RowMatrix clean(m, d);
  probe.held_out.read(test.row, clean);
  clean *= std::exp(-t);
  Summary at_clean, at_test, at_train;
  probe.model.summarize(t, clean, {}, at_clean);
  for (Index q = 0; q < m; ++q) slice.kernel.push_back(at_clean.all.log_density[q] - static_cast<double>(d) * t);
  probe.model.summarize(t, noisy(probe.held_out, test, t, probe.noise), {}, at_test);
  Wanted what;
  what.leave_out = train.row;
  probe.model.summarize(t, noisy(probe.data, train, t, probe.noise), what, at_train);
  const Index pairs = std::min(m, train.size());
  const Vector gap = at_train.all.log_density.head(pairs) - at_test.all.log_density.head(pairs),
               left_out = at_train.all.log_density - at_train.without.log_density;
  const auto mean = [](const Vector& v) { return mean_of({v.data(), static_cast<std::size_t>(v.size())}); };
  slice.train = mean(at_train.all.log_density);
  slice.test = mean(at_test.all.log_density);
  slice.gap = mean(gap);
  slice.left_out_gap = mean(left_out);
  slice.largest_bound = std::max({at_clean.bound.maxCoeff(), at_test.bound.maxCoeff(), at_train.bound.maxCoeff()});
  return slice;
}

Crossing generalization_time(const std::vector<LikelihoodSlice>& slices, const Noise& noise) {
  Crossing out;
  if (slices.size() < 3) {
    out.reason = "fewer than three times";
    return out;
  }
  std::vector<std::size_t> points(slices.front().kernel.size());
  std::iota(points.begin(), points.end(), std::size_t{0});
  const std::vector<double> curve = means(slices, points);
  const std::optional<double> found = best(slices, curve);
  if (!found) {
    out.reason =
        curve.front() >= curve.back()
            ? fmt::format(
                  "held-out points are likeliest at the smallest time {:g}; go lower, and look for "
                  "held-out points that are training data",
                  slices.front().t)
            : fmt::format("held-out points are likeliest at the largest time {:g}; go higher", slices.back().t);
    return out;
  }
  const double m = static_cast<double>(points.size()), ends[2] = {log_tau(slices.front().t), log_tau(slices.back().t)};
  std::vector<double> resampled, u(points.size());
  for (std::uint64_t b = 0; b < kBootstraps; ++b) {
    noise.uniform(Stream::choice, b, kResamples, u);
    for (std::size_t i = 0; i < points.size(); ++i) points[i] = static_cast<std::size_t>(u[i] * m);
    const std::vector<double> again = means(slices, points);
    resampled.push_back(best(slices, again).value_or(ends[again.front() >= again.back() ? 0 : 1]));
  }
  out.t = t_of_log_snr(-*found);
  if (m > 1) out.standard_error = deviation_of(resampled) * 0.5 * noise_variance(*out.t);  // dt/d log tau = Delta_t/2
  return out;
}

Crossing gap_time(const std::vector<LikelihoodSlice>& slices, Index n, double share, bool left_out) {
  std::vector<double> times;
  std::vector<Estimate> curve;
  for (const LikelihoodSlice& slice : slices) {
    times.push_back(slice.t);
    curve.push_back(left_out ? slice.left_out_gap : slice.gap);
  }
  return last_fall_through(times, curve, share * std::log(static_cast<double>(n)));
}

BasinSlice measure_basins(const Empirical& model, const Dataset& data, const Queries& rays, const Noise& noise,
                          double t) {
  const Index m = rays.size();
  RowMatrix clean(m, data.dimension()), z(m, data.dimension());
  data.read(rays.row, clean);
  noise.normal({rays.stream, rays.trajectory, 0}, z);
  const auto inside = [&](const Vector& rho) -> Eigen::Array<bool, Eigen::Dynamic, 1> {
    return own_log_weight(model, clean, z, rho, t, rays.row).array() > -std::numbers::ln2;
  };
  Vector low = Vector::Zero(m), high = Vector::Constant(m, kLargestRadius);
  const Eigen::Array<bool, Eigen::Dynamic, 1> trap = inside(low), beyond = inside(high);
  for (int k = 0; k < kHalvings; ++k) {
    const Vector middle = 0.5 * (low + high);
    const auto in = inside(middle);
    low = in.select(middle, low);
    high = in.select(high, middle);
  }
  std::vector<double> trapped, radius2;
  for (Index q = 0; q < m; ++q) {
    const double rho = !trap[q] ? 0 : beyond[q] ? kLargestRadius : 0.5 * (low[q] + high[q]);
    trapped.push_back(trap[q] ? 1 : 0);
    radius2.push_back(rho * rho);
  }
  return {t, share_of(trapped), median_of(std::move(radius2))};
}

}  // namespace denoiscope::observables
