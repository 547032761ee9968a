#include "denoiscope/dynamics/potential.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/quadrature.hpp"
#include "denoiscope/base/roots.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope {
namespace {

constexpr Parameter kStiffness{
    .name = "k", .description = "stiffness", .low = 0, .open = true, .required = false, .fallback = 1};
constexpr Parameter kBarrier{.name = "barrier",
                             .description = "height of the barrier",
                             .low = 0,
                             .open = true,
                             .required = false,
                             .fallback = 0.25};
constexpr Parameter kWell{
    .name = "a", .description = "distance of a well from 0", .low = 0, .open = true, .required = false, .fallback = 1};
constexpr Parameter kTilt{.name = "tilt", .description = "constant force", .required = false, .fallback = 0};
constexpr Parameter kQuartic{
    .name = "u", .description = "strength of x^4", .low = 0, .open = true, .required = false, .fallback = 1};
constexpr Parameter kMass{.name = "r", .description = "strength of x^2", .required = false, .fallback = 0};
constexpr Parameter kField{.name = "h", .description = "constant force", .required = false, .fallback = 0};

constexpr std::array kOfHarmonic{kStiffness};
constexpr std::array kOfDoubleWell{kBarrier, kWell, kTilt};
constexpr std::array kOfQuartic{kQuartic};
constexpr std::array kOfLandau{kMass, kQuartic, kField};

Potential harmonic(const Arguments& a) { return {{0, 0, 0.5 * a["k"], 0, 0}}; }

Potential double_well(const Arguments& a) {
  const double b = a["barrier"], square = a["a"] * a["a"];
  return {{b, -a["tilt"], -2 * b / square, 0, b / (square * square)}};
}

Potential quartic(const Arguments& a) { return {{0, 0, 0, 0, 0.25 * a["u"]}}; }

Potential landau(const Arguments& a) { return {{0, -a["h"], 0.5 * a["r"], 0, 0.25 * a["u"]}}; }

constexpr PotentialEntry kTable[] = {
    {"harmonic", "E = k x^2 / 2", kOfHarmonic, harmonic},
    {"double-well", "E = barrier ((x/a)^2 - 1)^2 - tilt x", kOfDoubleWell, double_well},
    {"quartic", "E = u x^4 / 4", kOfQuartic, quartic},
    {"landau", "E = r x^2 / 2 + u x^4 / 4 - h x", kOfLandau, landau},
};

bool grows(const Potential& e) {
  const auto& c = e.c;
  const bool finite = std::all_of(c.begin(), c.end(), [](double v) { return std::isfinite(v); });
  return finite && (c[4] > 0 || (c[4] == 0 && c[3] == 0 && c[2] > 0));
}

// Beyond this no term of E' outweighs the highest (Cauchy's bound on the roots of a polynomial).
double bound_of_roots(const Potential& e) {
  const double lead = e.c[4] > 0 ? 4 * e.c[4] : 2 * e.c[2];
  return 1 + std::max({std::abs(e.c[1]), e.c[4] > 0 ? 2 * std::abs(e.c[2]) : 0.0, 3 * std::abs(e.c[3])}) / lead;
}

}  // namespace

std::span<const PotentialEntry> potentials() { return kTable; }

std::string NamedPotential::text() const {
  std::string out(entry->name);
  for (const Argument& argument : arguments.used()) out += fmt::format(" {}={}", argument.name, argument.text());
  return out;
}

NamedPotential make_potential(std::string_view name, std::span<const std::string> settings) {
  const auto known = potentials();
  const auto at = std::find_if(known.begin(), known.end(), [&](const PotentialEntry& e) { return e.name == name; });
  if (at == known.end())
    throw UsageError("unknown potential '{}'; known: {}.{}", name, fmt::join(names_of(known), ", "),
                     did_you_mean(name, names_of(known)));
  Arguments arguments = read_arguments("potential", name, at->parameters, settings);
  const Potential energy = at->make(arguments);
  if (!grows(energy))  // a ratio of admissible parameters can still overflow
    throw UsageError("potential {}: its coefficients are {}; expected finite ones, take parameters nearer to 1.", name,
                     fmt::join(energy.c, ", "));
  return {&*at, std::move(arguments), energy};
}

std::span<const Parameter> potential_parameters() {
  static const std::string names = fmt::format("{}", fmt::join(names_of(potentials()), "|"));
  static const std::string help = [] {
    std::string text = "the landscape";
    for (const PotentialEntry& entry : potentials()) text += fmt::format("; {}: {}", entry.name, entry.description);
    return text;
  }();
  static const std::array<Parameter, 3> table = [] {
    Parameter which = parameter::positional("potential", true, "POTENTIAL", help);
    which.words = names;
    return std::array{which, parameter::rest("parameters", "key=value", "its parameters"),
                      parameter::within("temperature", 1, 0, parameter::kUnbounded, "T", "T of exp(-E/T)")};
  }();
  return table;
}

NamedPotential potential_of(const Arguments& request) {
  return make_potential(request.text("potential"), words_of(request.text("parameters")));
}

std::vector<double> stationary_points(const Potential& energy) {
  if (!grows(energy)) throw UsageError("stationary points: the potential does not grow on both sides.");
  const double far = bound_of_roots(energy);
  std::vector<double> ends = {-far, far};
  // E' is monotonic between the roots of E''.
  const double a = 12 * energy.c[4], b = 6 * energy.c[3], c = 2 * energy.c[2], square = b * b - 4 * a * c;
  if (a > 0 && square > 0) {
    const double q = -0.5 * (b + std::copysign(std::sqrt(square), b));
    ends.insert(ends.end(), {q / a, q != 0 ? c / q : 0.0});
  }
  std::sort(ends.begin(), ends.end());
  std::vector<double> out;
  for (std::size_t k = 0; k + 1 < ends.size(); ++k)
    if (const auto root = find_root([&](double x) { return energy.slope(x); }, ends[k], ends[k + 1]))
      if (out.empty() || *root > out.back()) out.push_back(*root);
  // A root at which E' only touches zero is no extremum.
  if (out.size() == 2) out.erase(energy.curvature(out[0]) > energy.curvature(out[1]) ? out.begin() + 1 : out.begin());
  return out;
}

LineInterval reach(const Potential& energy, double excess) {
  const std::vector<double> points = stationary_points(energy);
  if (!(excess > 0) || std::isinf(excess))
    throw UsageError("reach: an excess of {}, expected a number above 0.", excess);
  double lowest = energy.value(points.front());
  for (const double x : points) lowest = std::min(lowest, energy.value(x));
  const auto above = [&](double x) { return energy.value(x) - lowest - excess; };
  const auto side = [&](double from, double sign) {
    double width = 1e-3;
    while (above(from + sign * width) < 0) width *= 2;
    if (above(from) >= 0) return from;  // a well so shallow that it does not count; the range ends at its bottom
    const double far = from + sign * width;
    return *find_root(above, std::min(from, far), std::max(from, far));
  };
  return {side(points.front(), -1), side(points.back(), 1)};
}

void require_temperature(double temperature, std::string_view who) {
  if (!(temperature > 0) || std::isinf(temperature))
    throw UsageError("{}: temperature {}, expected a finite number above 0.", who, temperature);
}

Equilibrium equilibrium(const Potential& energy, double temperature) {
  require_temperature(temperature, "equilibrium");
  const double excess = 45;  // nats: what lies further out weighs 3e-20
  const LineInterval range = reach(energy, excess * temperature);
  std::vector<double> points = stationary_points(energy);
  double lowest = energy.value(points.front());
  for (const double x : points) lowest = std::min(lowest, energy.value(x));
  points.insert(points.begin(), range.low);
  points.push_back(range.high);
  const auto moment = [&](auto&& f) {
    double sum = 0;
    for (std::size_t k = 0; k + 1 < points.size(); ++k)
      if (points[k] < points[k + 1])
        sum += integrate([&](double x) { return f(x) * std::exp((lowest - energy.value(x)) / temperature); }, points[k],
                         points[k + 1]);
    return sum;
  };
  const double mass = moment([](double) { return 1.0; });
  const double mean = moment([](double x) { return x; }) / mass;
  const double variance = moment([&](double x) { return (x - mean) * (x - mean); }) / mass;
  return {mean, variance, std::log(mass) - lowest / temperature};
}

}  // namespace denoiscope
