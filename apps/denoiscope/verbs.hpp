// The verbs that are no experiments: each says what it is called, what it takes and what it does. Experiments have
// their own table.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/base/parameters.hpp"
#include "description.hpp"

namespace denoiscope::app {

/// What every verb may need to know of the call, beside its parameters.
struct Call {
  std::string command_line;  ///< as typed, for the record
  bool json = false, quiet = false;
  int threads = 0;
  std::string progress = "auto";
  ProgramDescription (*program)() = nullptr;  ///< the whole command line, for those who describe it
};

struct Verb {
  std::string_view name, description;
  std::vector<Parameter> parameters;
  void (*run)(const Request&, const Call&);
  bool bare = false;  ///< writes for other programs: without --json, --threads, --config and the like
};

Verb info_verb();
Verb convert_verb();
Verb synth_verb();
Verb theory_verb();
Verb list_verb();
Verb report_verb();
Verb reproduce_verb();
Verb selftest_verb();
Verb completion_verb();
Verb man_verb();

}  // namespace denoiscope::app
