// The command line: flags made from the tables of parameters, and what they call.
#pragma once

namespace denoiscope::app {

/// Parses and runs. Returns the exit code; throws what the verbs throw.
int run_command_line(int argc, char** argv);

}  // namespace denoiscope::app
