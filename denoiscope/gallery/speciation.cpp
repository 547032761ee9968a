// When classes that have one mean part, and how sure a U-turn among many classes is to return.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>
#include <span>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/bridge.hpp"
#include "denoiscope/gallery/experiments.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/observables/criterion.hpp"
#include "denoiscope/theory/covariance_classes.hpp"
#include "denoiscope/theory/ising.hpp"
#include "denoiscope/theory/orthogonal_classes.hpp"

namespace denoiscope::gallery {
namespace {

constexpr double kMostSimulated = 1000;  // spins or dimensions; larger systems are curves only

// t_rs of both directions over the size N of a system: measured, by a closed form, and of large systems.
struct Times {
  Curve measured[2] = {{"from points of the first class", true}, {"from points of the second class", true}};
  Curve line[2];
  Curve asymptote = {"1/4 log(Dsq/8)"};
};

double time_of(const theory::CovarianceClasses& classes) { return theory::resolution_time(classes).value_or(kNaN); }

void add_asymptote(double N, double separation, Times& times, Observed& out) {
  const double t = theory::resolution_asymptote(separation);
  out.quantities.push_back({fmt::format("asymptote N={:g}", N), {t, 0, 1}});
  times.asymptote.rows.push_back({N, t, 0});
}

// Both directions of classes 0 and 1. exact: where it is known.
void measure_times(const Model& model, double N, const observables::CriterionSettings& settings, const Noise& noise,
                   const std::array<std::optional<double>, 2>& exact, Times& times, Observed& out) {
  const observables::ClassCriterion found = observables::class_criterion(model.posterior(), 0, 1, noise, settings);
  const observables::Crossing* both[2] = {&found.ab, &found.ba};
  for (int c = 0; c < 2; ++c) {
    const double t = both[c]->t.value_or(kNaN), error = both[c]->standard_error;
    const Estimate measured{t, error, settings.points};
    out.quantities.push_back({fmt::format("measured class {} N={:g}", c, N), measured, exact[static_cast<size_t>(c)]});
    times.measured[c].rows.push_back({N, t, error});
  }
}

std::vector<Curve> curves_of(Times times) {
  return {times.measured[0], times.measured[1], times.line[0], times.line[1], times.asymptote};
}

}  // namespace

Observed run_covariance_times(const Arguments& entry, Scale scale) {
  const observables::CriterionSettings settings{static_cast<Index>(at_scale(entry, "starts", scale))};
  const Noise noise(static_cast<std::uint64_t>(entry.whole("seed")));
  Times times;
  times.line[0].name = "closed form, first class";
  times.line[1].name = "closed form, second class";
  Observed out;
  for (const double N : entry.numbers("values")) {
    std::vector<std::string> parameters = words_of(entry.text("parameters"));
    parameters.push_back(fmt::format("d={:.0f}", N));
    const Model model = make_model("covariance-classes", parameters);
    const std::array<double, 1> first{model.arguments["v1"]}, second{model.arguments["v2"]};
    const theory::CovarianceClasses classes{first, second, N};
    const double exact[2] = {time_of(classes), time_of(classes.swapped())};
    for (int c = 0; c < 2; ++c) {
      out.quantities.push_back({fmt::format("class {} N={:g}", c, N), {exact[c], 0, 1}});
      times.line[c].rows.push_back({N, exact[c], 0});
    }
    add_asymptote(N, theory::separation(classes), times, out);
    out.quantities.push_back(
        {fmt::format("same class at the asymptote N={:g}", N),
         {theory::same_class(classes, theory::resolution_asymptote(theory::separation(classes))), 0, 1}});
    if (N <= kMostSimulated) measure_times(model, N, settings, noise, {exact[0], exact[1]}, times, out);
  }
  out.curves = curves_of(std::move(times));
  return out;
}

Observed run_ising_times(const Arguments& entry, Scale scale) {
  const observables::CriterionSettings settings{static_cast<Index>(at_scale(entry, "starts", scale))};
  const Noise noise(static_cast<std::uint64_t>(entry.whole("seed")));
  Times times;
  times.line[0].name = "Gaussian of that spectrum, first class";
  times.line[1].name = "Gaussian of that spectrum, second class";
  Observed out;
  for (const double N : entry.numbers("values")) {
    std::vector<std::string> parameters = words_of(entry.text("parameters"));
    parameters.push_back(fmt::format("N={:.0f}", N));
    const Model model = make_model("ising-classes", parameters);
    const std::span<const double> couplings = model.arguments.list("couplings");
    const std::vector<double> first = theory::ising_spectrum(static_cast<int>(N), couplings[0]),
                              second = theory::ising_spectrum(static_cast<int>(N), couplings[1]);
    const theory::CovarianceClasses gaussian{first, second};
    const double surrogate[2] = {time_of(gaussian), time_of(gaussian.swapped())};
    for (int c = 0; c < 2; ++c) {
      out.quantities.push_back({fmt::format("Gaussian class {} N={:g}", c, N), {surrogate[c], 0, 1}});
      times.line[c].rows.push_back({N, surrogate[c], 0});
    }
    add_asymptote(N, theory::ising_separation(N, couplings[0], couplings[1]), times, out);
    if (N <= kMostSimulated) measure_times(model, N, settings, noise, {}, times, out);
  }
  out.curves = curves_of(std::move(times));
  return out;
}

Observed run_orthogonal(const Arguments& entry, Scale scale) {
  const auto m = static_cast<Index>(at_scale(entry, "starts", scale));
  const Noise noise(static_cast<std::uint64_t>(entry.whole("seed")));
  Observed out;
  for (const double K : entry.numbers("values")) {
    std::vector<std::string> parameters = words_of(entry.text("parameters"));
    parameters.push_back(fmt::format("K={:.0f}", K));
    const Model model = make_model("orthogonal-classes", parameters);
    if (model.arguments["variance"] != 1)
      throw UsageError("gallery: orthogonal classes of variance {}; expected 1, where kappa = |m| e^(-t).",
                       model.arguments["variance"]);
    Curve points{fmt::format("points, K = {:g}", K), true}, line{fmt::format("quadrature, K = {:g}", K)};
    for (const double kappa : entry.numbers("times")) {
      const double t = 0.5 * std::log(model.arguments["norm2"]) - std::log(kappa);
      const Bridge noisy(model.posterior(), t, noise, numbered(m));
      Summary s;
      model.posterior().summarize(t, noisy.points(), {}, s);
      const Vector kept = (2 * s.all.class_log_weight.array()).exp().rowwise().sum();  // a draw's class is that of x_0
      const Estimate same = scaled(kept, 1);
      Quantity quantity{fmt::format("same class K={:g} kappa={:g}", K, kappa), same};
      compare_with(theory::orthogonal_same_class(K, kappa), m, quantity);
      out.quantities.push_back(quantity);
      points.rows.push_back({kappa, same.value, same.standard_error});
    }
    for (const double kappa : spaced(0, entry.numbers("times").back(), 60))
      line.rows.push_back({kappa, theory::orthogonal_same_class(K, kappa), 0});
    out.curves.push_back(points);
    out.curves.push_back(line);
  }
  return out;
}

}  // namespace denoiscope::gallery
