// What is said of guidance: the record and its figures.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "denoiscope/experiments/guide.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

using observables::GuidanceWindow;

namespace {

Record reason_of(const GuidanceWindow& window, const char* what) {
  if (!window.high.t) return fmt::format("{} is {}", what, window.high.reason);
  if (!window.low.t) return fmt::format("{} is {}", what, window.low.reason);
  return nullptr;
}

GuideInterval ends_of(const GuidanceWindow& window) {
  return {window.low.t.value_or(kNaN), window.high.t.value_or(kNaN)};
}

Record window_record(const GuideClass& cls, const ClassWindow& w) {
  Record record = to_record(ends_of(w.window));
  record["class"] = cls.label;
  record["name"] = cls.name;
  record["chance"] = w.chance;
  record["t_low_stderr"] = finite(w.window.low.standard_error);
  record["t_high_stderr"] = finite(w.window.high.standard_error);
  record["reason"] = reason_of(w.window, "p(class | x_t)");
  const auto loo = w.window_left_out.value_or(GuidanceWindow{});
  record["t_low_loo"] = finite(loo.low.t);
  record["t_high_loo"] = finite(loo.high.t);
  record["reason_loo"] = w.window_left_out ? reason_of(loo, "p(class | x_t) without the point's own datum")
                                           : Record("a model has no data to leave out");
  record["curve"] = Record::list();
  for (std::size_t k = 0; k < w.times.size(); ++k)
    record["curve"].push_back({{"t", w.times[k]},
                               {"probability", finite(w.own[k].value)},
                               {"stderr", finite(w.own[k].standard_error)},
                               {"probability_loo", w.left_out.empty() ? Record() : finite(w.left_out[k].value)},
                               {"stderr_loo", w.left_out.empty() ? Record() : finite(w.left_out[k].standard_error)}});
  return record;
}

Record row_record(const GuideSubject& subject, const GuideSettings& settings, const GuideRow& row) {
  const GuideClass& cls = subject.classes[row.cls];
  const bool measured = std::isfinite(row.shift.value);
  return {
      {"class", cls.label},
      {"name", cls.name},
      {"sampler", row.sde ? "sde" : "ode"},
      {"guided", row.limited ? "interval" : "always"},
      {"scale", row.scale},
      {"omega", row.scale - 1},
      {"shift", finite(row.shift.value)},
      {"shift_stderr", finite(row.shift.standard_error)},
      {"variance", finite(row.variance.value)},
      {"variance_stderr", finite(row.variance.standard_error)},
      {"extra_shift", finite(row.extra_shift.value)},
      {"extra_shift_stderr", finite(row.extra_shift.standard_error)},
      {"variance_ratio", finite(row.variance_ratio.value)},
      {"variance_ratio_stderr", finite(row.variance_ratio.standard_error)},
      {"steps_shift", finite(row.steps_shift.value)},
      {"steps_shift_stderr", finite(row.steps_shift.standard_error)},
      {"steps_variance", finite(row.steps_variance.value)},
      {"steps_variance_stderr", finite(row.steps_variance.standard_error)},
      {"probability", finite(row.probability.value)},
      {"probability_stderr", finite(row.probability.standard_error)},
      {"theory_shift", finite(row.theory_shift)},
      {"theory_variance", finite(row.theory_variance)},
      {"within", within(row, settings)},
      {"reason", measured                    ? Record()
                 : cls.direction.size() == 0 ? Record("the class has the mean of all, so no direction to shift along")
                                             : Record("the class does not spread along its direction")}};
}

// Means over classes, which the figure shows; the record has each.
struct Mean {
  double value = 0, error2 = 0, theory = 0;
  int n = 0;
};

CurveFigure table_figure(const std::vector<GuideRow>& table, bool of_shift) {
  std::map<std::pair<int, double>, Mean> means;  // (series, scale)
  for (const GuideRow& row : table) {
    const Estimate& e = of_shift ? row.extra_shift : row.variance_ratio;
    if (!std::isfinite(e.value)) continue;
    Mean& mean = means[{(row.sde ? 0 : 2) + (row.limited ? 1 : 0), row.scale}];
    mean.value += e.value;
    mean.error2 += e.standard_error * e.standard_error;
    mean.theory += of_shift ? row.theory_shift : row.theory_variance;
    ++mean.n;
  }
  const char* names[] = {"SDE, guided always", "SDE, in the interval", "ODE, guided always", "ODE, in the interval"};
  CurveFigure figure;
  figure.name = of_shift ? "shift" : "variance";
  figure.title = of_shift ? "Overshoot of the class mean" : "Variance left along the class";
  figure.caption =
      of_shift
          ? "How far guidance moves the mean of a class, along the line from the mean of all to that of the class, "
            "in its standard deviations: against the same paths at scale 1, mean over the classes. Lines: theory, "
            "where there is one."
          : "Variance along the same line, over that of the same paths at scale 1; mean over the classes. Lines: "
            "theory, where there is one.";
  figure.x_title = "guidance_scale = 1 + omega";
  figure.y_title = of_shift ? "shift, standard deviations" : "variance ratio";
  for (int series = 0; series < 4; ++series) {
    Curve measured{names[series], true}, theory{fmt::format("{}, theory", names[series]), false};
    for (const auto& [key, mean] : means) {
      if (key.first != series) continue;
      measured.rows.push_back({key.second, mean.value / mean.n, std::sqrt(mean.error2) / mean.n});
      if (std::isfinite(mean.theory)) theory.rows.push_back({key.second, mean.theory / mean.n, 0});
    }
    if (!measured.rows.empty()) figure.curves.push_back(measured);
    if (!theory.rows.empty()) figure.curves.push_back(theory);
  }
  return figure;
}

}  // namespace

std::vector<CurveFigure> guide_figures(const GuideSubject& subject, const std::vector<ClassWindow>& windows,
                                       const std::vector<GuideRow>& table) {
  CurveFigure window;
  window.name = "window";
  window.title = "Where guidance can change the class";
  window.caption =
      "How sure the exact posterior is of the class of its own noisy points. Guidance acts while this rises: above, "
      "classes are not told apart yet; below, they are, and both scores agree.";
  window.x_title = "time t";
  window.y_title = "p(class | x_t) of points of the class";
  window.log_x = true;
  for (std::size_t c = 0; c < windows.size(); ++c) {
    Curve curve{subject.classes[c].name, false};
    for (std::size_t k = 0; k < windows[c].times.size(); ++k)
      curve.rows.push_back({windows[c].times[k], windows[c].own[k].value, windows[c].own[k].standard_error});
    window.curves.push_back(curve);
  }
  return {window, table_figure(table, true), table_figure(table, false)};
}

Record guide(const GuideSubject& subject, const GuideSettings& settings, const Noise& noise, Run& run) {
  const std::vector<ClassWindow> windows = guide_windows(subject, settings, noise, run);
  const GuideInterval interval = interval_of(windows);
  const double t_max = guide_start(interval);
  const std::vector<GuideRow> table = guide_table(subject, settings, interval, t_max, noise, run);
  Record record = {
      {"source", subject.name},
      {"rows", subject.data ? Record(subject.data->rows()) : Record()},
      {"cross_class_duplicates", subject.data ? Record(subject.cross_class_duplicates) : Record()},
      {"dimension", subject.all->dimension()},
      {"samples", settings.samples},
      {"steps", settings.steps},
      {"sde", settings.sde->name},
      {"ode", settings.ode->name},
      {"t_max", t_max},
      {"convention",
       "D = D_c + omega (D_c - D_u) with guidance_scale = 1 + omega: diffusers and EDM give guidance_scale, "
       "1 without guidance; papers give omega, 0 without"},
      {"rule", rule_of(settings)}};
  record["window"] = Record::list();
  for (std::size_t c = 0; c < windows.size(); ++c)
    record["window"].push_back(window_record(subject.classes[c], windows[c]));
  record["table"] = Record::list();
  for (const GuideRow& row : table) record["table"].push_back(row_record(subject, settings, row));
  record["guidance_interval"] = to_record(interval);
  record["guidance_interval"]["reason"] =
      interval.defined() ? Record() : Record("no class has both ends of its window within the times; see window");
  const bool known = interval.defined();
  const double sde = recommended_scale(table, settings, true), ode = recommended_scale(table, settings, false);
  record["guidance_scale"] = known ? Record(std::min(sde, ode)) : Record();
  record["guidance_scale_sde"] = known ? Record(sde) : Record();
  record["guidance_scale_ode"] = known ? Record(ode) : Record();
  record["reason"] = known ? Record() : Record("without an interval there is nothing to recommend");
  for (const CurveFigure& figure : guide_figures(subject, windows, table)) run.frame().figure(figure);
  return record;
}

}  // namespace denoiscope::experiments
