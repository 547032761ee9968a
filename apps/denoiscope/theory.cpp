#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/record.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/theory/registry.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

// Value and fields that are times, by name.
std::vector<std::pair<std::string, double>> times_of(const theory::Evaluation& evaluation) {
  std::vector<std::pair<std::string, double>> times;
  for (const std::string_view name : evaluation.theory->times) {
    if (name == "value") times.emplace_back(evaluation.theory->name, evaluation.result.value);
    for (const auto& [field, value] : evaluation.result.fields)
      if (field == name) times.emplace_back(field, value);
  }
  return times;
}

// The clocks of the value, where it is a time; what the theory says itself is left as it is.
void add_clocks(const theory::Evaluation& evaluation, Record& out) {
  const auto& names = evaluation.theory->times;
  const double t = evaluation.result.value;
  if (std::find(names.begin(), names.end(), "value") == names.end() || !std::isfinite(t) || t <= 0) return;
  const Clock clock = clock_at(t);
  for (const auto& [name, value] :
       {std::pair("sigma", clock.sigma), std::pair("log_snr", clock.log_snr), std::pair("alpha_bar", clock.alpha_bar),
        std::pair("ddpm_step", clock.ddpm_step), std::pair("flow_s", clock.flow_s)})
    if (!out.contains(name)) out[name] = finite(value);
}

// One flat object. A parameter of the same name as a field is shown once, as computed.
Record flat(const theory::Evaluation& evaluation) {
  Record out = {{"name", evaluation.theory->name},
                {"value", finite(evaluation.result.value)},
                {"unit", evaluation.result.unit},
                {"citation", evaluation.theory->citation}};
  if (!evaluation.result.reason.empty()) out["reason"] = evaluation.result.reason;
  for (const auto& [name, value] : evaluation.result.fields) out[name] = finite(value);
  for (const Argument& argument : evaluation.arguments) {
    const std::string name(argument.name);
    if (out.contains(name)) continue;
    if (argument.kind == Kind::list)
      out[name] = argument.values;
    else if (argument.kind == Kind::word)
      out[name] = argument.text();
    else
      out[name] = finite(argument.values.front());
  }
  add_clocks(evaluation, out);
  return out;
}

std::string table(const theory::Evaluation& evaluation) {
  const theory::Result& result = evaluation.result;
  const std::string shown = std::isfinite(result.value) ? fmt::format("{:.12g} {}", result.value, result.unit)
                                                        : "undefined: " + result.reason;
  std::string out = fmt::format("{} = {}\n", evaluation.theory->name, shown);
  for (const auto& [name, value] : result.fields)
    out += fmt::format("  {:<16} {}\n", name, std::isfinite(value) ? fmt::format("{:.12g}", value) : "undefined");
  out += report::time_table(times_of(evaluation));
  return out + fmt::format("  {}. {}\n", evaluation.theory->description, evaluation.theory->citation);
}

void run(const Request& request, const Call& call) {
  const theory::Evaluation evaluation = theory::evaluate(request.text("name"), words_of(request.text("parameters")));
  print(call.json ? json_text(flat(evaluation)) + "\n" : table(evaluation));
}

}  // namespace

Verb theory_verb() {
  return {"theory",
          "closed forms: denoiscope theory NAME key=value ...",
          {parameter::positional("name", true, "NAME", "which theory (see `denoiscope list theories`)"),
           parameter::rest("parameters", "key=value", "its parameters")},
          run};
}

}  // namespace denoiscope::app
