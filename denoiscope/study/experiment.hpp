// Experiments as runs: settings that name a run, units of work that are kept, and a page of what came out.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/study/plan.hpp"
#include "denoiscope/study/settings.hpp"

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

/// What the page of an experiment shows beside its record.
struct ExperimentPage {
  std::string title, table;  ///< table: plain text
  std::vector<CurveFigure> figures = {};
  std::vector<std::pair<std::string, std::string>> images = {};  ///< PNG files of the run directory, and what they show
};

/// A flat object of settings as TOML, a line a key; null and empty ones are left out.
std::string toml_of(const Record& settings);

/// What of its data an experiment depends on: name, hash, hash of the labels, and how they are read and summed.
Record identity_of(const Dataset& data, const Settings& settings);

/// One experiment, kept in a run directory or nowhere.
class ExperimentRun {
 public:
  /// settings: a flat object, all that results depend on. folder empty: nothing is kept. Throws as RunDirectory.
  ExperimentRun(Record settings, const std::filesystem::path& folder, IfExists if_exists, Progress& progress,
                int units);

  /// The record of a unit, read back or computed (Plan::unit).
  Record unit(const std::string& name, const std::function<Record()>& compute) { return plan_.unit(name, compute); }
  Plan& plan() { return plan_; }
  /// A file of the run directory; nothing happens without one.
  void write(const std::string& file, std::string_view content) const;
  bool kept() const { return run_ != nullptr; }

  /// Writes result.json (`record` and the page) and provenance.json.
  void finish(const Record& record, const ExperimentPage& page, const std::string& command_line);

 private:
  Record settings_;
  std::unique_ptr<RunDirectory> run_;
  Plan plan_;
};

}  // namespace denoiscope
