// denoiscope: the program.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/study/provenance.hpp"
#include "vanished_input.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

int fail(ExitCode code, const std::string& message) {
  std::fputs(("denoiscope: " + message + "\n").c_str(), stderr);
  return static_cast<int>(code);
}

int run(int argc, char** argv) {
  Call call;
  for (int i = 0; i < argc; ++i) call.command_line += (i > 0 ? " " : "") + std::string(argv[i]);
  CLI::App program("denoiscope: an instrument for looking into denoising", "denoiscope");
  program.require_subcommand(1);
  program.set_version_flag("--version", std::string("denoiscope ") + study::version());
  add_verbs(program, call);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help, --version
    return fail(ExitCode::usage, explain(program, error, argc, argv));
  }
  return 0;
}

}  // namespace
}  // namespace denoiscope::app

int main(int argc, char** argv) {
  using denoiscope::ExitCode;
  denoiscope::app::report_vanished_input();
  try {
    return denoiscope::app::run(argc, argv);
  } catch (const denoiscope::Error& error) {
    return denoiscope::app::fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return denoiscope::app::fail(ExitCode::resources,
                                 "out of memory; use --rows for fewer rows. Units that were done are kept.");
  } catch (const std::exception& error) {
    return denoiscope::app::fail(ExitCode::internal, std::string("a bug of ours: ") + error.what() +
                                                         ". Please report it with the command line.");
  }
}
