// U-turns beside their theory.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/study/subject.hpp"
#include "denoiscope/experiments/uturn.hpp"
#include "denoiscope/gallery/experiments.hpp"
#include "denoiscope/theory/registry.hpp"

namespace denoiscope::gallery {
namespace {

struct Case {
  std::string label;  ///< " d=64", or nothing
  experiments::UTurnJob job;
};

experiments::UTurnPlan plan_of(const Arguments& entry, Scale scale) {
  experiments::UTurnPlan plan;
  plan.starts = static_cast<Index>(at_scale(entry, "starts", scale));
  plan.grammars = static_cast<Index>(at_scale(entry, "grammars", scale));
  plan.noise = entry.text("process") == "epsilon" ? TreeNoise::epsilon : TreeNoise::ornstein_uhlenbeck;
  plan.seed = static_cast<std::uint64_t>(entry.whole("seed"));
  return plan;
}

experiments::UTurnJob job_on_data(const Arguments& entry, const experiments::UTurnPlan& plan) {
  return experiments::uturn_job(data_of({"data=" + entry.text("data"), "classes=" + entry.text("classes")}), {}, plan);
}

std::vector<Case> cases_of(const Arguments& entry, const experiments::UTurnPlan& plan) {
  if (entry.has("data")) return {{"", job_on_data(entry, plan)}};
  const std::vector<std::string> parameters = words_of(entry.text("parameters"));
  if (!entry.has("vary")) return {{"", experiments::uturn_job(make_model(entry.text("model"), parameters), plan)}};
  std::vector<Case> out;
  for (const std::string& value : split(entry.text("values"), ',')) {
    std::vector<std::string> all = parameters;
    all.push_back(entry.text("vary") + "=" + value);
    out.push_back({" " + all.back(), experiments::uturn_job(make_model(entry.text("model"), all), plan)});
  }
  return out;
}

// The theory called by the setting `key`, at a noise level: its value or the field.
double theory_at(const Arguments& entry, const char* key, const Case& one, double strength, const std::string& field) {
  std::vector<std::string> all =
      words_of(entry.text(entry.has("theory_parameters") ? "theory_parameters" : "parameters"));
  if (!one.label.empty()) all.push_back(one.label.substr(1));
  all.push_back(fmt::format("{}={}", entry.text("process") == "epsilon" ? "eps" : "t", strength));
  const theory::Evaluation evaluation = theory::evaluate(entry.text(key), all);
  if (field == "value") return evaluation.result.value;
  for (const auto& [name, value] : evaluation.result.fields)
    if (name == field) return value;
  throw UsageError("gallery: theory {} has no field '{}'.", entry.text(key), field);
}

double abscissa(const Arguments& entry, const Case& one, double strength) {
  return entry.has("abscissa") ? theory_at(entry, "abscissa", one, strength, "value") : strength;
}

// The member of a U-turn that an observable names; the susceptibility has no two ways.
Turned member(const UTurn& turn, const std::string& name) {
  if (name == "same_class" && turn.has_classes) return turn.same_class;
  if (name == "same_datum" && turn.has_data) return turn.same_datum;
  if (name == "autocorrelation") return turn.autocorrelation;
  if (name == "susceptibility") return {turn.susceptibility, turn.susceptibility, {0, 0, turn.susceptibility.n}};
  if (name.rfind("level ", 0) == 0) {
    const auto level = static_cast<std::size_t>(parse_integer(name.substr(6), "observables"));
    if (level < turn.levels.size()) return turn.levels[level];
  }
  throw UsageError("gallery: this U-turn has no '{}'.", one_line(name));
}

// Draws beside the posterior average over the same points. Where the drawn events are few their spread says little of
// their error, so that the binomial one of the average is the least that is taken, and three events are allowed.
Quantity draws(const std::string& name, const Turned& turned, const std::string& observable, Index starts) {
  Quantity out{"drawn " + name, turned.drawn, turned.exact.value, 0};
  out.measured.standard_error = turned.gap.standard_error;
  if (observable == "autocorrelation") return out;
  const double p = std::clamp(turned.exact.value, 0.0, 1.0), n = static_cast<double>(starts);
  out.measured.standard_error = std::max(out.measured.standard_error, std::sqrt(p * (1 - p) / n));
  out.allowed = 3 / n;
  return out;
}

}  // namespace

Observed run_uturns(const Arguments& entry, Scale scale) {
  const experiments::UTurnPlan plan = plan_of(entry, scale);
  const std::vector<double> times = entry.numbers("times");
  const std::vector<std::string> observables = entry.names("observables"), fields = entry.names("theory_fields");
  const auto field = [&](std::size_t k) { return k < fields.size() ? fields[k] : std::string(); };
  Observed out;
  Curve common{"theory"};  // with an abscissa of its own all cases share one curve
  for (const Case& one : cases_of(entry, plan)) {
    std::vector<Curve> drawn, lines;
    for (std::size_t k = 0; k < observables.size(); ++k) {
      drawn.push_back({observables[k] + one.label, true});
      lines.push_back({(field(k).empty() ? "posterior average, " : "theory, ") + observables[k] + one.label});
    }
    for (const double t : times) {
      const UTurn turn = one.job.at(t);
      for (std::size_t k = 0; k < observables.size(); ++k) {
        const Turned turned = member(turn, observables[k]);
        const std::string name =
            fmt::format("{}{} {}={:g}", observables[k], one.label, plan.noise == TreeNoise::epsilon ? "eps" : "t", t);
        Quantity quantity{name, turned.exact};
        if (!field(k).empty() && entry["theory_is_exact"] == 1)
          compare_with(theory_at(entry, "theory", one, t, field(k)), turn.starts, quantity);
        out.quantities.push_back(quantity);
        if (observables[k] != "susceptibility")
          out.quantities.push_back(draws(name, turned, observables[k], turn.starts));
        const double x = abscissa(entry, one, t);
        drawn[k].rows.push_back({x, turned.drawn.value, turned.drawn.standard_error});
        if (field(k).empty()) lines[k].rows.push_back({x, turned.exact.value, 0});
      }
    }
    const auto [low, high] = std::minmax_element(times.begin(), times.end());
    for (std::size_t k = 0; k < observables.size(); ++k)
      if (!field(k).empty())
        for (const double t : spaced(*low, *high, 60))
          (entry.has("abscissa") ? common : lines[k])
              .rows.push_back({abscissa(entry, one, t), theory_at(entry, "theory", one, t, field(k)), 0});
    for (std::vector<Curve>* some : {&drawn, &lines})
      for (Curve& curve : *some)
        if (!curve.rows.empty()) out.curves.push_back(std::move(curve));
  }
  if (!common.rows.empty()) {
    std::sort(common.rows.begin(), common.rows.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
    out.curves.push_back(std::move(common));
  }
  return out;
}

}  // namespace denoiscope::gallery
