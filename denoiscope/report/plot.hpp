// What the figures share: one axis of time with both clocks, one look for regimes, curves and their error bands.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/report/reading.hpp"

namespace denoiscope::report {

using Figures = std::vector<std::pair<std::string, Record>>;

// One member a part of the page, each appends what its records allow.
void add_phase_diagram(const Reading& result, Figures& out);
void add_speciation(const Reading& result, Figures& out);
void add_confusion(const Reading& result, Figures& out);  // of the part speciation
void add_collapse(const Reading& result, Figures& out);
void add_data(const Reading& result, Figures& out);
void add_model(const Reading& result, Figures& out);       // all of a model's page
void add_experiment(const Reading& result, Figures& out);  // all of an experiment's page

inline constexpr int kWide = 1000;  ///< pixels across a figure that has the page to itself, axes included
inline constexpr int kHalf = 482;   ///< and one that shares it

/// Colours that read on white and on near-black alike, told apart by people with colour-blindness when joined with the
/// dashes.
struct Palette {
  const char* own = "#1f9e97";  ///< the posterior of the perfect machine
  const char* leave_one_out = "#3b7fd4";
  const char* test = "#c08a1e";
  const char* collapse = "#dc6a45";
  const char* weights = "#a565c4";
  const char* other = "#878e99";
};
inline constexpr Palette kColours;

/// Labels of the classes in an order in which no two branches of the tree cross. Throws DataError where a merge names
/// what does not exist.
std::vector<std::string> leaf_order(const Reading& classes, const std::vector<Reading>& tree);

/// The colour of regime `i` of `many`, from noise to identity.
std::string regime_colour(std::size_t i, std::size_t many);

/// Ticks 1, 2, 5 a decade inside [low, high]; over more than four decades, one a decade.
Record ticks(double low, double high);

/// The logarithmic axis of OU time, over the times of the record.
class TimeAxis {
 public:
  explicit TimeAxis(const Reading& result);
  double low() const { return low_; }
  double high() const { return high_; }
  bool holds(double t) const { return t >= low_ && t <= high_; }
  /// Place along the axis, 0 to 1.
  double place(double t) const;
  /// Encoding of the channel x by `field`, without an axis of its own.
  Record x(const char* field = "t") const;
  /// Layer that draws t below and sigma above.
  Record frame() const;
  /// Layer that shades the regimes.
  Record regimes(const Reading& regimes) const;
  /// The layers that every figure over time starts from: both clocks, and the regimes where there are any.
  Record background(const Reading& result) const;

 private:
  double low_, high_;
};

/// One curve of a figure.
struct Series {
  std::string name, colour;
  std::vector<int> dash;  ///< empty: solid
  Record rows;            ///< of {t, value, low, high}; low and high are value -+ one standard error where known
  bool points = true;
};
/// Rows of a list of {t, <field>, stderr}; entries without a value are left out.
Record curve(const Reading& list, const char* field);

/// The layers of curves over time: band, line, points, and a legend. `y` is {"title", "domain"}, whose domain may be
/// null.
void add_curves(const std::vector<Series>& series, const TimeAxis& axis, const Record& y, Record& layers);

/// A horizontal line with its name at the left.
Record level(double y, const std::string& name, const Record& y_scale);

/// A figure of layers over time, `width` pixels across with all that stands beside the plot.
Record over_time(const std::string& title, const std::string& caption, int width, int height, Record layers);

/// Measured points with their errors over lines: {x_title, y_title, log_x, curves[{name, points, rows[{x, value, low,
/// high}]}]}.
Record curves_figure(const std::string& title, const std::string& caption, const Reading& figure);

/// The outer part of every specification.
Record specification(const std::string& title, const std::string& caption);

}  // namespace denoiscope::report
