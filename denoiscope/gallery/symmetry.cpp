// Symmetry breaking and critical windows of two classes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/dynamics/bridge.hpp"
#include "denoiscope/gallery/experiments.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::gallery {
namespace {

// Two points +-sqrt(mu2) of the line, +sqrt(mu2) of weight w.
Model two_points(double mu2, double w) {
  return make_model("gaussian-mixture", std::vector<std::string>{"d=1", fmt::format("mu2={}", mu2), "variance=0",
                                                                 fmt::format("weight={}", w)});
}

// Where the drift x + 2 s of the backward equation turns from towards the centre to away from it.
double time_of_two_wells(double lambda) {
  const Model model = two_points(lambda, 0.5);
  constexpr double kNear = 1e-6;
  const RowMatrix x = RowMatrix::Constant(1, 1, kNear);
  return find_root([&](double t) { return kNear + 2 * score(model.posterior(), t, x)(0, 0); }, 0.05, 12.0)
      .value_or(kNaN);
}

// N(mean, variance) has the first two moments of two noisy points +-1 of weights w, 1 - w.
struct LateStart {
  double mean, variance;
};

LateStart late_start(double w, double t) {
  return {(2 * w - 1) * std::exp(-t), 4 * w * (1 - w) * std::exp(-2 * t) + noise_variance(t)};
}

// Weight that paths from there lose at +1: w - E p(+1 | x).
double missing_weight(double w, double t) {
  const LateStart start = late_start(w, t);
  const double slope = 2 * std::exp(-t) / noise_variance(t), odds = std::log(w / (1 - w));
  const auto weight = [&](double z) {
    return 1 / (1 + std::exp(-slope * (start.mean + std::sqrt(start.variance) * z) - odds));
  };
  const double edge = (-odds / slope - start.mean) / std::sqrt(start.variance);
  return w - gaussian_mean(weight, edge);
}

// Total variation of N(0, 1) to the law of two equal noisy points +-1, which have the same two moments.
double start_distance(double t) {
  const double delta = noise_variance(t), signal = std::exp(-t);
  const auto apart = [&](double x) {
    const double u = std::abs(signal * x / delta);
    const double log_ratio = 0.5 * x * x - (x * x + signal * signal) / (2 * delta) + u + std::log1p(std::exp(-2 * u)) -
                             std::log(2) - 0.5 * std::log(delta);
    return 0.5 * std::abs(std::expm1(log_ratio));
  };
  return gaussian_mean(apart);
}

// |p(first | x) - p(second | x)| at exact points of time t, (m): its mean is the total variation of two equal classes.
Vector told_apart(const Posterior& model, double t, const Noise& noise, Index m) {
  const Bridge points(model, t, noise, numbered(m));
  Summary s;
  model.summarize(t, points.points(), {}, s);
  const RowMatrix p = s.all.class_log_weight.array().exp();
  return (p.col(0) - p.col(1)).cwiseAbs();
}

}  // namespace

Observed run_symmetry(const Arguments& entry, Scale scale) {
  const auto m = static_cast<Index>(at_scale(entry, "starts", scale));
  const Noise noise(static_cast<std::uint64_t>(entry.whole("seed")));
  constexpr double kWeight = 0.7;
  const Model uneven = two_points(1, kWeight), even = two_points(1, 0.5);
  Observed out;
  for (const double lambda : entry.numbers("values")) {
    Quantity root{fmt::format("t of two wells lambda={:g}", lambda), {time_of_two_wells(lambda), 0, 1}};
    root.exact = theory::critical_times(lambda).half_asinh;
    root.allowed = 1e-9;  // the cubic term of the drift at 1e-6 is 1e-12 of the linear one; the root is as flat as that
    out.quantities.push_back(root);
  }
  Curve lost{"0.7 - P(+1), paths", true}, apart{"distance of the start, points", true},
      lost_line{"0.7 - P(+1), quadrature"}, apart_line{"distance of the start, quadrature"};
  const std::vector<double> times = entry.numbers("times");
  RowMatrix z(m, 1), x0(m, 1);
  noise.normal({Stream::query, numbered(m), 0}, z);
  for (const double t : times) {
    const LateStart start = late_start(kWeight, t);
    const RowMatrix x = start.mean + std::sqrt(start.variance) * z.array();
    uneven.posterior().draw(t, x, noise, {Stream::posterior, numbered(m), 0}, x0);
    const Estimate w = scaled(kWeight - 0.5 * (1 + x0.col(0).array().sign()), 1);
    out.quantities.push_back({fmt::format("missing weight t={:g}", t), w, missing_weight(kWeight, t)});
    Summary s;
    even.posterior().summarize(t, z, {}, s);
    const Vector normal = -0.5 * (z.col(0).array().square() + std::log(2 * std::numbers::pi));
    const Vector distance = 0.5 * ((s.all.log_density - normal).array().exp() - 1).abs();
    const Estimate tv = scaled(distance, 1);
    out.quantities.push_back({fmt::format("distance of the start t={:g}", t), tv, start_distance(t)});
    lost.rows.push_back({t, w.value, w.standard_error});
    apart.rows.push_back({t, tv.value, tv.standard_error});
  }
  for (const double t : spaced(times.front(), times.back(), 80)) {
    lost_line.rows.push_back({t, missing_weight(kWeight, t), 0});
    apart_line.rows.push_back({t, start_distance(t), 0});
  }
  out.curves = {lost, apart, lost_line, apart_line};
  return out;
}

Observed run_windows(const Arguments& entry, Scale scale) {
  const Model model = make_model("gaussian-mixture", words_of(entry.text("parameters")));
  const double d = model.arguments["d"], mu2 = model.arguments["mu2"], variance = model.arguments["variance"];
  const double middle = 0.5 * std::log(d * mu2);
  const auto apart = [&](double t) { return theory::total_variation(theory::mixture_kappa(d, mu2, variance, t)); };
  const auto time_where = [&](double distance) {
    return find_root([&](double t) { return apart(t) - distance; }, 1e-3, middle + 12).value_or(kNaN) - middle;
  };
  Observed out;
  for (const double eps : entry.numbers("values")) {  // the law of all is half as far from one class as the other is
    out.quantities.push_back({fmt::format("before eps={:g}", eps), {time_where(2 * eps), 0, 1}});
    out.quantities.push_back({fmt::format("after eps={:g}", eps), {time_where(1 - eps * eps), 0, 1}});
  }
  const auto m = static_cast<Index>(at_scale(entry, "starts", scale));
  const Noise noise(static_cast<std::uint64_t>(entry.whole("seed")));
  Curve measured{"total variation, points", true}, line{"2 Phi(kappa) - 1"}, kept{"same class, F(kappa)"};
  for (const double shift : entry.numbers("times")) {
    const Estimate tv = scaled(told_apart(model.posterior(), middle + shift, noise, m), 1);
    Quantity quantity{fmt::format("total variation t={:g}", shift), tv};
    compare_with(apart(middle + shift), m, quantity);
    out.quantities.push_back(quantity);
    measured.rows.push_back({shift, tv.value, tv.standard_error});
  }
  const std::vector<double> times = entry.numbers("times");
  for (const double shift : spaced(times.front(), times.back(), 80)) {
    line.rows.push_back({shift, apart(middle + shift), 0});
    kept.rows.push_back({shift, theory::mixture_phi(d, mu2, variance, middle + shift), 0});
  }
  out.curves = {measured, line, kept};
  return out;
}

}  // namespace denoiscope::gallery
