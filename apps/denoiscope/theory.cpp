#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "denoiscope/base/json.hpp"
#include "denoiscope/theory/registry.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

nlohmann::json number(double value) { return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr); }

// One flat object. A parameter of the same name as a field is shown once, as computed.
nlohmann::json flat(const theory::Evaluation& evaluation) {
  nlohmann::json out = {{"name", evaluation.theory->name},
                        {"value", number(evaluation.result.value)},
                        {"unit", evaluation.result.unit},
                        {"citation", evaluation.theory->citation}};
  if (!evaluation.result.reason.empty()) out["reason"] = evaluation.result.reason;
  for (const auto& [name, value] : evaluation.result.fields) out[name] = number(value);
  for (const theory::Argument& argument : evaluation.arguments) {
    const std::string name(argument.name);
    if (out.contains(name)) continue;
    if (argument.kind == theory::Kind::list)
      out[name] = argument.values;
    else
      out[name] = number(argument.values.front());
  }
  return out;
}

std::string table(const theory::Evaluation& evaluation) {
  const theory::Result& result = evaluation.result;
  const std::string shown = std::isfinite(result.value) ? fmt::format("{:.12g} {}", result.value, result.unit)
                                                        : "undefined: " + result.reason;
  std::string out = fmt::format("{} = {}\n", evaluation.theory->name, shown);
  for (const auto& [name, value] : result.fields)
    out += fmt::format("  {:<16} {}\n", name, std::isfinite(value) ? fmt::format("{:.12g}", value) : "undefined");
  return out + fmt::format("  {}. {}\n", evaluation.theory->description, evaluation.theory->citation);
}

}  // namespace

void add_theory(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand("theory", "closed forms: denoiscope theory NAME key=value ...");
  auto name = std::make_shared<std::string>();
  auto settings = std::make_shared<std::vector<std::string>>();
  verb->add_option("NAME", *name, "which theory (see `denoiscope list theories`)")->required()->type_name("");
  verb->add_option("key=value", *settings, "its parameters")->type_name("");
  add_common(*verb, call);
  verb->callback([name, settings, &call] {
    const theory::Evaluation evaluation = theory::evaluate(*name, *settings);
    print(call.json ? json_text(flat(evaluation)) + "\n" : table(evaluation));
  });
}

}  // namespace denoiscope::app
