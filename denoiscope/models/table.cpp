#include "denoiscope/models/table.hpp"

#include <algorithm>
#include <array>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/models/curie_weiss.hpp"
#include "denoiscope/models/gaussian_mixture.hpp"
#include "denoiscope/models/hidden_manifold.hpp"
#include "denoiscope/models/hierarchy.hpp"
#include "denoiscope/models/ising_chain.hpp"
#include "denoiscope/models/linear_manifold.hpp"
#include "denoiscope/models/mixture.hpp"
#include "denoiscope/models/nested_mixture.hpp"
#include "denoiscope/models/product_spins.hpp"
#include "denoiscope/models/sphere.hpp"

namespace denoiscope {
namespace {

// ---- parameters ----

constexpr Parameter optional(Parameter p, double fallback = std::numeric_limits<double>::quiet_NaN()) {
  p.required = false;
  p.fallback = fallback;
  return p;
}

constexpr double kMostSeeds = 9007199254740992.0;  // 2^53: whole numbers that a double tells apart

constexpr Parameter kD{.name = "d", .description = "dimension", .kind = Kind::whole, .low = 1};
constexpr Parameter kVariance =
    optional({.name = "variance", .description = "variance of a class along each axis", .low = 0}, 1.0);
constexpr Parameter kWeight =
    optional({.name = "weight", .description = "weight of the first class", .low = 0, .high = 1, .open = true}, 0.5);
constexpr Parameter kLatent{.name = "D", .description = "latent dimension", .kind = Kind::whole, .low = 1};
constexpr Parameter seed_of(std::string_view name, std::string_view description) {
  return optional({.name = name, .description = description, .kind = Kind::whole, .low = 0, .high = kMostSeeds}, 0.0);
}

constexpr std::array kOfGaussian{
    optional(kD), kVariance,
    optional({.name = "spectrum",
              .description = "covariance eigenvalues along the axes, instead of d and variance",
              .kind = Kind::list,
              .low = 0})};
constexpr std::array kOfMixture{
    kD, optional({.name = "mu2", .description = "squared norm of the class centres +-m over d", .low = 0}, 1.0),
    kVariance, kWeight};
constexpr std::array kOfCovariances{
    kD, Parameter{.name = "v1", .description = "variance of the first class along each axis", .low = 0, .open = true},
    Parameter{.name = "v2", .description = "variance of the second class", .low = 0, .open = true}, kWeight};
constexpr std::array kOfOrthogonal{Parameter{.name = "K", .description = "classes", .kind = Kind::whole, .low = 1}, kD,
                                   Parameter{.name = "norm2", .description = "squared norm of every centre", .low = 0},
                                   kVariance};
constexpr std::array kOfNested{kD,
                               Parameter{.name = "norm2",
                                         .description = "squared norms |m_l|^2, coarsest level first",
                                         .kind = Kind::list,
                                         .low = 0,
                                         .open = true},
                               kVariance,
                               optional({.name = "shape",
                                         .description = "one vector a level, or one a branch",
                                         .kind = Kind::word,
                                         .words = "levels|tree"},
                                        0.0),
                               optional({.name = "classes",
                                         .description = "the sign of the coarsest level, or every centre",
                                         .kind = Kind::word,
                                         .words = "coarsest|centres"},
                                        0.0)};
constexpr std::array kOfHierarchy{
    Parameter{.name = "v", .description = "symbols", .kind = Kind::whole, .low = 2},
    Parameter{.name = "m", .description = "synonyms: rules of a symbol", .kind = Kind::whole, .low = 1},
    Parameter{.name = "s", .description = "branching: symbols that a rule makes", .kind = Kind::whole, .low = 2},
    Parameter{.name = "L", .description = "depth", .kind = Kind::whole, .low = 1},
    seed_of("rules_seed", "seed of the random rules")};
constexpr Parameter kSpins{.name = "N", .description = "spins", .kind = Kind::whole, .low = 1};
constexpr Parameter kField = optional({.name = "h", .description = "external field"}, 0.0);
constexpr std::array kOfCurieWeiss{
    kSpins, Parameter{.name = "beta", .description = "inverse temperature; critical at 1", .low = 0, .high = 100},
    kField};
constexpr Parameter kBoundary = optional(
    {.name = "boundary", .description = "ends of the chain", .kind = Kind::word, .words = "open|periodic"}, 0.0);
constexpr std::array kOfIsing{
    kSpins, Parameter{.name = "K", .description = "coupling over temperature", .low = -50, .high = 50}, kField,
    kBoundary};
constexpr std::array kOfIsingClasses{
    kSpins,
    Parameter{.name = "couplings", .description = "K of every class", .kind = Kind::list, .low = -50, .high = 50},
    kField, kBoundary};
constexpr std::array kOfSpins{
    kSpins, optional({.name = "mean", .description = "mean of every spin", .low = -1, .high = 1}, 0.0)};
constexpr std::array kOfLinear{
    kD,
    optional(kLatent),
    optional({.name = "variance", .description = "variance of every latent direction", .low = 0}, 1.0),
    optional({.name = "variances",
              .description = "latent variances, instead of D and variance",
              .kind = Kind::list,
              .low = 0}),
    optional({.name = "frame",
              .description = "Gaussian over sqrt(d), or orthonormal",
              .kind = Kind::word,
              .words = "gaussian|orthonormal"},
             0.0),
    seed_of("frame_seed", "seed of the frame")};
constexpr std::array kOfHidden{
    kD, kLatent,
    optional({.name = "g",
              .description = "function of every coordinate",
              .kind = Kind::word,
              .words = "identity|tanh|relu|sign|erf"},
             1.0),
    optional({.name = "gain", .description = "factor within g", .low = 0, .open = true}, 1.0),
    seed_of("frame_seed", "seed of the frame")};
constexpr std::array kOfSphere{
    Parameter{.name = "d", .description = "dimension of the space around it", .kind = Kind::whole, .low = 3},
    optional({.name = "radius", .description = "radius", .low = 0, .open = true}, 1.0)};

// ---- makers ----

Made wrap(std::shared_ptr<const Posterior> posterior) {
  const Posterior* const law = posterior.get();
  return {std::move(posterior), law->dimension(),
          [law](const Noise& noise, const Names& who, MutRows x0, std::span<int> label) {
            law->sample_prior(noise, who, x0, label);
          }};
}

template <class Law>
Made of(Law&& law) {
  return wrap(std::make_shared<const std::remove_cvref_t<Law>>(std::forward<Law>(law)));
}

Index whole(const Arguments& a, std::string_view name) { return static_cast<Index>(a[name]); }
std::uint64_t seed(const Arguments& a, std::string_view name) { return static_cast<std::uint64_t>(a[name]); }

// The numbers of a list, or `count` times the same number, where `count` and not the list is given.
Vector values(const char* model, const Arguments& a, std::string_view list, std::string_view count,
              std::string_view each) {
  if (a.has(list) && a.has(count)) throw UsageError("model {}: give {} or {}, not both.", model, list, count);
  if (!a.has(list) && !a.has(count)) throw UsageError("model {}: {} is missing; give it, or {}.", model, count, list);
  if (a.has(count)) return Vector::Constant(whole(a, count), a[each]);
  const std::span<const double> given = a.list(list);
  return Eigen::Map<const Vector>(given.data(), static_cast<Index>(given.size()));
}

Made make_gaussian(const Arguments& a) {
  if (a.has("d") && !a.has("spectrum")) return of(gaussian(Vector::Zero(whole(a, "d")), a["variance"]));
  return of(gaussian_from_spectrum(values("gaussian", a, "spectrum", "d", "variance")));
}

Made make_mixture(const Arguments& a) {
  return of(symmetric_mixture(whole(a, "d"), a["mu2"], a["variance"], a["weight"]));
}

Made make_covariances(const Arguments& a) {
  std::vector<GaussianMixture::Component> classes(2);
  for (GaussianMixture::Component& c : classes) c.mean = Vector::Zero(whole(a, "d"));
  classes[0].weight = a["weight"];
  classes[1].weight = 1 - a["weight"];
  classes[0].variance = a["v1"];
  classes[1].variance = a["v2"];
  return of(GaussianMixture(std::move(classes)));
}

Made make_orthogonal(const Arguments& a) {
  return of(orthogonal_mixture(whole(a, "K"), whole(a, "d"), a["norm2"], a["variance"]));
}

Made make_nested(const Arguments& a) {
  const std::span<const double> norm2 = a.list("norm2");
  return of(NestedMixture(Eigen::Map<const Vector>(norm2.data(), static_cast<Index>(norm2.size())), a["variance"],
                          whole(a, "d"), a["shape"] == 0 ? NestedMixture::Shape::levels : NestedMixture::Shape::tree,
                          a["classes"] == 0 ? 0 : NestedMixture::kCentres));
}

Hierarchy hierarchy(const Arguments& a, std::uint64_t grammar) {
  return Hierarchy(
      Grammar(whole(a, "v"), whole(a, "m"), whole(a, "s"), whole(a, "L"), seed(a, "rules_seed") + grammar));
}

Made make_hierarchy(const Arguments& a) { return of(hierarchy(a, 0)); }

// Of seeds rules_seed, rules_seed + 1, ...
std::vector<Hierarchy> make_grammars(const Arguments& a, Index count) {
  std::vector<Hierarchy> out;
  for (Index i = 0; i < count; ++i) out.push_back(hierarchy(a, static_cast<std::uint64_t>(i)));
  return out;
}

Made make_curie_weiss(const Arguments& a) { return of(CurieWeiss(whole(a, "N"), a["beta"], a["h"])); }

IsingChain ising(const Arguments& a, double K) {
  return {whole(a, "N"), K, a["h"], a["boundary"] == 0 ? Boundary::open : Boundary::periodic};
}

Made make_ising(const Arguments& a) { return of(ising(a, a["K"])); }

Made make_ising_classes(const Arguments& a) {
  std::vector<Mixture::Part> parts;
  for (const double K : a.list("couplings")) parts.push_back({std::make_shared<const IsingChain>(ising(a, K)), 1.0});
  return of(Mixture(std::move(parts)));
}

Made make_spins(const Arguments& a) { return of(ProductSpins(Vector::Constant(whole(a, "N"), a["mean"]))); }

Made make_linear(const Arguments& a) {
  const Vector variances = values("linear-manifold", a, "variances", "D", "variance");
  const auto make = a["frame"] == 0 ? random_manifold : orthonormal_manifold;
  return of(make(whole(a, "d"), variances, seed(a, "frame_seed")));
}

Made make_hidden(const Arguments& a) {
  const auto law = std::make_shared<const HiddenManifold>(
      whole(a, "d"), whole(a, "D"), activations()[static_cast<std::size_t>(a["g"])], a["gain"], seed(a, "frame_seed"));
  return {nullptr, law->dimension(), [law](const Noise& noise, const Names& who, MutRows x0, std::span<int> label) {
            law->generate(noise, who, x0);
            std::fill(label.begin(), label.end(), 0);
          }};
}

Made make_sphere(const Arguments& a) { return of(Sphere(whole(a, "d"), a["radius"])); }

// ---- the table ----

constexpr DenoiserEntry kDenoisers[] = {
    {"empirical",
     "exact posterior of a data set: the score that a perfectly trained network learns, and which memorizes",
     "arXiv 2402.18491"},
    {"gaussian", "one Gaussian around the origin, of any spectrum", "arXiv 2402.18491", kOfGaussian, make_gaussian},
    {"gaussian-mixture", "two Gaussian classes with centres +m and -m, |m|^2 = d mu2", "arXiv 2402.18491", kOfMixture,
     make_mixture},
    {"covariance-classes", "two Gaussian classes around the origin that differ in variance only", "arXiv 2602.04404",
     kOfCovariances, make_covariances},
    {"orthogonal-classes", "K Gaussian classes of equal weight around orthogonal centres of equal norm",
     "arXiv 2602.04404", kOfOrthogonal, make_orthogonal},
    {"nested-mixture", "classes within classes: centres are sums of signed orthogonal vectors", "arXiv 2402.16991",
     kOfNested, make_nested},
    {"curie-weiss",
     "Curie-Weiss ferromagnet, weight exp(beta/(2N) (sum a)^2 + h sum a); classes are the signs of its field",
     "arXiv 2306.03518", kOfCurieWeiss, make_curie_weiss},
    {"ising-chain", "one-dimensional Ising model, weight exp(K sum a_i a_{i+1} + h sum a)", "arXiv 2602.04404",
     kOfIsing, make_ising},
    {"ising-classes", "Ising chains of several couplings as classes of equal weight", "arXiv 2602.04404",
     kOfIsingClasses, make_ising_classes},
    {"product-spins", "independent spins of one mean; with mean 0 the corners of the hypercube", "arXiv 2306.03518",
     kOfSpins, make_spins},
    {"random-hierarchy", "Random Hierarchy Model: one-hot leaves of a random grammar, classes are the root's symbols",
     "arXiv 2307.02129, 2402.16991", kOfHierarchy, make_hierarchy, make_grammars},
    {"linear-manifold", "Gaussian latents in a random frame", "arXiv 2410.05898", kOfLinear, make_linear},
    {"hidden-manifold", "Gaussian latents in a random frame, bent by g; data only, no posterior in closed form",
     "arXiv 1909.11500, 2502.09578", kOfHidden, make_hidden},
    {"sphere", "uniform on a sphere S^2 in the first three coordinates", "Fisher 1953, Proc. R. Soc. A 217, 295",
     kOfSphere, make_sphere},
};

}  // namespace

std::span<const DenoiserEntry> denoisers() { return kDenoisers; }

std::string synopsis(const DenoiserEntry& entry) { return synopsis(entry.name, entry.parameters); }

std::string Model::text() const {
  std::string out(entry->name);
  for (const Argument& a : arguments.used()) out += fmt::format(" {}={}", a.name, a.text());
  return out;
}

const Posterior& Model::posterior() const {
  if (made.posterior) return *made.posterior;
  throw UsageError("model {}: it has no posterior in closed form; `denoiscope synth` draws data from it.", entry->name);
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
  Arguments arguments = read_arguments("model", at->name, at->parameters, settings);
  Made made = at->make(arguments);
  return {&*at, std::move(arguments), std::move(made)};
}

}  // namespace denoiscope
