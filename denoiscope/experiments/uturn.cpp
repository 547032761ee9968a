#include "denoiscope/experiments/uturn.hpp"

#include <fmt/format.h>

#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/models/nested_mixture.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

namespace {

// The sign of every level as a coarser class: it is a bit of the number of the centre.
std::vector<std::vector<int>> levels_of(const Posterior& posterior) {
  std::vector<std::vector<int>> groups;
  const auto* nested = dynamic_cast<const NestedMixture*>(&posterior);
  if (!nested || nested->levels() < 2 || nested->classes() != Index{1} << nested->levels()) return groups;
  for (Index l = 0; l < nested->levels(); ++l) {
    std::vector<int>& group = groups.emplace_back();
    for (Index c = 0; c < nested->classes(); ++c)
      group.push_back(static_cast<int>((c >> (nested->levels() - 1 - l)) & 1));
  }
  return groups;
}

UTurnJob of_trees(const Model& model, const Hierarchy& first, const UTurnPlan& plan) {
  if (plan.grammars < 1) throw UsageError("grammars: {}; expected at least 1.", plan.grammars);
  const Grammar& g = first.grammar();
  const auto seed = static_cast<std::uint64_t>(model.arguments["rules_seed"]);
  auto models = std::make_shared<std::vector<Hierarchy>>();
  for (Index i = 0; i < plan.grammars; ++i)
    models->emplace_back(
        Grammar(g.symbols(), g.synonyms(), g.branching(), g.depth(), seed + static_cast<std::uint64_t>(i)));
  return {model.text(), true, [models, plan](double strength) {
            return uturn(*models, plan.noise, strength, plan.starts, Noise(plan.seed));
          }};
}

// A member of the rows, drawn and exact, added to the figure where it is not null.
void add_turned(const std::string& name, const Record& uturns, const std::function<Record(const Record&)>& member,
                CurveFigure& figure) {
  Curve drawn{name, true}, exact{name + ", posterior average", false};
  for (const Record& row : uturns) {
    const Record turned = member(row);
    if (turned.is_null()) return;
    const double x = row["t"].is_null() ? row["epsilon"].number() : row["t"].number();
    drawn.rows.push_back({x, number_from(turned["drawn"]["value"]), number_from(turned["drawn"]["stderr"])});
    exact.rows.push_back({x, number_from(turned["exact"]["value"]), 0});
  }
  figure.curves.push_back(drawn);
  figure.curves.push_back(exact);
}

CurveFigure figure_over(const Record& uturns, const char* name, const char* title, const char* y_title) {
  CurveFigure figure;
  figure.name = name;
  figure.title = title;
  figure.x_title = uturns.at(0)["t"].is_null() ? "strength epsilon" : "time t of the turn";
  figure.y_title = y_title;
  return figure;
}

Record of(const Turned& turned) {
  return {{"drawn", to_record(turned.drawn)}, {"exact", to_record(turned.exact)}, {"gap", to_record(turned.gap)}};
}

}  // namespace

UTurnJob uturn_job(const Model& model, const UTurnPlan& plan) {
  const Posterior& posterior = model.posterior();
  if (const auto* trees = dynamic_cast<const Hierarchy*>(&posterior)) return of_trees(model, *trees, plan);
  if (plan.noise == TreeNoise::epsilon)
    throw UsageError("model {}: the epsilon process is one of random-hierarchy; give OU times.", model.entry->name);
  return {model.text(), false, [kept = model.made.posterior, groups = levels_of(posterior), plan](double strength) {
            return uturn(*kept, strength, plan.starts, Noise(plan.seed), groups);
          }};
}

UTurnJob uturn_job(const Dataset& data, const Arithmetic& arithmetic, const UTurnPlan& plan) {
  const auto model = std::make_shared<const Empirical>(data, arithmetic);
  return {data.name(), false, [data, model, plan](double strength) {
            return uturn(data, *model, strength, plan.starts, Noise(plan.seed));
          }};
}

Record to_record(const UTurn& turn, TreeNoise noise) {
  const bool epsilon = noise == TreeNoise::epsilon;
  Record levels = Record::list();
  for (const Turned& level : turn.levels) levels.push_back(of(level));
  const bool trees = turn.susceptibility.n > 0;
  return {{"t", epsilon ? Record() : Record(turn.strength)},
          {"epsilon", epsilon ? Record(turn.strength) : Record()},
          {"same_class", turn.has_classes ? of(turn.same_class) : Record()},
          {"autocorrelation", of(turn.autocorrelation)},
          {"same_datum", turn.has_data ? of(turn.same_datum) : Record()},
          {"levels", levels},
          {"susceptibility", trees ? to_record(turn.susceptibility) : Record()}};
}

std::vector<CurveFigure> uturn_figures(const Record& uturns) {
  CurveFigure all = figure_over(uturns, "uturn", "What is left after a U-turn", "share, or overlap");
  all.caption =
      "Points: exact draws there and back. Lines: the same as averages of the posterior. The class is lost at "
      "speciation, the datum at collapse.";
  const std::pair<const char*, const char*> members[] = {
      {"same class", "same_class"}, {"overlap x0.x0'", "autocorrelation"}, {"same datum", "same_datum"}};
  for (const auto& [name, key] : members)
    add_turned(
        name, uturns, [key = key](const Record& row) { return row[key]; }, all);
  std::vector<CurveFigure> figures = {all};
  const std::size_t levels = uturns.at(0)["levels"].size();
  if (levels > 0) {
    CurveFigure one = figure_over(uturns, "levels", "Levels of the hierarchy after a U-turn", "share unchanged");
    one.caption = "Level 0 is the coarsest, which for trees is the class.";
    for (std::size_t l = 0; l < levels; ++l)
      add_turned(
          fmt::format("level {}", l), uturns, [l](const Record& row) { return row["levels"][l]; }, one);
    figures.push_back(one);
  }
  if (!uturns.at(0)["susceptibility"].is_null()) {
    CurveFigure chi = figure_over(uturns, "susceptibility", "Susceptibility of the leaves", "chi");
    chi.caption = "How far changes of the leaves go together; it peaks where the class is lost.";
    Curve curve{"chi", true};
    for (const Record& row : uturns) {
      const double x = row["t"].is_null() ? row["epsilon"].number() : row["t"].number();
      curve.rows.push_back(
          {x, number_from(row["susceptibility"]["value"]), number_from(row["susceptibility"]["stderr"])});
    }
    chi.curves = {curve};
    figures.push_back(chi);
  }
  return figures;
}

std::vector<double> usual_times() { return {0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 2, 2.5, 3, 4, 5}; }

}  // namespace denoiscope::experiments
