#include "denoiscope/denoiser/registry.hpp"

#include <algorithm>
#include <array>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/denoiser/gaussian_mixture.hpp"

namespace denoiscope {
namespace {

constexpr Parameter optional(Parameter p, double fallback) {
  p.required = false;
  p.fallback = fallback;
  return p;
}

constexpr Parameter kD{.name = "d", .description = "dimension", .kind = Kind::whole, .low = 1};
constexpr Parameter kVariance =
    optional({.name = "variance", .description = "variance of a class along each axis", .low = 0}, 1.0);

constexpr std::array kOfGaussian{kD, kVariance};
constexpr std::array kOfMixture{
    kD, optional({.name = "mu2", .description = "squared norm of the class centres +-m over d", .low = 0}, 1.0),
    kVariance,
    optional({.name = "weight", .description = "weight of the class +m", .low = 0, .high = 1, .open = true}, 0.5)};

template <class Made>
std::shared_ptr<const Posterior> shared(Made&& made) {
  return std::make_shared<const std::remove_cvref_t<Made>>(std::forward<Made>(made));
}

Index whole(const Arguments& a, std::string_view name) { return static_cast<Index>(a[name]); }

std::shared_ptr<const Posterior> make_gaussian(const Arguments& a) {
  return shared(gaussian(Vector::Zero(whole(a, "d")), a["variance"]));
}

std::shared_ptr<const Posterior> make_mixture(const Arguments& a) {
  return shared(symmetric_mixture(whole(a, "d"), a["mu2"], a["variance"], a["weight"]));
}

constexpr DenoiserEntry kDenoisers[] = {
    {"empirical",
     "exact posterior of a data set: the score that a perfectly trained network learns, and which memorizes",
     "arXiv 2402.18491"},
    {"gaussian", "posterior of one Gaussian around the origin", "arXiv 2402.18491", kOfGaussian, make_gaussian},
    {"gaussian-mixture", "two Gaussian classes with centres +m and -m, |m|^2 = d mu2", "arXiv 2402.18491", kOfMixture,
     make_mixture},
};

}  // namespace

std::span<const DenoiserEntry> denoisers() { return kDenoisers; }

std::string synopsis(const DenoiserEntry& entry) { return synopsis(entry.name, entry.parameters); }

std::string Model::text() const {
  std::string out(entry->name);
  for (const Argument& a : arguments.used()) out += fmt::format(" {}={}", a.name, a.text());
  return out;
}

Model make_model(std::string_view name, std::span<const std::string> settings) {
  const auto all = denoisers();
  const auto at = std::find_if(all.begin(), all.end(), [&](const DenoiserEntry& e) { return e.name == name; });
  std::vector<std::string> models;
  for (const DenoiserEntry& e : all)
    if (e.make) models.emplace_back(e.name);
  if (at == all.end())
    throw UsageError("unknown model '{}'.{} Known: {}", one_line(name), did_you_mean(name, models),
                     fmt::join(models, ", "));
  if (!at->make)
    throw UsageError("model {}: it is made from data; give a data set instead. Models: {}", name,
                     fmt::join(models, ", "));
  Model model{&*at, read_arguments("model", at->name, at->parameters, settings), nullptr};
  model.posterior = at->make(model.arguments);
  return model;
}

}  // namespace denoiscope
