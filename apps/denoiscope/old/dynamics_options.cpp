#include "dynamics_options.hpp"

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope::app {

void PotentialOptions::add(CLI::App& verb) {
  std::string known;
  for (const PotentialEntry& entry : potentials()) known += (known.empty() ? "" : "|") + std::string(entry.name);
  std::string help = "the landscape";
  for (const PotentialEntry& entry : potentials()) help += fmt::format("; {}: {}", entry.name, entry.description);
  verb.add_option("POTENTIAL", name, help)->required()->type_name(known);
  verb.add_option("key=value", settings, "its parameters")->type_name("");
  verb.add_option("--temperature", temperature, "T of exp(-E/T)")->default_str("1")->type_name("T");
}

double PotentialOptions::degrees() const {
  const double value = parse_number(temperature, "--temperature");
  require_temperature(value, "--temperature");
  return value;
}

std::vector<double> numbers_of(const std::string& text, const std::string& flag, std::size_t count) {
  std::vector<double> out;
  for (const std::string& part : split(text, ',')) {
    out.push_back(parse_number(part, flag));
    if (!std::isfinite(out.back())) throw UsageError("{}: {}, expected finite numbers.", flag, part);
  }
  if (count > 0 && out.size() != count)
    throw UsageError("{}: '{}' holds {} numbers, expected {} separated by commas.", flag, text, out.size(), count);
  return out;
}

Record json_number(double value) { return std::isfinite(value) ? Record(value) : Record(nullptr); }

Record json_estimate(const Estimate& estimate) {
  return {{"value", json_number(estimate.value)}, {"stderr", json_number(estimate.standard_error)}, {"n", estimate.n}};
}

}  // namespace denoiscope::app
