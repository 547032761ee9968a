// Symmetry breaking, potentials and windows of two classes, and magnets made from noise.
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/dynamics/bridge.hpp"
#include "denoiscope/gallery/functions.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/curie_weiss.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::gallery {
namespace {

constexpr double kNear = 1e-6;  // of the centre: where the drift turns, its cubic term is 1e-12 of it

// Two points +-sqrt(mu2) of the line, +sqrt(mu2) of weight w.
Model two_points(double mu2, double w) {
  return make_model("gaussian-mixture", std::vector<std::string>{"d=1", fmt::format("mu2={}", mu2), "variance=0",
                                                                 fmt::format("weight={}", w)});
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

}  // namespace

void symmetry(const Entry& entry, Observed& out) {
  constexpr double kWeight = 0.7;
  const Index m = entry.many("starts");
  const Model uneven = two_points(1, kWeight), even = two_points(1, 0.5);
  const RowMatrix near = RowMatrix::Constant(1, 1, kNear);
  for (const double lambda : entry.values()) {  // where the drift x + 2 s turns from the centre
    const Model model = two_points(lambda, 0.5);
    const auto root =
        find_root([&](double t) { return kNear + 2 * score(model.posterior(), t, near)(0, 0); }, 0.05, 12.0);
    out.number(fmt::format("t of two wells lambda={:g}", lambda), root.value_or(kNaN),
               theory::critical_times(lambda).half_asinh, 1e-9);
  }
  RowMatrix z(m, 1), x0(m, 1);
  entry.noise().normal({Stream::query, numbered(m), 0}, z);
  for (const double t : entry.times()) {
    const LateStart start = late_start(kWeight, t);
    const RowMatrix x = start.mean + std::sqrt(start.variance) * z.array();
    uneven.posterior().draw(t, x, entry.noise(), {Stream::posterior, numbered(m), 0}, x0);
    const Estimate lost = scaled(kWeight - 0.5 * (1 + x0.col(0).array().sign()));
    Summary s;
    even.posterior().summarize(t, z, {}, s);
    const Vector normal = -0.5 * (z.col(0).array().square() + std::log(2 * std::numbers::pi));
    const Estimate apart = scaled(0.5 * ((s.all.log_density - normal).array().exp() - 1).abs());
    out.number(fmt::format("missing weight t={:g}", t), lost, missing_weight(kWeight, t));
    out.number(fmt::format("distance of the start t={:g}", t), apart, start_distance(t));
    out.point("0.7 - P(+1), paths", t, lost);
    out.point("distance of the start, points", t, apart);
  }
  const std::vector<double> fine = spaced(entry.times(), 80);
  out.line("0.7 - P(+1), quadrature", fine, [](double t) { return missing_weight(kWeight, t); });
  out.line("distance of the start, quadrature", fine, start_distance);
}

// Total variation between two equal classes at exact points: the mean of |p(first | x) - p(second | x)|.
void windows(const Entry& entry, Observed& out) {
  const Model model = entry.model();
  const double d = model.arguments["d"], mu2 = model.arguments["mu2"], variance = model.arguments["variance"];
  const double middle = 0.5 * std::log(d * mu2);
  const auto apart = [&](double shift) {
    return theory::total_variation(theory::mixture_kappa(d, mu2, variance, middle + shift));
  };
  const Index m = entry.many("starts");
  for (const double shift : entry.times()) {
    const Bridge points(model.posterior(), middle + shift, entry.noise(), numbered(m));
    Summary s;
    model.posterior().summarize(middle + shift, points.points(), {}, s);
    const RowMatrix p = s.all.class_log_weight.array().exp();
    const Estimate tv = scaled((p.col(0) - p.col(1)).cwiseAbs());
    out.number(fmt::format("total variation t={:g}", shift), tv, apart(shift), allowed_where_rare(apart(shift), m));
    out.point("total variation, points", shift, tv);
  }
  const std::vector<double> fine = spaced(entry.times(), 80);
  out.line("2 Phi(kappa) - 1", fine, apart);
  out.line("same class, F(kappa)", fine,
           [&](double shift) { return theory::mixture_phi(d, mu2, variance, middle + shift); });
}

// V(q, t) from the exact score of the mixture: minus the integral of the drift x + 2 s along m, q = m.x / sqrt d.
void potential(const Entry& entry, Observed& out) {
  const Model model = entry.model();
  if (!model.arguments.has("mu2") || model.arguments["variance"] != 1)
    throw UsageError("gallery: the potential is that of gaussian-mixture with variance=1.");
  const double d = model.arguments["d"], mu2 = model.arguments["mu2"];
  const Posterior& mixture = model.posterior();
  RowMatrix m(1, mixture.dimension());
  m.setConstant(std::sqrt(mu2));  // as symmetric_mixture has its centre; the sign does not matter
  const auto slope = [&](double q, double t) {
    const RowMatrix x = m * (q * std::sqrt(d) / m.squaredNorm());
    return -m.row(0).dot((x + 2 * score(mixture, t, x)).row(0)) / std::sqrt(d);
  };
  for (const double t : entry.values()) {
    double below = 0, at = 0;
    for (const double q : spaced(0, 3, 25)) {  // panels: log cosh bends within 1 / (e^{-t} sqrt d)
      if (q > at) below += integrate_panel([&](double y) { return slope(y, t); }, at, q);
      at = q;
      out.number(fmt::format("V q={:g} t={:g}", q, t), below, theory::effective_potential(q, t, d, mu2));
      for (const double side : {-1.0, 1.0})
        out.point(fmt::format("from the score, t = {:g}", t), side * q, {below, 0, 1});
    }
  }
  double low = 0.1, high = 12;  // one well above, two below: where the slope at the origin changes its sign
  for (int i = 0; i < 60; ++i) (slope(kNear, 0.5 * (low + high)) > 0 ? high : low) = 0.5 * (low + high);
  out.number("t of two wells", 0.5 * (low + high), 0.5 * std::log(2 * d * mu2));
}

// Configurations drawn from pure noise at t = 8, in fields h = eta/N.
void generation(const Entry& entry, Observed& out) {
  constexpr double kFrom = 8;
  const Index m = entry.many("starts");
  for (const double eta : entry.values()) {
    const Model plain = entry.model();
    const double N = plain.arguments["N"], beta = plain.arguments["beta"];
    const Noise noise = entry.noise().derived(static_cast<std::uint64_t>(std::llround(1000 * eta)));
    RowMatrix x(m, static_cast<Index>(N)), x0 = x;
    noise.normal({Stream::query, numbered(m), 0}, x);
    entry.model({}, fmt::format("h={}", eta / N))
        .posterior()
        .draw(kFrom, x, noise, {Stream::posterior, numbered(m), 0}, x0);
    const Vector magnetisation = x0.rowwise().mean();
    const theory::Magnetisation exact = theory::magnetisation(static_cast<int>(N), beta, eta);
    const Estimate weight = scaled(0.5 * (1 + magnetisation.array().sign())), size = scaled(magnetisation.cwiseAbs());
    out.number(fmt::format("positive eta={:g}", eta), weight, exact.positive);
    out.number(fmt::format("magnetisation eta={:g}", eta), size, exact.mean_absolute);
    out.point("P(M > 0), generated", eta, weight);
    out.point("|M|/N, generated", eta, size);
  }
}

}  // namespace denoiscope::gallery
