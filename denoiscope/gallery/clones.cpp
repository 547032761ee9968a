// Clones by an integrated equation and of data, and what the length of a step does.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/dynamics/clone.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/gallery/experiments.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/theory/channel.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::gallery {
namespace {

Noise noise_of(const Settings& entry) { return Noise(static_cast<std::uint64_t>(entry.integer("seed"))); }

CloneSettings integrated(const Settings& entry, Scale scale, int steps) {
  CloneSettings s;
  s.times = entry.numbers("times");
  s.pairs = static_cast<Index>(at_scale(entry, "starts", scale));
  s.method = CloneMethod::sde;
  s.stepper = &find_stepper("euler-maruyama");
  s.steps = steps;
  return s;
}

std::vector<ClonePoint> clones(const Posterior& model, const CloneSettings& s, const Noise& noise) {
  return clone(model, model.fastest(), s, noise);
}

// Mean and variance at 0 of Euler's paths from t = 30 towards one Gaussian of variance one at m: each step is x -> a x
// + b z + c, and a, b, c are read off it.
struct Moments {
  double mean = 0, variance = 0;
};

Moments euler_moments(double m, double h) {
  const GaussianMixture model = gaussian(Vector::Constant(1, m), 1.0);
  const Normals last_row = [](std::uint32_t, MutRows z) { z << 0, 0, 1; };
  constexpr double kFrom = 30;  // e^{-30} of the start is left
  const std::vector<double> times = time_grid("linear", kFrom, 0, static_cast<int>(std::lround(kFrom / h)));
  Moments at{0, 1};
  for (std::size_t k = 1; k < times.size(); ++k) {
    const RowMatrix from = (RowMatrix(3, 1) << at.mean, at.mean + 1, at.mean).finished();
    Backward walk(model, find_stepper("euler-maruyama"), times[k - 1], from, last_row);
    walk.step(times[k]);
    const Vector to = walk.points().col(0);
    at = {to[0], std::pow(to[1] - to[0], 2) * at.variance + std::pow(to[2] - to[0], 2)};
  }
  return at;
}

// The same two numbers by the recursion x <- (1 - h) x + 2 h m e^{-t} + sqrt(2h) z, the mean over m.
Moments recursion(double h) { return {2 * h * std::exp(-h) / (1 - (1 - h) * std::exp(-h)), 1 / (1 - 0.5 * h)}; }

}  // namespace

Observed run_clone_sde(const Settings& entry, Scale scale) {
  Observed out;
  Curve line{"F(kappa)"};
  for (const std::string& value : split(entry.text("values"), ',')) {
    std::vector<std::string> words = words_of(entry.text("parameters"));
    words.push_back("d=" + value);
    const Model model = make_model("gaussian-mixture", words);
    const double d = model.arguments["d"], mu2 = model.arguments["mu2"], variance = model.arguments["variance"];
    const auto reduced = model.posterior().essential();
    const CloneSettings s = integrated(entry, scale, static_cast<int>(at_scale(entry, "steps", scale)));
    Curve points{fmt::format("clones, d = {:g}", d), true};
    for (const ClonePoint& p : clones(*reduced, s, noise_of(entry))) {
      const double kappa = theory::mixture_kappa(d, mu2, variance, p.t);
      Quantity quantity{fmt::format("phi d={:g} t={:g}", d, p.t), p.phi};
      compare_with(theory::same_class(kappa), s.pairs, quantity);
      out.quantities.push_back(quantity);
      points.rows.push_back({kappa, p.phi.value, p.phi.standard_error});
      line.rows.push_back({kappa, theory::same_class(kappa), 0});
    }
    out.curves.push_back(std::move(points));
  }
  const auto [least, most] =
      std::minmax_element(line.rows.begin(), line.rows.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
  const std::vector<double> logs = spaced(std::log(least->x), std::log(most->x), 80);
  line.rows.clear();
  for (const double log : logs) line.rows.push_back({std::exp(log), theory::same_class(std::exp(log)), 0});
  out.curves.push_back(std::move(line));
  return out;
}

Observed run_clone_data(const Settings& entry, Scale scale) {
  Settings settings(analyze_settings());
  settings.set("data", entry.text("data"), "gallery");
  settings.set("classes", entry.text("classes"), "gallery");
  const Empirical model(load(settings).data, {});
  CloneSettings s;
  s.times = entry.numbers("times");
  s.pairs = static_cast<Index>(at_scale(entry, "starts", scale));
  Observed out;
  Curve points{"clones", true}, line{"posterior average"};
  for (const ClonePoint& p : clone(model, model, s, noise_of(entry))) {
    // Two estimates of one number from different points. Where clones hardly ever part their spread says little: the
    // binomial error is the least that is taken, and three events are allowed.
    const double n = static_cast<double>(s.pairs), q = std::clamp(p.expected.value, 0.0, 1.0);
    const double error = std::hypot(p.phi.standard_error, p.expected.standard_error);
    out.quantities.push_back({fmt::format("clones less average t={:g}", p.t),
                              {p.phi.value - p.expected.value, std::max(error, std::sqrt(q * (1 - q) / n)), s.pairs},
                              0.0,
                              3 / n});
    points.rows.push_back({p.t, p.phi.value, p.phi.standard_error});
    line.rows.push_back({p.t, p.expected.value, 0});
  }
  out.curves = {points, line};
  return out;
}

Observed run_step_bias(const Settings& entry, Scale scale) {
  const Model model = make_model("gaussian-mixture", words_of(entry.text("parameters")));
  const double mu2 = model.arguments["mu2"], variance = model.arguments["variance"];
  if (model.arguments["d"] != 1 || variance != 1)
    throw UsageError("gallery: the bias of a step is known for d=1 variance=1, not for {}.", model.text());
  Observed out;
  Curve mean{"1 - mean / m", true}, spread{"variance - 1", true}, means{"1 - mean / m, recursion"},
      spreads{"variance - 1, recursion"};
  const std::vector<double> times = entry.numbers("times"), lengths = entry.numbers("values");
  std::vector<Curve> phi;
  for (const double t : times) phi.push_back({fmt::format("F - phi(t = {:g}), clones", t), true});
  for (const double h : lengths) {
    const double m = std::sqrt(mu2);
    const Moments moments = euler_moments(m, h), exact = recursion(h);
    // Rounding of each of 30/h steps, of which those within the last unit of time count.
    out.quantities.push_back({fmt::format("mean h={:g}", h), {moments.mean / m, 0, 1}, exact.mean, 1e-13 / h});
    out.quantities.push_back({fmt::format("variance h={:g}", h), {moments.variance, 0, 1}, exact.variance, 1e-13 / h});
    mean.rows.push_back({h, 1 - moments.mean / m, 0});
    spread.rows.push_back({h, moments.variance - 1, 0});
    const int steps = static_cast<int>(std::lround(10 / h));
    const std::vector<ClonePoint> points = clones(model.posterior(), integrated(entry, scale, steps), noise_of(entry));
    for (std::size_t k = 0; k < points.size(); ++k) {
      const double exact_phi = theory::mixture_phi(1, mu2, variance, points[k].t);
      out.quantities.push_back({fmt::format("phi h={:g} t={:g}", h, points[k].t), points[k].phi});
      phi[k].rows.push_back({h, exact_phi - points[k].phi.value, points[k].phi.standard_error});
    }
  }
  for (const double h : spaced(0, *std::max_element(lengths.begin(), lengths.end()), 60)) {
    if (h == 0) continue;  // 0 / 0
    means.rows.push_back({h, 1 - recursion(h).mean, 0});
    spreads.rows.push_back({h, recursion(h).variance - 1, 0});
  }
  out.curves = {mean, spread};
  out.curves.insert(out.curves.end(), phi.begin(), phi.end());
  out.curves.push_back(std::move(means));
  out.curves.push_back(std::move(spreads));
  return out;
}

}  // namespace denoiscope::gallery
