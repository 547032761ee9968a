// What the verbs of dynamics share: a landscape with its parameters, and numbers typed in lists.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/dynamics/potential.hpp"

namespace denoiscope::app {

struct PotentialOptions {
  std::string name, temperature = "1";
  std::vector<std::string> settings;

  /// Adds POTENTIAL, key=value and --temperature.
  void add(CLI::App& verb);
  NamedPotential make() const { return make_potential(name, settings); }
  double degrees() const;  ///< the temperature; throws UsageError that names the flag
};

/// Numbers separated by commas; `count` > 0: exactly so many. Throws UsageError that names the flag, also where one is
/// not finite.
std::vector<double> numbers_of(const std::string& text, const std::string& flag, std::size_t count = 0);

/// A number in JSON: null where it is not finite.
Record json_number(double value);
/// {value, stderr, n}
Record json_estimate(const Estimate& estimate);

}  // namespace denoiscope::app
