// Figures of the record of collapse.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/experiments/collapse/collapse.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

namespace {

Curve curve_of(const std::string& name, bool points, const Record& list, const char* field) {
  Curve curve{name, points};
  if (list.is_null()) return curve;
  for (const Record& point : list)
    curve.rows.push_back({point.at("t").number(), number_from(point.at(field)),
                          point.contains("stderr") ? number_from(point.at("stderr")) : 0});
  return curve;
}

void push(CurveFigure figure, std::vector<CurveFigure>& out) {
  std::erase_if(figure.curves, [](const Curve& curve) { return curve.rows.empty(); });
  if (!figure.curves.empty()) out.push_back(std::move(figure));
}

// Shares of `many` with the errors of counts; the abscissa is the middle of the bin in log t.
Curve bars(const std::string& name, const Record& bins, double many) {
  Curve curve{name, true};
  for (const Record& bin : bins) {
    const double count = bin.at("count").number();
    curve.rows.push_back(
        {std::sqrt(bin.at("t_low").number() * bin.at("t_high").number()), count / many, std::sqrt(count) / many});
  }
  return curve;
}

Curve upright(const std::string& name, const Record& t, const Curve& beside) {
  Curve line{name};
  if (t.is_null()) return line;
  double top = 0;
  for (const Curve::Row& row : beside.rows) top = std::max(top, row.y);
  line.rows = {{t.number(), 0, 0}, {t.number(), top, 0}};
  return line;
}

void add_histogram(const char* name, const char* title, const char* caption, const Record& bins, double many,
                   const Record& t_c, std::vector<CurveFigure>& out) {
  if (bins.is_null()) return;
  const Curve shares = bars("measured", bins, many);
  Curve joined = shares;
  joined.name = "guide to the eye";
  joined.points = false;
  push({.name = name,
        .title = title,
        .caption = caption,
        .x_title = "time t",
        .y_title = "share",
        .log_x = true,
        .curves = {shares, joined, upright("t_C of the entropy", t_c, shares)}},
       out);
}

}  // namespace

std::vector<CurveFigure> collapse_figures(const Record& record) {
  std::vector<CurveFigure> out;
  const Record &found = record.at("collapse"), &theory = record.at("finite_size"), &t_c = found.at("t_c");
  const Record& two = theory.at("two_classes").at("curve");
  push({.name = "phi-c",
        .title = "Participation ratio of the posterior over the data",
        .caption = "The probability that two clones that part at t end on the same datum. Lines: competition with the "
                   "others at this n; for Gaussian data a lower bound, close above 1.2 collapse times. Data with near "
                   "neighbours lie below.",
        .x_title = "time t",
        .y_title = "phi_C",
        .log_x = true,
        .curves = {curve_of("measured", true, found.at("phi_c"), "value"),
                   curve_of("Gaussian of the same spectrum, finite n", false, theory.at("phi_c"), "value"),
                   curve_of("two classes, finite n", false, two, "phi_c")}},
       out);
  if (!two.is_null())
    push({.name = "two-classes",
          .title = "Excess entropy of two classes",
          .caption = "The class is one more thing that the noisy point tells: up to log 2 of log n.",
          .x_title = "time t",
          .y_title = "f / alpha",
          .log_x = true,
          .curves = {curve_of("measured", true, found.at("f"), "f_over_alpha"),
                     curve_of("two classes, finite n", false, two, "f_over_alpha"),
                     curve_of("one Gaussian, finite n", false, found.at("f_softplus"), "f_over_alpha")}},
         out);
  const Record& repeats = record.at("duplicates");
  if (!repeats.at("f_clusters").is_null())
    push({.name = "clusters",
          .title = "Equal rows counted as one",
          .caption = "Rows that repeat others leave the entropy of the datum a floor; clusters of equal rows collapse.",
          .x_title = "time t",
          .y_title = "f / alpha",
          .log_x = true,
          .curves = {curve_of("rows", true, found.at("f"), "f_over_alpha"),
                     curve_of("clusters", true, repeats.at("f_clusters"), "f_over_alpha")}},
         out);
  const Record& switches = record.at("last_switch");
  add_histogram("last-switch", "Last change of the nearest datum",
                "When exact backward trajectories settle on the datum that they end on: share of trajectories a bin.",
                switches.at("histogram"), switches.at("trajectories").number(), t_c, out);
  const Record& data = record.at("data_times");
  add_histogram("data-times", "Collapse times of single data",
                "Where the mean own weight of a datum falls through 1/2. Right: outliers, which are memorized first; "
                "left: data with near duplicates.",
                data.at("histogram"), data.at("rows").number(), t_c, out);
  return out;
}

}  // namespace denoiscope::experiments
