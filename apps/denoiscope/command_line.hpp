// The command line: flags made from the tables of parameters, and what they call.
#pragma once

#include <string_view>

namespace denoiscope::app {

/// Parses and runs. Returns the exit code; throws what the verbs throw. runs: where not null, only the verbs for which
/// it holds are run; the others end once their settings are read.
int run_command_line(int argc, char** argv, bool (*runs)(std::string_view verb) = nullptr);

}  // namespace denoiscope::app
