#include "run_output.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/report/report.hpp"

namespace denoiscope::app {

IfExists RunOutput::if_exists() const {
  if (resume && force) throw UsageError("--resume and --force contradict each other; give one.");
  return resume ? IfExists::resume : force ? IfExists::overwrite : IfExists::refuse;
}

void add_run_flags(CLI::App& verb, RunOutput& output) {
  verb.add_flag("--resume", output.resume, "go on with an interrupted run in the run directory");
  verb.add_flag("--force", output.force, "overwrite what is in the run directory");
}

void add_run_output(CLI::App& verb, RunOutput& output) {
  verb.add_option("--out", output.out, "run directory: keeps finished units, result.json, and a page with the figures")
      ->type_name("DIR");
  add_run_flags(verb, output);
}

ExperimentRun open_run(const RunOutput& output, Record settings, Progress& progress, int units) {
  const IfExists if_exists = output.if_exists();
  if (output.out.empty() && if_exists != IfExists::refuse)
    throw UsageError("{}: of which run? Give its --out DIR.", output.resume ? "--resume" : "--force");
  return {std::move(settings), output.out, if_exists, progress, units};
}

void finish(ExperimentRun& run, Record record, const ExperimentPage& page, const RunOutput& output, const Call& call) {
  Record kept = record;
  kept.erase("seconds");  // two runs write the same bits
  run.finish(kept, page, call.command_line);
  std::string text = page.table + "\n";
  if (record.contains("seconds")) text += fmt::format("{:.3g} s. ", record["seconds"].number());
  if (run.kept()) {
    report::write(output.out);
    text += fmt::format("Report: {}", (std::filesystem::path(output.out) / "report.html").string());
  }
  text += text.ends_with("\n") ? "" : "\n";
  record["run"] = run.kept() ? Record(output.out) : Record();
  print(call.json ? json_text(record) + "\n" : text);
}

}  // namespace denoiscope::app
