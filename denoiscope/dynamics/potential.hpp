// Energy landscapes by name: what `denoiscope langevin` and `denoiscope fokker-planck` move in. A new one is one row of
// the table in potential.cpp.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/base/parameters.hpp"

namespace denoiscope {

/// E(x) = sum_k c[k] x^k on the line; in d dimensions U(x) = sum_i E(x_i). Polynomials up to the fourth degree hold all
/// the landscapes used here, and need no virtual call in a kernel.
struct Potential {
  std::array<double, 5> c{};

  double value(double x) const { return c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * c[4]))); }
  double slope(double x) const { return c[1] + x * (2 * c[2] + x * (3 * c[3] + x * 4 * c[4])); }
  double curvature(double x) const { return 2 * c[2] + x * (6 * c[3] + x * 12 * c[4]); }
  bool harmonic() const { return c[3] == 0 && c[4] == 0 && c[2] > 0; }
  Potential mirrored() const { return {{c[0], -c[1], c[2], -c[3], c[4]}}; }  ///< E(-x)
};

struct PotentialEntry {
  std::string_view name;
  std::string_view description;  ///< one line, with the formula
  std::span<const Parameter> parameters;
  Potential (*make)(const Arguments&);
};

/// The table, in the order it is shown. Each grows to infinity on both sides.
std::span<const PotentialEntry> potentials();

/// A landscape and what it was made from.
struct NamedPotential {
  const PotentialEntry* entry;
  Arguments arguments;
  Potential energy;
  std::string text() const;  ///< "double-well barrier=0.25 a=1 tilt=0"
};

/// Throws UsageError, one line that names potential and parameter, for an unknown name and for settings "key=value"
/// that are unknown, missing, given twice or out of range.
NamedPotential make_potential(std::string_view name, std::span<const std::string> settings);

/// Rows of the tables of experiments in a landscape: `potential`, its `parameters` and `temperature`.
std::span<const Parameter> potential_parameters();
/// The landscape that these name. Throws as make_potential.
NamedPotential potential_of(const Arguments& request);

/// Where E' changes its sign, ascending: minima at even places, maxima at odd ones.
std::vector<double> stationary_points(const Potential& energy);

/// Between two places of the line.
struct LineInterval {
  double low, high;
};

/// The interval outside of which E lies more than `excess` above its minimum. Throws UsageError where E does not grow
/// on both sides, or excess is not a positive finite number.
LineInterval reach(const Potential& energy, double excess);

/// Mean and variance of one coordinate under exp(-E/T) by quadrature, about 1e-12 relative. T > 0 else UsageError.
struct Equilibrium {
  double mean, variance;
  double log_partition;  ///< log of the integral of exp(-E/T)
};
Equilibrium equilibrium(const Potential& energy, double temperature);

/// Throws UsageError that names `who` unless the temperature is a positive finite number.
void require_temperature(double temperature, std::string_view who);

}  // namespace denoiscope
