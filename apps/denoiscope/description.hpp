// The command line as data, read off the parser: help, man page, docs/cli.md and completion all say the same.
#pragma once

#include <string>
#include <vector>

namespace denoiscope::app {

/// What may stand at one place of the command line.
struct Slot {
  std::vector<std::string> names;  ///< as typed ("-h", "--help"); of a positional its name ("DATA")
  std::string value;               ///< placeholder of a flag's value; empty: the flag stands alone
  std::string help, fallback;      ///< fallback: what holds when it is left out; may be empty
  std::vector<std::string> words;  ///< values to offer
  bool file = false;               ///< whether a path may stand there
  bool required = false, repeated = false;
};

struct VerbDescription {
  std::string name, help;
  std::vector<Slot> positionals, flags;
};

struct ProgramDescription {
  VerbDescription program;  ///< its own flags
  std::vector<VerbDescription> verbs;
};

/// Fills the values to offer from the placeholder of a flag, or from the name of a positional.
void offer_values(Slot& slot);
void offer_arguments(Slot& slot);

/// "denoiscope info [OPTIONS] [DATA]"
std::string usage_of(const ProgramDescription& program, const VerbDescription& verb);

struct ExitMeaning {
  int code;
  const char* meaning;
};
const std::vector<ExitMeaning>& exit_meanings();

struct Variable {
  const char *name, *meaning;
};
/// Environment variables that are heeded.
const std::vector<Variable>& variables();

}  // namespace denoiscope::app
