// The one shape of a result: the question, verdicts, key numbers, sections of tables, figures and pictures, and what to
// do next. Experiments fill it; the terminal and the page render it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/base/stats.hpp"

namespace denoiscope {

/// A curve of a figure.
struct Curve {
  std::string name;
  bool points = false;  ///< measured points, else a line
  struct Row {
    double x, y, error;  ///< error: one standard error; 0 or NaN: none
  };
  std::vector<Row> rows = {};
};

/// Curves over one abscissa.
struct CurveFigure {
  std::string name;  ///< of its file
  std::string title, caption, x_title, y_title;
  bool log_x = false;
  std::vector<Curve> curves = {};
};

/// {x_title, y_title, log_x, curves}: what report::curves_figure draws. Points that are not finite are left out.
Record to_record(const CurveFigure& figure);

/// A table of a result. A cell is a number, a text, null (shown as a dash), or {value, stderr} (shown with its error).
struct Table {
  std::string title;
  std::vector<std::string> columns;
  Record rows = Record::list();  ///< lists of cells, one a column

  void add(Record::List cells) { rows.push_back(std::move(cells)); }
};

/// How a verdict is meant.
enum class Level { good, note, warn };

/// A cell of a table or a key number: value and error.
Record measured(double value, double error);
inline Record measured(const Estimate& estimate) { return measured(estimate.value, estimate.standard_error); }

class Frame {
 public:
  void title(std::string text) { title_ = std::move(text); }
  void question(std::string text) { question_ = std::move(text); }
  void verdict(Level level, const std::string& text);
  /// A key number; unit "OU time" is shown in every clock. value: a number, null, or measured(...).
  void number(const std::string& name, Record value, const std::string& unit = {});
  void table(const Table& table);
  /// A remark of one paragraph among the tables.
  void text(const std::string& text);
  void figure(const CurveFigure& figure);
  /// A PNG file of the run directory, and what it shows.
  void image(const std::string& file, const std::string& text);
  /// What one would do next, as one would type it or say it.
  void next(const std::string& text);

  /// {title, question, verdicts, numbers, sections, figures, images, next}: docs/result-schema.md.
  Record record() const;
  bool empty() const { return title_.empty(); }

 private:
  std::string title_, question_;
  Record verdicts_ = Record::list(), numbers_ = Record::list(), sections_ = Record::list(), figures_ = Record::list(),
         images_ = Record::list(), next_ = Record::list();
};

}  // namespace denoiscope
