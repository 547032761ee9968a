#include <fmt/ranges.h>

#include <cmath>

#include "denoiscope/base/record.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/dynamics/backward.hpp"
#include "denoiscope/dynamics/critical_grid.hpp"
#include "denoiscope/dynamics/potential.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/observables/metric.hpp"
#include "denoiscope/observables/registry.hpp"
#include "denoiscope/theory/registry.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

struct Row {
  std::string name, description, source;
};

constexpr std::string_view kLists =
    "datasets|denoisers|theories|observables|steppers|grids|potentials|metrics";  // in the order of sections()

struct Section {
  std::string name;
  std::vector<Row> rows;
};

// "weak order 1, strong order 1"
std::string orders_of(const Stepper& stepper) {
  std::string text;
  const auto add = [&](const char* kind, double order) {
    if (std::isfinite(order)) text += fmt::format("{}{} order {:g}", text.empty() ? "" : ", ", kind, order);
  };
  add("weak", stepper.weak_order);
  add("strong", stepper.strong_order);
  add("flow", stepper.ode_order);
  return text;
}

std::vector<Section> sections() {
  std::vector<Section> out;
  for (const std::string& name : split(kLists, '|')) out.push_back({name, {}});
  for (const data::Known& d : data::known_datasets()) out[0].rows.push_back({d.name, d.description, d.source});
  for (const DenoiserEntry& d : denoisers())
    out[1].rows.push_back({synopsis(d), std::string(d.description), std::string(d.citation)});
  for (const theory::Theory& t : theory::theories())
    out[2].rows.push_back({theory::synopsis(t), std::string(t.description), std::string(t.citation)});
  for (const observables::ObservableEntry& o : observables::observables())
    out[3].rows.push_back({o.name, fmt::format("{} [{}]", o.description, o.unit), o.citation});
  for (const Stepper& s : steppers())
    out[4].rows.push_back(
        {std::string(s.name), fmt::format("{}; {}", s.description, orders_of(s)), std::string(s.citation)});
  for (const TimeGrid& g : time_grids()) out[5].rows.push_back({std::string(g.name), std::string(g.description), "-"});
  out[5].rows.push_back({std::string(kCriticalGrid), std::string(kCriticalGridIs), "arXiv 2403.01633, 2602.09651"});
  for (const PotentialEntry& p : potentials())
    out[6].rows.push_back({synopsis(p.name, p.parameters), std::string(p.description), "-"});
  for (const observables::MetricEntry& m : observables::metrics())
    out[7].rows.push_back({std::string(m.name), std::string(m.description), "-"});
  return out;
}

void run(const Request& request, const Call& call) {
  Record object = Record::object();
  std::string text;
  for (const Section& section : sections()) {
    if (request.has("what") && request.text("what") != section.name) continue;
    text += section.name + "\n";
    object[section.name] = Record::list();
    for (const Row& row : section.rows) {
      text += fmt::format("  {}\n      {} ({})\n", row.name, row.description, row.source);
      object[section.name].push_back({{"name", row.name}, {"description", row.description}, {"source", row.source}});
    }
  }
  print(call.json ? json_text(object) + "\n" : text);
}

}  // namespace

Verb list_verb() {
  return {"list",
          "what there is: data sets, denoisers, theories, observables, steppers, time grids, potentials, metrics",
          {parameter::one_of(kLists, parameter::positional("what", false, "WHAT", "which list (default: all)"))},
          run};
}

}  // namespace denoiscope::app
