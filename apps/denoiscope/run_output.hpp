// What verbs of experiments share: a run directory that keeps units, resumes, and gets a page.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "denoiscope/base/record.hpp"
#include "denoiscope/study/experiment.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {

struct RunOutput {
  std::string out;
  bool resume = false, force = false;
  /// Throws UsageError where flags contradict each other.
  IfExists if_exists() const;
};

/// --resume and --force; `out` differs.
void add_run_flags(CLI::App& verb, RunOutput& output);
/// --out DIR, --resume, --force.
void add_run_output(CLI::App& verb, RunOutput& output);
/// The run that the flags name, or one that is kept nowhere. Throws as ExperimentRun, and UsageError for flags
/// that need --out without it.
ExperimentRun open_run(const RunOutput& output, Record settings, Progress& progress, int units);

/// Ends an experiment: its record and page are written where it is kept, and printed: the record where --json asks for
/// it (with the run's folder), else the table and where the report is.
void finish(ExperimentRun& run, Record record, const ExperimentPage& page, const RunOutput& output, const Call& call);

}  // namespace denoiscope::app
