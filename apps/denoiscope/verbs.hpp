// The verbs: each adds its options to the command line and runs when chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace denoiscope::app {

/// What every verb may need to know of the call.
struct Call {
  std::string command_line;  ///< as typed, for the record
  bool json = false, quiet = false;
  int threads = 0;
  std::string progress = "auto";
};

void add_analyze(CLI::App& program, Call& call);
void add_audit(CLI::App& program, Call& call);
void add_clone(CLI::App& program, Call& call);
void add_collapse(CLI::App& program, Call& call);
void add_convert(CLI::App& program, Call& call);
void add_denoise(CLI::App& program, Call& call);
void add_fokker_planck(CLI::App& program, Call& call);
void add_guide(CLI::App& program, Call& call);
void add_info(CLI::App& program, Call& call);
void add_langevin(CLI::App& program, Call& call);
void add_sample(CLI::App& program, Call& call);
void add_speciation(CLI::App& program, Call& call);
void add_synth(CLI::App& program, Call& call);
void add_theory(CLI::App& program, Call& call);
void add_uturn(CLI::App& program, Call& call);
void add_list(CLI::App& program, Call& call);
void add_report(CLI::App& program, Call& call);
void add_reproduce(CLI::App& program, Call& call);
void add_selftest(CLI::App& program, Call& call);
// These two describe all verbs of `program`, those included that are added later.
void add_completion(CLI::App& program);
void add_man(CLI::App& program);

/// All of them.
void add_verbs(CLI::App& program, Call& call);

/// One line for what the parser refuses in a command line, with a suggestion where a name is nearly right.
std::string explain(const CLI::App& program, const CLI::ParseError& error, int argc, char** argv);

/// Throws UsageError where `file` is a folder, or exists and is not to be overwritten.
void require_free(const std::string& file, bool force);

/// --json, --quiet, --threads, --progress.
void add_common(CLI::App& verb, Call& call);

}  // namespace denoiscope::app
