#include "denoiscope/experiments/uturn.hpp"

#include <fmt/format.h>

#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

namespace {

UTurnJob of_trees(const Model& model, const UTurnPlan& plan) {
  if (plan.grammars < 1) throw UsageError("grammars: {}; expected at least 1.", plan.grammars);
  const auto models =
      std::make_shared<const std::vector<Hierarchy>>(model.entry->grammars(model.arguments, plan.grammars));
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
  if (model.entry->grammars) return of_trees(model, plan);
  if (plan.noise == TreeNoise::epsilon)
    throw UsageError("model {}: the epsilon process is one of random-hierarchy; give OU times.", model.entry->name);
  return {model.text(), false,
          [kept = model.made.posterior, groups = posterior.coarser_classes(), plan](double strength) {
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
          {"autocorrelation_centred", trees ? Record() : of(turn.autocorrelation_centred)},
          {"same_datum", turn.has_data ? of(turn.same_datum) : Record()},
          {"levels", levels},
          {"susceptibility", trees ? to_record(turn.susceptibility) : Record()}};
}

namespace {

std::vector<CurveFigure> uturn_figures(const Record& uturns) {
  CurveFigure all = figure_over(uturns, "uturn", "What is left after a U-turn", "share, or overlap");
  all.caption =
      "Points: exact draws there and back. Lines: the same as averages of the posterior. The class is lost at "
      "speciation, the datum at collapse.";
  const std::pair<const char*, const char*> members[] = {{"same class", "same_class"},
                                                         {"overlap x0.x0'", "autocorrelation"},
                                                         {"overlap about the mean", "autocorrelation_centred"},
                                                         {"same datum", "same_datum"}};
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

double strength_of(const Record& row) { return row["t"].is_null() ? row["epsilon"].number() : row["t"].number(); }

Record::List turned_cells(const Record& turned) {
  if (turned.is_null()) return {nullptr, nullptr};
  return {measured(number_from(turned["drawn"]["value"]), number_from(turned["drawn"]["stderr"])),
          turned["exact"]["value"]};
}

void show(const Record& record, Frame& frame) {
  const Record& rows = record["uturns"];
  const std::string at = rows[0]["t"].is_null() ? "epsilon" : "t";
  frame.title("U-turns of " + record["source"].text());
  frame.question("What is left of a clean point that is noised to t and denoised again?");
  Table table{fmt::format("{} starts a noise level", record["starts"].whole()),
              {at, "same class", "exact", "x0.x0'", "exact", "about the mean", "exact", "same datum", "exact"}};
  for (const Record& row : rows) {
    Record::List cells = {strength_of(row)};
    for (const char* name : {"same_class", "autocorrelation", "autocorrelation_centred", "same_datum"})
      for (const Record& cell : turned_cells(row[name])) cells.push_back(cell);
    table.add(std::move(cells));
  }
  frame.table(table);
  if (!rows[0]["levels"].empty()) {
    Table levels{"unchanged, coarsest level first, and the susceptibility of the leaves", {at}};
    for (std::size_t l = 0; l < rows[0]["levels"].size(); ++l) levels.columns.push_back(fmt::format("level {}", l));
    levels.columns.push_back("chi");
    for (const Record& row : rows) {
      Record::List cells = {strength_of(row)};
      for (const Record& level : row["levels"]) cells.push_back(level["drawn"]["value"]);
      cells.push_back(row["susceptibility"].is_null() ? Record() : row["susceptibility"]["value"]);
      levels.add(std::move(cells));
    }
    frame.table(levels);
  }
  for (const CurveFigure& figure : uturn_figures(rows)) frame.figure(figure);
}

UTurnPlan plan_of(const Request& request) {
  UTurnPlan plan;
  plan.starts = request.whole("starts");
  plan.grammars = request.whole("grammars");
  plan.noise = request.has("epsilon") ? TreeNoise::epsilon : TreeNoise::ornstein_uhlenbeck;
  plan.seed = static_cast<std::uint64_t>(request.whole("seed"));
  return plan;
}

Record run_uturn(const Request& request, Run& run) {
  if (request.given("times") && request.has("epsilon"))
    throw UsageError("--epsilon: {} beside --times {}; give one of them.", request.text("epsilon"),
                     request.text("times"));
  const UTurnPlan plan = plan_of(request);
  const bool epsilon = plan.noise == TreeNoise::epsilon;
  const Subject about(request, Needs::posterior);
  if (epsilon && !about.of_model())
    throw UsageError("--epsilon: it is about --model random-hierarchy, and this job is on data; give --times.");
  const UTurnJob job =
      about.of_model() ? uturn_job(about.model(), plan) : uturn_job(about.data(), about.arithmetic(), plan);
  const std::vector<double> strengths = request.numbers(epsilon ? "epsilon" : "times");
  run.start(about.identity());
  Record record = {{"source", job.source},
                   {"starts", plan.starts * (job.of_trees ? plan.grammars : 1)},
                   {"grammars", job.of_trees ? Record(plan.grammars) : Record()},
                   {"seed", request.whole("seed")}};
  record["uturns"] = run.map("turn", static_cast<Index>(strengths.size()),
                             [&](Index i) { return to_record(job.at(strengths[i]), plan.noise); });
  show(record, run.frame());
  return record;
}

constexpr Parameter kOwn[] = {
    parameter::list("times", "0.05,0.1,0.2,0.4,0.7,1,1.5,2,2.5,3,4,5", 0, 350, true, "t,t,...",
                    "OU times at which the points turn"),
    parameter::about(About::model,
                     parameter::list("epsilon", "", 0, 1, false, "e,e,...",
                                     "instead, strengths of the epsilon process of --model random-hierarchy")),
    parameter::whole("starts", 512, 2, 1e12, "N", "clean points; of each grammar, where there are grammars"),
    parameter::whole("grammars", 8, 1, 1e6, "G", "of --model random-hierarchy: how many grammars, from rules_seed on"),
};

}  // namespace

Experiment uturn_experiment() {
  static const std::vector<Parameter> parameters =
      joined({kDataParameters, kArithmeticParameters, kModelParameters, kSeedParameters, kOwn});
  return {"uturn", "noises clean points and denoises them by exact draws: which class, which datum, how alike they are",
          parameters, Needs::posterior, run_uturn};
}

}  // namespace denoiscope::experiments
